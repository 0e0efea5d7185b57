"""The demo's pages as the parser gets them, and the facts that were read from them by hand."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.crawl.catalogue import article_id
from flows.crawl.site_folder import FolderSite, Response
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


def _answer(name: str) -> Response:
    facts = hand_read(name)
    return _site(later=name.endswith("-later") or bool(facts.get("later"))).answer(facts["path"])


@lru_cache(maxsize=256)
def html_of(name: str) -> str | None:
    """Return the page of a facts file as characters; None if the row leads to no page."""
    answer = _answer(name)
    content_type = answer.headers["Content-Type"]
    if answer.status != 200 or not is_markup(answer.body, content_type):
        return None
    return decode(answer.body, content_type).text


@lru_cache(maxsize=256)
def read_page(name: str) -> Reading | None:
    """Return what the parser reads from the page or file of a facts file; None if the row leads to neither."""
    answer, html, path = _answer(name), html_of(name), hand_read(name)["path"]
    selectors, known, row = load_dataset("demo", DEMO.parent).page_selectors(), provenance(path), _listed().get(path)
    if html is not None:
        return read_letter(html, selectors, known)
    document = read_document(answer.body)
    if answer.status != 200 or document.status != "read" or row is None:
        return None
    return read_letter("", selectors, known, LetterFile(known.url, row.title, document.lines))


def provenance(path: str = "/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/2024n/1/index.shtml") -> Provenance:
    """Return what is known of the demo's page at `path` before it is read."""
    dataset, row = load_dataset("demo", DEMO.parent), _listed().get(path)
    column = next((c for c in dataset.columns if path.startswith(c.path)), dataset.columns[0])
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
