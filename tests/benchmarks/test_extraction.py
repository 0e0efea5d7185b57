"""Title, publication date and body text: how often each reader has exactly what a careful person has: `make bench`.

The pages are the demo's, and those of tests/accuracy/. What is compared is the same for all: a reader's lines in normal
form and without contact details, which nobody is to keep. The body is right if all sentences of the letter stand in it
in their order, and nothing is left besides them but headings, title, salutation, marks and signature.

A reader that knows the site's selectors has an advantage over one made for any site; how much it is worth is the point.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gne
import pytest
import trafilatura

from flows.datasets import load_dataset
from parsers.frame import PageSelectors
from parsers.letter import read_letter
from parsers.numerals import date_in
from parsers.privacy import without_contacts
from parsers.text import normalise
from tests.accuracy import gold as accuracy
from tests.conftest import DEMO, REPOSITORY
from tests.demo_pages import facts_files, hand_read, html_of, provenance

GOLDEN = REPOSITORY / "tests" / "parsers" / "golden"
_SELECTORS = load_dataset("demo", DEMO.parent).page_selectors()
_LABELS = ("公开属性", "是否公开", "类别:建议", "此件", "答复")
"""What stands around an office's marks, or in the place of one."""
_LEFT = re.compile(r"[\d年月日〇○零一二三四五六七八九十,.:;、。()\[\]〔〕|/“”-]*")
"""What a signature's date, and what parts marks and headings, leave behind."""


@dataclass(frozen=True)
class Gold:
    """What a person finds on a page; sentences are None where nobody has written them down."""

    name: str
    html: str
    reply: dict[str, Any]
    sentences: list[str] | None
    besides: list[str]
    selectors: PageSelectors = _SELECTORS


@dataclass(frozen=True)
class Found:
    """What a reader finds on a page."""

    title: str | None
    date: str | None
    body: str


def _dafu(page: Gold) -> Found:
    record = read_letter(page.html, page.selectors, provenance()).record
    if record is None:
        return Found(None, None, "")
    reply = record.reply
    return Found(reply.page_title, str(reply.published_on) if reply.published_on else None, reply.text)


def _trafilatura(page: Gold) -> Found:
    said = trafilatura.bare_extraction(page.html, with_metadata=True)
    if said is None or isinstance(said, dict):
        return Found(None, None, "")
    return Found(said.title, said.date, said.text or "")


def _gne(page: Gold) -> Found:
    said = gne.GeneralNewsExtractor().extract(page.html)
    date = date_in(normalise(said["publish_time"]))
    return Found(said["title"], str(date) if date else None, said["content"])


READERS: dict[str, Callable[[Gold], Found]] = {"dafu": _dafu, "trafilatura": _trafilatura, "gne": _gne}


def gold_pages() -> Iterator[Gold]:
    """Yield the letters of the demo, and those of tests/accuracy/."""
    for path in facts_files():
        facts, html = hand_read(path.stem), html_of(path.stem)
        if facts["reply"] and html:
            headings = [title for _, _, title, _ in facts["headings"]]
            yield Gold(path.stem, html, facts["reply"], _sentences_of_golden(path.stem), headings)
    for name in accuracy.names():
        facts, html = accuracy.gold(name), accuracy.page(name)
        if facts["reply"]:
            headings = [title for _, _, title, *_ in facts["headings"]]
            sentences = [normalise(row["text"]) for row in facts["sentences"]]
            yield Gold(name, html, facts["reply"], sentences, headings, accuracy.SELECTORS)


def _sentences_of_golden(name: str) -> list[str] | None:
    """Return the sentences of a golden record, which a person has read, as the facts files hold none."""
    path = GOLDEN / f"{name}.json"
    if not path.exists():
        return None
    return [row["text"] for row in json.loads(path.read_text(encoding="utf-8"))["record"]["sentences"]]


def is_body(said: str, gold: Gold) -> bool:
    """Tell whether a text is the body of a letter, as this module's head says."""
    lines, _ = without_contacts([line for line in map(normalise, said.splitlines()) if line])
    left, at = _bare("".join(lines)), 0
    for sentence in map(_bare, gold.sentences or ()):
        start = left.find(sentence, at)
        if start < 0:
            return False
        left, at = left[:start] + left[start + len(sentence) :], start
    reply = gold.reply
    marks = [reply[key] for key in ("page_title", "salutation_raw", "doc_number", "reply_class_raw", "openness")]
    units = (reply["signatory_raw"] or "").split("、")
    for words in sorted(map(_bare, filter(None, [*gold.besides, *marks, *units, *_LABELS])), key=len, reverse=True):
        left = left.replace(words, "", 1)
    return _LEFT.fullmatch(left) is not None


def _bare(text: str) -> str:
    return "".join(text.split())


def _row(gold: Gold, found: Found) -> dict[str, bool]:
    """Return what of a page was found exactly; what the page itself does not say is not asked for."""
    row: dict[str, bool] = {}
    if gold.reply["page_title"]:
        row["title"] = normalise(found.title or "") == gold.reply["page_title"]
    if gold.reply["published_on"] and _says(gold.html, gold.reply["published_on"]):
        row["date"] = found.date == gold.reply["published_on"]
    if gold.sentences is not None:
        row["body"] = is_body(found.body, gold)
    return row


def _says(html: str, date: str) -> bool:
    """Tell whether a page prints a date in any way: of some only the list knows it."""
    day = dt.date.fromisoformat(date)
    numbers = rf"{day.year}\D{{1,3}}0?{day.month}\D{{1,3}}0?{day.day}(?!\d)"
    return re.search(numbers, normalise(html)) is not None


_shares: dict[str, dict[str, float]] = {}


@pytest.mark.benchmark(group="find title, date and body (time is not the point)")
@pytest.mark.parametrize("name", READERS)
def test_extraction(benchmark: Any, name: str) -> None:
    pages = list(gold_pages())
    rows = benchmark.pedantic(lambda: [_row(gold, READERS[name](gold)) for gold in pages], rounds=1)
    _shares[name] = {}
    for what in ("title", "date", "body"):
        right = [row[what] for row in rows if what in row]
        _shares[name][what] = sum(right) / len(right)
        benchmark.extra_info[what] = f"{sum(right)} of {len(right)}"
    if name == "dafu":
        missed = [(gold.name, row) for gold, row in zip(pages, rows, strict=True) if not all(row.values())]
        assert not missed
    elif "dafu" in _shares:
        assert all(_shares["dafu"][what] >= share for what, share in _shares[name].items())
