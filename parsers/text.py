"""The normal form of text, in which all matching runs and all offsets count.

NFKC makes full and half width one (`（` and `(`, `０` and `0`), then spaces go wherever they say nothing: at the ends
of a line, in runs, beside punctuation, between a character and a number. `。、《》“”` are their own NFKC.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Control characters and marks that nobody sees; those that count as spaces are not among them."""
_SPACES = re.compile(r" [^\S\n]+|[^\S \n][^\S\n]*")
_HAN = r"\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_PUNCTUATION = "。、《》“”‘’—…〔〕【】,;:!?()"
# A space between two Chinese characters can part two names (中共中央 国务院) and stays; beside punctuation and between
# a character and a number it says nothing.
_IDLE_SPACE = re.compile(
    rf" (?:(?<=[{_PUNCTUATION}] )(?=[{_HAN}{_PUNCTUATION}\d])|(?<=[{_HAN}\d] )(?=[{_PUNCTUATION}])|"
    rf"(?<=[{_HAN}] )(?=\d)|(?<=\d )(?=[{_HAN}]))"
)
_WIDE = dict(zip("，：；（）！？０１２３４５６７８９　\xa0", ",:;()!?0123456789  ", strict=True)) | {"…": "..."}
"""Nearly all that NFKC changes in a letter: NFKC itself takes several times as long."""
_COMMON = r"\s!-~一-鿿。、《》“”‘’—〔〕【】·"
_RARE = re.compile(f"[^{_COMMON}]")
"""What NFKC may change besides, or join with its neighbour."""
_ENCLOSED = {
    chr(first + n): f"({n + offset})"
    for first, offset, count in (
        (0x2460, 1, 20), (0x2474, 1, 20), (0x24EA, 0, 1), (0x24EB, 11, 10), (0x24F5, 1, 10), (0x24FF, 0, 1),
        (0x2776, 1, 10), (0x2780, 1, 10), (0x278A, 1, 10), (0x3251, 21, 15), (0x32B1, 36, 15),
    )
    for n in range(count)
} | {chr(0x3280 + n): f"({han})" for n, han in enumerate("一二三四五六七八九十")}  # fmt: skip
_ENCLOSED |= {chr(0x2488 + n): f"{n + 1}、" for n in range(20)}
"""①, ⑴ and ⒈ number what follows; NFKC would make digits of them, which join: ①3个 would be thirteen."""
_ENCLOSED_ONE = re.compile(f"[{''.join(_ENCLOSED)}]")
_JOINING = re.compile(r"(?<=\d)(?=[¼-¾⅐-⅟↉])|(?<=[\u33a0-\u33df])(?=\d)|(?<=[²³])(?=\d)")
_RAISED = re.compile(r"(?<=\d)(?=[²³¹⁰⁴-⁹])")
"""3½ is not thirty-one halves, ㎡5 not m25; 10² is ten to the power of two."""
_RUN = 64
_MARKS = re.compile(f"[^{_COMMON}]{{{_RUN}}}")
"""Longer than a word of any language. NFKC sorts combining marks in time that grows with the square of their number."""


def normalise(line: str) -> str:
    """Return one line in normal form; line breaks count as spaces."""
    return _normal(line.replace("\n", " ")).strip()


def normalise_lines(text: str) -> list[str]:
    """Return the lines of a text, each in normal form."""
    return [line.strip() for line in _normal(text).split("\n")]


def _normal(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    for wide, plain in _WIDE.items():
        text = text.replace(wide, plain)
    if _RARE.search(text):
        text = _ENCLOSED_ONE.sub(lambda found: _ENCLOSED[found.group()], text)
        text = _RAISED.sub("^", _JOINING.sub(" ", text))
        if _MARKS.search(text):
            text = "".join(unicodedata.normalize("NFKC", text[at : at + _RUN]) for at in range(0, len(text), _RUN))
        else:
            text = unicodedata.normalize("NFKC", text)
    return _IDLE_SPACE.sub("", _SPACES.sub(" ", text))


def brackets_apart(text: str, opening: str = "《", closing: str = "》") -> list[tuple[int, int]]:
    """Return (start, end) of every outermost `opening…closing` in `text`, nesting respected.

    An opening bracket that is never closed is passed over, so that one lost 》 does not swallow the rest.
    """
    if closing not in text:
        return []
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for match in re.finditer(f"[{re.escape(opening + closing)}]", text):
        if match.group() == opening:
            opened.append(match.start())
        elif opened:
            start = opened.pop()
            while found and found[-1][0] > start:  # what it encloses is part of it
                found.pop()
            found.append((start, match.end()))
    return found


def outside_titles(text: str) -> str:
    """Return `text` with everything inside 《》 blanked out, lengths kept."""
    pieces, at = [], 0
    for start, end in brackets_apart(text):
        pieces += [text[at:start], "\0" * (end - start)]
        at = end
    return "".join(pieces) + text[at:]
