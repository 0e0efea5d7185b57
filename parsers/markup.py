"""A page's markup → its lines of text, whatever tags stand around them."""

from __future__ import annotations

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString, PageElement, PreformattedString

from parsers.text import normalise

_BLOCKS = frozenset(
    "address article aside blockquote center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr li "
    "main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset("script style noscript template head title select option button".split())
_CELL_SEPARATOR = " | "


def soup_of(html: str) -> BeautifulSoup:
    """Return the parsed page."""
    return BeautifulSoup(html, "lxml")


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
