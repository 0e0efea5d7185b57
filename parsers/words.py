"""Words: one jieba tokenizer a process, with our terms of education as its user dictionary.

jieba's own dictionary splits 363 of the 412 terms; without them neither keywords nor search would find 产教融合.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import warnings
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from itertools import accumulate
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # jieba 0.42.1 imports pkg_resources and has invalid escapes: not our users' business
    import jieba
    import jieba.analyse
    import jieba.posseg

_KEYWORDS = 10
_LONGEST_CUT = 2_000
"""Longer than any sentence: jieba takes the time of the square of a run of characters that make no words."""
_NOUN_TAGS = ("n", "vn", "an", "j", "b", "eng", "l", "s", "i", "k", "zg", "a")


@lru_cache(maxsize=1)
def tokenizer() -> jieba.Tokenizer:
    """Return the process's tokenizer; the first call takes about a second."""
    jieba.setLogLevel(logging.WARNING)
    made = jieba.Tokenizer()
    # jieba caches its dictionary in the temp folder under a name that users of one machine would share.
    cache = Path(tempfile.gettempdir()) / f"dafu-jieba-{os.getuid()}"
    cache.mkdir(mode=0o700, exist_ok=True)
    made.tmp_dir = str(cache)
    made.initialize()
    for term in _terms():
        made.add_word(term)
    return made


def dictionary_sha256() -> str:
    """Return the SHA-256 of what the tokenizer knows: jieba's dictionary and our terms. Other words, other tokens."""
    digest = hashlib.sha256(Path(jieba.__file__).with_name("dict.txt").read_bytes())
    digest.update("\n".join(_terms()).encode())
    return digest.hexdigest()


def words_of(sentence: str) -> list[str]:
    """Return the words of a sentence in order, punctuation included: joined they are the sentence."""
    return list(_cut(sentence)[1])


def words_between(sentence: str, start: int, end: int) -> list[str]:
    """Return the words of a sentence from `start` to `end`; one that lies across a border is cut there."""
    if start >= end:
        return []
    starts, words = _cut(sentence)
    first, last = bisect_right(starts, start) - 1, bisect_left(starts, end)
    return [
        sentence[max(at, start) : min(at + len(word), end)]
        for at, word in zip(starts[first:last], words[first:last], strict=True)
    ]


def forget_cuts() -> None:
    """Forget the sentences that were cut: the next letter has others."""
    _cut.cache_clear()


@lru_cache(maxsize=4096)
def _cut(sentence: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Cut a sentence, once for everybody who asks for its words while its letter is read: where they begin, and they.

    A sentence can be a whole paragraph with thousands of facts, so what lies between two places is looked up.
    """
    pieces = (sentence[at : at + _LONGEST_CUT] for at in range(0, len(sentence), _LONGEST_CUT))
    words = tuple(word for piece in pieces for word in tokenizer().cut(piece))
    return (0, *accumulate(map(len, words[:-1]))) if words else (), words


def search_tokens(words: Iterable[str]) -> list[str]:
    """Return the words as a search index wants them: the known shorter words inside a long one, then itself."""
    known = tokenizer().FREQ
    tokens: list[str] = []
    for word in words:
        for size in (2, 3):
            if len(word) > size:
                parts = (word[at : at + size] for at in range(len(word) - size + 1))
                tokens.extend(part for part in parts if known.get(part))
        if any(character.isalnum() for character in word):
            tokens.append(word)
    return tokens


def title_tokens(page_title: str | None, proposal_title: str | None) -> list[str]:
    """Return the words of a letter's titles as a search index wants them; a title within the other counts once."""
    page, proposal = page_title or "", proposal_title or ""
    return [
        token for line in ([page] if proposal in page else [page, proposal]) for token in search_tokens(words_of(line))
    ]


def keywords(words: Iterable[str]) -> list[str]:
    """Return the ten words of highest TF-IDF, best first; ties in the order of the code points."""
    weights, typical = _idf()
    counts = Counter(word for word in words if len(word) > 1 and not any(c.isdigit() for c in word) and word.isalnum())
    scored = sorted(counts, key=lambda word: (-counts[word] * weights.get(word, typical), word))
    return scored[:_KEYWORDS]


def is_noun(word: str) -> bool:
    """Tell whether a word can be part of a noun phrase, by jieba's dictionary; our own terms all can."""
    if word in _term_set():
        return True
    tag = jieba.posseg.dt.word_tag_tab.get(word)
    return tag.startswith(_NOUN_TAGS) if tag else len(word) > 1 and word.isalnum()


def is_verb(word: str) -> bool:
    """Tell whether a word is a verb and nothing else, by jieba's dictionary."""
    return word not in _term_set() and jieba.posseg.dt.word_tag_tab.get(word) == "v"


@lru_cache(maxsize=1)
def _terms() -> tuple[str, ...]:
    text = resources.files("parsers").joinpath("vocabulary/edu_terms.txt").read_text(encoding="utf-8")
    return tuple(line.strip() for line in text.splitlines() if line.strip())


@lru_cache(maxsize=1)
def _term_set() -> frozenset[str]:
    return frozenset(_terms())


@lru_cache(maxsize=1)
def _idf() -> tuple[dict[str, float], float]:
    """Return the weights of jieba's TF-IDF, and their median for words that it does not know."""
    weights, typical = jieba.analyse.TFIDF().idf_loader.get_idf()
    return dict(weights), typical
