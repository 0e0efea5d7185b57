"""A run over one site: robots.txt, the lists along their pagers, the planned pages, their redirects and attachments.

What was kept before is asked for conditionally, so that an unchanged page costs the site a 304 and no body. A run that
was cut short is gone on with: what it has kept is not asked for again, so it ends as if it had never been stopped.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urljoin

from flows.crawl.archive import Archive
from flows.crawl.catalogue import (
    MAX_LIST_PAGES,
    SEEN,
    Walk,
    followed,
    listing_of,
    next_page,
    read_catalogue,
    redirect_target,
)
from flows.crawl.plan import UNSETTLED, Plan, next_mode
from flows.crawl.report import CrawlReport
from flows.crawl.session import Answer, Session
from flows.crawl.warc import inflated
from flows.datasets import Dataset, SiteColumn
from flows.errors import BlockedError, SiteUnreachableError
from parsers.answer import outcome_of
from parsers.attachments import is_file_address, may_link_files, read_attachment_links
from parsers.encoding import decode, is_markup
from parsers.listing import Listing, Row, read_listing
from schemas.archive import IndexEntry, Mode

_TELLS_RULES = ("ok", "unchanged", "gone", "gone_soft", "client_error")
"""What an answer for robots.txt may be: rules, or that there are none. A 429 asks us to stay away (RFC 9309)."""
_RULES_HOLD = dt.timedelta(days=1)


class Frontier:
    """Asks the session, keeps in the archive, and remembers what this run has asked for already."""

    def __init__(self, dataset: Dataset, session: Session, archive: Archive, mode: Mode | None = None) -> None:
        """Go on with the run that was cut short, or begin the next one, in `mode` or as the dataset's schedule has it.

        The archive has to be open for writing.
        """
        self.dataset, self.session, self.archive = dataset, session, archive
        self.report = CrawlReport()
        self._began = time.monotonic()
        unfinished = archive.unfinished(session.now())
        if unfinished and mode not in (None, unfinished.mode):
            unfinished = None
        self.run = unfinished or archive.begin(mode or next_mode(archive, dataset.crawl), session.now())
        self.report.begin(self.run, resumed=unfinished is not None)
        self._asked: dict[str, IndexEntry] = {
            entry.url: entry
            for entry in archive.entries()
            if entry.run == self.run.number and entry.outcome not in UNSETTLED
        }
        self._linked: dict[str, tuple[str, ...]] = {}
        self._claimed: set[str] = set()
        self._claims = threading.Lock()
        self.before = read_catalogue(archive, dataset, self.run.number)
        self._plan = Plan(archive, self.before, self.run.number, self.run.mode)

    def read_robots(self) -> None:
        """Obey robots.txt, asked for at most once a day; a site without one allows everything, a silent one nothing."""
        url = urljoin(self.dataset.site.base_url, "/robots.txt")
        entry = self._recent_rules(url)
        if entry is None:
            list(self.fetch([url]))
            entry = self._asked[self._hops(url)[-1]]
        if entry.outcome not in _TELLS_RULES:
            for hop in self._hops(url):
                self._asked.pop(hop)
                self._claimed.discard(hop)
            raise SiteUnreachableError(
                f"{self.dataset.host} did not say in {url} what may be asked for ({entry.outcome}), so nothing is; "
                f"run `dafu crawl {self.dataset.name}` again later"
            )
        good = self.archive.last_good(entry.url) if entry.outcome in SEEN else None
        self.session.obey(self.dataset.host, decode(self.archive.body(good)).text if good else "")

    def walk(self, column: SiteColumn) -> Iterator[Walk]:
        """Ask for the list pages of a column along their pagers, as far as the mode has it; yield each list's walk."""
        for name in column.lists:
            yield self._walk(urljoin(self.dataset.site.base_url, column.path + name))

    def planned(self, walks: list[Walk]) -> list[str]:
        """Return the pages to ask for, given what the lists say."""
        return self._plan.pages(walks)

    def fetch(self, urls: Iterable[str]) -> Iterator[str]:
        """Ask for each page once, its redirects and attachments with it; yield every address when it is done."""
        connections = self.dataset.politeness.connections
        if connections == 1:
            for url in urls:
                self._fetch(url)
                yield url
            return
        with ThreadPoolExecutor(connections) as pool:
            try:
                yield from pool.map(self._fetch, urls)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def finish(self) -> None:
        """End the run as complete: everything that it was to ask for was asked for."""
        self.archive.end(self.session.now())

    def measured(self) -> CrawlReport:
        """Return the report, up to now."""
        self.report.seconds = time.monotonic() - self._began
        return self.report

    def ask(self, url: str, *, listing: bool = False) -> IndexEntry | None:
        """Ask for `url` unless this run has, or robots.txt forbids it (None); keep the answer.

        BlockedError as soon as the site answers with a challenge: the answer is kept, and nothing more is asked.
        """
        with self._claims:
            if url in self._asked or url in self._claimed:
                return self._asked.get(url)
            self._claimed.add(url)
        if not self.session.allowed(url):
            self.report.disallowed.append(url)
            return None
        good = self.archive.last_good(url)
        conditions = (None, None) if self.run.mode == "sweep" else self.archive.validators(url)
        answer = self.session.get(url, *conditions)
        if listing:
            answer = self._judged(answer, good)
        entry = self.archive.keep(answer)
        links = () if listing or entry.outcome != "ok" else self._links(url, answer)
        with self._claims:
            self._asked[url] = entry
            self._linked[url] = links
            self.report.add(answer, entry, good)
        if entry.outcome == "blocked":
            raise BlockedError(
                f"{self.dataset.host} answered {url} with a challenge (status {entry.status}); nothing more was asked "
                f"and what was kept before stands; look at the site in a browser before you run the crawl again"
            )
        return entry

    def _fetch(self, url: str) -> str:
        target = url
        for _ in range(self.dataset.politeness.max_redirects + 1):
            entry = self.ask(target)
            following = redirect_target(entry) if entry else None
            if following is None or not self.dataset.ours(following) or following in self._claimed:
                break
            target = following
        for file in self._attachments(target):
            self.ask(file)
        return url

    def _attachments(self, url: str) -> tuple[str, ...]:
        """Return the files of our own host that a page links to, if this run has seen the page."""
        entry = self._asked.get(url)
        if entry is None or entry.outcome not in SEEN or is_file_address(url) or url in self.before.lists:
            return ()
        if entry.outcome == "ok" and url in self._linked:
            return self._linked.pop(url)
        good = self.archive.last_good(url)
        if (self.run.mode == "incremental" and entry.outcome == "unchanged") or good is None:
            return ()
        return self._files_of(self.archive.page(good).text, url) if good.encoding_used else ()

    def _links(self, url: str, answer: Answer) -> tuple[str, ...]:
        """Return the files that an answer links to, without looking for it in the archive again."""
        body = inflated(answer.body, answer.header("Content-Encoding"))[0]
        if not may_link_files(body) or not is_markup(body, answer.header("Content-Type")):
            return ()
        return self._files_of(decode(body, answer.header("Content-Type")).text, url)

    def _files_of(self, html: str, url: str) -> tuple[str, ...]:
        return tuple(link.url for link in read_attachment_links(html, url) if self.dataset.ours(link.url))

    def _walk(self, first: str) -> Walk:
        rows: list[Row] = []
        seen: set[str] = set()
        url: str | None = first
        while url and url not in seen and len(seen) < MAX_LIST_PAGES:
            seen.add(url)
            entry = self.ask(url, listing=True)
            if entry is None or entry.outcome not in SEEN:
                ended = entry is not None and entry.outcome == "gone" and url != first
                return Walk(first, tuple(rows), whole=ended, sound=ended)
            good = self.archive.last_good(url)
            listing = listing_of(self.archive, self.dataset, good) if good else Listing((), None, None)
            rows += followed(listing, self.dataset)
            url = next_page(listing, self.dataset)
            known = entry.outcome == "unchanged" or self._overlaps(rows)
            if self.run.mode == "incremental" and url and known and first not in self.before.unread:
                return Walk(first, tuple(rows), whole=False, sound=True)
        return Walk(first, tuple(rows), whole=True, sound=bool(rows))

    def _overlaps(self, rows: list[Row]) -> bool:
        """Tell whether so many rows in a row are known that what follows is known as well."""
        in_a_row = longest = 0
        for row in rows:
            in_a_row = in_a_row + 1 if self._plan.is_known(row) else 0
            longest = max(longest, in_a_row)
        return longest >= self.dataset.crawl.overlap

    def _judged(self, answer: Answer, good: IndexEntry | None) -> Answer:
        """Tell a list page that lost its rows, which looks like any other page, from one that has them."""
        if answer.status != 200 or answer.failure or good is None:
            return answer
        if not listing_of(self.archive, self.dataset, good).rows:
            return answer
        html = decode(inflated(answer.body, answer.header("Content-Encoding"))[0], answer.header("Content-Type")).text
        if outcome_of(200, html, answer.url) != "ok":
            return answer
        if read_listing(html, answer.url, self.dataset.list_selectors()).rows:
            return answer
        return replace(answer, verdict="list_empty")

    def _recent_rules(self, url: str) -> IndexEntry | None:
        """Return the last answer for robots.txt, at the end of its redirects, if it is of today and tells rules."""
        hops: list[str] = []
        while url not in hops:
            captures = self.archive.captures_of(url)
            if not captures or self.session.now() - captures[-1].fetched_at >= _RULES_HOLD:
                return None
            hops.append(url)
            following = redirect_target(captures[-1])
            if following is None:
                return captures[-1] if captures[-1].outcome in _TELLS_RULES else None
            url = following
        return None

    def _hops(self, url: str) -> list[str]:
        hops = [url]
        while (target := redirect_target(self._asked[hops[-1]])) in self._asked and target not in hops:
            hops.append(str(target))
        return hops
