"""What happened to one letter: its events, and what each of them changed in its text.

The events stand in the release. The texts of former versions do not; they are read again from the archive, where it is.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from flows.crawl.archive import Archive
from flows.crawl.catalogue import SEEN, ListedPage
from flows.datasets import Dataset
from flows.parse.letters import PageGroup, read_state_or_report
from schemas.archive import IndexEntry

_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]?")
_SIGNS = {"-": "red", "+": "green"}


@dataclass(frozen=True, slots=True)
class Change:
    """One event and the sentences that it took out (-) and put in (+), in the order of the text.

    `changes` is None if the text of this version or of the one before cannot be had.
    """

    event: dict[str, Any]
    changes: list[tuple[str, str]] | None


def told(dataset: Dataset, letter: dict[str, Any]) -> list[Change]:
    """Return a letter's events, oldest first, with what each changed; `letter` is as `flows.read.show` finds it."""
    events = sorted(
        letter["history"], key=lambda event: (event["seen_at"], event["version"], event["event"] == "edited")
    )
    archive = Archive(dataset.archive)
    captures = {entry.capture_id: entry for entry in archive.entries()}
    texts: dict[int, str | None] = {}
    found = []
    for event in events:
        version, entry = event["version"], captures.get(event["capture_id"])
        if version not in texts:
            texts[version] = _text(archive, dataset, letter["reply"], entry) if entry else None
        changed = "text" in event["changed_fields"]
        found.append(Change(event, _differences(texts.get(version - 1), texts[version]) if changed else []))
    return found


def as_text(changes: list[Change]) -> Text:
    """Return the history for the terminal."""
    shown = Text()
    for change in changes:
        event = change.event
        seen = event["seen_at"].strftime("%Y-%m-%d %H:%M UTC")
        shown.append(f"{seen}  {event['event']:<9}", style="bold")
        shown.append(f"  version {event['version']}")
        if event["changed_fields"]:
            shown.append(f"  {', '.join(event['changed_fields'])}", style="dim")
        shown.append(f"\n    {event['url']}\n", style="dim")
        if change.changes is None:
            shown.append("    the archive with the texts is not here\n", style="dim")
        for sign, sentence in change.changes or []:
            shown.append(f"  {sign} {sentence}\n", style=_SIGNS[sign])
    return shown


def as_json(changes: list[Change]) -> str:
    """Return the history as JSON."""
    rows = [
        {
            **change.event,
            "changes": change.changes and [{"sign": sign, "text": text} for sign, text in change.changes],
        }
        for change in changes
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1, default=str)


def _text(archive: Archive, dataset: Dataset, reply: dict[str, Any], entry: IndexEntry) -> str | None:
    """Return the text of the version that a capture shows; one that found it unchanged refers to the bytes before."""
    captures = archive.captures_of(entry.url)
    until = captures[: captures.index(entry) + 1]
    good = next((found for found in reversed(until) if found.outcome == "ok"), None)
    if good is None or entry.outcome not in SEEN:
        return None
    column = next((c for c in dataset.columns if c.path == reply["column_path"]), dataset.columns[0])
    group = PageGroup("", (ListedPage(good.url, "", None, column),), (good,))
    record = read_state_or_report(archive, dataset, group, good, reply["reply_id"]).record
    return record.reply.text if record else None


def _differences(before: str | None, after: str | None) -> list[tuple[str, str]] | None:
    if before is None or after is None:
        return None
    one, other = (_sentences(text) for text in (before, after))
    found: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag != "equal":
            found += [("-", sentence) for sentence in one[a:b]] + [("+", sentence) for sentence in other[c:d]]
    return found


def _sentences(text: str) -> list[str]:
    return [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]
