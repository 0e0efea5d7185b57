"""A PDF → its paragraphs. A PDF holds printed lines; which of them are one paragraph is told from where they stand.

A printed line ends its paragraph

- if it ends three characters or more before the right margin, or
- if the next line is indented, unless both are alike, by three characters at most, and the sentence goes on, or
- if it ends in 。 : ; ! ? and the next line begins like a heading (一、 (一) 1. (1)), or nothing is indented at all;

but a line within 《》, “” or () that closes on the next line never does: titles are broken where they are too long.
Margins are those of the pages of one size; a page's number is no line. Of characters only their boxes are asked for:
scans have no text and come out without lines.
"""

from __future__ import annotations

import ctypes
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
from pypdfium2 import raw

from parsers.limits import Limits, UnreadableError

_LOCKED = (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
_END = b"%%EOF"
_END_WITHIN = 2048
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_HAN = re.compile("[\u4e00-\u9fff]")
_SENTENCE_END = re.compile(r"[。:：;；!！?？][”’)）》]?$")
_HEADING = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|[(（](?:[一二三四五六七八九十]{1,3}|\d{1,2})[)）]|\d{1,2}(?:[.．](?!\d)|、))"
)
_PAGE_NUMBER = re.compile(r"[\s\-—–―─·]*(?:第\s*)?\d{1,3}\s*(?:页.{0,12})?[\s\-—–―─·]*$")
_BRACKETS = (("《", "》"), ("“", "”"), ("(", ")"), ("（", "）"))
_SHORT, _INDENTED, _ALIKE, _FIRST_LINE = 3.0, 1.2, 0.5, 3.0
"""In characters: how far before the margin a short line ends, how far in an indented one begins, how much two may
differ that begin alike, and how far in a paragraph's first line begins at most."""
_EM = 12.0


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line as printed: where it begins and ends, how wide its characters are, and the size of its page."""

    text: str
    left: float
    right: float
    em: float = _EM
    sheet: tuple[int, int] = (595, 842)


def pdf_lines(body: bytes, limits: Limits) -> list[str]:
    """Return the paragraphs of a PDF; UnreadableError if it wants a password, is too large, cut off or no PDF.

    A PDF that lost its end is not read: of what could be made of the rest, nobody could say whether it is all.
    """
    if _END not in body[-_END_WITHIN:]:
        raise UnreadableError("damaged")
    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError as error:
        raise UnreadableError("encrypted" if error.err_code in _LOCKED else "damaged") from None
    try:
        if len(document) > limits.pages:
            raise UnreadableError("oversized")
        printed: list[PrintedLine] = []
        left = limits.characters
        for number in range(len(document)):
            page = document[number]
            printed += _without_number(_printed(page, left))
            left = limits.characters - sum(len(line.text) for line in printed)
            page.close()
        return paragraphs(printed)
    finally:
        document.close()


def paragraphs(lines: Sequence[PrintedLine]) -> list[str]:
    """Join printed lines into paragraphs, by the rules above."""
    if not lines:
        return []
    margins = _margins(lines)
    indenting = any(_INDENTED < _indent(line, margins) <= _FIRST_LINE for line in lines)
    found = [lines[0].text]
    for line, following in pairwise(lines):
        if _ends(line, following, margins, indenting=indenting):
            found.append(following.text)
        else:
            found[-1] = _joined(found[-1], following.text)
    return found


_Margins = dict[tuple[int, int], tuple[float, float]]


def _margins(lines: Sequence[PrintedLine]) -> _Margins:
    """Return (left, right) by size of page; the left is the first that two lines share, lest a stray one count."""
    by_sheet: dict[tuple[int, int], list[PrintedLine]] = defaultdict(list)
    for line in lines:
        by_sheet[line.sheet].append(line)
    margins = {}
    for sheet, found in by_sheet.items():
        lefts = sorted(line.left for line in found)
        shared = (one for one, other in pairwise(lefts) if other - one < _ALIKE * found[0].em)
        margins[sheet] = next(shared, lefts[0]), max(line.right for line in found)
    return margins


def _ends(line: PrintedLine, following: PrintedLine, margins: _Margins, *, indenting: bool) -> bool:
    if _closes_on(line.text, following.text):
        return False
    if line.sheet != following.sheet or margins[line.sheet][1] - line.right >= _SHORT * line.em:
        return True
    ended = _SENTENCE_END.search(line.text) is not None
    heading = _HEADING.match(following.text) is not None
    if _indent(following, margins) > _INDENTED:
        alike = abs(line.left - following.left) < _ALIKE * line.em and _indent(line, margins) <= _FIRST_LINE
        return not alike or ended or heading
    return ended and (heading or not indenting)


def _indent(line: PrintedLine, margins: _Margins) -> float:
    """Return how many characters in from the margin a line begins."""
    return (line.left - margins[line.sheet][0]) / line.em


def _closes_on(line: str, following: str) -> bool:
    return any(
        line.count(opening) > line.count(closing) and following.count(closing) > following.count(opening)
        for opening, closing in _BRACKETS
    )


def _joined(before: str, after: str) -> str:
    latin = re.search(r"[A-Za-z,.]$", before) and re.match(r"[A-Za-z]", after)
    return f"{before} {after}" if latin else before + after


def _without_number(lines: list[PrintedLine]) -> list[PrintedLine]:
    """Take the page's number off its first or last line."""
    if lines and _PAGE_NUMBER.match(lines[-1].text):
        return lines[:-1]
    return lines[1:] if lines and _PAGE_NUMBER.match(lines[0].text) else lines


def _printed(page: pdfium.PdfPage, most: int) -> list[PrintedLine]:
    """Return the lines of a page, of at most so many characters."""
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > most:
            raise UnreadableError("oversized")
        width, height = page.get_size()
        characters = [chr(raw.FPDFText_GetUnicode(text_page, n)) for n in range(count)]
        return [
            _line(text_page, characters, start, end, (round(width), round(height)))
            for start, end in _line_bounds(characters)
        ]
    finally:
        text_page.close()


def _line_bounds(characters: list[str]) -> Iterator[tuple[int, int]]:
    """Yield where each line that says something begins and ends, spaces around it left out."""
    joined = "".join(character if not _CONTROLS.match(character) else " " for character in characters)
    for match in re.finditer(r"[^\r\n]+", joined):
        said = match.group()
        if said.strip():
            start = match.start() + len(said) - len(said.lstrip())
            yield start, match.start() + len(said.rstrip())


def _line(
    text_page: pdfium.PdfTextPage, characters: list[str], start: int, end: int, sheet: tuple[int, int]
) -> PrintedLine:
    han = [n for n in range(start, end) if _HAN.match(characters[n])][:5]
    widths = [right - left for left, right in (_box(text_page, n) for n in han) if right > left]
    text = _CONTROLS.sub("", "".join(characters[start:end]))
    return PrintedLine(
        text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"),
        _box(text_page, start)[0],
        _box(text_page, end - 1)[1],
        statistics.median(widths) if widths else _EM,
        sheet,
    )


def _box(text_page: pdfium.PdfTextPage, index: int) -> tuple[float, float]:
    """Return where a character's box begins and ends on its line."""
    box = raw.FS_RECTF()
    raw.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(box))
    return float(box.left), float(box.right)
