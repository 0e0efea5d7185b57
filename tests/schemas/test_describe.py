"""A column is declared once, and is then in everything that is said of a release."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml
from rdflib import Graph, Namespace
from rdflib.namespace import DCTERMS, FOAF
from rdflib.query import ResultRow

import flows.reference
import flows.release.database
from schemas import TABLES
from schemas.arrow import arrow_schema
from schemas.commitments import Commitment
from schemas.describe.citation import citation
from schemas.describe.croissant import croissant
from schemas.describe.data_package import data_package, table_schema
from schemas.describe.dcat import SPDX, dcat
from schemas.describe.json_schema import json_schema
from schemas.describe.release import File, Licence, Party, Release, Source
from schemas.dictionary import dictionary
from schemas.flags import FLAGS
from schemas.issues import REASON_CODES, Issue
from schemas.passages import SharedPassage
from schemas.replies import Reply
from schemas.snapshot import declared, differences
from schemas.structure import Section
from schemas.table import Column, Struct, Table, unique_columns

EN, ZH = "Whether the letter is friendly.", "语气是否友好。"


class WiderSection(Section):
    """A section with one column more."""

    mood: Annotated[Literal["calm", "cross"] | None, Column(EN, ZH, unit="moods", source="words of the heading")]


WIDER: tuple[type[Table], ...] = tuple(WiderSection if table is Section else table for table in TABLES)


def release(files: int = 1) -> Release:
    us = Party("the authors", "作者", None, ("creator",))
    return Release(
        name="made-up",
        title="Made up",
        title_zh="虚构",
        description="Nothing.",
        description_zh="无。",
        version="2026.01.05",
        schema_version="1.2.3",
        parser_version="9",
        first=dt.datetime(2025, 12, 31, tzinfo=dt.UTC),
        last=dt.datetime(2026, 1, 5, 1, 2, 3, 4, tzinfo=dt.UTC),
        licence="none that is known",
        licences=[Licence("CC0-1.0", "All", "https://creativecommons.org/publicdomain/zero/1.0/")],
        publisher=Party("the department", "部门", "http://dept.invalid", ("publisher",)),
        contributors=[us],
        sources=[Source("the department", "http://dept.invalid/letters/", "2026-01-05T01:02:03Z")],
        files={
            table.about.name: [File(f"{table.about.name}-{n}.parquet", f"{n:064}", 10 + n, n) for n in range(files)]
            for table in WIDER
        },
    )


def named(said: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = (one for one in said if one["name"] == name)
    return found


def test_a_new_column_is_in_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = arrow_schema(WiderSection).field("mood").metadata
    assert metadata[b"description_zh"].decode() == ZH
    assert json.loads(metadata[b"values"]) == ["calm", "cross"]

    (entry,) = (row for row in dictionary(WIDER) if row.column_name == "mood")
    assert (entry.table_name, entry.type, entry.unit) == ("sections", "string", "moods")

    row = json_schema(WiderSection, "1.2.3")["properties"]["mood"]
    assert (row["description"], row["description_zh"], row["unit"]) == (EN, ZH, "moods")
    assert {"type": "null"} in row["anyOf"]

    resource = named(data_package(release(), WIDER)["resources"], "sections")
    field = named(resource["schema"]["fields"], "mood")
    assert (field["description"], field["description_zh"], field["unit"]) == (EN, ZH, "moods")
    assert field["categories"] == field["constraints"]["enum"] == ["calm", "cross"]

    field = named(named(croissant(release(), WIDER)["recordSet"], "sections")["field"], "mood")
    assert field["description"] == {"en": EN, "zh": ZH}
    assert field["source"]["extract"] == {"column": "mood"}

    monkeypatch.setattr(flows.reference, "TABLES", WIDER)
    page = flows.reference.pages()["tables.md"]
    assert f"| `mood` | string, null | {EN} | {ZH} | `calm`, `cross` | moods | words of the heading |" in page

    assert [found.says for found in differences(declared(TABLES), declared(WIDER))] == ["sections.mood is new"]


def test_a_new_column_is_a_comment_in_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = {table.about.name: f"{table.about.name}.parquet" for table in WIDER}
    for table in WIDER:
        pq.write_table(arrow_schema(table).empty_table(), tmp_path / files[table.about.name])
    monkeypatch.setattr(flows.release.database, "TABLES", WIDER)
    entries = {name: {"files": [{"name": file}]} for name, file in files.items()}
    with closing(flows.release.database.Database(tmp_path, tmp_path / "spilled")) as database:
        database.add(entries)
        database.finished()
    with duckdb.connect(str(tmp_path / "dafu.duckdb"), read_only=True) as con:
        said = con.execute("SELECT comment FROM duckdb_columns() WHERE column_name = 'mood'").fetchone()
    assert said == (f"{EN} {ZH}",)


def test_a_part_of_a_struct_that_nobody_described_does_not_build() -> None:
    with pytest.raises(TypeError, match=r"Part\.name is not declared"):

        class Part(Struct):
            name: str


def test_the_parts_of_a_struct_are_described_where_they_can_be() -> None:
    part = json_schema(Commitment, "1.2.3")["$defs"]["Action"]["properties"]["verb"]
    assert (part["type"], part["description_zh"]) == ("string", "动词。")
    actions = named(named(croissant(release(), WIDER)["recordSet"], "commitments")["field"], "actions")
    assert [part["@id"] for part in actions["subField"]] == ["commitments/actions/verb", "commitments/actions/phrase"]
    assert actions["subField"][0]["source"]["transform"] == {"jsonPath": "verb"}


def test_types_keys_and_references_of_a_table_schema() -> None:
    said = table_schema(Section, TABLES)
    assert {field["name"]: field["type"] for field in said["fields"]}["run_in"] == "boolean"
    assert said["primaryKey"] == ["reply_id", "n"]
    assert said["foreignKeys"] == [
        {"fields": ["reply_id"], "reference": {"resource": "replies", "fields": ["reply_id"]}},
        {"fields": ["parent_id"], "reference": {"fields": ["section_id"]}},
    ]
    assert named(said["fields"], "section_id")["constraints"] == {"required": True, "unique": True}
    passages = table_schema(SharedPassage, TABLES)
    assert [key["fields"] for key in passages["foreignKeys"]] == [["reply_id"]]
    assert named(passages["fields"], "sentence_ids")["references"] == "sentences.sentence_id"


def test_codes_have_their_meaning_as_label() -> None:
    code = named(table_schema(Issue, TABLES)["fields"], "code")
    (label,) = (one for one in code["categories"] if one["value"] == "page_gone")
    assert label["label"] == REASON_CODES["page_gone"].en
    assert label["label_zh"] == REASON_CODES["page_gone"].zh
    assert code["constraints"]["enum"] == list(REASON_CODES)
    flags = named(table_schema(Reply, TABLES)["fields"], "flags")["arrayItem"]
    assert flags["constraints"]["enum"] == list(FLAGS)
    assert {one["value"]: (one["label"], one["label_zh"]) for one in flags["categories"]} == FLAGS
    assert json_schema(Issue, "1.2.3")["properties"]["code"]["enum"] == list(REASON_CODES)


def test_what_is_referenced_is_unique() -> None:
    tables = {table.about.name: table for table in TABLES}
    assert unique_columns(tables["sentences"], TABLES) == {"sentence_id"}
    assert unique_columns(tables["replies"], TABLES) == {"reply_id"}
    assert unique_columns(tables["quantities"], TABLES) == set()


def test_a_table_in_parts_is_one_resource_and_one_set_of_files() -> None:
    resource = named(data_package(release(files=3), WIDER)["resources"], "quantities")
    assert resource["path"] == [f"quantities-{n}.parquet" for n in range(3)]
    assert resource["rows"] == 3
    assert "hash" not in resource
    said = croissant(release(files=3), WIDER)
    ours = [one for one in said["distribution"] if one["@id"].startswith("quantities")]
    assert [one["@type"] for one in ours] == ["cr:FileObject"] * 3 + ["cr:FileSet"]
    source = named(said["recordSet"], "quantities")["field"][0]["source"]
    assert source["fileSet"] == {"@id": ours[-1]["@id"]}


def test_a_citation_has_what_the_format_wants() -> None:
    said = yaml.safe_load(yaml.safe_dump(citation(release()), allow_unicode=True))
    assert said["cff-version"] == "1.2.0"
    assert said["type"] == "dataset"
    assert all(isinstance(said[key], str) and said[key] for key in ("message", "title", "version", "abstract"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["date-released"])
    assert said["authors"] == [{"name": "the authors"}]
    assert said["license"] == ["CC0-1.0"]
    assert {"type", "value"} <= said["identifiers"][0].keys()
    assert {"type", "title", "authors"} <= said["references"][0].keys()


def test_a_portal_finds_the_files_beside_the_turtle() -> None:
    said = dcat(release(files=2), WIDER)
    assert said == dcat(release(files=2), WIDER)
    graph = Graph().parse(data=said, format="turtle", publicID="https://data.invalid/releases/2026.01.05/dcat.ttl")
    rows = graph.query(
        """SELECT ?file ?bytes ?digest WHERE {
             ?dataset a dcat:Dataset; dcat:version "2026.01.05"; dct:publisher/foaf:name "作者"@zh .
             ?dataset dcat:distribution ?d .
             ?d dcat:downloadURL ?file; dcat:byteSize ?bytes; dct:license ?cc0;
                spdx:checksum/spdx:checksumValue ?digest; dct:title "sections" }""",
        initNs={"dcat": Namespace("http://www.w3.org/ns/dcat#"), "dct": DCTERMS, "foaf": FOAF, "spdx": SPDX},
    )
    assert sorted((str(row[0]), int(row[1]), str(row[2])) for row in rows if isinstance(row, ResultRow)) == [
        (f"https://data.invalid/releases/2026.01.05/sections-{n}.parquet", 10 + n, f"{n:064}") for n in range(2)
    ]


def test_nothing_depends_on_the_clock() -> None:
    said = data_package(release(), WIDER)
    assert said["created"] == "2026-01-05T01:02:03Z"
    assert croissant(release(), WIDER)["datePublished"] == "2026-01-05T01:02:03Z"
    assert said["sources"][0]["version"] == "2026-01-05T01:02:03Z"


def test_a_dataset_without_a_licence_for_machines_says_its_licence_in_words() -> None:
    bare = Release(**{**{name: getattr(release(), name) for name in Release.__slots__}, "licences": []})
    assert data_package(bare, WIDER)["licenses"] == [{"name": "other", "title": "none that is known"}]
    assert croissant(bare, WIDER)["license"] == ["none that is known"]
    assert "license" not in citation(bare)
