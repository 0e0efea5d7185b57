"""A list page → its rows and the way to the next page.

A row without a link is no row; a page on which no selector finds a row gives none, and the caller reports it.
The next page is read from the pager's `tagname` attribute, never built (reference: site.md).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from urllib.parse import quote, urldefrag, urljoin

from parsers.markup import Element, Page, select, text_of
from parsers.numerals import date_in
from parsers.privacy import without_contact
from parsers.text import normalise

NEXT_WORDS = ("下一页", "下页", ">")


@dataclass(frozen=True, slots=True)
class ListSelectors:
    """Where rows, their dates and the pager are looked for: hypotheses in order, the first that finds any wins."""

    rows: tuple[str, ...]
    date: tuple[str, ...]
    pager: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the absolute address it leads to, its title (perhaps cut) and its date."""

    url: str
    title: str
    listed_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list page says. `selector` is the hypothesis that found the rows, None if none did."""

    rows: tuple[Row, ...]
    next_url: str | None
    selector: str | None


def absolute(base: str, said: str) -> str:
    """Return an address as it is asked for: absolute, in ASCII; one that no rule can read comes back as it is."""
    try:
        return quote(urldefrag(urljoin(base, said)).url, safe="%/:=&?~+!$,;'@()*[]")
    except ValueError:
        return said


def read_listing(html: str, url: str, selectors: ListSelectors) -> Listing:
    """Read the list page `html` that was captured at `url`."""
    page = Page(html)
    for selector in selectors.rows:
        rows = tuple(row for item in page.select(selector) if (row := _row(item, url, selectors.date)))
        if rows:
            return Listing(rows, _next_url(page, url, selectors.pager), selector)
    return Listing((), None, None)


def _row(item: Element, url: str, date_selectors: tuple[str, ...]) -> Row | None:
    link = next((link for link in item.iter("a") if link.get("href") is not None), None)
    if link is None:
        return None
    href = link.get("href", "").strip()
    if not href or href.startswith(("javascript:", "#", "mailto:")):
        return None
    title = without_contact(normalise(link.get("title") or "") or text_of(link))
    return Row(absolute(url, href), title, _date(item, date_selectors))


def _date(item: Element, selectors: tuple[str, ...]) -> dt.date | None:
    """Return the date in the first selector's first match that has any text."""
    found = (text_of(place) for selector in selectors for place in select(item, selector)[:1])
    return date_in(next((text for text in found if text), ""))


def _next_url(page: Page, url: str, pager_selectors: tuple[str, ...]) -> str | None:
    for selector in pager_selectors:
        for link in page.select(selector):
            target = (link.get("tagname") or "").strip()
            words = text_of(link)
            if target and any(word in words for word in NEXT_WORDS):
                return absolute(url, target)
    return None
