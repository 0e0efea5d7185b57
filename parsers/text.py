"""The normal form of text, in which all matching runs and all offsets count.

NFKC makes full and half width one (`（` and `(`, `０` and `0`), then spaces go wherever they say nothing: at the ends
of a line, in runs, and beside Chinese characters, which are never separated by them. `。、《》“”` are their own NFKC.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SPACES = re.compile(r"\s+")
_HAN = r"\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_BESIDE_HAN = re.compile(rf"(?<=[{_HAN}。、《》“”‘’—…〔〕【】]) | (?=[{_HAN}。、《》“”‘’—…〔〕【】])")
# Two offices side by side in a signature are the one place where a space between characters means something.
_SIDE_BY_SIDE = re.compile(r"^\S*[厅局委部会院办府](?: \S*[厅局委部会院办府]| \d{4}年.*| 二.*日)+$")


def normalise(line: str) -> str:
    """Return one line in normal form; line breaks count as spaces."""
    line = _INVISIBLE.sub("", unicodedata.normalize("NFKC", line))
    line = _SPACES.sub(" ", line).strip()
    if _SIDE_BY_SIDE.match(line):
        return line
    return _BESIDE_HAN.sub("", line)


def brackets_apart(text: str, opening: str = "《", closing: str = "》") -> list[tuple[int, int]]:
    """Return (start, end) of every outermost `opening…closing` in `text`, nesting respected.

    An opening bracket that is never closed is passed over, so that one lost 》 does not swallow the rest.
    """
    found: list[tuple[int, int]] = []
    start = 0
    while (start := text.find(opening, start)) != -1:
        end = _closing_at(text, start, opening, closing)
        if end is None:
            start += 1
            continue
        found.append((start, end))
        start = end
    return found


def _closing_at(text: str, start: int, opening: str, closing: str) -> int | None:
    depth = 0
    for position in range(start, len(text)):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if depth == 0:
                return position + 1
    return None


def outside_titles(text: str) -> str:
    """Return `text` with everything inside 《》 blanked out, lengths kept."""
    characters = list(text)
    for start, end in brackets_apart(text):
        characters[start:end] = "\0" * (end - start)
    return "".join(characters)
