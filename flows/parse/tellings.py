"""Captures → tellings: what each address last said of a letter, as the runs went by.

An address shows a letter, or says that it has none any more. Whatever else comes tells nothing, and what was told
before stands:

- A page that reads as a letter shows it.
- A 404 or 410, a soft 404 and a redirect to the home page say that it is gone. So does any other redirect once it is
  known to end at a list, at a page that shows a letter, or at one that is gone.
- A page that answers and does not read as a letter is mute: a new template, a notice of maintenance, nothing at all, a
  file that is not read, a page on which the parser fails. So is a redirect that ends at such a page or is not followed.
- No answer, half of one, an error of the server, a challenge: they tell of the moment, not of the page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from flows.crawl.archive import Archive
from flows.crawl.catalogue import SEEN, redirect_target
from flows.parse.letters import GONE, GroupReading, PageGroup, State, state_of
from schemas.archive import IndexEntry
from schemas.issues import Issue
from schemas.record import Record

_MUTE = ("no_page", "error_page", "undecodable", "too_large", "redirect_loop", "client_error", "forbidden")
"""Outcomes by which a page answers, and neither shows anything nor says that it is gone."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What an address told in a run, and the capture by which it did: a letter, or that there is none any more."""

    run: int
    entry: IndexEntry
    record: Record | None


class Tellings:
    """What every address last told, after the captures that were taken in so far."""

    def __init__(self, archive: Archive, read: Iterable[GroupReading], lists: Container[str]) -> None:
        """Know what the states of pages read as; `lists` are the addresses of list pages."""
        self._archive, self._lists = archive, lists
        self._states: dict[State, Record | None] = {}
        self._reports: dict[State, tuple[Issue, ...]] = {}
        self._files: dict[tuple[str, str], str] = {}
        self._groups: dict[str, PageGroup] = {}
        for reading in read:
            self._states |= reading.states
            self._reports |= reading.reports
            self._files |= reading.files
            self._groups |= {page.url: reading.group for page in reading.group.pages}
        self._state_of = {id(record): state for state, record in self._states.items() if record}
        self._pages_with: dict[str, set[str]] = defaultdict(set)
        for (url, _), file in self._files.items():
            self._pages_with[file].add(url)
        self._kept: dict[str, IndexEntry] = {}
        self._seen: dict[str, IndexEntry] = {}
        self._away: dict[str, IndexEntry] = {}
        self._mute: dict[str, IndexEntry] = {}
        self._told: dict[str, Telling] = {}
        self._read: dict[str, IndexEntry] = {}

    def concern(self, url: str) -> bool:
        """Tell whether an address is that of a page, or of a file that holds a page's letter."""
        return url in self._groups or url in self._pages_with

    def is_page(self, url: str) -> bool:
        """Tell whether an address is that of a page."""
        return url in self._groups

    def group_of(self, url: str) -> PageGroup:
        """Return the pages with the article id of a page."""
        return self._groups[url]

    def last(self, url: str) -> Telling | None:
        """Return what an address last told."""
        return self._told.get(url)

    def was_read_last(self, url: str) -> bool:
        """Tell whether the last that came from an address, failures apart, is the letter that it shows."""
        return url in self._seen and self._record(url) is not None

    def take(self, run: int, entry: IndexEntry) -> list[str]:
        """Take in a capture; return the addresses that told something by it."""
        url = entry.url
        told = []
        if entry.outcome == "ok":
            self._kept[url] = entry
        if url in self._groups:
            if entry.outcome in SEEN:
                self._is(url, seen=entry)
                told += self._look_at(run, url, entry)
            elif entry.outcome in GONE:
                self._is(url)
                told += self._tell(url, Telling(run, entry, None))
            elif entry.outcome == "redirected":
                self._is(url, away=entry)
            elif entry.outcome in _MUTE:
                self._is(url, mute=entry)
        if entry.outcome == "ok":
            for page in sorted(self._pages_with.get(url, set()) & self._seen.keys()):
                if self._file(page) is entry:  # which says what the page says, whenever the page itself was captured
                    dated = {"run": run, "fetched_at": entry.fetched_at, "capture_id": entry.capture_id}
                    seen = self._seen[page]
                    told += self._look_at(run, page, seen if seen.run == run else seen.model_copy(update=dated))
        return told

    def look_along(self, run: int) -> list[str]:
        """Follow the redirects of which it is not known yet what they tell; return the addresses that now told."""
        told = []
        for url in list(self._away):
            entry = self._away[url]
            end = self._end(url)
            if end in self._lists:
                told += self._tell(url, Telling(run, entry, None))
            elif end is not None and (there := self._told.get(end)):
                told += self._tell(url, Telling(run, entry if entry.run == run else there.entry, None))
        for url in told:
            del self._away[url]
        return told

    def why_mute(self, url: str) -> str | None:
        """Return why an address that has shown a letter answers without one now; None if it does not."""
        if url not in self._read:
            return None
        last = f"last read on {self._read[url].fetched_at:%Y-%m-%d}"
        if url in self._away:
            if self._told[url].record is None:  # and where it leads to is told of there
                return None
            target = redirect_target(self._away[url])
            return f"{last}; redirected to {target or 'no address'}, where no letter was seen"
        if url in self._mute:
            return f"{last}; {self._mute[url].outcome}, status {self._mute[url].status}"
        if url not in self._seen or self._record(url):
            return None
        found = self._reports.get(state_of(self._kept[url], self._file(url))) if url in self._kept else None
        return f"{last}; {found[-1].code}: {found[-1].detail}" if found else last

    def reports_of(self, record: Record) -> tuple[Issue, ...]:
        """Return what is to be reported of the state that a record was read from."""
        return self._reports[self._state_of[id(record)]]

    def file_of(self, record: Record) -> IndexEntry | None:
        """Return a capture of the file that a record was read from, None if it was read from the page itself."""
        state = self._state_of[id(record)]
        address = self._files.get((state.url, state.sha256))
        captures = self._archive.captures_of(address) if address else []
        return next((e for e in captures if e.outcome == "ok" and e.sha256 == state.file_sha256), None)

    def _is(
        self,
        url: str,
        *,
        seen: IndexEntry | None = None,
        away: IndexEntry | None = None,
        mute: IndexEntry | None = None,
    ) -> None:
        """Note that a page is there, leads elsewhere, answers with nothing, or (none of them) is gone."""
        for place, entry in ((self._seen, seen), (self._away, away), (self._mute, mute)):
            place.pop(url, None)
            if entry:
                place[url] = entry

    def _look_at(self, run: int, url: str, entry: IndexEntry) -> list[str]:
        record = self._record(url)
        if record is None:
            return []
        self._read[url] = entry
        return self._tell(url, Telling(run, entry, record))

    def _tell(self, url: str, telling: Telling) -> list[str]:
        self._told[url] = telling
        return [url]

    def _record(self, url: str) -> Record | None:
        """Return what a page reads as, given what is kept of it and of the file that holds its letter."""
        return self._states.get(state_of(self._kept[url], self._file(url))) if url in self._kept else None

    def _file(self, url: str) -> IndexEntry | None:
        """Return the capture of the file that holds a page's letter."""
        if url not in self._kept:
            return None
        return self._kept.get(self._files.get((url, self._kept[url].sha256 or ""), ""))

    def _end(self, url: str) -> str | None:
        """Return where a redirect ends, if that is a list, shows a letter or is gone; None if that is not known."""
        passed = {url}
        while True:
            target = redirect_target(self._away[url])
            if target is None or target in passed or target in self._mute:
                return None
            if target not in self._away:
                break
            url = target
            passed.add(url)
        known = target in self._lists or (self._record(target) if target in self._seen else target in self._told)
        return target if known else None
