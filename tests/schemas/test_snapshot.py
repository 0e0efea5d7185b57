"""The version of the schema follows from what changed, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

import schemas.snapshot as snapshots
from schemas import SCHEMA_VERSION, TABLES
from schemas.snapshot import Bump, State, bumped, committed, declared, differences, lower, snapshot, state

STRING, NUMBER = pa.field("a", pa.string(), nullable=False), pa.field("b", pa.int64())
BASE = {"letters": pa.schema([STRING, NUMBER])}


def with_values(*values: str) -> pa.Field:
    return STRING.with_metadata({"values": json.dumps(values)})


CHANGES = {
    "a column is gone": (pa.schema([STRING]), "2.0.0", "letters.b is gone"),
    "another type": (
        pa.schema([STRING, pa.field("b", pa.float64())]),
        "2.0.0",
        "letters.b has type double, not int64",
    ),
    "another unit": (
        pa.schema([STRING, NUMBER.with_metadata({"unit": "days"})]),
        "2.0.0",
        "letters.b has unit days, not None",
    ),
    "can be null": (pa.schema([STRING.with_nullable(nullable=True), NUMBER]), "2.0.0", "letters.a can be null"),
    "can no longer be null": (
        pa.schema([STRING, NUMBER.with_nullable(nullable=False)]),
        "1.5.0",
        "letters.b can no longer be null",
    ),
    "a column is new": (pa.schema([STRING, NUMBER, pa.field("c", pa.bool_())]), "1.5.0", "letters.c is new"),
    "described otherwise": (
        pa.schema([STRING.with_metadata({"description_en": "x"}), NUMBER]),
        "1.4.3",
        "letters is described otherwise",
    ),
    "nothing": (BASE["letters"], "1.4.2", None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_says_which_number_rises(change: str) -> None:
    after, version, says = CHANGES[change]
    found = differences(state(BASE), state({"letters": after}))
    assert bumped("1.4.2", found) == version
    assert [difference.says for difference in found] == ([says] if says else [])


def test_the_largest_change_decides() -> None:
    after = pa.schema([STRING, pa.field("c", pa.bool_())])
    assert bumped("1.4.2", differences(state(BASE), state({"letters": after, "more": after}))) == "2.0.0"


def test_a_table_that_is_gone_is_major_and_a_new_one_minor() -> None:
    more = {**BASE, "more": BASE["letters"]}
    assert [found.bump for found in differences(state(BASE), state(more))] == [Bump.MINOR]
    assert [found.bump for found in differences(state(more), state(BASE))] == [Bump.MAJOR]


@pytest.mark.parametrize(
    ("before", "after", "bump"),
    [
        (("x", "y"), ("x", "y", "z"), Bump.MINOR),
        (("x", "y"), ("x",), Bump.MAJOR),
        (("x",), (), Bump.MINOR),
        ((), ("x",), None),  # as every release before values were told
    ],
)
def test_values_that_can_occur(before: tuple[str, ...], after: tuple[str, ...], bump: Bump | None) -> None:
    old, new = (state({"t": pa.schema([with_values(*values) if values else STRING])}) for values in (before, after))
    assert max((found.bump for found in differences(old, new)), default=None) == bump


def test_versions_are_compared_as_numbers() -> None:
    assert lower("1.9.0", "1.10.0")
    assert not lower("2.0.0", "1.10.0")


def test_the_committed_snapshot_is_that_of_the_declarations() -> None:
    version, before = committed()
    found = [difference.says for difference in differences(before, declared(TABLES))]
    assert not found, f"the schema is {SCHEMA_VERSION} by now, committed is {version}: run `make schema` ({found})"
    assert version == SCHEMA_VERSION
    assert snapshots.SNAPSHOT.read_text("utf-8") == snapshot(version, before), "run `make schema`"


def test_a_version_that_was_typed_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    version, tables = committed()
    written = snapshot(version, tables).replace(f'"version": "{version}"', '"version": "9.0.0"')
    (tmp_path / "snapshot.json").write_text(written, encoding="utf-8")
    monkeypatch.setattr(snapshots, "SNAPSHOT", tmp_path / "snapshot.json")
    with pytest.raises(ValueError, match="run `make schema`"):
        committed()
    (tmp_path / "snapshot.json").write_text("<<<<<<< HEAD\n" + written, encoding="utf-8")
    with pytest.raises(ValueError, match="run `make schema`"):
        committed()


def test_the_declarations_raise_the_version_before_the_snapshot_does() -> None:
    version, before = committed()
    former: State = {name: table for name, table in before.items() if name != "history"}
    assert lower(version, bumped(version, differences(former, declared(TABLES))))
