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
from typing import Literal
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
from schemas.captures import Outcome

Kind = Literal["page", "list", "rules"]
"""What is asked for: a page or a file that one links to, a page of a list, robots.txt."""
_TELLS_RULES = ("ok", "unchanged", "gone", "gone_soft", "client_error", "redirected_home")
"""What an answer for robots.txt may be: rules, or that there are none. A 429 asks us to stay away (RFC 9309)."""
_RULES_HOLD = dt.timedelta(days=1)
_RULES_BYTES = 500 * 1024
"""How much of a robots.txt counts (RFC 9309, 2.5)."""
_OK, _FORBIDDEN = 200, 403
_REFUSALS = 3
"""So many addresses in a row that are newly forbidden are a block: by region, or of us."""


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
        self._refusals = 0
        self.before = read_catalogue(archive, dataset, self.run.number)
        self._plan = Plan(archive, self.before, self.run.number, self.run.mode)

    def read_robots(self) -> None:
        """Obey robots.txt, asked for at most once a day; a site without one allows everything, a silent one nothing."""
        url = urljoin(self.dataset.site.base_url, "/robots.txt")
        entry = self._recent_rules(url)
        if entry is None:
            hops, entry = self._along(url, "rules")
            if entry is None or not _tells_rules(entry):
                for hop in hops:
                    self._asked.pop(hop, None)
                    self._claimed.discard(hop)
                raise SiteUnreachableError(
                    f"{self.dataset.host} did not say in {url} what may be asked for "
                    f"({entry.outcome if entry else 'no answer'}), so nothing is; "
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

    def ask(self, url: str, kind: Kind = "page") -> IndexEntry | None:
        """Ask for `url` unless this run has, or robots.txt forbids it (None); keep the answer.

        BlockedError as soon as the site answers with a challenge, here or in another thread: the answer is kept, and
        nothing more is asked. A 403 without a challenge is one address that is forbidden, unless it is robots.txt, or
        the third in a row that is so and was not when it was last asked for: then it is a block as well.
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
        answer = self.session.get(url, *conditions, at_most=_RULES_BYTES if kind == "rules" else None)
        entry = self.archive.keep(replace(answer, verdict=self._verdict(answer, kind, good)))
        if entry.outcome == "blocked":
            self.session.stop(url, _blocked(self.dataset.host, entry))
        links = self._links(url, answer) if kind == "page" and entry.outcome == "ok" else ()
        with self._claims:
            self._asked[url] = entry
            self._linked[url] = links
            self.report.add(answer, entry, good)
        if entry.outcome == "blocked":
            raise _blocked(self.dataset.host, entry)
        return entry

    def _along(self, url: str, kind: Kind = "page") -> tuple[list[str], IndexEntry | None]:
        """Ask for `url` and for where it redirects to on our host; return the way and the answer at its end."""
        hops = [url]
        while True:
            entry = self.ask(hops[-1], kind)
            target = redirect_target(entry) if entry else None
            if target is None or target in hops or not self.dataset.ours(target):
                return hops, entry
            if len(hops) > self.dataset.politeness.max_redirects or (kind == "page" and self._waits(target)):
                return hops, entry
            hops.append(target)

    def _waits(self, url: str) -> bool:
        """Tell whether an address gave trouble and is asked for at the end, not on the way."""
        return self._plan.is_troubled(url) and url not in self._asked

    def _fetch(self, url: str) -> str:
        try:
            hops, _ = self._along(url)
            for file in self._attachments(hops[-1]):
                if not self._waits(file):
                    self._along(file)
        except SiteUnreachableError:
            if not self._plan.is_troubled(url):
                raise
            # Only addresses that gave trouble before are left: it tells of them, and the run has seen all else.
        return url

    def _attachments(self, url: str) -> tuple[str, ...]:
        """Return the files of our own host that a page links to, if this run has seen the page."""
        entry = self._asked.get(url)
        if entry is None or entry.outcome not in SEEN or is_file_address(url) or url in self.before.lists:
            return ()
        if entry.outcome == "ok" and url in self._linked:
            return self._linked.pop(url, ())
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
            hops, entry = self._along(url, "list")
            seen.update(hops)
            if entry is None or entry.outcome not in SEEN:
                ended = entry is not None and entry.outcome == "gone" and url != first
                return Walk(first, tuple(rows), whole=ended, sound=ended)
            good = self.archive.last_good(hops[-1])
            listing = listing_of(self.archive, self.dataset, good) if good else Listing((), None, None)
            rows += followed(listing, self.dataset)
            url = next_page(listing, self.dataset)
            known = entry.outcome == "unchanged" or self._overlaps(first, rows)
            if self.run.mode == "incremental" and url and known and first not in self.before.unread:
                return Walk(first, tuple(rows), whole=False, sound=True)
        return Walk(first, tuple(rows), whole=True, sound=bool(rows))

    def _overlaps(self, first: str, rows: list[Row]) -> bool:
        """Tell whether so many rows in a row stood there before that what follows did as well."""
        in_a_row = longest = 0
        for row in rows:
            in_a_row = in_a_row + 1 if self._plan.is_listed(first, row) else 0
            longest = max(longest, in_a_row)
        return longest >= self.dataset.crawl.overlap

    def _verdict(self, answer: Answer, kind: Kind, good: IndexEntry | None) -> Outcome | None:
        """Return what an answer is where it takes more than the answer to tell: what came before, what was asked."""
        if kind == "rules" and answer.failure == "too_large" and answer.status == _OK and answer.body:
            return "ok"
        if self._is_block(answer, kind):
            return "blocked"
        return "list_empty" if kind == "list" and self._has_lost_its_rows(answer, good) else None

    def _is_block(self, answer: Answer, kind: Kind) -> bool:
        if answer.status == _FORBIDDEN and kind == "rules":
            return True
        if answer.status is None or self._plan.was_forbidden(answer.url):
            return False
        with self._claims:
            self._refusals = self._refusals + 1 if answer.status == _FORBIDDEN else 0
            return self._refusals >= _REFUSALS

    def _has_lost_its_rows(self, answer: Answer, good: IndexEntry | None) -> bool:
        """Tell a list page that lost its rows, which looks like any other page, from one that has them."""
        if answer.status != _OK or answer.failure or good is None:
            return False
        if not listing_of(self.archive, self.dataset, good).rows:
            return False
        html = decode(inflated(answer.body, answer.header("Content-Encoding"))[0], answer.header("Content-Type")).text
        if outcome_of(_OK, html, answer.url) != "ok":
            return False
        return not read_listing(html, answer.url, self.dataset.list_selectors()).rows

    def _recent_rules(self, url: str) -> IndexEntry | None:
        """Return the last answer for robots.txt, at the end of its redirects, if it is of today and tells rules."""
        hops: list[str] = []
        while url not in hops:
            captures = self.archive.captures_of(url)
            if not captures or abs(self.session.now() - captures[-1].fetched_at) >= _RULES_HOLD:
                return None  # in the past, or in a future that a wrong clock has seen
            hops.append(url)
            following = redirect_target(captures[-1])
            if following is None:
                return captures[-1] if _tells_rules(captures[-1]) else None
            url = following
        return None


def _tells_rules(entry: IndexEntry) -> bool:
    """Tell whether an answer for robots.txt says what may be asked for; nothing at all says that everything may be."""
    nothing = entry.outcome == "no_page" and entry.status in (_OK, 204)
    return entry.outcome in _TELLS_RULES or nothing


def _blocked(host: str, entry: IndexEntry) -> BlockedError:
    return BlockedError(
        f"{host} answered {entry.url} with a challenge or a ban (status {entry.status}); nothing more was asked and "
        f"what was kept before stands; look at the site in a browser before you run the crawl again"
    )
