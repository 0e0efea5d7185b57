"""Captures → letters: which pages are one letter, which of its states is the newest, since when it is known.

A letter's id is the site's own article id, so a page that moves to another year's list stays the same letter. Two
pages of the same title and text are one letter; the lower id stands for both. A letter whose every page is gone stays
in the dataset and is flagged `withdrawn`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from protego import Protego

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage, redirect_target
from flows.datasets import Dataset
from flows.errors import DafuError
from parsers.encoding import decode, is_markup
from parsers.letter import Provenance, Reading, read_letter
from parsers.privacy import without_contact
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
            replace(page, url=url)
            for url in _redirected_to(archive, page.url)
            if url not in catalogue.pages and url not in catalogue.lists
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
            target = redirect_target(entry)
            if target is not None and target not in found:
                found.append(target)
    return found[1:]


def read_group_or_report(archive: Archive, dataset: Dataset, group: PageGroup, robots: Protego | None) -> Reading:
    """Read a letter; a page on which the parser fails is an issue and costs no other page."""
    try:
        return read_group(archive, dataset, group, robots)
    except DafuError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a page can make the parser do
        detail = f"{type(error).__name__}: {without_contact(str(error)[:200])}"
        return Reading(None, (issue("parse_failed", "parse", detail, url=group.pages[0].url),))


def read_group(archive: Archive, dataset: Dataset, group: PageGroup, robots: Protego | None) -> Reading:
    """Read the newest state of a letter; the reading's issues say what could not be read and why.

    Of several addresses the newest that reads as a letter counts: a file beside a page does not displace it.
    """
    good = group.good
    if not good:
        return Reading(None, (_never_read(group, robots, dataset),))
    newest_of_each = {entry.url: entry for entry in good}.values()
    readings = [
        (entry, _reading_of(archive, dataset, group, entry))
        for entry in sorted(newest_of_each, key=lambda entry: entry.fetched_at, reverse=True)
    ]
    newest, reading = next((pair for pair in readings if pair[1].record), readings[0])
    if reading.record is None:
        return reading
    states = _states(archive, dataset, group, newest, reading.record)
    reply = reading.record.reply
    known = {
        "version": 1 + sum(later[0] != earlier[0] for earlier, later in pairwise(states)),
        "capture_id": states[-1][2].capture_id,
        "flags": sorted({*reply.flags, *(["withdrawn"] if group.withdrawn else [])}),
    }
    record = reading.record.model_copy(update={"reply": reply.model_copy(update=known)})
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
        alive = next((r.reply for r in (first, *others) if "withdrawn" not in r.reply.flags), None)
        known: dict[str, object] = {
            "first_seen_at": min(record.reply.first_seen_at for record in same),
            "last_seen_at": max(record.reply.last_seen_at for record in same),
            "flags": [flag for flag in flags if flag != "withdrawn" or alive is None],
        }
        if alive is not None:
            known |= {"url": alive.url, "column_path": alive.column_path, "capture_id": alive.capture_id}
        yield first.model_copy(update={"reply": first.reply.model_copy(update=known)}), issues


def _reading_of(archive: Archive, dataset: Dataset, group: PageGroup, entry: IndexEntry) -> Reading:
    body = archive.body(entry)
    if not is_markup(body, entry.content_type):
        title = _page_of(group, entry).title
        detail = f"{entry.content_type or 'no type'}, {len(body)} bytes: {title}"
        return Reading(None, (issue("attachment_only", "parse", detail, url=entry.url),))
    html = decode(body, entry.content_type).text
    return read_letter(html, dataset.page_selectors(), _provenance(dataset, group, entry))


def _provenance(dataset: Dataset, group: PageGroup, entry: IndexEntry) -> Provenance:
    page = _page_of(group, entry)
    return Provenance(
        reply_id=f"{dataset.name}:{group.article_id}",
        url=entry.url,
        province=dataset.province,
        column_path=page.column.path,
        column_kind=page.column.kind,
        listed_on=page.listed_on,
        capture_id=entry.capture_id,
        first_seen_at=group.good[0].fetched_at,
        last_seen_at=max(e.fetched_at for e in group.captures if e.outcome in _SEEN),
    )


def _page_of(group: PageGroup, entry: IndexEntry) -> ListedPage:
    return next(page for page in group.pages if page.url == entry.url)


def _states(
    archive: Archive, dataset: Dataset, group: PageGroup, newest: IndexEntry, record: Record
) -> list[tuple[str, str, IndexEntry]]:
    """Return the states the letter went through as (content digest, address, first capture of it), oldest first.

    A page whose bytes changed around the letter, such as a printed date of viewing, is in the same state.
    """
    states: list[tuple[str, str, IndexEntry]] = []
    read: dict[str, str | None] = {newest.sha256 or "": record.reply.content_sha256}
    for entry in group.good:
        key = entry.sha256 or ""
        if key not in read:
            found = _reading_of(archive, dataset, group, entry).record
            read[key] = found.reply.content_sha256 if found else None
        content = read[key]
        if content and (not states or states[-1][:2] != (content, entry.url)):
            states.append((content, entry.url, entry))
    return states


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
