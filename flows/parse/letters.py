"""Captures → letters: which pages are one letter, which of its states is the newest, since when it is known.

A letter's id is the site's own article id, so a page that moves to another year's list stays the same letter. Two
pages of the same title and text are one letter; the lower id stands for both. A letter whose every page is gone stays
in the dataset and is flagged `withdrawn`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from protego import Protego

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage
from flows.datasets import Dataset
from parsers.encoding import is_markup
from parsers.letter import Provenance, Reading, read_letter
from schemas.archive import IndexEntry
from schemas.issues import Issue, issue
from schemas.record import Record

_SEEN = ("ok", "unchanged")
_GONE = ("gone", "gone_soft", "redirected_home")
_WHY_UNREAD = {**dict.fromkeys(_GONE, "page_gone"), "blocked": "blocked"}


@dataclass(frozen=True, slots=True)
class PageGroup:
    """The pages of one article id, and their captures, oldest first."""

    article_id: str
    pages: tuple[ListedPage, ...]
    captures: tuple[IndexEntry, ...]

    @property
    def good(self) -> list[IndexEntry]:
        """The captures that hold a page's bytes."""
        return [entry for entry in self.captures if entry.outcome == "ok"]

    @property
    def withdrawn(self) -> bool:
        """Whether the last that each page had to say is that it is gone, or elsewhere."""
        told = (*_SEEN, *_GONE, "redirected")
        last = {entry.url: entry.outcome for entry in self.captures if entry.outcome in told}
        return bool(last) and all(outcome not in _SEEN for outcome in last.values())


def page_groups(archive: Archive, catalogue: Catalogue) -> list[PageGroup]:
    """Return the catalogue's pages by article id, sorted by it.

    A page that a listed one redirects to belongs to the same letter; if it is listed as well, its own row counts.
    """
    pages: dict[str, list[ListedPage]] = defaultdict(list)
    for page in catalogue.pages.values():
        pages[page.article_id].append(page)
        pages[page.article_id] += [
            replace(page, url=url) for url in _redirected_to(archive, page.url) if url not in catalogue.pages
        ]
    return [
        PageGroup(
            article_id,
            tuple(found),
            tuple(
                sorted(
                    (entry for page in found for entry in archive.captures_of(page.url)),
                    key=lambda entry: (entry.fetched_at, entry.url),
                )
            ),
        )
        for article_id, found in sorted(pages.items())
    ]


def _redirected_to(archive: Archive, url: str) -> list[str]:
    """Return the addresses that `url` was ever redirected to, along chains, nearest first."""
    found = [url]
    for asked in found:
        for entry in archive.captures_of(asked):
            target = urljoin(asked, entry.location) if entry.outcome == "redirected" and entry.location else asked
            if target not in found:
                found.append(target)
    return found[1:]


def read_group(archive: Archive, dataset: Dataset, group: PageGroup, robots: Protego | None) -> Reading:
    """Read the newest state of a letter; the reading's issues say what could not be read and why."""
    good = group.good
    if not good:
        return Reading(None, (_never_read(group, robots, dataset),))
    newest = good[-1]
    body = archive.body(newest)
    if not is_markup(body, newest.content_type):
        detail = f"{newest.content_type or 'no type'}, {len(body)} bytes: {_page_of(group, newest).title}"
        return Reading(None, (issue("attachment_only", "parse", detail, url=newest.url),))
    reading = _read(archive, dataset, newest, _provenance(dataset, group, newest, version=1))
    if reading.record is None:
        return reading
    version = len(_distinct_states(archive, dataset, group, reading.record))
    reply = reading.record.reply
    flags = sorted({*reply.flags, *(["withdrawn"] if group.withdrawn else [])})
    record = reading.record.model_copy(update={"reply": reply.model_copy(update={"version": version, "flags": flags})})
    return Reading(record, reading.issues)


def one_letter_each(records: Iterable[Record]) -> Iterator[tuple[Record, list[Issue]]]:
    """Join records of the same title and text: the lowest reply_id stays, every other page becomes an issue."""
    by_content: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_content[record.reply.content_sha256].append(record)
    for same in by_content.values():
        first, *others = sorted(same, key=lambda record: record.reply.reply_id)
        if not others:
            yield first, []
            continue
        flags = sorted({*first.reply.flags, "posted_twice"})
        issues = [
            issue(
                "duplicate_page",
                "parse",
                f"the same letter as {first.reply.url}",
                url=other.reply.url,
                reply_id=first.reply.reply_id,
            )
            for other in others
        ]
        yield first.model_copy(update={"reply": first.reply.model_copy(update={"flags": flags})}), issues


def _read(archive: Archive, dataset: Dataset, entry: IndexEntry, known: Provenance) -> Reading:
    return read_letter(archive.page(entry).text, dataset.page_selectors(), known)


def _provenance(dataset: Dataset, group: PageGroup, entry: IndexEntry, version: int) -> Provenance:
    page = _page_of(group, entry)
    return Provenance(
        reply_id=f"{dataset.name}:{group.article_id}",
        url=entry.url,
        province=dataset.province,
        column_path=page.column.path,
        column_kind=page.column.kind,
        listed_on=page.listed_on,
        capture_id=_first_with_same_bytes(group, entry).capture_id,
        first_seen_at=group.good[0].fetched_at,
        last_seen_at=max(e.fetched_at for e in group.captures if e.outcome in _SEEN),
        version=version,
    )


def _page_of(group: PageGroup, entry: IndexEntry) -> ListedPage:
    return next(page for page in group.pages if page.url == entry.url)


def _first_with_same_bytes(group: PageGroup, entry: IndexEntry) -> IndexEntry:
    """Return the first of the unbroken run of captures of these bytes: looking again does not change a row."""
    first = entry
    for earlier in reversed([e for e in group.good if e.url == entry.url and e.fetched_at <= entry.fetched_at]):
        if earlier.sha256 != entry.sha256:
            break
        first = earlier
    return first


def _distinct_states(archive: Archive, dataset: Dataset, group: PageGroup, newest: Record) -> list[str]:
    """Return the content digests the letter went through; a changed template alone is no new state."""
    states: list[str] = []
    read: dict[str, str | None] = {}
    for entry in group.good:
        key = entry.sha256 or ""
        if key not in read:
            known = _provenance(dataset, group, entry, version=1)
            record = newest if entry.sha256 == group.good[-1].sha256 else _read(archive, dataset, entry, known).record
            read[key] = record.reply.content_sha256 if record else None
        state = read[key]
        if state and (not states or states[-1] != state):
            states.append(state)
    return states or [newest.reply.content_sha256]


def _never_read(group: PageGroup, robots: Protego | None, dataset: Dataset) -> Issue:
    page = group.pages[-1]
    if not group.captures:
        if robots is not None and not robots.can_fetch(page.url, dataset.user_agent()):
            return issue("robots_disallowed", "crawl", f"listed as {page.title}", url=page.url)
        return issue("fetch_failed", "crawl", "listed, but not asked for yet: the crawl did not end", url=page.url)
    last = group.captures[-1]
    code = _WHY_UNREAD.get(last.outcome, "fetch_failed")
    status = f"status {last.status}" if last.status else "no answer"
    return issue(code, "crawl", f"{last.outcome}, {status}: {page.title}", url=page.url)
