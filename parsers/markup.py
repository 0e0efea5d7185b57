"""A page's markup → its lines of text, whatever tags stand around them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import lxml.html
from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString, PageElement, PreformattedString
from lxml import etree
from lxml.cssselect import CSSSelector

from parsers.text import normalise

_BLOCKS = frozenset(
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset("script style noscript template head title select option button".split())
_CELL_SEPARATOR = " | "


def soup_of(html: str) -> BeautifulSoup:
    """Return a page, or a part of one, as soup."""
    return BeautifulSoup(html, "lxml")


class Page:
    """A page as a tree, of which only the parts that are read become soup.

    A letter is a tenth of its page: soup of the whole, navigation and all, would cost more than everything else.
    """

    def __init__(self, html: str) -> None:
        """Take a page apart; one that is no markup at all has no parts."""
        try:
            self._root = lxml.html.document_fromstring(html.replace("\0", ""), parser=_parser())
        except (etree.ParserError, ValueError):
            self._root = lxml.html.document_fromstring("<html></html>")

    def select(self, css: str) -> Iterator[Tag]:
        """Yield what a selector finds, in order, as soup."""
        for element in _selector(css)(self._root):
            soup = soup_of(lxml.html.tostring(element, encoding="unicode", with_tail=False))
            found = soup.find(str(element.tag))
            if isinstance(found, Tag):
                yield found

    def metas(self) -> dict[str, str]:
        """Return the metas by lower-case name; of duplicates the first that says something."""
        metas: dict[str, str] = {}
        for meta in self._root.iter("meta"):
            name, content = meta.get("name"), (meta.get("content") or "").strip()
            if name and content:
                metas.setdefault(name.lower(), content)
        return metas

    def links(self) -> Iterator[str]:
        """Yield the address of every link, as printed."""
        return (address for link in self._root.iter("a") if (address := link.get("href")))

    def lines(self) -> list[str]:
        """Return the page's text as `lines_of` does for a part of it."""
        joined = "".join(_texts(self._root))
        return [line for line in (normalise(raw) for raw in joined.split("\n")) if line.strip(" |")]


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(encoding=None, huge_tree=True, remove_comments=True, remove_pis=True)


@lru_cache(maxsize=256)
def _selector(css: str) -> CSSSelector:
    return CSSSelector(css, translator="html")


def _texts(root: etree._Element) -> Iterator[str]:
    """Yield the texts below an element, parted where blocks begin and end; what is silent is left out.

    Without recursion: a page may be nested deeper than Python's stack.
    """
    silent = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = element.tag
        silent += (name in _SILENT) * (1 if event == "start" else -1)
        if not silent and (name in _BLOCKS or name == "br"):
            yield "\n"
        said = element.text if event == "start" else element.tail
        if said and not silent:
            yield said.replace("\n", " ").replace("\r", " ")


def lines_of(element: Tag) -> list[str]:
    """Return the text of `element`, one normalised line a paragraph, without empty lines.

    A paragraph ends at every block tag and at `br`; inline tags never end one. A table row is one line, its cells
    separated by ` | `, so that a table stays readable and no cell runs into its neighbour.
    """
    joined = "".join(_pieces(element))
    return [line for line in (normalise(raw) for raw in joined.split("\n")) if line.strip(" |")]


def first_text(soup: Tag, selectors: tuple[str, ...]) -> str | None:
    """Return the normalised text of the first selector's first match that has any, else None."""
    for selector in selectors:
        element = soup.select_one(selector)
        text = normalise(element.get_text()) if element else ""
        if text:
            return text
    return None


def _pieces(element: Tag) -> Iterator[str]:
    for child in element.children:
        yield from _piece(child)


def _piece(node: PageElement) -> Iterator[str]:
    if isinstance(node, NavigableString):
        if not isinstance(node, (Comment, PreformattedString)):
            yield str(node).replace("\n", " ").replace("\r", " ")
    elif isinstance(node, Tag):
        if node.name in _SILENT:
            return
        if node.name == "br":
            yield "\n"
        elif node.name == "tr":
            cells = [c for c in node.children if isinstance(c, Tag) and c.name in ("td", "th")]
            yield "\n" + _CELL_SEPARATOR.join(" ".join(lines_of(cell)) for cell in cells) + "\n"
        elif node.name in _BLOCKS:
            yield "\n"
            yield from _pieces(node)
            yield "\n"
        else:
            yield from _pieces(node)
