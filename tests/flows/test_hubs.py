"""What is written for a hub is what the hub takes: read by its own library, or held against what it says of itself."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
from huggingface_hub import DatasetCard

from flows.publish import hubs
from flows.release.manifest import differences
from schemas import TABLES
from tests.conftest import Dafu, ThreeRuns

_WORDS = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
ZENODO: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["access_right", "creators", "description", "license", "publication_date", "title", "upload_type"],
    "properties": {
        "access_right": {"enum": ["open", "embargoed", "restricted", "closed"]},
        "creators": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "affiliation": {"type": "string"}},
            },
        },
        "description": {"type": "string", "minLength": 3},
        "keywords": _WORDS,
        "language": {"pattern": "^[a-z]{3}$"},
        "license": {"enum": ["CC0-1.0", "CC-BY-4.0"]},
        "notes": {"type": "string"},
        "publication_date": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
        "related_identifiers": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["identifier", "relation"],
                "properties": {
                    "identifier": {"type": "string"},
                    "relation": {"enum": ["isDerivedFrom", "isNewVersionOf", "isSupplementTo"]},
                    "scheme": {"enum": ["url", "doi"]},
                },
            },
        },
        "title": {"type": "string", "minLength": 3},
        "upload_type": {"const": "dataset"},
        "version": {"type": "string"},
    },
}
"""Of the fields of a deposit, those that dafu writes, as Zenodo's documentation and public schemas of it have them."""


def test_a_zenodo_deposit(runs: ThreeRuns, tmp_path: Path) -> None:
    count = hubs.zenodo(runs.after, tmp_path / "zenodo")
    files = tmp_path / "zenodo/files"
    said = json.loads((tmp_path / "zenodo/deposit.json").read_text())
    jsonschema.validate(said["metadata"], ZENODO)
    assert json.loads((tmp_path / "zenodo/.zenodo.json").read_text()) == said["metadata"]
    assert said["metadata"]["version"] == runs.after.name
    assert count == len(list(files.iterdir()))
    assert all(path.is_file() for path in files.iterdir())
    assert subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=files).returncode == 0
    with zipfile.ZipFile(files / "queries.zip") as packed:
        assert sorted(packed.namelist()) == sorted(
            f"queries/{path.name}" for path in (runs.after / "queries").iterdir()
        )
    hubs.zenodo(runs.after, tmp_path / "again")
    assert (tmp_path / "again/files/SHA256SUMS").read_text() == (files / "SHA256SUMS").read_text()


def test_a_hugging_face_repository(runs: ThreeRuns, tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    hubs.hugging_face(runs.after, folder)
    card = DatasetCard.load(folder / "README.md", repo_type="dataset")
    data = card.data.to_dict()
    assert (data["language"], data["license"], data["size_categories"]) == (["zh"], "other", ["n<1K"])
    assert card.text.strip() == (runs.after / "README.md").read_text().strip()
    configs = {config["config_name"]: config["data_files"][0]["path"] for config in data["configs"]}
    assert set(configs) == {table.about.name for table in TABLES}
    assert sorted(configs.values()) == sorted(path.name for path in folder.glob("*.parquet"))
    assert [config["config_name"] for config in data["configs"] if config.get("default")] == ["replies"]
    with duckdb.connect() as con:
        rows = {
            name: con.execute(f"SELECT count(*) FROM '{folder / path}'").fetchone() for name, path in configs.items()
        }
    assert {name: row[0] for name, row in rows.items() if row} == runs.later["release"]["rows"]
    assert differences(folder) == []


@pytest.mark.parametrize("option", ["--zenodo-metadata", "--huggingface"])
def test_the_command_writes_a_new_folder_only(option: str, runs: ThreeRuns, tmp_path: Path, dafu: Dafu) -> None:
    where = ("--datasets", str(runs.datasets), "--json")
    ended = dafu("publish", "demo", option, str(tmp_path / "out"), *where)
    assert ended.code == 0, ended
    assert ended.json[0]["files"] > len(TABLES)
    ended = dafu("publish", "demo", option, str(tmp_path / "out"), *where)
    assert ended.code == 2
    assert "is there and not empty" in ended.err
    assert dafu("publish", "demo", str(tmp_path / "www"), option, str(tmp_path / "new"), *where).code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
