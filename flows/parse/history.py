"""States → letters: which article ids are one letter, and what happened to it, run by run.

Two article ids are one letter if a page of theirs ever said the very same, or if one redirects to the other and they
answer the same proposal. The id that was captured first stands for the letter, so it never changes.

What a run found counts as follows. That a page shows a letter counts at once: the letter appeared, was edited, moved or
returned. That a page is gone counts only if the run was complete and every list that ever led to the letter answered
with its rows: a list that is empty for an hour withdraws nothing. A letter is withdrawn when its last page is gone; it
stays in the dataset and is flagged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flows.crawl.archive import Archive
from flows.crawl.catalogue import SEEN, Catalogue
from flows.datasets import Dataset
from flows.parse.letters import (
    GONE,
    GroupReading,
    State,
    attachments_of_state,
    read_state_or_report,
    redirected_to,
    state_of,
)
from schemas.archive import IndexEntry
from schemas.history import Event, HistoryEvent
from schemas.issues import Issue, issue
from schemas.record import Record
from schemas.replies import Reply

_TOLD_GONE = (*GONE, "redirected")
_PLACE = frozenset({"url", "column_path"})
_NOT_CONTENT = _PLACE | {"reply_id", "version", "capture_id", "content_sha256", "near_duplicate_group"}
"""Columns of a reply that tell of its place, or of us, rather than what the page says."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter with its history, what is to be reported of it, and the article ids that it was found under."""

    record: Record
    issues: tuple[Issue, ...]
    articles: frozenset[str]


@dataclass
class _Telling:
    """What one address last said: it shows a state of the letter, or the letter is not there.

    `seen`: the page is there, though perhaps without the letter.
    """

    entry: IndexEntry
    record: Record | None
    seen: bool


@dataclass
class _Life:
    """A letter as the runs went by. `told` is what each address last said, `current` where the letter is read."""

    told: dict[str, _Telling] = field(default_factory=dict)
    current: Record | None = None
    alive: bool = False
    version: int = 0
    twice: bool = False
    events: list[HistoryEvent] = field(default_factory=list)

    def showing(self) -> dict[str, _Telling]:
        return {url: telling for url, telling in self.told.items() if telling.record}


def one_letter_each(archive: Archive, dataset: Dataset, catalogue: Catalogue, read: list[GroupReading]) -> list[Letter]:
    """Join the groups that are one letter, and replay each letter's history; groups without a letter give none."""
    evidence = _Evidence(archive, catalogue)
    return [
        _letter(archive, dataset, evidence, joined)
        for joined in _joined(archive, read)
        if any(reading.records for reading in joined)
    ]


def unread(letters: Iterable[Letter], read: list[GroupReading]) -> Iterator[Issue]:
    """Yield the issues of the groups that no letter was found in, nor where they lead."""
    found = {article for letter in letters for article in letter.articles}
    for reading in read:
        if reading.group.article_id not in found:
            yield from reading.issues


class _Evidence:
    """Which runs may say of a page that it is gone."""

    def __init__(self, archive: Archive, catalogue: Catalogue) -> None:
        self._complete = {run.number for run in archive.runs if run.complete}
        self._catalogue = catalogue

    def is_full(self, run: int, urls: Iterable[str]) -> bool:
        """Tell whether a run looked at all there is to see of the pages `urls`."""
        lists = {first for url in urls for first in self._catalogue.listed_by.get(url, ())}
        return run in self._complete and not lists & self._catalogue.unsound.get(run, set())


def _joined(archive: Archive, read: list[GroupReading]) -> list[list[GroupReading]]:
    """Return the groups, those together that are one letter, in the order of their lowest article id."""
    parent = {reading.group.article_id: reading.group.article_id for reading in read}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for one, other in _same(archive, read):
        low, high = sorted((root(one.group.article_id), root(other.group.article_id)))
        parent[high] = low
    by_root: dict[str, list[GroupReading]] = defaultdict(list)
    for reading in read:
        by_root[root(reading.group.article_id)].append(reading)
    return [by_root[name] for name in sorted(by_root)]


def _same(archive: Archive, read: list[GroupReading]) -> Iterator[tuple[GroupReading, GroupReading]]:
    by_content: dict[str, list[GroupReading]] = defaultdict(list)
    by_url: dict[str, GroupReading] = {}
    for reading in read:
        by_url |= {page.url: reading for page in reading.group.pages}
        for content in {record.reply.content_sha256 for record in reading.records}:
            by_content[content].append(reading)
    for alike in by_content.values():
        yield from ((alike[0], other) for other in alike[1:])
    for reading in read:
        for page in reading.group.pages:
            for target in redirected_to(archive, page.url):
                other = by_url.get(target)
                if other is not None and other is not reading and _may_be_one(reading, other):
                    yield reading, other


def _may_be_one(one: GroupReading, other: GroupReading) -> bool:
    """Tell whether a redirect may lead from a letter to itself: a site can send what it removed to any page it has."""
    if not one.records or not other.records:
        return True
    answered = [{(r.reply.number, r.reply.page_title) for r in reading.records} for reading in (one, other)]
    return any(a[1] == b[1] or (a[0] is not None and a[0] == b[0]) for a in answered[0] for b in answered[1])


def _letter(archive: Archive, dataset: Dataset, evidence: _Evidence, joined: list[GroupReading]) -> Letter:
    holding = _Holding(archive, joined)
    captures = sorted(
        {entry.capture_id: entry for reading in joined for entry in reading.group.captures}.values(),
        key=lambda entry: (entry.run, entry.fetched_at, entry.url),
    )
    primary = _primary(joined, captures)
    reply_id = f"{dataset.name}:{primary.group.article_id}"
    life = _replayed(captures, holding, evidence, reply_id, {page.url for page in primary.group.pages})
    record, found = _final(archive, dataset, joined, holding, life, reply_id)
    shown = {state.url for state, read in holding.states.items() if read}
    seen = [entry for entry in captures if entry.outcome in SEEN and entry.url in shown]
    flags = {*record.reply.flags, *(["posted_twice"] if life.twice else []), *([] if life.alive else ["withdrawn"])}
    known = {
        "version": life.version,
        "first_seen_at": min(entry.fetched_at for entry in seen),
        "last_seen_at": max(entry.fetched_at for entry in seen),
        "flags": sorted(flags),
    }
    reply = record.reply.model_copy(update=known)
    articles = frozenset(reading.group.article_id for reading in joined)
    return Letter(record.model_copy(update={"reply": reply, "history": tuple(life.events)}), tuple(found), articles)


def _primary(joined: list[GroupReading], captures: list[IndexEntry]) -> GroupReading:
    """Return the group whose letter was captured in the earliest run; of several the one with the lowest id."""
    first_run: dict[str, int] = {}
    for entry in captures:
        if entry.outcome == "ok":
            first_run.setdefault(entry.url, entry.run)

    def rank(reading: GroupReading) -> tuple[int, str]:
        runs = [first_run[state.url] for state, record in reading.states.items() if record]
        return min(runs), reading.group.article_id

    return min((reading for reading in joined if reading.records), key=rank)


class _Holding:
    """What each state of a letter's pages reads as, and the files that hold the letter where the pages do not."""

    def __init__(self, archive: Archive, joined: list[GroupReading]) -> None:
        self.states: dict[State, Record | None] = {}
        self._files: dict[tuple[str, str], str] = {}
        for reading in joined:
            self.states |= reading.states
            self._files |= reading.files
        self.captures = [
            entry
            for url in sorted(set(self._files.values()))
            for entry in archive.captures_of(url)
            if entry.outcome == "ok"
        ]

    def record(self, url: str, kept: dict[str, IndexEntry]) -> Record | None:
        """Return what a page reads as, given what is kept of each address."""
        if url not in kept:
            return None
        return self.states.get(state_of(kept[url], self.file(url, kept)))

    def file(self, url: str, kept: dict[str, IndexEntry]) -> IndexEntry | None:
        """Return the capture of the file that holds a page's letter."""
        return kept.get(self._files.get((url, kept[url].sha256 or ""), "")) if url in kept else None

    def file_of(self, record: Record) -> IndexEntry | None:
        """Return a capture of the file that a record was read from, None if it was read from the page itself."""
        state = next(state for state, read in self.states.items() if read is record)
        address = self._files.get((state.url, state.sha256))
        return next((e for e in self.captures if e.url == address and e.sha256 == state.file_sha256), None)


def _replayed(
    captures: list[IndexEntry],
    holding: _Holding,
    evidence: _Evidence,
    reply_id: str,
    preferred: set[str],
) -> _Life:
    life = _Life()
    by_run: dict[int, list[IndexEntry]] = defaultdict(list)
    for entry in captures:
        by_run[entry.run].append(entry)
    files: dict[int, list[IndexEntry]] = defaultdict(list)
    for entry in holding.captures:
        files[entry.run].append(entry)
    kept: dict[str, IndexEntry] = {}
    for run in sorted(by_run.keys() | files.keys()):
        kept |= {entry.url: entry for entry in [*by_run[run], *files[run]] if entry.outcome == "ok"}
        for entry in by_run[run]:
            if entry.outcome in SEEN:
                life.told[entry.url] = _Telling(entry, None, seen=True)
            elif entry.outcome in _TOLD_GONE:
                life.told[entry.url] = _Telling(entry, None, seen=False)
        for url, telling in life.told.items():
            if telling.seen:
                telling.record = holding.record(url, kept)
                telling.entry = _as_of(run, telling.entry, holding.file(url, kept))
        _step(life, run, evidence, reply_id, preferred)
    return life


def _as_of(run: int, entry: IndexEntry, file: IndexEntry | None) -> IndexEntry:
    """Return a page's capture, in a later run that brought only the file with its letter dated as that file's is."""
    if file is None or file.run != run or entry.run == run:
        return entry
    dated = {"run": run, "fetched_at": file.fetched_at, "capture_id": file.capture_id}
    return entry.model_copy(update=dated)


def _step(life: _Life, run: int, evidence: _Evidence, reply_id: str, preferred: set[str]) -> None:
    """Take in what a run has told of a letter."""
    showing = life.showing()
    life.twice |= len({_article_of(telling) for telling in showing.values()}) > 1
    if not showing:
        _gone(life, run, evidence, reply_id)
        return
    before = life.current
    if before is not None and before.reply.url in showing:
        chosen = showing[before.reply.url]  # a letter stays where it was as long as it is there
    else:
        chosen = max(
            showing.values(), key=lambda t: (_is_page(t), t.entry.url in preferred, t.entry.fetched_at, t.entry.url)
        )
    if chosen.record is not None:
        _shown(life, chosen.entry, chosen.record, reply_id)


def _gone(life: _Life, run: int, evidence: _Evidence, reply_id: str) -> None:
    if life.current is None or not life.alive:
        return
    told = life.told[life.current.reply.url]
    if told.entry.run == run and evidence.is_full(run, life.told):
        life.alive = False
        _note(life, reply_id, "withdrawn", told.entry, life.current, set())


def _shown(life: _Life, entry: IndexEntry, now: Record, reply_id: str) -> None:
    before = life.current
    changed = _changed(before.reply, now.reply) if before else set()
    content = changed - _PLACE
    life.version += before is None or bool(content)
    if before is None or changed:  # a page that changed around the letter is in the same state
        life.current = now
    if before is None:
        _note(life, reply_id, "appeared", entry, now, set())
    elif not life.alive:
        _note(life, reply_id, "returned", entry, now, changed)
    else:
        if "url" in changed:
            _note(life, reply_id, "moved", entry, now, changed & _PLACE)
        if content:
            _note(life, reply_id, "edited", entry, now, content)
    life.alive = True


def _note(life: _Life, reply_id: str, event: Event, entry: IndexEntry, record: Record, changed: set[str]) -> None:
    life.events.append(
        HistoryEvent(
            reply_id=reply_id,
            version=life.version,
            event=event,
            seen_at=entry.fetched_at,
            url=record.reply.url,
            content_sha256=record.reply.content_sha256,
            changed_fields=sorted(changed),
            capture_id=entry.capture_id,
        )
    )


def _changed(before: Reply, now: Reply) -> set[str]:
    """Return the columns in which two states of a letter differ."""
    skipped = (_NOT_CONTENT - _PLACE) | set(Reply.observed_columns()) | {"first_seen_at", "last_seen_at"}
    one, other = _values(before), _values(now)
    return {name for name in Reply.model_fields if name not in skipped and one[name] != other[name]}


def _values(reply: Reply) -> dict[str, Any]:
    return {name: getattr(reply, name) for name in Reply.model_fields}


def _is_page(telling: _Telling) -> bool:
    return telling.record is not None and telling.record.reply.text_source == "page"


def _article_of(telling: _Telling) -> str:
    return telling.record.reply.reply_id if telling.record else ""


def _final(
    archive: Archive, dataset: Dataset, joined: list[GroupReading], holding: _Holding, life: _Life, reply_id: str
) -> tuple[Record, list[Issue]]:
    """Read the state that the letter is in, or was in when it was withdrawn, under its own id."""
    current = life.current
    if current is None:
        raise AssertionError(f"{reply_id} has a readable state that no capture shows")
    url, capture_id = current.reply.url, current.reply.capture_id
    group = next(reading.group for reading in joined if any(page.url == url for page in reading.group.pages))
    entry = next(entry for entry in group.captures if entry.capture_id == capture_id)
    file = holding.file_of(current)
    reading = read_state_or_report(archive, dataset, group, entry, reply_id, file=file)
    if reading.record is None:
        raise AssertionError(f"{url} reads differently the second time")
    attachments, found = attachments_of_state(archive, dataset, group, entry, reply_id, file=file)
    issues = [*reading.issues, *found]
    for other in sorted(life.showing()):
        if other != url and life.told[other].record:
            detail = f"the same letter as {url}"
            issues.append(issue("duplicate_page", "parse", detail, url=other, reply_id=reply_id))
    return reading.record.model_copy(update={"attachments": tuple(attachments)}), issues
