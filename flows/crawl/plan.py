"""Which pages a run asks for: the newest rows of every list, or every page that was ever known.

- incremental: rows that are new or say something new, rows that are gone from where they should be, and what was asked
  for before and did not answer. Nothing else, so that a day without news costs the site its lists' first pages only.
- revisit: every known page, conditionally: finds edits that no list shows.
- sweep: every known page in full: finds edits that the site's validators hide.
"""

from __future__ import annotations

from collections.abc import Iterator

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, Walk
from flows.datasets import Schedule
from parsers.listing import Row
from schemas.archive import IndexEntry, Mode
from schemas.captures import Outcome

UNSETTLED: tuple[Outcome, ...] = ("unreachable", "timeout", "truncated", "server_error", "blocked", "list_empty")
"""Outcomes after which an address has still to be asked: they tell of the moment, not of the page."""


def next_mode(archive: Archive, schedule: Schedule) -> Mode:
    """Return how the next run should go about it; after one that was cut short every page is looked at."""
    runs = archive.runs
    number = len(runs) + 1
    if number > 1 and number % schedule.sweep_every == 0:
        return "sweep"
    if number == 1 or number % schedule.revisit_every == 0 or not runs[-1].complete:
        return "revisit"
    return "incremental"


class Plan:
    """What is to be asked for in one run, from what was known before it; the same again when the run is resumed."""

    def __init__(self, archive: Archive, before: Catalogue, run: int, mode: Mode) -> None:
        """Plan run number `run`, `before` being the catalogue of the runs before it."""
        self._archive, self._before, self._run, self._mode = archive, before, run, mode

    def is_known(self, row: Row) -> bool:
        """Tell whether a row says what it said before, of a page that has answered."""
        page = self._before.pages.get(row.url)
        return (
            page is not None and (page.title, page.listed_on) == (row.title, row.listed_on) and self._settled(row.url)
        )

    def pages(self, walks: list[Walk]) -> list[str]:
        """Return the addresses of the pages to ask for, in order, each once."""
        return list(dict.fromkeys(self._some(walks) if self._mode == "incremental" else self._all(walks)))

    def _some(self, walks: list[Walk]) -> Iterator[str]:
        for walk in walks:
            yield from (row.url for row in walk.rows if not self.is_known(row))
            yield from walk.gone_from(self._before.orders.get(walk.first, ()))
        yield from (url for url in self._before.pages if not self._settled(url))
        yield from (url for url in self._failed() if url not in self._before.lists)

    def _all(self, walks: list[Walk]) -> Iterator[str]:
        for walk in walks:
            yield from (row.url for row in walk.rows)
        yield from self._before.pages
        yield from (url for url in self._failed() if url not in self._before.lists)

    def _settled(self, url: str) -> bool:
        return any(entry.outcome not in UNSETTLED for entry in self._earlier(url))

    def _failed(self) -> Iterator[str]:
        """Yield the addresses, attachments too, of which the last that was seen is a failure."""
        last = {entry.url: entry for entry in self._archive.entries() if entry.run < self._run}
        return (url for url, entry in last.items() if entry.outcome in UNSETTLED and not url.endswith("/robots.txt"))

    def _earlier(self, url: str) -> Iterator[IndexEntry]:
        return (entry for entry in self._archive.captures_of(url) if entry.run < self._run)
