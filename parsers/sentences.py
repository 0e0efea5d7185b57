"""A paragraph → its sentences (reference: letters.md, "Text"). What each of them does is told in `parsers.roles`."""

from __future__ import annotations

_STOPS = "。!?"
_PAIRS = {"《": "》", "“": "”", "(": ")"}
_TRAILING = "”’》)"


def first_stop(text: str) -> int:
    """Return the end of the first sentence of `text`: after 。！？ outside 《》“”（）, closing quotes included.

    A bracket whose partner is missing in the paragraph (a lost opening quote is common) opens nothing.
    """
    balanced = {o: c for o, c in _PAIRS.items() if text.count(o) == text.count(c)}
    closers = set(balanced.values())
    depth = 0
    for position, character in enumerate(text):
        if character in balanced:
            depth += 1
        elif character in closers:
            depth = max(0, depth - 1)
        elif character in _STOPS and depth == 0:
            end = position + 1
            while end < len(text) and text[end] in _TRAILING:
                end += 1
            return end
    return len(text)


def split_sentences(paragraph: str) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences of one paragraph, in order and without gaps but for spaces."""
    found: list[tuple[int, int]] = []
    start = 0
    while start < len(paragraph):
        end = start + first_stop(paragraph[start:])
        if paragraph[start:end].strip():
            lead = len(paragraph[start:end]) - len(paragraph[start:end].lstrip())
            found.append((start + lead, end))
        start = end
    return found
