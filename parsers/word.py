"""A docx → its lines in document order: a paragraph a line, a table row a line with its cells joined by ` | `.

What stands in text boxes, content controls, smart tags (a date typed in Word often is one) and tracked insertions is
text; what is tracked as deleted is not. Headers, footers, footnotes and comments are left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.package import Package
from lxml import etree

from parsers.limits import Limits, UnreadableError

_CELL_SEPARATOR = " | "
_PARAGRAPH, _TABLE, _ROW, _CELL, _TEXT = (qn(f"w:{name}") for name in ("p", "tbl", "tr", "tc", "t"))
_WRAPPERS = frozenset(qn(f"w:{name}") for name in ("sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag"))
_SIGNS = {qn("w:tab"): " ", qn("w:ptab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SILENT = frozenset(qn(f"w:{name}") for name in ("pPr", "rPr", "del", "moveFrom", "rt")) | {_FALLBACK}
"""What is no text: properties, deletions, pronunciations, and the second telling of a drawing for older programs."""
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))


def word_lines(body: bytes, limits: Limits) -> Iterator[str]:
    """Yield the lines of a docx as written; UnreadableError if it wants a password, is too large or a trap."""
    _check_members(body, limits)
    try:
        part = Package.open(io.BytesIO(body)).part_related_by(RELATIONSHIP_TYPE.OFFICE_DOCUMENT)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile, etree.XMLSyntaxError):
        raise UnreadableError("damaged") from None
    if not isinstance(part, XmlPart):
        raise UnreadableError("format_not_read")  # a kin of docx, such as one with macros
    found = part.element.find(qn("w:body"))
    for block in _blocks(found) if found is not None else ():
        yield from block.split("\n")


def _check_members(body: bytes, limits: Limits) -> None:
    """Refuse a zip bomb by what its members are declared to inflate to: zipfile inflates no member further.

    No part of a docx has a DTD (ECMA-376-2, 8.1.4), so one that has is refused before anything parses it: entities that
    expand without end can stand nowhere else.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as package:
            members = package.infolist()
            if any(member.flag_bits & 1 for member in members):
                raise UnreadableError("encrypted")
            inflated = sum(member.file_size for member in members)
            if len(members) > limits.members or inflated > limits.inflated_bytes:
                raise UnreadableError("oversized")
            for member in members:
                if member.filename.endswith((".xml", ".rels")) and _has_doctype(package.read(member)):
                    raise UnreadableError("damaged")
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError):
        raise UnreadableError("damaged") from None


def _has_doctype(part: bytes) -> bool:
    return any(doctype in part for doctype in _DOCTYPES)


def _blocks(parent: Iterable[etree._Element]) -> Iterator[str]:
    for child in _unwrapped(parent):
        if child.tag == _PARAGRAPH:
            yield "".join(_said(child))
        elif child.tag == _TABLE:
            for row in _unwrapped(child, _ROW):
                yield _CELL_SEPARATOR.join(_cell(cell) for cell in _unwrapped(row, _CELL))


def _cell(cell: etree._Element) -> str:
    return " ".join(block.replace("\n", " ") for block in _blocks(cell)).strip()


def _unwrapped(parent: Iterable[etree._Element], tag: str | None = None) -> Iterator[etree._Element]:
    for child in parent:
        if child.tag in _WRAPPERS:
            yield from _unwrapped(child, tag)
        elif tag is None or child.tag == tag:
            yield child


def _said(element: Iterable[etree._Element]) -> Iterator[str]:
    for child in element:
        tag = child.tag
        if tag == _TEXT:
            yield child.text or ""
        elif tag in _SIGNS:
            yield _SIGNS[str(tag)]
        elif tag == _PARAGRAPH:  # in a text box
            yield "\n"
            yield from _said(child)
            yield "\n"
        elif tag not in _SILENT:
            yield from _said(child)
