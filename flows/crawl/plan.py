"""Which pages a run asks for: the newest rows of every list, or every page that was ever known.

- incremental: rows that are new to their list, say something new or have not brought their page, rows that are gone
  from where they should be, and what was asked for before and did not answer. Nothing else, so that a day without news
  costs the site its lists' first pages only.
- revisit: every known page, conditionally: finds edits that no list shows.
- sweep: every known page in full: finds edits that the site's validators hide.

Whatever the mode, the addresses that gave trouble when they were last asked for come last, the one that was asked
longest ago first: so they keep no other page from being asked for, and none of them the rest of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from flows.crawl.archive import Archive
from flows.crawl.catalogue import SEEN, Catalogue, Walk, redirect_target
from flows.datasets import Schedule
from parsers.listing import Row
from schemas.archive import IndexEntry, Mode
from schemas.captures import Outcome

UNSETTLED: tuple[Outcome, ...] = (
    "unreachable",
    "untrusted",
    "timeout",
    "truncated",
    "undecodable",
    "server_error",
    "error_page",
    "no_page",
    "blocked",
    "forbidden",
    "list_empty",
)
"""Outcomes after which an address has still to be asked: they tell of the moment, not of the page."""
_AS_EVER: tuple[Outcome, ...] = ("too_large", "redirect_loop", "forbidden_address")
"""Outcomes that asking again would not change, and that are no page either."""

_FORBIDDEN = 403


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
    """What is to be asked for in one run, from what was known before it; the same again when the run is resumed.

    The order alone takes in what the run itself has met with, so that one which is resumed gets past its troubles.
    """

    def __init__(self, archive: Archive, before: Catalogue, run: int, mode: Mode) -> None:
        """Plan run number `run`, `before` being the catalogue of the runs before it."""
        self._archive, self._before, self._run, self._mode = archive, before, run, mode
        self._orders = {first: frozenset(order) for first, order in before.orders.items()}
        last = {entry.url: entry for entry in archive.in_order()}
        self._troubled = {url: entry for url, entry in last.items() if entry.outcome in UNSETTLED}

    def is_listed(self, first: str, row: Row) -> bool:
        """Tell whether a row of the list that begins at `first` stood there before and says what it said."""
        page = self._before.pages.get(row.url)
        said = page is not None and (page.title, page.listed_on) == (row.title, row.listed_on)
        return said and row.url in self._orders.get(first, ())

    def pages(self, walks: list[Walk]) -> list[str]:
        """Return the addresses of the pages to ask for, in order, each once."""
        wanted = dict.fromkeys(self._some(walks) if self._mode == "incremental" else self._all(walks))
        last = sorted((url for url in wanted if self.is_troubled(url)), key=lambda url: self._troubled[url].fetched_at)
        return [*(url for url in wanted if not self.is_troubled(url)), *last]

    def is_troubled(self, url: str) -> bool:
        """Tell whether an address gave no proper answer when it was last asked for."""
        return url in self._troubled

    def was_forbidden(self, url: str) -> bool:
        """Tell whether an address answered with a 403 when it was last asked for."""
        return self.is_troubled(url) and self._troubled[url].status == _FORBIDDEN

    def _some(self, walks: list[Walk]) -> Iterator[str]:
        for walk in walks:
            yield from (r.url for r in walk.rows if not (self.is_listed(walk.first, r) and self._was_had(r.url)))
            yield from walk.gone_from(self._before.orders.get(walk.first, ()))
        yield from (url for url in self._before.pages if not self._earlier(url))
        yield from self._failed()

    def _all(self, walks: list[Walk]) -> Iterator[str]:
        for walk in walks:
            yield from (row.url for row in walk.rows)
        yield from self._before.pages
        yield from self._failed()

    def _was_had(self, url: str) -> bool:
        """Tell whether an address last brought a page, itself or by redirects, or cannot bring one."""
        seen: set[str] = set()
        while url not in seen:
            seen.add(url)
            earlier = self._earlier(url)
            if not earlier:
                return len(seen) > 1  # a redirect that was not followed leads out of the site
            target = redirect_target(earlier[-1])
            if target is None:
                return earlier[-1].outcome in SEEN or earlier[-1].outcome in _AS_EVER
            url = target
        return True

    def _failed(self) -> Iterator[str]:
        """Yield the addresses in trouble, attachments too."""
        return (url for url in self._troubled if url not in self._before.lists and not url.endswith("/robots.txt"))

    def _earlier(self, url: str) -> list[IndexEntry]:
        return [entry for entry in self._archive.captures_of(url) if entry.run < self._run]
