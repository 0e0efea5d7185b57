"""The schema's version (SemVer), computed: what differs between two states of the schema says which number rises.

A state is what a reader of the files relies on: per table and column the type, whether it can be null, its unit and,
if only certain values occur, those. `schemas/snapshot.json` holds the last one that was committed, with its version,
and `make schema` writes it anew; so a bump is a line of a diff that somebody reviews. Which number rises:

- major: a table or column is gone, has another type or unit, can be null where it could not be, or never again has a
  value that it could have. A query written before can fail or say something else.
- minor: a table or column is new, has a new value among those it can have, or can no longer be null. A query written
  before says what it said; a reader takes a value it does not know for "something else".
- patch: only descriptions differ.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.table import Table

SNAPSHOT = Path(__file__).with_name("snapshot.json")

State = dict[str, dict[str, Any]]
"""Per table: `columns` (name → type, nullable, unit, values) and `described`, a digest of all descriptions."""


class Bump(IntEnum):
    """Which number of the version rises."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two states of the schema, as a phrase, and what it asks for."""

    bump: Bump
    says: str


def state(schemas: Mapping[str, pa.Schema]) -> State:
    """Return the state that Arrow schemas, declared or read from Parquet files, are in; keys are table names."""
    return {name: {"columns": _columns(schema), "described": _described(schema)} for name, schema in schemas.items()}


def declared(tables: Iterable[type[Table]]) -> State:
    """Return the state of the declarations."""
    return state({table.about.name: arrow_schema(table) for table in tables})


def differences(before: State, after: State) -> list[Difference]:
    """Return what differs, the tables in alphabetical order."""
    return [found for name in sorted(before.keys() | after.keys()) for found in _of_table(name, before, after)]


def bumped(version: str, found: Iterable[Difference]) -> str:
    """Return the version that differences to `version` ask for; the same one without any."""
    major, minor, patch = (int(part) for part in version.split("."))
    match max((difference.bump for difference in found), default=Bump.NONE):
        case Bump.MAJOR:
            return f"{major + 1}.0.0"
        case Bump.MINOR:
            return f"{major}.{minor + 1}.0"
        case Bump.PATCH:
            return f"{major}.{minor}.{patch + 1}"
    return version


def lower(version: str, other: str) -> bool:
    """Tell whether a version comes before another."""
    return [int(part) for part in version.split(".")] < [int(part) for part in other.split(".")]


def committed() -> tuple[str, State]:
    """Return (version, state) of the committed snapshot; ValueError if its version was not computed."""
    try:
        said = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
        if said["fingerprint"] == _fingerprint(said["version"], said["tables"]):
            return said["version"], said["tables"]
    except json.JSONDecodeError:
        pass  # the marks of a merge, for one
    raise ValueError(f"schemas/{SNAPSHOT.name} was edited or merged by hand; take main's again and run `make schema`")


def current_version(tables: Iterable[type[Table]]) -> str:
    """Return the version of the declarations: the committed one, raised by what differs from the committed state."""
    version, before = committed()
    return bumped(version, differences(before, declared(tables)))


def snapshot(version: str, now: State) -> str:
    """Return the text of `snapshot.json`, a line a column, so that a diff of it can be read.

    Two branches that raise the same version differ in its fingerprint, so that they cannot be merged unseen.
    """
    tables = [
        f'  {json.dumps(name)}: {{\n   "described": {json.dumps(table["described"])},\n   "columns": {{\n'
        + ",\n".join(f"    {json.dumps(column)}: {json.dumps(said)}" for column, said in table["columns"].items())
        + "\n   }\n  }"
        for name, table in now.items()
    ]
    head = f'{{\n "version": "{version}",\n "fingerprint": "{_fingerprint(version, now)}",\n "tables": {{\n'
    return head + ",\n".join(tables) + "\n }\n}\n"


def write() -> None:
    """Write `snapshot.json` as the declarations are now: `make schema`."""
    from schemas import TABLES  # noqa: PLC0415 - which reads the snapshot

    SNAPSHOT.write_text(snapshot(current_version(TABLES), declared(TABLES)), encoding="utf-8")


def _of_table(name: str, before: State, after: State) -> Iterator[Difference]:
    if name not in after:
        yield Difference(Bump.MAJOR, f"table {name} is gone")
    elif name not in before:
        yield Difference(Bump.MINOR, f"table {name} is new")
    else:
        old, new = before[name]["columns"], after[name]["columns"]
        found = [
            difference
            for column in dict.fromkeys([*old, *new])
            for difference in _of_column(f"{name}.{column}", old.get(column), new.get(column))
        ]
        yield from found
        if not found and before[name]["described"] != after[name]["described"]:
            yield Difference(Bump.PATCH, f"{name} is described otherwise")


def _of_column(name: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Difference]:
    if new is None:
        yield Difference(Bump.MAJOR, f"{name} is gone")
    elif old is None:
        yield Difference(Bump.MINOR, f"{name} is new")
    else:
        for what in ("type", "unit"):
            if old.get(what) != new.get(what):
                yield Difference(Bump.MAJOR, f"{name} has {what} {new.get(what)}, not {old.get(what)}")
        if new["nullable"] and not old["nullable"]:
            yield Difference(Bump.MAJOR, f"{name} can be null")
        elif old["nullable"] and not new["nullable"]:
            yield Difference(Bump.MINOR, f"{name} can no longer be null")
        yield from _of_values(name, old.get("values"), new.get("values"))


def _of_values(name: str, old: list[str] | None, new: list[str] | None) -> Iterator[Difference]:
    # a file of before 1.3 does not tell its values
    if old is not None and new is not None:
        for value in sorted(set(old) - set(new)):
            yield Difference(Bump.MAJOR, f"{name} is never {value!r} any more")
        for value in sorted(set(new) - set(old)):
            yield Difference(Bump.MINOR, f"{name} can be {value!r}")
    elif old is not None:
        yield Difference(Bump.MINOR, f"{name} can be anything")


def _columns(schema: pa.Schema) -> dict[str, dict[str, Any]]:
    found = {}
    for field in schema:
        said = field.metadata or {}
        column: dict[str, Any] = {"type": _type(field.type), "nullable": field.nullable}
        if b"unit" in said:
            column["unit"] = said[b"unit"].decode()
        if b"values" in said:
            column["values"] = json.loads(said[b"values"])
        found[field.name] = column
    return found


def _type(arrow_type: pa.DataType) -> str:
    """Return a type's name; Arrow and Parquet call the items of a list differently, which means nothing."""
    return str(arrow_type).replace("<element: ", "<").replace("<item: ", "<")


def _described(schema: pa.Schema) -> str:
    digest = hashlib.sha256()
    for said in (schema.metadata or {}, *(field.metadata or {} for field in schema)):
        for key in (b"description_en", b"description_zh", b"source"):
            digest.update(said.get(key, b"") + b"\n")
    return digest.hexdigest()[:16]


def _fingerprint(version: str, tables: State) -> str:
    return hashlib.sha256(json.dumps([version, tables], sort_keys=True).encode()).hexdigest()[:16]
