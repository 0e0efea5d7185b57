"""The gold letters: their pages as the parser gets them, and what their readers found."""

from __future__ import annotations

import datetime as dt
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from parsers.frame import PageSelectors
from parsers.letter import Provenance, Reading, read_letter
from schemas.replies import Kind

FOLDER = Path(__file__).parent
SELECTORS = PageSelectors(
    title=("div.xxgk_tit h1", "div.xqy-tit", "h2.title", "h1"),
    byline=("ul.xxgk_info li", "div.xqy-info", "p.info"),
    body=("div.TRS_Editor", "div.zoom", "div.xqy-xl-room", "div.content"),
)
_KINDS: dict[str, Kind] = {"szxta": "cppcc_proposal", "srddbjy": "npc_suggestion"}
_WHEN = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def names() -> list[str]:
    """Return the names of the gold letters, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def gold(name: str) -> dict[str, Any]:
    """Return what a letter's reader found."""
    return dict(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def page(name: str) -> str:
    """Return a letter's page."""
    return (FOLDER / f"{name}.html").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def read(name: str) -> Reading:
    """Return what the parser reads."""
    said = gold(name)
    known = Provenance(
        reply_id=f"gold:{name}",
        url=f"http://gold.invalid/{said['column']}/{name}.html",
        province="辽宁省",
        column_path=f"/{said['column']}/",
        column_kind=_KINDS[said["column"]],
        listed_on=dt.date.fromisoformat(said["listed_on"]) if said.get("listed_on") else None,
        capture_id="capture",
        first_seen_at=_WHEN,
        last_seen_at=_WHEN,
    )
    return read_letter(page(name), SELECTORS, known)
