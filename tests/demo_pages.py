"""The demo's pages as the parser gets them, and the facts that were read from them by hand."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.crawl.catalogue import article_id
from flows.crawl.site_folder import FolderSite
from flows.datasets import load_dataset
from parsers.encoding import decode, is_markup
from parsers.letter import Provenance, Reading, read_letter
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
def html_of(name: str) -> str | None:
    """Return the page of a facts file as characters; None if the row leads to no page at all."""
    facts = hand_read(name)
    answer = _site(later=name.endswith("-later") or bool(facts.get("later"))).answer(facts["path"])
    content_type = answer.headers["Content-Type"]
    if answer.status != 200 or not is_markup(answer.body, content_type):
        return None
    return decode(answer.body, content_type).text


@lru_cache(maxsize=256)
def read_page(name: str) -> Reading | None:
    """Return what the parser reads from the page of a facts file; None if the row leads to no page at all."""
    html, path = html_of(name), hand_read(name)["path"]
    return (
        None
        if html is None
        else read_letter(html, load_dataset("demo", DEMO.parent).page_selectors(), provenance(path))
    )


def provenance(path: str = "/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/2024n/1/index.shtml") -> Provenance:
    """Return what is known of the demo's page at `path` before it is read."""
    dataset = load_dataset("demo", DEMO.parent)
    column = next((c for c in dataset.columns if path.startswith(c.path)), dataset.columns[0])
    return Provenance(
        reply_id=f"demo:{article_id(path)}",
        url=dataset.site.base_url + path,
        province=dataset.province,
        column_path=column.path,
        column_kind=column.kind,
        listed_on=None,
        capture_id="capture",
        first_seen_at=WHEN,
        last_seen_at=WHEN,
    )
