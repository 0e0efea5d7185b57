"""What a descriptor says of a release beyond its tables; nothing in it is read from a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PARQUET = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file: its name in the release's folder, SHA-256, length in bytes, number of rows."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its SPDX id (or LicenseRef-…), what it covers, where its text is."""

    name: str
    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Party:
    """Who publishes the letters, or has a part in the dataset; `roles` are those of Data Package."""

    name: str
    name_zh: str | None
    url: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the letters come from; `version` is the time of the last capture, the state of the source."""

    title: str
    url: str
    version: str


@dataclass(frozen=True, slots=True)
class Release:
    """A release.

    `first`, `last`: times of the first and last capture; the release is as old as the last. `licence`: in words, for
    what `licences` cannot say. `files`: those of each table, in order.
    """

    name: str
    title: str
    title_zh: str
    description: str
    description_zh: str
    version: str
    schema_version: str
    parser_version: str
    first: dt.datetime
    last: dt.datetime
    licence: str
    licences: Sequence[Licence]
    publisher: Party
    contributors: Sequence[Party]
    sources: Sequence[Source]
    files: Mapping[str, Sequence[File]]

    @property
    def created(self) -> str:
        """When the newest of the release was captured: RFC 3339, UTC, whole seconds."""
        return stamp(self.last)

    @property
    def rows(self) -> Mapping[str, int]:
        """Number of rows by table."""
        return {table: sum(file.rows for file in files) for table, files in self.files.items()}


def stamp(moment: dt.datetime) -> str:
    """Return a moment as RFC 3339 says it, in UTC, to the second."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
