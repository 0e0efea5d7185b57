"""A page's markup → its lines of text, whatever tags stand around them.

lxml takes a page apart and finds its parts; what holds the letter becomes soup and is read. A letter is a tenth of its
page, and soup of the navigation cost more than everything else. Nothing here recurses: a page may be nested deeper than
Python's stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString
from lxml import etree
from lxml.cssselect import CSSSelector

from parsers.text import normalise, normalise_lines

Element = etree._Element  # noqa: SLF001 - lxml has no public name for it

_BLOCKS = frozenset(
    "address article aside blockquote br center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr "
    "li main nav ol p pre section table tbody td tfoot th thead tr ul".split()
)
_SILENT = frozenset("script style noscript template head title select option button".split())
_CELLS = ("td", "th")
_ROWS = ("tr", "tbody", "thead", "tfoot")
_CELL_SEPARATOR = " | "
_SURROGATES = re.compile("[\ud800-\udfff]")
_MOST_TAGS, _MOST_TEXT = 100_000, 1_000_000
"""Far more than the largest real page has, and as much as can be read in a second."""


class Page:
    """A page as a tree.

    One that is no markup at all has no parts. Nor has one that is `oversized`: of more tags or text than any real page,
    or nested so deep that the parser gives up within it. Half a letter must not pass for a letter.
    """

    def __init__(self, html: str) -> None:
        """Take a page apart."""
        self.oversized = html.count("<") > _MOST_TAGS
        self._root = etree.Element("html")
        if not self.oversized:
            root, self.oversized = _parsed(html)
            if root is not None and not self.oversized:
                self._root = root

    def select(self, css: str) -> list[Element]:
        """Return what a selector finds, in order."""
        return select(self._root, css)

    def metas(self) -> dict[str, str]:
        """Return the metas by lower-case name; of duplicates the first that says something."""
        metas: dict[str, str] = {}
        for meta in self._root.iter("meta"):
            name, content = meta.get("name"), (meta.get("content") or "").strip()
            if name and content:
                metas.setdefault(name.lower(), content)
        return metas

    def links(self) -> Iterator[tuple[str, Element]]:
        """Yield every link that has an address: the address as printed, and the link."""
        return ((address, link) for link in self._root.iter("a") if (address := link.get("href")))

    def lines_around(self, part: Element | None) -> list[str]:
        """Return the page's lines but for those of a part of it; each cell of a table is a line of its own."""
        return _lines(_text(self._root, without=part))


def _parsed(html: str) -> tuple[Element | None, bool]:
    """Return a page's tree, and whether the page is too large to be read whole."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        # as bytes: of characters lxml takes none whose first line, an XML declaration, names an encoding
        root = etree.fromstring(_encoded(html.replace("\0", "")), parser)
    except etree.XMLSyntaxError:  # empty
        root = None
    cut = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    return root, cut or (root is not None and float(root.xpath("string-length()")) > _MOST_TEXT)


def _encoded(html: str) -> bytes:
    try:
        return html.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", html).encode()


@lru_cache(maxsize=256)
def selector(css: str) -> CSSSelector:
    """Return a selector; cssselect.SelectorError or lxml.etree.XPathError if it is none, or none that can be run."""
    made = CSSSelector(css, translator="html")
    made(etree.Element("html"))
    return made


def select(element: Element, css: str) -> list[Element]:
    """Return what a selector finds in an element, in order."""
    return list(selector(css)(element))


def lines_of(element: Element) -> list[str]:
    """Return the text of `element`, one normalised line a paragraph, without empty lines.

    A paragraph ends at every block tag and at `br`; inline tags never end one. A table row is one line, its cells
    separated by ` | `, so that a table stays readable and no cell runs into its neighbour.
    """
    return _lines("".join(_letter_texts(_soup_of(element))))


def text_of(element: Element) -> str:
    """Return the text of `element` as one normalised line."""
    return normalise(_text(element).replace("\n", ""))


def has_table(element: Element) -> bool:
    """Tell whether there is a table in an element: one that lays out a page has one cell a row and is none."""
    return any(_is_table_row(row) for row in element.iter("tr"))


def _lines(text: str) -> list[str]:
    return [line for line in normalise_lines(text) if line.strip(" |")]


def _is_table_row(row: Element) -> bool:
    return sum(cell.tag in _CELLS for cell in row) > 1


def _soup_of(element: Element) -> BeautifulSoup:
    """Return a part of a page as soup; a part of a table keeps a table around it, without which it would be lost."""
    html = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    if element.tag in _CELLS:
        html = f"<table><tr>{html}</tr></table>"
    elif element.tag in _ROWS:
        html = f"<table>{html}</table>"
    return BeautifulSoup(html, "lxml")


def _letter_texts(soup: BeautifulSoup) -> Iterator[str]:
    """Yield the texts of a part, parted where blocks begin and end, and cells of one row by a bar."""
    rows = _Rows()
    open_tags: list[Tag] = [soup]
    walks = [iter(soup.contents)]
    while walks:
        node = next(walks[-1], None)
        if node is None:
            walks.pop()
            closed = open_tags.pop()
            if closed.name in _BLOCKS:
                yield rows.parting(closed, begins=False)
        elif isinstance(node, NavigableString):
            if not isinstance(node, PreformattedString):  # comments and the like
                yield node.replace("\n", " ").replace("\r", " ")
        elif isinstance(node, Tag) and node.name not in _SILENT:
            if node.name in _BLOCKS:
                yield rows.parting(node, begins=True)
            walks.append(iter(node.contents))
            open_tags.append(node)


class _Rows:
    """The table rows that a walk is in: what parts the texts where a block begins or ends."""

    def __init__(self) -> None:
        self._cells_seen: list[int | None] = []
        """Of each open row; None if it reads as anything else does."""
        self._open_cells = 0

    def parting(self, element: Tag, *, begins: bool) -> str:
        """Return what stands at the beginning or end of a block: a break, but inside of a row's cells a space."""
        if element.name == "tr":
            if begins:
                cells = sum(isinstance(child, Tag) and child.name in _CELLS for child in element.contents)
                self._cells_seen.append(0 if cells > 1 else None)
            else:
                self._cells_seen.pop()
        elif element.name in _CELLS and self._is_in_row(element):
            return self._cell(begins=begins)
        return " " if self._open_cells else "\n"

    def _is_in_row(self, cell: Tag) -> bool:
        row = cell.parent
        return bool(self._cells_seen) and self._cells_seen[-1] is not None and row is not None and row.name == "tr"

    def _cell(self, *, begins: bool) -> str:
        if not begins:
            self._open_cells -= 1
            return " "
        self._open_cells += 1
        seen = self._cells_seen[-1] or 0
        self._cells_seen[-1] = seen + 1
        return _CELL_SEPARATOR if seen else " "


def _text(root: Element, *, without: Element | None = None) -> str:
    """Return the texts of an element but for those of a part of it, parted where blocks begin and end."""
    texts: list[str] = []
    silent = 0
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        begins = event == "start"
        name = element.tag
        if name in _SILENT:
            silent += 1 if begins else -1
        elif name in _BLOCKS and not silent:
            texts.append("\n")
        if element is without and begins:
            walk.skip_subtree()
        elif not silent:
            said = element.text if begins else element.tail
            if said and (begins or element is not root):
                texts.append(said.replace("\n", " "))
    return "".join(texts)
