"""Whether the schema's version owns up to what changed since a release, as its Parquet files show it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from flows.release.manifest import read_manifest
from flows.release.tables import file_names
from schemas import SCHEMA_VERSION, TABLES
from schemas.snapshot import State, bumped, declared, differences, lower, state


def understated(last: Path) -> tuple[int, str]:
    """Return (number of differences to the release `last` that ask for a higher version than the declared one, why)."""
    before = str(read_manifest(last)["schema_version"])
    found = differences(released_state(last), declared(TABLES))
    due = bumped(before, found)
    asking = [difference.says for difference in found if lower(SCHEMA_VERSION, bumped(before, [difference]))]
    if not asking and lower(SCHEMA_VERSION, due):  # an older dafu than the one that made the last release
        asking = [f"the last release has schema {before}"]
    if not asking:
        return 0, f"schema {SCHEMA_VERSION} after {before}: no lower than what changed asks for"
    return len(asking), f"schema {SCHEMA_VERSION} after {before}, where {due} is due: {'; '.join(asking[:3])}"


def released_state(release: Path) -> State:
    """Return the state of the schema that a release's Parquet files are in."""
    tables = read_manifest(release)["tables"]
    return state({name: pq.read_schema(release / file_names(entry)[0]) for name, entry in tables.items()})
