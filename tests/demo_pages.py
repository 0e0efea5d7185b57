"""The demo's pages as the parser gets them, and the facts that were read from them by hand."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.crawl.catalogue import article_id
from flows.crawl.site_folder import FolderSite
from flows.datasets import load_dataset
from parsers.documents import read_document
from parsers.encoding import decode, is_markup
from parsers.frame import LetterFile
from parsers.letter import Provenance, Reading, read_letter
from parsers.listing import Row, read_listing
from tests.conftest import DEMO, REPOSITORY

FACTS = REPOSITORY / "tests" / "demo_facts"
WHEN = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)


def facts_files() -> list[Path]:
    """Return the files of hand-read facts, one a page."""
    return sorted(FACTS.glob("*.json"))


def hand_read(name: str) -> dict[str, Any]:
    """Return the facts that were read from a page by hand."""
    return dict(json.loads((FACTS / f"{name}.json").read_text(encoding="utf-8")))


@lru_cache(maxsize=2)
def _site(*, later: bool) -> FolderSite:
    return FolderSite([DEMO / "site", DEMO / "site-later"] if later else [DEMO / "site"])


@lru_cache(maxsize=256)
def _body_of(name: str) -> tuple[bytes, str] | None:
    """Return what the site answers for a facts file and its content type; None if that is no page and no file."""
    facts = hand_read(name)
    answer = _site(later=name.endswith("-later") or bool(facts.get("later"))).answer(facts["path"])
    return (answer.body, answer.headers["Content-Type"]) if answer.status == 200 else None


@lru_cache(maxsize=256)
def html_of(name: str) -> str | None:
    """Return the page of a facts file as characters; None if the row leads to no page at all."""
    answer = _body_of(name)
    return decode(*answer).text if answer and is_markup(*answer) else None


@lru_cache(maxsize=256)
def read_page(name: str) -> Reading | None:
    """Return what the parser reads from the page, or the file, of a facts file; None if there is neither."""
    answer, path = _body_of(name), hand_read(name)["path"]
    if answer is None:
        return None
    selectors, known, row = load_dataset("demo", DEMO.parent).page_selectors(), provenance(path), _listed().get(path)
    html = html_of(name)
    if html is not None:
        return read_letter(html, selectors, known)
    document = read_document(answer[0])
    if document.status != "read" or row is None:
        return None
    return read_letter("", selectors, known, LetterFile(known.url, row.title, document.lines))


def provenance(path: str = "/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/2024n/1/index.shtml") -> Provenance:
    """Return what is known of the demo's page at `path` before it is read."""
    dataset = load_dataset("demo", DEMO.parent)
    column = next((c for c in dataset.columns if path.startswith(c.path)), dataset.columns[0])
    row = _listed().get(path)
    return Provenance(
        reply_id=f"demo:{article_id(path)}",
        url=dataset.site.base_url + path,
        province=dataset.province,
        column_path=column.path,
        column_kind=column.kind,
        listed_on=row.listed_on if row else None,
        capture_id="capture",
        first_seen_at=WHEN,
        last_seen_at=WHEN,
    )


@lru_cache(maxsize=1)
def _listed() -> dict[str, Row]:
    """Return the rows of the demo's lists by path: they give a file its title and date."""
    dataset = load_dataset("demo", DEMO.parent)
    return {
        urlsplit(row.url).path: row
        for _, first in dataset.list_urls()
        for row in read_listing(
            _site(later=False).answer(urlsplit(first).path).body.decode("utf-8", "replace"),
            first,
            dataset.list_selectors(),
        ).rows
    }
