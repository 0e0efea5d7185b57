"""Captures → states: which pages share an article id, and what each of them said whenever its bytes changed.

An article id is the site's own, so a page that moves to another year's list keeps it. Which article ids are one letter,
and what happened to it, is told in `flows.parse.history`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from protego import Protego

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage, redirect_target
from flows.datasets import Dataset
from flows.errors import DafuError
from parsers.attachments import read_attachment_links
from parsers.encoding import decode, is_markup
from parsers.letter import Provenance, Reading, read_letter
from parsers.privacy import without_contact
from schemas.archive import IndexEntry
from schemas.issues import Issue, issue
from schemas.record import Record

GONE = ("gone", "gone_soft", "redirected_home")
"""Outcomes by which a page says that it is no more."""
_WHY_UNREAD = {**dict.fromkeys(GONE, "page_gone"), "blocked": "blocked"}


@dataclass(frozen=True, slots=True)
class PageGroup:
    """The pages of one article id, and their captures in the order in which they were kept."""

    article_id: str
    pages: tuple[ListedPage, ...]
    captures: tuple[IndexEntry, ...]

    @property
    def good(self) -> list[IndexEntry]:
        """The captures that brought a page's bytes."""
        return [entry for entry in self.captures if entry.outcome == "ok"]


State = tuple[str, str]
"""An address and the digest of its bytes."""


@dataclass(frozen=True, slots=True)
class GroupReading:
    """A group, what each state of its pages reads as (None: no letter), and why none does if that is so."""

    group: PageGroup
    states: dict[State, Record | None]
    issues: tuple[Issue, ...]

    @property
    def records(self) -> list[Record]:
        """The states that read as a letter."""
        return [record for record in self.states.values() if record]


def page_groups(archive: Archive, catalogue: Catalogue) -> list[PageGroup]:
    """Return the catalogue's pages by article id, sorted by it.

    A page that a listed one redirects to belongs to the same letter; if it is listed as well, its own row counts.
    """
    pages: dict[str, list[ListedPage]] = defaultdict(list)
    for page in catalogue.pages.values():
        pages[page.article_id].append(page)
        pages[page.article_id] += [
            replace(page, url=url)
            for url in redirected_to(archive, page.url)
            if url not in catalogue.pages and url not in catalogue.lists
        ]
    return [
        PageGroup(
            article_id,
            tuple(found),
            tuple(
                sorted(
                    (entry for url in {page.url for page in found} for entry in archive.captures_of(url)),
                    key=lambda entry: (entry.fetched_at, entry.url),
                )
            ),
        )
        for article_id, found in sorted(pages.items())
    ]


def redirected_to(archive: Archive, url: str) -> list[str]:
    """Return the addresses that `url` was ever redirected to, along chains, nearest first."""
    found = [url]
    for asked in found:
        for entry in archive.captures_of(asked):
            target = redirect_target(entry)
            if target is not None and target not in found:
                found.append(target)
    return found[1:]


def read_group(archive: Archive, dataset: Dataset, group: PageGroup, robots: Protego | None) -> GroupReading:
    """Read every state of a group's pages; a page on which the parser fails is an issue and costs no other page."""
    states: dict[State, Record | None] = {}
    issues: dict[str, tuple[Issue, ...]] = {}
    for entry in group.good:
        reading = read_state_or_report(archive, dataset, group, entry)
        states[entry.url, entry.sha256 or ""] = reading.record
        issues[entry.url] = reading.issues
    if any(states.values()):
        return GroupReading(group, states, ())
    if not states:
        return GroupReading(group, states, (_never_read(group, robots, dataset),))
    newest = max(group.good, key=lambda entry: entry.fetched_at)
    return GroupReading(group, states, issues[newest.url])


def read_state_or_report(
    archive: Archive, dataset: Dataset, group: PageGroup, entry: IndexEntry, reply_id: str | None = None
) -> Reading:
    """Read what a capture holds as letter `reply_id`, else as that of its article id."""
    try:
        return _read_state(archive, dataset, group, entry, reply_id or f"{dataset.name}:{group.article_id}")
    except DafuError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a page can make the parser do
        detail = f"{type(error).__name__}: {without_contact(str(error)[:200])}"
        return Reading(None, (issue("parse_failed", "parse", detail, url=entry.url),))


def missing_attachments(archive: Archive, dataset: Dataset, entry: IndexEntry, reply_id: str) -> list[Issue]:
    """Return an issue for every attachment of a captured page of which no bytes could be had."""
    found = []
    for link in read_attachment_links(archive.page(entry).text, entry.url):
        captures = archive.captures_of(link.url)
        if not dataset.ours(link.url):
            why = "on another host, not asked for"
        elif not captures:
            why = "not asked for yet, or not allowed by robots.txt"
        elif archive.last_good(link.url) is None:
            why = captures[-1].outcome
        else:
            continue
        detail = f"{why}: {link.label}"
        found.append(issue("attachment_missing", "parse", detail, url=link.url, reply_id=reply_id))
    return found


def _read_state(archive: Archive, dataset: Dataset, group: PageGroup, entry: IndexEntry, reply_id: str) -> Reading:
    body = archive.body(entry)
    page = next(page for page in reversed(group.pages) if page.url == entry.url)
    if not is_markup(body, entry.content_type):
        detail = f"{entry.media_type or entry.content_type or 'no type'}, {len(body)} bytes: {page.title}"
        return Reading(None, (issue("attachment_only", "parse", detail, url=entry.url),))
    provenance = Provenance(
        reply_id=reply_id,
        url=entry.url,
        province=dataset.province,
        column_path=page.column.path,
        column_kind=page.column.kind,
        listed_on=page.listed_on,
        capture_id=entry.capture_id,
        first_seen_at=entry.fetched_at,
        last_seen_at=entry.fetched_at,
    )
    return read_letter(decode(body, entry.content_type).text, dataset.page_selectors(), provenance)


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
