"""What a release says of itself, asked by the programs that read such descriptions."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import mlcroissant
import pyarrow.parquet as pq
import pytest
import yaml
from frictionless import Package
from jsonschema import Draft202012Validator

from flows.release.descriptors import CROISSANT, DATA_PACKAGE, DCAT, JSON_SCHEMAS
from flows.release.digests import file_digest
from flows.release.manifest import CITATION, read_manifest
from tests.conftest import ThreeRuns


@pytest.fixture(scope="module")
def release(runs: ThreeRuns) -> Path:
    return runs.after


@pytest.fixture
def package(release: Path) -> dict[str, Any]:
    return dict(json.loads((release / DATA_PACKAGE).read_text(encoding="utf-8")))


def as_json(value: object) -> str:
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert isinstance(value, dt.date), value
    return value.isoformat()


def test_frictionless_takes_the_data_package(release: Path) -> None:
    report = Package.validate_descriptor(str(release / DATA_PACKAGE))
    assert report.valid, report.flatten(["type", "note"])


ENOUGH = 500
"""So many rows of a table stand for the others, where no other table refers to them."""


def with_rows(release: Path, package: dict[str, Any]) -> dict[str, Any]:
    """Put the rows into the descriptor: frictionless reads Parquet by pandas, without lists and null integers."""
    referenced = {
        key["reference"].get("resource", resource["name"])
        for resource in package["resources"]
        for key in resource["schema"].get("foreignKeys", [])
    }
    # a table without rows, such as the first release's changes, is no source to frictionless
    package["resources"] = [one for one in package["resources"] if one["rows"]]
    for resource in package["resources"]:
        table = pq.read_table(release / resource["path"])
        if resource["name"] not in referenced:
            table = table.slice(0, ENOUGH)
            resource["rows"] = table.num_rows
        for key in ("path", "format", "mediatype", "bytes", "hash"):
            del resource[key]
        resource["data"] = [table.schema.names, *(list(row.values()) for row in table.to_pylist())]
    return dict(json.loads(json.dumps(package, default=as_json)))


def test_frictionless_takes_the_rows(release: Path, package: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "datapackage.json").write_text(json.dumps(with_rows(release, package)), encoding="utf-8")
    command = [sys.executable, "-m", "frictionless", "validate", "--json", "datapackage.json"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    report = json.loads(run.stdout)
    assert report["valid"], [task["errors"][:3] for task in report["tasks"] if not task["valid"]]
    assert run.returncode == 0
    assert sum(task["stats"]["rows"] for task in report["tasks"]) > 1000


def test_frictionless_finds_a_letter_that_is_not_there(release: Path, package: dict[str, Any]) -> None:
    package["resources"] = [one for one in package["resources"] if one["name"] in ("replies", "captures", "sections")]
    broken = with_rows(release, package)
    broken["resources"][1]["data"][1][0] = "demo:no-such-letter"
    report = Package.from_descriptor(broken).validate()
    assert [error.type for task in report.tasks for error in task.errors] == ["foreign-key"]


def test_the_data_package_is_that_of_the_files(release: Path, package: dict[str, Any]) -> None:
    assert [resource["name"] for resource in package["resources"]] == list(read_manifest(release)["tables"])
    for resource in package["resources"]:
        path = release / resource["path"]
        assert resource["hash"] == f"sha256:{file_digest(path)}"
        assert resource["bytes"] == path.stat().st_size
        assert resource["rows"] == pq.read_metadata(path).num_rows
        assert [field["name"] for field in resource["schema"]["fields"]] == pq.read_schema(path).names
    assert package["version"] == release.name
    assert package["created"][:19] == read_manifest(release)["captures"]["last"][:19]
    assert [licence["name"] for licence in package["licenses"]] == ["CC0-1.0", "LicenseRef-official-document"]


def test_the_keys_and_references_hold(release: Path, package: dict[str, Any]) -> None:
    paths = {resource["name"]: str(release / resource["path"]) for resource in package["resources"]}
    checked = 0
    with duckdb.connect() as con:
        for resource in package["resources"]:
            schema, own = resource["schema"], paths[resource["name"]]
            key = ", ".join(schema["primaryKey"])
            repeated = con.execute(f"SELECT {key} FROM '{own}' GROUP BY ALL HAVING count(*) > 1").fetchall()
            assert repeated == [], resource["name"]
            for foreign in schema.get("foreignKeys", []):
                (here,), (there,) = foreign["fields"], foreign["reference"]["fields"]
                other = paths[foreign["reference"].get("resource", resource["name"])]
                missing = f"SELECT {here} FROM '{own}' WHERE {here} NOT IN (SELECT {there} FROM '{other}')"
                assert con.execute(missing).fetchall() == [], foreign
                checked += 1
            for field in schema["fields"]:
                if field.get("constraints", {}).get("unique"):
                    name = field["name"]
                    counted = con.execute(f"SELECT count({name}), count(DISTINCT {name}) FROM '{own}'").fetchone()
                    assert counted is not None
                    assert counted[0] == counted[1], (resource["name"], name)
    assert checked > 20


def test_mlcroissant_takes_the_description_and_loads_by_it(release: Path) -> None:
    dataset = mlcroissant.Dataset(str(release / CROISSANT))
    issues = dataset.metadata.ctx.issues
    assert not issues.errors
    # our versions are days, which it would rather have as SemVer
    assert [said for said in issues.warnings if "MAJOR.MINOR.PATCH" not in said] == []
    # commitments: a list of structs, dates, and references to two other record sets
    rows = {row["commitments/sentence_id"].decode(): row for row in dataset.records("commitments")}
    expected = pq.read_table(release / "commitments.parquet").to_pylist()
    assert list(rows) == [row["sentence_id"] for row in expected]
    for row in expected:
        loaded = rows[row["sentence_id"]]
        assert loaded["commitments/char_start"] == row["char_start"]
        assert [
            {name.rpartition("/")[2]: part.decode() for name, part in action.items()}
            for action in loaded["commitments/actions"]
        ] == row["actions"]


def test_json_schema_takes_the_rows(release: Path) -> None:
    for name, entry in read_manifest(release)["tables"].items():
        schema = json.loads((release / JSON_SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for file in entry["files"]:
            rows = pq.read_table(release / file["name"]).slice(0, ENOUGH).to_pylist()
            for row in json.loads(json.dumps(rows, default=as_json)):
                validator.validate(row)
                assert not validator.is_valid({**row, "surprise": 1})


def test_the_citation_names_the_release(release: Path) -> None:
    said = yaml.safe_load((release / CITATION).read_text(encoding="utf-8"))
    assert said["version"] == release.name
    assert said["date-released"] == release.name[:10].replace(".", "-")
    assert said["license"] == ["CC0-1.0"]


def test_each_descriptor_is_sealed(release: Path) -> None:
    sums = (release / "SHA256SUMS").read_text(encoding="utf-8")
    for name in (DATA_PACKAGE, CROISSANT, DCAT, CITATION, f"{JSON_SCHEMAS}/replies.json"):
        assert f"  {name}\n" in sums
