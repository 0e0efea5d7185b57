"""Captures → states: which pages share an article id, and what each of them said whenever its bytes changed.

An article id is the site's own, so a page that moves to another year's list keeps it. Which article ids are one letter,
and what happened to it, is told in `flows.parse.history`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from protego import Protego

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage, redirect_target
from flows.datasets import ROBOT, Dataset
from flows.errors import DafuError
from flows.parse.attachments import attachments_of, document_of, why_not_had, why_not_read
from flows.parse.documents import DOCUMENTS, Documents
from parsers.attachments import AttachmentLink, may_link_files, read_attachment_links
from parsers.enclosed import letter_link
from parsers.encoding import decode, is_markup
from parsers.frame import LetterFile
from parsers.letter import Provenance, Reading, read_letter
from parsers.privacy import without_contact
from schemas.archive import IndexEntry
from schemas.attachments import Attachment
from schemas.issues import Issue, issue
from schemas.record import Record

GONE = ("gone", "gone_soft", "redirected_home")
"""Outcomes by which a page says that it is no more."""
_OF_THE_SITE = re.compile(r"\d{19}|[0-9a-fA-F]{32}")
"""The site's own article ids; anything else is only a part of an address, which others may share."""
_ANY_TIME = dt.datetime.min.replace(tzinfo=dt.UTC)
_WHY_UNREAD = {**dict.fromkeys(GONE, "page_gone"), "blocked": "blocked"}


@dataclass(frozen=True, slots=True)
class PageGroup:
    """The pages of one article id, and their captures in the order in which they were kept.

    `listed`: a list led there, rather than only a redirect.
    """

    article_id: str
    pages: tuple[ListedPage, ...]
    captures: tuple[IndexEntry, ...]
    listed: bool = True

    @property
    def good(self) -> list[IndexEntry]:
        """The captures that brought a page's bytes."""
        return [entry for entry in self.captures if entry.outcome == "ok"]


class State(NamedTuple):
    """An address, the digest of its bytes, and that of the file that holds the letter if the page does not."""

    url: str
    sha256: str
    file_sha256: str = ""


@dataclass(frozen=True, slots=True)
class GroupReading:
    """A group, what each state of its pages reads as (None: no letter), and why none does if that is so.

    `files` says which file holds the letter, by address and digest of a page that holds none itself; `reports` says of
    a state what is to be reported of it, such as why it is no letter.
    """

    group: PageGroup
    states: dict[State, Record | None]
    issues: tuple[Issue, ...]
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    reports: dict[State, tuple[Issue, ...]] = field(default_factory=dict)

    @property
    def records(self) -> list[Record]:
        """The states that read as a letter."""
        return [record for record in self.states.values() if record]


class Known:
    """What states of pages were read as, so that each is read once though it is looked at from several sides.

    Of a page it is known by address and digest which file holds its letter and which files it links to, and of a state,
    a reply_id and where a list has the page, what it reads as.
    """

    def __init__(self) -> None:
        self.letter_links: dict[tuple[str, str], AttachmentLink | None] = {}
        self.links: dict[tuple[str, str], tuple[AttachmentLink, ...] | None] = {}
        self._readings: dict[tuple[State, Provenance, str], Reading] = {}

    def take_in(self, dataset: Dataset, read: Iterable[GroupReading]) -> None:
        """Know what was read of pages that hold their letters themselves, or are files."""
        for reading in read:
            for entry in reading.group.good:
                state = state_of(entry, None)
                if (state.url, state.sha256) not in reading.files and state in reading.states:
                    self.letter_links[state.url, state.sha256] = None
                    known = _provenance(dataset, reading.group, entry, f"{dataset.name}:{reading.group.article_id}")
                    found = Reading(reading.states[state], reading.reports[state])
                    self._readings[state, _undated(known), listed_as(reading.group, entry)] = found

    def reading(self, state: State, known: Provenance, title: str, read: Callable[[], Reading]) -> Reading:
        """Return what a state reads as, dated by `known`; `read` is asked if it was not read yet."""
        place = (state, _undated(known), title)
        if place not in self._readings:
            self._readings[place] = read()
        found = self._readings[place]
        if found.record is None or found.record.reply.capture_id == known.capture_id:
            return found
        dated = {name: getattr(known, name) for name in ("capture_id", "first_seen_at", "last_seen_at")}
        reply = found.record.reply.model_copy(update=dated)
        return replace(found, record=found.record.model_copy(update={"reply": reply}))


def page_groups(archive: Archive, catalogue: Catalogue) -> list[PageGroup]:
    """Return by article id, sorted by it, the pages that are listed and those that they redirect to."""
    pages: dict[str, list[ListedPage]] = defaultdict(list)
    for page in catalogue.pages.values():
        pages[page.article_id].append(page)
    listed = set(pages)
    found: dict[str, ListedPage] = {}
    for page in catalogue.pages.values():
        for url in redirected_to(archive, page.url):
            if url not in catalogue.pages and url not in catalogue.lists and archive.captures_of(url):
                found.setdefault(url, replace(page, url=url))
    for url, page in found.items():
        pages[page.article_id if _OF_THE_SITE.fullmatch(page.article_id) else url].append(page)
    return [
        PageGroup(
            article_id,
            tuple(of_it),
            tuple(
                sorted(
                    (entry for url in {page.url for page in of_it} for entry in archive.captures_of(url)),
                    key=lambda entry: (entry.fetched_at, entry.url),
                )
            ),
            listed=article_id in listed,
        )
        for article_id, of_it in sorted(pages.items())
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


def read_group(
    archive: Archive,
    dataset: Dataset,
    group: PageGroup,
    robots: Protego | None,
    documents: Documents = DOCUMENTS,
    known: Known | None = None,
) -> GroupReading:
    """Read every state of a group's pages; a page on which the parser fails is an issue and costs no other page."""
    known = known or Known()
    states: dict[State, Record | None] = {}
    files: dict[tuple[str, str], str] = {}
    issues: dict[str, tuple[Issue, ...]] = {}
    reports: dict[State, tuple[Issue, ...]] = {}
    for entry in group.good:
        link = letter_link_of(archive, dataset, entry, known)
        if link is not None:
            files[entry.url, entry.sha256 or ""] = link.url
        for file in _states_of(archive, group, entry, link):
            reading = read_state_or_report(archive, dataset, group, entry, file=file, documents=documents, known=known)
            states[state_of(entry, file)] = reading.record
            issues[entry.url] = reading.issues
            reports[state_of(entry, file)] = reading.issues
    if any(states.values()):
        return GroupReading(group, states, (), files, reports)
    if not states:
        return GroupReading(group, states, (_never_read(group, robots),))
    newest = max(group.good, key=lambda entry: entry.fetched_at)
    return GroupReading(group, states, issues[newest.url], files, reports)


def state_of(entry: IndexEntry, file: IndexEntry | None) -> State:
    """Return the state of a captured page, and of the captured file that holds its letter."""
    return State(entry.url, entry.sha256 or "", (file.sha256 or "") if file else "")


def letter_link_of(archive: Archive, dataset: Dataset, entry: IndexEntry, known: Known) -> AttachmentLink | None:
    """Return the link to the file that holds the letter of a captured page; None if the page does, or is a file."""
    place = (entry.url, entry.sha256 or "")
    if place not in known.letter_links:
        known.letter_links[place] = _letter_link_of(archive, dataset, entry)
    return known.letter_links[place]


def _letter_link_of(archive: Archive, dataset: Dataset, entry: IndexEntry) -> AttachmentLink | None:
    body = archive.body(entry)
    if not may_link_files(body) or not is_markup(body, entry.content_type):
        return None
    return letter_link(decode(body, entry.content_type).text, entry.url, dataset.page_selectors())


def _states_of(
    archive: Archive, group: PageGroup, entry: IndexEntry, link: AttachmentLink | None
) -> list[IndexEntry] | list[None]:
    """Return the captures of the file that holds a page's letter, from the page's own capture on to its next one."""
    if link is None:
        return [None]
    later = [other.run for other in group.good if other.url == entry.url and other.run > entry.run]
    files = [file for file in archive.captures_of(link.url) if file.outcome == "ok"]
    files = [file for file in files if not later or file.run < min(later)]
    before = [file for file in files if file.run <= entry.run]
    return [*before[-1:], *files[len(before) :]] or [None]


def read_state_or_report(
    archive: Archive,
    dataset: Dataset,
    group: PageGroup,
    entry: IndexEntry,
    reply_id: str | None = None,
    *,
    file: IndexEntry | None = None,
    documents: Documents = DOCUMENTS,
    known: Known | None = None,
) -> Reading:
    """Read what a capture, and that of the file with its letter, holds as letter `reply_id`, else by its article id."""
    known = known or Known()
    try:
        link = letter_link_of(archive, dataset, entry, known)
        provenance = _provenance(dataset, group, entry, reply_id or f"{dataset.name}:{group.article_id}")
        title = link.label if link else listed_as(group, entry)
        if link is not None and file is None:
            why = why_not_had(archive, dataset, link.url)
            return _in_no_letter(provenance, "attachment_missing", f"{why}: {title}, which holds the letter")

        def read() -> Reading:
            return _read_state(archive, dataset, documents, entry, file, provenance, title)

        return known.reading(state_of(entry, file), provenance, title, read)
    except DafuError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a page can make the parser do
        detail = f"{type(error).__name__}: {without_contact(str(error)[:200])}"
        return Reading(None, (issue("parse_failed", "parse", detail, url=entry.url),))


def attachments_of_state(
    archive: Archive,
    dataset: Dataset,
    group: PageGroup,
    entry: IndexEntry,
    reply_id: str,
    *,
    file: IndexEntry | None = None,
    documents: Documents = DOCUMENTS,
    known: Known | None = None,
) -> tuple[list[Attachment], list[Issue]]:
    """Return the rows of the files of a captured page that is letter `reply_id`, and what is to be reported of them."""
    known = known or Known()
    place = (entry.url, entry.sha256 or "")
    if place not in known.links:
        is_page = is_markup(archive.body(entry), entry.content_type)
        known.links[place] = read_attachment_links(archive.page(entry).text, entry.url) if is_page else None
    links = known.links[place]
    if links is None:
        links, file = (AttachmentLink(listed_as(group, entry), entry.url),), entry
    return attachments_of(archive, dataset, documents, links, reply_id, file)


def listed_as(group: PageGroup, entry: IndexEntry) -> str:
    """Return the title under which a list leads to a captured page."""
    return next(page.title for page in reversed(group.pages) if page.url == entry.url)


def _undated(known: Provenance) -> Provenance:
    return replace(known, capture_id="", first_seen_at=_ANY_TIME, last_seen_at=_ANY_TIME)


def _provenance(dataset: Dataset, group: PageGroup, entry: IndexEntry, reply_id: str) -> Provenance:
    page = next(page for page in reversed(group.pages) if page.url == entry.url)
    return Provenance(
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


def _read_state(
    archive: Archive,
    dataset: Dataset,
    documents: Documents,
    entry: IndexEntry,
    file: IndexEntry | None,
    known: Provenance,
    title: str,
) -> Reading:
    html = archive.page(entry).text if is_markup(archive.body(entry), entry.content_type) else ""
    if html and file is None:
        return read_letter(html, dataset.page_selectors(), known)
    file = file or entry
    document = document_of(archive, documents, file)
    if document.status != "read":
        code = "attachment_only" if document.status == "format_not_read" else "attachment_not_read"
        return _in_no_letter(known, code, why_not_read(document, file, title))
    held = LetterFile(file.url, title, document.lines)
    return read_letter(html, dataset.page_selectors(), known, held)


def _in_no_letter(known: Provenance, code: str, detail: str) -> Reading:
    return Reading(None, (issue(code, "parse", detail, url=known.url),))


def _never_read(group: PageGroup, robots: Protego | None) -> Issue:
    page = group.pages[-1]
    if not group.captures:
        if robots is not None and not robots.can_fetch(page.url, ROBOT):
            return issue("robots_disallowed", "crawl", f"listed as {page.title}", url=page.url)
        return issue("fetch_failed", "crawl", "listed, but not asked for yet: the crawl did not end", url=page.url)
    last = group.captures[-1]
    code = _WHY_UNREAD.get(last.outcome, "fetch_failed")
    status = f"status {last.status}" if last.status else "no answer"
    return issue(code, "crawl", f"{last.outcome}, {status}: {page.title}", url=page.url)
