"""Whatever bytes come, there is a verdict: a record, or an issue that says why there is none, soon, and fit to be kept.

The table holds what a damaged, hostile or merely odd page can be. Each is given to everything that reads bytes; what
takes the time of the square of its length runs into the limit.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pyarrow as pa
import pytest

from flows.datasets import load_dataset
from parsers.answer import outcome_of
from parsers.attachments import read_attachment_links
from parsers.encoding import decode
from parsers.letter import Reading, read_letter
from parsers.listing import read_listing
from parsers.privacy import without_contact, without_contacts
from parsers.text import normalise
from tests.conftest import DEMO
from tests.demo_pages import provenance

LIST = load_dataset("demo", DEMO.parent).list_selectors()
PAGE = load_dataset("demo", DEMO.parent).page_selectors()
URL = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/2024n/1/index.shtml"
MB = 1_000_000


def letter(inside: str, title: str = "关于第0001号提案的答复") -> bytes:
    """Return a page with a small letter and something odd in its midst."""
    html = (
        f'<html><body><div class="xxgk_tit"><h1>{title}</h1></div><div class="TRS_Editor"><p>张三委员:</p>'
        f"<p>您提出的提案收悉,答复如下:</p>{inside}<p>感谢您的支持。</p><p>辽宁省教育厅</p></div></body></html>"
    )
    return html.encode("utf-8", "surrogatepass")


def rows(inside: str) -> bytes:
    """Return a list page with something odd for its rows."""
    return f'<div class="xxgk_con clearfix"><ul>{inside}</ul></div>'.encode()


# What the verdict on each has to be is said where it matters; where it is None, any is right.
PAGES: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "nothing": (lambda: b"", "no_selector_matched"),
    "NULs": (lambda: b"\0" * MB, "no_selector_matched"),
    "noise": (lambda: random.Random(1).randbytes(MB), None),
    "50 MB of noise": (lambda: random.Random(1).randbytes(50 * MB), None),
    "50 MB of text": (lambda: letter("<p>" + "字" * (16 * MB)), "oversized"),
    "50 MB of paragraphs": (lambda: letter("<p>我省推进职业教育。</p>" * (MB * 3 // 2)), "oversized"),
    "50 MB in an attribute": (lambda: letter(f'<img src="data:{"A" * 50 * MB}">'), "record"),
    "50 MB of <": (lambda: b"<" * (50 * MB), None),
    "50 MB of comments": (lambda: letter("<!-- -->" * (6 * MB)), "oversized"),
    "an unclosed comment": (lambda: letter("<!--" + "x" * MB), None),
    "an unclosed attribute": (lambda: letter("<p title='" + "x" * MB), None),
    "unclosed attributes": (lambda: b"<p title='" * 90_000, None),
    "scripts in scripts": (lambda: b"<script" * 200_000, None),
    "100,000 tags in one another": (lambda: letter("<b>" * 99_000), "oversized"),
    "10,000 tags in one another": (lambda: letter("<div>" * 10_000 + "深"), "oversized"),
    "2,000 tags in one another": (lambda: letter("<div>" * 2_000 + "深" + "</div>" * 2_000), "record"),
    "2,000 places for a letter": (lambda: b"<div class=TRS_Editor>" * 2_000, "no_text"),
    "100,000 tags in a row": (lambda: letter("<i></i>" * 100_000), "oversized"),
    "49,000 tags in a row": (lambda: letter("<i>字</i>" * 9_000 + "<b></b>" * 40_000), "record"),
    "90,000 br": (lambda: letter("<br>" * 90_000), "record"),
    "tables 600 deep": (lambda: letter("<table><tr><td>甲</td><td>" * 600 + "深"), "record"),
    "tables 10,000 deep": (lambda: letter("<table><tr><td>" * 10_000), "oversized"),
    "40,000 cells": (lambda: letter("<table><tr>" + "<td>甲</td>" * 40_000 + "</table>"), "oversized"),
    "lone surrogates": (lambda: letter("<p>\ud800答\udfff" * 100), None),
    "surrogates by reference": (lambda: letter("<p>&#xD800;&#xDFFF;&#0;&#x110000;" * 100), "record"),
    "private use": (lambda: letter("<p>\ue000\uf8ff\U00100000" * 100), "record"),
    "marks of direction": (lambda: letter("<p>\u202e\u200f\u2067答" * 100), "record"),
    "controls": (lambda: letter("<p>" + "".join(map(chr, range(32))) + "答"), "record"),
    "combining marks": (lambda: letter("<p>e" + "\u0316\u0300" * 9_000), "record"),
    "a million combining marks": (lambda: letter("<p>e" + "\u0300" * 490_000 + "\u0316" * 490_000), "oversized"),
    "letters that are eighteen": (lambda: letter("<p>" + "\ufdfa" * 990_000), "oversized"),
    "a million digits": (lambda: letter("<p>" + "1" * MB), "oversized"),
    "19,000 digits": (lambda: letter("<p>" + "1" * 19_000), "record"),
    "19,000 numerals": (lambda: letter("<p>" + "一" * 19_000), "record"),
    "900,000 spaces": (lambda: letter("<p>" + " \t\xa0" * 300_000), "record"),
    "opening quotes": (lambda: letter("<p>" + "“" * 19_000), "record"),
    "opening brackets": (lambda: letter("<p>" + "(" * 19_000), "record"),
    "opening title marks": (lambda: letter("<p>" + "《" * 19_000), "record"),
    "nested titles": (lambda: letter("<p>" + "《" * 9_000 + "》" * 9_000), "record"),
    "contacts": (lambda: letter("<p>" + ",电话" * 6_000), "record"),
    "a title of a million": (lambda: letter("", "答复" * (MB // 2)), None),
    "a list that breaks off": (lambda: letter("<p>将、</p><p>开设语文、数学、</p>"), "record"),
    "an English page": (lambda: letter("<p>The quick brown fox jumps over the lazy dog. " * 99, "News"), None),
    "an XML declaration": (lambda: b'<?xml version="1.0" encoding="gb2312"?>' + letter(""), "record"),
    "UTF-16": (lambda: letter("").decode().encode("utf-16"), "record"),
    "half a UTF-16": (lambda: letter("").decode().encode("utf-16")[:-1], "record"),
    "GB18030 cut short": (lambda: letter("").decode().encode("gb18030")[:-1] + b"\x81", "record"),
    "20,000 rows": (lambda: rows("<li><a href=/a.pdf>甲</a><span>2024-01-01</span></li>" * 20_000), None),
    "rows in one another": (lambda: rows("<li><a href=/a.pdf>甲</a><ul>" * 900), None),
    "rows to nowhere": (lambda: rows("<li><a href='http://[/a.pdf'>甲</a></li>" * 9_000), None),
    "a row's endless title": (lambda: rows(f"<li><a href=/x title='{'(联系人:,电话' * 99_000}'>甲</a></li>"), None),
    "a charset that never comes": (lambda: b"<meta" * 500 + b"charset" * 100 + b"= " * 500 + b" " * MB, None),
}


def verdict(reading: Reading) -> str:
    return "record" if reading.record else reading.issues[-1].code


def assert_keepable(reading: Reading) -> None:
    """Everything that was read can be written to Parquet and to JSON, and every place is where it says."""
    for row in [*(reading.record.rows() if reading.record else ()), *reading.issues]:
        json.loads(row.model_dump_json())
        for value in row.model_dump().values():
            if isinstance(value, str):
                pa.array([value]).validate(full=True)


@pytest.mark.timeout(20)  # none takes two seconds alone
@pytest.mark.parametrize("name", PAGES)
def test_there_is_a_verdict(name: str) -> None:
    make, expected = PAGES[name]
    body = make()
    html = decode(body, "text/html; charset=gb2312").text
    reading = read_letter(html, PAGE, provenance())
    assert_keepable(reading)
    assert expected in (None, verdict(reading))
    for row in read_listing(html, URL, LIST).rows:
        row.url.encode(), row.title.encode()
    for link in read_attachment_links(html, URL):
        link.url.encode(), link.label.encode()
    assert outcome_of(200, html) in ("ok", "blocked", "gone_soft", "error_page", "no_page")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("html", ["\ud800", "<p>\ud800</p>", "<a href='/\udfff.pdf'>\ud800</a>", "\0<p>\0"])
def test_characters_that_no_bytes_are_read_too(html: str) -> None:
    assert_keepable(read_letter(f'<div class="TRS_Editor">{html}</div>', PAGE, provenance()))
    assert all("\ud800" not in link.label for link in read_attachment_links(html, URL))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "location", [None, "", "http://[", "//", "http://:99999/", "\udfff", "\0", "http://site/\ud800"]
)
def test_wherever_a_redirect_leads(location: str | None) -> None:
    assert outcome_of(302, None, URL, location).startswith("redirect")


@pytest.mark.timeout(20)  # minutes, if the time grew with the square of the length
@pytest.mark.parametrize(
    "piece",
    [
        "电话",
        ",电话",
        "(联系人",
        "(联系人:",
        "联系人:",
        "承办人,",
        "1",
        "0",
        "13",
        "0241",
        "024-1",
        "a",
        "a@",
        "a.",
        "@",
        "(",
        "张三,",
        "张",
        "。",
        " ",
        "|",
    ],
)
def test_contacts_take_linear_time(piece: str) -> None:
    without_contact(piece * (200_000 // len(piece)))
    without_contacts([piece * 100 + "。"] * 2_000)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("header", ["charset=" + " " * 200_000, "charset " * 50_000, "charset=\"'" * 50_000])
def test_no_header_takes_long(header: str) -> None:
    assert decode(b"<p>", header).used == "utf-8"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["\u0316\u0300", " ", " ,", "  1", "ガ", "か\u3099", "\ufdfa"])
def test_the_normal_form_of_anything_is_found_soon(piece: str) -> None:
    normal = normalise(piece * 50_000)
    assert normalise(normal) == normal
