"""The same letter in other clothes is the same record: in another width, other tags, other bytes.

Each property takes a page of the demo and changes what says nothing; hypothesis chooses which, and where. The record
and what is reported of it have to stay the same to the last column.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.datasets import load_dataset
from parsers.encoding import decode
from parsers.letter import read_letter
from tests.conftest import DEMO
from tests.demo_pages import facts_files, hand_read, html_of, provenance, read_page

SELECTORS = load_dataset("demo", DEMO.parent).page_selectors()
CHEAP = settings(
    max_examples=60,
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_TOKENS = re.compile(r"(<script.*?</script>|<style.*?</style>|<!--.*?-->|<[^>]+>|&#?\w+;)", re.DOTALL)
_LETTER = re.compile(r"<div[^>]*\b(?:TRS_Editor|zoom|xqy-xl-room|content)\b")
_WIDE = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F) if chr(code) not in "<>&"}
_NARROW = {wide: narrow for narrow, wide in _WIDE.items()}
_SPACES = " \t\r\n\xa0\u3000\u2002"
_UNSEEN = "\u200b\ufeff\u00ad\u200e\u2060"

Change = Callable[[str, Random], str]


@lru_cache(maxsize=1)
def letters() -> list[str]:
    """Return the names of the demo's pages that hold a letter."""
    readings = {path.stem: read_page(path.stem) for path in facts_files()}
    return [name for name, reading in readings.items() if reading is not None and reading.record is not None]


def everything(html: str, name: str) -> dict[str, Any]:
    """Return all that is read from a page."""
    reading = read_letter(html, SELECTORS, provenance(hand_read(name)["path"]))
    return {
        "record": reading.record.model_dump() if reading.record else None,
        "issues": [row.model_dump() for row in reading.issues],
    }


@lru_cache(maxsize=256)
def as_printed(name: str) -> dict[str, Any]:
    return everything(html_of(name) or "", name)


def each_text(html: str, change: Callable[[str], str]) -> str:
    """Change the texts between the tags of the body."""
    head, body, rest = html.partition("<body")
    texts = _TOKENS.split(body + rest)
    return head + "".join(change(text) if at % 2 == 0 and at else text for at, text in enumerate(texts))


def letter_apart(html: str) -> tuple[str, str, str]:
    """Return what stands before, in and after the letter's place."""
    start = _LETTER.search(html)
    if start is None:
        return html, "", ""
    begin = html.index(">", start.start()) + 1
    depth, end = 1, len(html)
    for tag in re.finditer(r"<(/?)div\b", html[begin:]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            end = begin + tag.start()
            break
    return html[:begin], html[begin:end], html[end:]


def in_letter(html: str, change: Callable[[str], str]) -> str:
    before, inside, after = letter_apart(html)
    return before + change(inside) + after


def widths(html: str, random: Random) -> str:
    """Print some characters in full width and some in half width."""

    def either(character: str) -> str:
        other = _WIDE.get(character) or _NARROW.get(character)
        return other if other and random.random() < 0.5 else character

    return each_text(html, lambda text: "".join(map(either, text)))


def spaces(html: str, random: Random) -> str:
    """Indent paragraphs, and put spaces at their ends."""

    def some(_: re.Match[str] | None = None) -> str:
        return "".join(random.choices([*_SPACES, "&nbsp;", "&#12288;", "&emsp;"], k=random.randrange(5)))

    indented = re.sub(r"<(?:p|div|li|h1|br|td)\b[^>]*>", lambda tag: tag[0] + some(), html)
    return re.sub(r"</(?:p|div|li|h1|td)>|<br", lambda tag: some() + tag[0], indented)


def unseen(html: str, random: Random) -> str:
    """Scatter characters that nobody sees."""

    def scattered(text: str) -> str:
        return "".join(c + random.choice(_UNSEEN) if random.random() < 0.05 else c for c in text)

    return each_text(html, scattered)


def splits(html: str, random: Random) -> str:
    """Part the texts by comments, empty and inline tags."""
    idle = ["<!-- -->", "<span></span>", '<a name="x"></a>', "<font color=red></font>", "<!--<em>-->", "<o:p></o:p>"]
    around = [("<span>", "</span>"), ("<b>", "</b>"), ('<font face="仿宋">', "</font>"), ("<i><u>", "</u></i>")]

    def parted(text: str) -> str:
        pieces: list[str] = []
        for piece in _cut(text, random):
            opening, closing = random.choice(around)
            said = opening + piece + closing if random.random() < 0.5 else piece
            pieces.append(said + (random.choice(idle) if random.random() < 0.5 else ""))
        return "".join(pieces)

    return each_text(html, parted)


def references(html: str, random: Random) -> str:
    """Print some characters as references."""

    def as_reference(character: str) -> str:
        if character.isspace() or random.random() > 0.1:
            return character
        return f"&#{ord(character)};" if random.random() < 0.5 else f"&#x{ord(character):x};"

    return each_text(html, lambda text: "".join(map(as_reference, text)))


def styles(html: str, random: Random) -> str:
    """Give tags styles and other attributes."""
    said = [
        ' style="text-indent:2em;font-family:仿宋_GB2312"',
        ' class="MsoNormal"',
        ' data-x="a&gt;b"',
        ' align="left"',
    ]
    return re.sub(r"<(p|br|span|strong|td|tr|li)(?=[\s>])", lambda tag: tag[0] + random.choice(said), html)


def divs(html: str, random: Random) -> str:
    """Make the letter's paragraphs something else that ends a line."""
    name = random.choice(["div", "section", "h4", "blockquote", "center"])
    return in_letter(html, lambda inside: re.sub(r"<(/?)p(?=[\s>])", rf"<\1{name}", inside))


def breaks(html: str, random: Random) -> str:
    """Part the letter's paragraphs by br, once or more."""
    br = random.choice(["<br>", "<br/>", "<BR />", "<br><br>"])
    return in_letter(html, lambda inside: re.sub(r"</?p(?:\s[^>]*)?>", br, inside))


def soup(html: str, random: Random) -> str:
    """Put the letter's paragraphs into tags within tags."""
    deep = random.randrange(1, 40)
    inside = random.choice(["span", "div", "font"])
    return in_letter(html, lambda said: f"<{inside}>" * deep + said + f"</{inside}>" * deep)


def layout(html: str, random: Random) -> str:
    """Put the letter into a table that only lays it out."""
    deep = random.randrange(1, 4)
    opening, closing = "<table><tbody><tr><td>" * deep, "</td></tr></tbody></table>" * deep
    return in_letter(html, lambda said: opening + said + closing)


def metas(html: str, random: Random) -> str:
    """Reorder the metas, say some twice, some without a word, some in another case."""
    found = re.findall(r"<meta [^>]*>", html, re.IGNORECASE)
    charsets = [meta for meta in found if "charset" in meta.lower()]
    named = [meta for meta in found if meta not in charsets]
    if len({re.sub(r'content=".*', "", meta.lower()) for meta in named}) < len(named):
        return html  # of duplicates the first counts: their order says something
    random.shuffle(named)
    said = charsets + [twin for meta in named for twin in _twins(meta, random)]
    return re.sub(r"<meta [^>]*>", "", html, flags=re.IGNORECASE).replace("<head>", "<head>" + "".join(said), 1)


def capitals(html: str, random: Random) -> str:
    """Write tags in capitals."""
    return re.sub(r"</?\w+", lambda tag: tag[0].upper() if random.random() < 0.5 else tag[0], html)


def encodings(html: str, random: Random) -> str:
    """Send the page in another encoding, whatever it says of itself."""
    body = html.encode(random.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030"]))
    return decode(body, f"text/html; charset={random.choice(['gb2312', 'utf-8', 'iso-8859-1'])}").text


def line_ends(html: str, random: Random) -> str:
    """End the source's lines otherwise."""
    return html.replace("\n", random.choice(["\r\n", "\n\n", "\n\t  "]))


CHANGES: tuple[Change, ...] = (
    *(widths, spaces, unseen, splits, references, styles, divs, breaks, soup, layout, metas, line_ends),
    capitals,
    encodings,
)


def _cut(text: str, random: Random) -> Iterator[str]:
    while text:
        size = random.randrange(1, 40)
        yield text[:size]
        text = text[size:]


def _twins(meta: str, random: Random) -> list[str]:
    mute = re.sub(r'content="[^"]*"', 'content=" "', meta)
    shout = re.sub(r'name="([^"]*)"', lambda name: name[0].replace(name[1], name[1].upper()), meta)
    return random.choice([[meta], [meta, meta], [mute, meta], [shout], [meta, mute]])


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_says_nothing_changes_nothing(change: Change) -> None:
    @CHEAP
    @given(st.sampled_from(letters()), st.integers(0, 2**32))
    def holds(name: str, seed: int) -> None:
        changed = change(html_of(name) or "", Random(seed))
        assert everything(changed, name) == as_printed(name)

    holds()


@CHEAP
@given(st.data())
def test_nor_do_several_changes_together(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(letters()))
    seed = data.draw(st.integers(0, 2**32))
    # capitals and encodings come last: the other changes look for tags as they are mostly written
    chosen = data.draw(st.lists(st.sampled_from(CHANGES[:-2]), min_size=2, max_size=5, unique=True))
    html = html_of(name) or ""
    for change in [*chosen, *CHANGES[-2:]]:
        html = change(html, Random(seed))
    assert everything(html, name) == as_printed(name)
