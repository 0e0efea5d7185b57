"""The descriptors of a release: what other programs read to know what it is, written from the declarations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urljoin

import yaml

from flows.datasets import Dataset
from flows.release.manifest import CITATION, write_json
from flows.release.parquet import Entry
from parsers import PARSER_VERSION
from schemas import SCHEMA_VERSION, TABLES
from schemas.describe.citation import citation
from schemas.describe.croissant import croissant
from schemas.describe.data_package import data_package
from schemas.describe.dcat import dcat
from schemas.describe.json_schema import json_schema
from schemas.describe.release import File, Licence, Party, Release, Source, stamp

DATA_PACKAGE, CROISSANT, DCAT = "datapackage.json", "croissant.json", "dcat.ttl"
JSON_SCHEMAS = "schema"


def write_descriptors(
    dataset: Dataset,
    staging: Path,
    version: str,
    entries: Mapping[str, Entry],
    captured: tuple[dt.datetime, dt.datetime],
) -> None:
    """Write them into a staged release: `entries` is what the manifest says of its tables, `captured` first and last.

    Nothing is read from a clock, and no digest of a file that is not reproducible (dafu.duckdb) stands in them.
    """
    release = described(dataset, version, entries, captured)
    write_json(staging / DATA_PACKAGE, data_package(release, TABLES))
    write_json(staging / CROISSANT, croissant(release, TABLES))
    (staging / DCAT).write_text(dcat(release, TABLES), encoding="utf-8")
    (staging / CITATION).write_text(
        yaml.safe_dump(citation(release), allow_unicode=True, sort_keys=False, width=120), encoding="utf-8"
    )
    (staging / JSON_SCHEMAS).mkdir()
    for table in TABLES:
        write_json(staging / JSON_SCHEMAS / f"{table.about.name}.json", json_schema(table, SCHEMA_VERSION))


def described(
    dataset: Dataset,
    version: str,
    entries: Mapping[str, Entry],
    captured: tuple[dt.datetime, dt.datetime],
) -> Release:
    """Return what the descriptors say of a release beyond its tables."""
    publisher = dataset.publisher
    first, last = captured
    return Release(
        name=dataset.name,
        title=dataset.title,
        title_zh=dataset.title_zh,
        description=dataset.description,
        description_zh=dataset.description_zh,
        version=version,
        schema_version=SCHEMA_VERSION,
        parser_version=PARSER_VERSION,
        first=first,
        last=last,
        licence=dataset.licence,
        licences=[Licence(said.name, said.title, said.url) for said in dataset.licences],
        publisher=Party(publisher.name, publisher.name_zh, publisher.url, ("publisher",)),
        contributors=[Party(said.name, said.name_zh, said.url, tuple(said.roles)) for said in dataset.contributors],
        sources=[
            Source(publisher.name, urljoin(dataset.site.base_url, section), stamp(last))
            for section in dataset.site.sections
        ],
        files={name: [File(**file) for file in entry["files"]] for name, entry in entries.items()},
    )
