"""The page that parsing is measured on: the demo's no. 0536, a real letter, in a page of a real length."""

from __future__ import annotations

from functools import lru_cache

from flows.datasets import load_dataset
from parsers.encoding import decode
from parsers.letter import Reading, read_letter
from tests.conftest import DEMO
from tests.demo_pages import html_of, provenance

SIZE = 60_000
_MENU = '<li class="nav-item"><a href="/jyt/gk/zcwj/index.shtml" title="政策文件">政策文件</a></li>\n'
_SELECTORS = load_dataset("demo", DEMO.parent).page_selectors()
_KNOWN = provenance()


@lru_cache(maxsize=1)
def letter_page() -> bytes:
    """Return the page, its navigation repeated until it is as long as such pages are."""
    html = html_of("szxta-seed-0536") or ""
    missing = SIZE - len(html.encode())
    return html.replace('<ul class="nav">', '<ul class="nav">' + _MENU * (missing // len(_MENU.encode())), 1).encode()


def read(body: bytes) -> Reading:
    """Read a page as `dafu parse` does."""
    return read_letter(decode(body, "text/html; charset=utf-8").text, _SELECTORS, _KNOWN)


def sentences_read(pages: int) -> int:
    """Read the page so many times; return how many sentences there were."""
    found = 0
    for _ in range(pages):
        record = read(letter_page()).record
        found += len(record.sentences) if record else 0
    return found
