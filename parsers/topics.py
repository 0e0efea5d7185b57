"""Topics: the two facets of `vocabulary/topics.yaml`, scored as that file's head says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml

_TITLE, _HEADING, _BODY, _BODY_CAP = 3.0, 1.0, 0.2, 5
_THRESHOLD = 1.0
_SECONDARY = 1 / 3
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the scheme."""

    id: str
    facet: str
    zh: str
    en: str
    cues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topics:
    """The primary stage, and the themes with the primary one first; `other` when a letter has neither."""

    stage: str | None
    themes: tuple[str, ...]


@lru_cache(maxsize=1)
def scheme() -> tuple[Topic, ...]:
    """Return the topics in the scheme's order."""
    text = resources.files("parsers").joinpath("vocabulary/topics.yaml").read_text(encoding="utf-8")
    return tuple(
        Topic(entry["id"], entry["facet"], entry["zh"], entry["en"], tuple(str(cue) for cue in entry["cues"]))
        for entry in yaml.safe_load(text)["topics"]
    )


def read_topics(proposal_title: str | None, headings: list[str], text: str) -> Topics:
    """Score a letter: 3 a hit in its title, 1 in a level-1 or level-2 heading, 0.2 in the body (5 hits a cue)."""
    scores: dict[str, float] = defaultdict(float)
    for cue, hits in _hits(proposal_title or "").items():
        scores[_owner()[cue]] += _TITLE * hits
    for cue, hits in _hits("\n".join(headings)).items():
        scores[_owner()[cue]] += _HEADING * hits
    for cue, hits in _hits(text).items():
        scores[_owner()[cue]] += _BODY * min(hits, _BODY_CAP)
    stages, themes = _ranked(scores, "stage"), _ranked(scores, "theme")
    if not stages and not themes:
        return Topics(None, (_OTHER,))
    return Topics(stages[0] if stages else None, tuple(themes))


def _hits(text: str) -> Counter[str]:
    return Counter(_pattern().findall(text))


def _ranked(scores: Mapping[str, float], facet: str) -> list[str]:
    """Return the facet's topics from its best down to a third of it; ties keep the scheme's order."""
    ids = [topic.id for topic in scheme() if topic.facet == facet and round(scores.get(topic.id, 0), 6) >= _THRESHOLD]
    ids.sort(key=lambda topic: -round(scores[topic], 6))
    return [topic for topic in ids if scores[topic] >= scores[ids[0]] * _SECONDARY]


@lru_cache(maxsize=1)
def _owner() -> dict[str, str]:
    return {cue: topic.id for topic in scheme() for cue in topic.cues}


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    # Longest first: 高考 inside 职教高考 is a hit of the longer cue only.
    return re.compile("|".join(re.escape(cue) for cue in sorted(_owner(), key=lambda cue: (-len(cue), cue))))
