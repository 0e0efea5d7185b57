"""A small release in its staging folder, made of the demo's pages without a crawl, for what reads staged tables."""

from __future__ import annotations

import copy
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from flows.datasets import load_dataset
from flows.release.coverage import write_coverage
from flows.release.dictionary import write_dictionary
from flows.release.manifest import MANIFEST, write_json
from flows.release.parquet import Entry
from schemas import RECORDED, SCHEMA_VERSION, TABLES
from schemas.arrow import arrow_schema
from schemas.captures import Capture
from schemas.history import HistoryEvent
from schemas.issues import issue
from tests.conftest import REPOSITORY
from tests.demo_pages import WHEN, facts_files, read_page

Rows = dict[str, list[dict[str, Any]]]
"""The rows of a release by table, each by column."""


def sound_rows() -> Rows:
    """Return the rows of a release of which nothing is wrong."""
    return copy.deepcopy(_rows_of_the_demo())


def stage(folder: Path, rows: Rows, con: duckdb.DuckDBPyConnection) -> dict[str, Entry]:
    """Write rows as the tables of a release; each is a view in `con`. Return the entries.

    Of the tables that are made of them, coverage and dictionary are; the others have no rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    entries: dict[str, Entry] = {}
    for table in TABLES:
        name = table.about.name
        path = folder / f"{name}.parquet"
        pq.write_table(pa.Table.from_pylist(rows.get(name, []), schema=arrow_schema(table)), path)
        con.execute(f"CREATE OR REPLACE VIEW {name} AS FROM '{path}'")
        entries[name] = {"files": [{"name": path.name}], "rows": len(rows.get(name, []))}
    entries["coverage"] = write_coverage(con, load_dataset("demo", REPOSITORY / "datasets"), folder)
    entries["dictionary"] = write_dictionary(con, folder)
    return entries


def released(folder: Path, rows: Rows) -> Path:
    """Write rows as a release that was made before; return its folder."""
    with duckdb.connect(config={"threads": 1}) as con:
        write_json(folder / MANIFEST, {"schema_version": SCHEMA_VERSION, "tables": stage(folder, rows, con)})
    return folder


@lru_cache(maxsize=1)
def _rows_of_the_demo() -> Rows:
    rows: Rows = {table.about.name: [] for table in RECORDED}
    for path in facts_files():
        reading = None if path.stem.endswith("-later") else read_page(path.stem)
        if reading is None or reading.record is None:
            continue
        reply = reading.record.reply
        if any(known["reply_id"] == reply.reply_id for known in rows["replies"]):
            continue
        capture = Capture(
            capture_id=f"capture-{len(rows['captures'])}",
            url=reply.url,
            fetched_at=WHEN,
            status=200,
            outcome="ok",
            sha256=None,
            bytes=None,
            media_type=None,
            encoding_declared=None,
            encoding_used=None,
            warc_file="demo.warc.gz",
            warc_offset=len(rows["captures"]),
        )
        event = HistoryEvent(
            reply_id=reply.reply_id,
            version=1,
            event="appeared",
            seen_at=WHEN,
            url=reply.url,
            content_sha256=reply.content_sha256,
            changed_fields=[],
            capture_id=capture.capture_id,
        )
        for row in (*reading.record.rows(), *reading.issues, capture, event):
            rows[row.about.name].append(row.model_dump())
        rows["replies"][-1] |= {"capture_id": capture.capture_id, "near_duplicate_group": None}
    for number in range(2):
        gone = issue("page_gone", "crawl", "gone, status 404", url=f"{rows['replies'][0]['url']}?{number}")
        rows["issues"].append(gone.model_dump())
    return rows
