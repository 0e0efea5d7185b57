"""What an archive knows of a site: the pages its lists ever led to, and the order of each list. From kept bytes only.

Crawl asks it which pages to look at again, parse asks it which pages to read, so both see the same site. The lists are
replayed run by run: a run that read only the newest part of a list says nothing about the rest of it, and a row that is
gone from a list is still known.
"""

from __future__ import annotations

import datetime as dt
import re
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote, urljoin, urlsplit

from protego import Protego

from flows.crawl.archive import Archive
from flows.datasets import ROBOT, Dataset, SiteColumn
from parsers.listing import Listing, ListSelectors, Row, absolute, read_listing
from schemas.archive import IndexEntry
from schemas.issues import Issue, issue

SEEN = ("ok", "unchanged")
"""Outcomes that show a page as it is."""
MAX_LIST_PAGES = 2000
"""More list pages than a column of the site can have: a pager that leads in circles of new addresses ends here."""
_LISTINGS: dict[tuple[str, str | None, ListSelectors], Listing] = {}
_REMEMBERED = 10_000
_ARTICLE = re.compile(r"/(\d{19}|[0-9a-fA-F]{32})(?=[/._]|$)")


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page that a list led to; title and date are those of the newest list page that shows it."""

    url: str
    title: str
    listed_on: dt.date | None
    column: SiteColumn

    @property
    def article_id(self) -> str:
        """The site's own id of the article: its directory, else the last part of the path."""
        return article_id(self.url)


@dataclass(frozen=True, slots=True)
class Walk:
    """What one run read of a list: the rows that are followed, newest first.

    `whole`: the list was read to its end. `sound`: every list page that was asked for answered with its rows.
    """

    first: str
    rows: tuple[Row, ...]
    whole: bool
    sound: bool

    def gone_from(self, order: Iterable[str]) -> list[str]:
        """Return what of the list's former `order` should have been among the rows and is not."""
        before, now = list(order), {row.url for row in self.rows}
        return [url for url in before[: self._reach(before)] if url not in now]

    def laid_over(self, order: Iterable[str]) -> tuple[str, ...]:
        """Return the list's order as it is now known, its former one being `order`."""
        before, now = list(order), list(dict.fromkeys(row.url for row in self.rows))
        return (*now, *(url for url in before[self._reach(before) :] if url not in set(now)))

    def _reach(self, order: list[str]) -> int:
        """Return how far down the former order the rows reach."""
        if self.whole:
            return len(order)
        now = {row.url for row in self.rows}
        return max((place + 1 for place, url in enumerate(order) if url in now), default=0)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every listed page by its address, the list pages, and what of them could not be used.

    `orders`: for each list, by the address of its first page, its rows as they now stand. `listed_by`: the lists that a
    page was ever on. `unsound`: for each run, the lists that did not answer with their rows. `unread`: the lists that
    have not been read to their end since.
    """

    pages: dict[str, ListedPage]
    issues: tuple[Issue, ...]
    lists: frozenset[str] = frozenset()
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    listed_by: dict[str, set[str]] = field(default_factory=dict)
    unsound: dict[int, set[str]] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


def redirect_target(entry: IndexEntry) -> str | None:
    """Return the address that a capture redirects to, None if it does not or the address cannot be read.

    What is neither ASCII nor UTF-8 comes as Latin-1; its bytes are asked for as they are.
    """
    if entry.outcome != "redirected" or not entry.location:
        return None
    said = entry.location
    if not said.isascii():
        with suppress(UnicodeEncodeError):
            said = quote(said.encode("latin-1"), safe=string.printable)
    return absolute(entry.url, said)


def article_id(url: str) -> str:
    """Return the site's own id of the article at `url`."""
    path = urlsplit(url).path
    found = _ARTICLE.findall(path)
    if found:
        return str(found[-1])
    parts = [part for part in path.split("/") if part]
    named = parts[-2] if len(parts) > 1 and parts[-1].startswith("index.") else parts[-1] if parts else "root"
    return named.rsplit(".", 1)[0]


def read_catalogue(archive: Archive, dataset: Dataset, before: int | None = None) -> Catalogue:
    """Replay every list of every column over the runs, up to run `before` if it is given."""
    reader = _Lists(archive, dataset, before)
    pages: dict[str, ListedPage] = {}
    orders: dict[str, tuple[str, ...]] = {}
    listed_by: dict[str, set[str]] = defaultdict(set)
    unsound: dict[int, set[str]] = defaultdict(set)
    unread = {first for _, first in dataset.list_urls()}
    for column, first in dataset.list_urls():
        reader.lists.add(first)
        orders[first] = ()
        for run in reader.runs_of(first):
            walk = reader.walk(first, run)
            orders[first] = walk.laid_over(orders[first])
            for row in walk.rows:
                pages[row.url] = ListedPage(row.url, row.title, row.listed_on, column)
                listed_by[row.url].add(first)
            if not walk.sound:
                unsound[run].add(first)
                unread.add(first)
            elif walk.whole:
                unread.discard(first)
    return Catalogue(
        pages,
        tuple(reader.issues()),
        frozenset(reader.lists),
        orders,
        dict(listed_by),
        dict(unsound),
        frozenset(unread),
    )


def followed(listing: Listing, dataset: Dataset) -> tuple[Row, ...]:
    """Return the rows of a list page that are followed, each address once."""
    found: dict[str, Row] = {}
    for row in listing.rows:
        if outside(row, dataset) is None:
            found.setdefault(row.url, row)
    return tuple(found.values())


def outside(row: Row, dataset: Dataset) -> Issue | None:
    """Return why a row is not followed: another host, another section of the site; None if it is."""
    if not dataset.ours(row.url):
        return issue("outside_site", "crawl", f"a row leads elsewhere: {row.title}", url=row.url)
    parts = urlsplit(row.url)
    if not any(parts.path.startswith(section) for section in dataset.site.sections):
        return issue("other_section", "crawl", f"a row leads out of the column: {row.title}", url=row.url)
    return None


class _Lists:
    """The list pages of an archive, as each run found them."""

    def __init__(self, archive: Archive, dataset: Dataset, before: int | None) -> None:
        self._archive, self._dataset, self._before = archive, dataset, before
        self._states: dict[str, dict[int, tuple[IndexEntry, IndexEntry | None]]] = {}
        self._outside: dict[str, Issue] = {}
        self.lists: set[str] = set()

    def runs_of(self, url: str) -> list[int]:
        """Return the runs that asked for a list page."""
        return sorted(self._of(url))

    def walk(self, first: str, run: int) -> Walk:
        """Return what a run read of the list that begins at `first`."""
        rows: list[Row] = []
        url: str | None = first
        seen: set[str] = set()
        while url and url not in seen and len(seen) < MAX_LIST_PAGES:
            asked, (url, last, good) = url, self._landed(url, run)
            seen |= {asked, url}
            if last is None:
                return Walk(first, tuple(rows), whole=False, sound=True)
            if last.outcome not in SEEN or good is None:
                ended = last.outcome == "gone" and asked != first  # a page beyond the last one is a real 404
                return Walk(first, tuple(rows), whole=ended, sound=ended)
            listing = listing_of(self._archive, self._dataset, good)
            rows += followed(listing, self._dataset)
            for row in listing.rows:
                problem = outside(row, self._dataset)
                if problem:
                    self._outside[row.url] = problem
            url = next_page(listing, self._dataset)
        return Walk(first, tuple(rows), whole=True, sound=bool(rows))

    def _landed(self, url: str, run: int) -> tuple[str, IndexEntry | None, IndexEntry | None]:
        """Return where a run came to from a list page, along its redirects, and the page's state there."""
        hops = [url]
        while True:
            self.lists.add(hops[-1])
            last, good = self._of(hops[-1]).get(run, (None, None))
            target = redirect_target(last) if last else None
            if target is None or target in hops or run not in self._of(target):
                return hops[-1], last, good
            hops.append(target)

    def issues(self) -> Iterator[Issue]:
        """Yield what is wrong with the list pages as they last were."""
        yield from self._outside.values()
        robots = rules_of(self._archive, self._dataset)
        for url in sorted(self.lists):
            if robots is not None and not robots.can_fetch(url, ROBOT):
                detail = "a list page; what it lists is known only as far as it was read before"
                yield issue("robots_disallowed", "crawl", detail, url=url)
            states = self._of(url)
            if not states:
                continue
            last, good = states[max(states)]
            if redirect_target(last) in self.lists:
                continue  # read where it leads
            if last.outcome == "list_empty":
                detail = "the list page came without its rows; those kept before still count"
                yield issue("list_lost_rows", "crawl", detail, url=url)
            elif good is None and last.outcome != "gone":
                said = f"{last.outcome}, status {last.status}" if last.status else last.outcome
                yield issue("list_unreadable", "parse", f"no answer is a list: {said}", url=url)
            elif good is None and url in {first for _, first in self._dataset.list_urls()}:
                yield issue("list_unreadable", "parse", "no answer is a list: gone, status 404", url=url)
            elif good is not None and not listing_of(self._archive, self._dataset, good).rows:
                yield issue("list_unreadable", "parse", "no selector found a row on the list page", url=url)

    def _of(self, url: str) -> dict[int, tuple[IndexEntry, IndexEntry | None]]:
        """Return for each run (the last that a list page answered, the capture that holds it)."""
        if url not in self._states:
            found: dict[int, tuple[IndexEntry, IndexEntry | None]] = {}
            good = None
            for entry in self._archive.captures_of(url):
                if self._before is not None and entry.run >= self._before:
                    break
                good = entry if entry.outcome == "ok" else good
                found[entry.run] = (entry, good)
            self._states[url] = found
        return self._states[url]


def rules_of(archive: Archive, dataset: Dataset) -> Protego | None:
    """Return the rules that the site last gave in its robots.txt, None if it gave none."""
    hops = [urljoin(dataset.site.base_url, "/robots.txt")]
    while captures := archive.captures_of(hops[-1]):
        target = redirect_target(captures[-1])
        if target is None or target in hops:
            break
        hops.append(target)
    good = archive.last_good(hops[-1])
    return Protego.parse(archive.page(good).text) if good and captures and captures[-1].outcome in SEEN else None


def listing_of(archive: Archive, dataset: Dataset, good: IndexEntry) -> Listing:
    """Return what a captured list page says; a state of a page is taken apart once in a process."""
    key = (good.url, good.sha256, dataset.list_selectors())
    if key not in _LISTINGS:
        if len(_LISTINGS) >= _REMEMBERED:
            _LISTINGS.clear()
        _LISTINGS[key] = read_listing(archive.page(good).text, good.url, key[2])
    return _LISTINGS[key]


def next_page(listing: Listing, dataset: Dataset) -> str | None:
    """Return the address of the next list page, None at the end or where the pager leads out of the site."""
    return listing.next_url if listing.next_url and dataset.ours(listing.next_url) else None
