"""What is asked for in a run, and in which order: list pages along their pagers, then every page they ever led to.

A page that was kept before is asked for conditionally, so that an unchanged one costs the site a 304 and no body. A
page whose row is gone is asked for directly: only its own answer tells whether it is withdrawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urljoin

from flows.crawl.archive import Archive
from flows.crawl.catalogue import outside, redirect_target
from flows.crawl.session import Session
from flows.datasets import Dataset, SiteColumn
from flows.errors import BlockedError, SiteUnreachableError
from parsers.encoding import decode
from parsers.listing import read_listing
from schemas.archive import IndexEntry

_TELLS_RULES = ("ok", "unchanged", "gone", "gone_soft", "client_error")
"""What an answer for robots.txt may be: rules, or that there are none. A 429 asks us to stay away (RFC 9309)."""
_MAX_LIST_PAGES = 500


@dataclass
class CrawlReport:
    """What a crawl did: requests by outcome, bytes that came over the line, addresses that were not asked for."""

    outcomes: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    new_pages: int = 0
    disallowed: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return sum(self.outcomes.values())


class Frontier:
    """Asks the session, keeps in the archive, and remembers what this run has asked for already."""

    def __init__(self, dataset: Dataset, session: Session, archive: Archive) -> None:
        """Join the three for one run."""
        self.dataset, self.session, self.archive = dataset, session, archive
        self.report = CrawlReport()
        self._asked: dict[str, IndexEntry] = {}

    def read_robots(self) -> None:
        """Ask for robots.txt and obey it; a site without one allows everything, one that does not answer nothing."""
        url = urljoin(self.dataset.site.base_url, "/robots.txt")
        list(self.fetch([url]))
        hops = [url]
        while (target := redirect_target(self._asked[hops[-1]])) in self._asked and target not in hops:
            hops.append(str(target))
        entry = self._asked[hops[-1]]
        if entry.outcome not in _TELLS_RULES:
            for hop in hops:
                self._asked.pop(hop)
            raise SiteUnreachableError(
                f"{self.dataset.host} did not say in {url} what may be asked for ({entry.outcome}), so nothing is; "
                f"run `dafu crawl {self.dataset.name}` again later"
            )
        good = self.archive.last_good(entry.url) if entry.outcome in ("ok", "unchanged") else None
        self.session.obey(self.dataset.host, decode(self.archive.body(good)).text if good else "")

    def walk(self, column: SiteColumn) -> Iterator[str]:
        """Ask for the list pages of a column along their pagers; yield the address of every row that is followed."""
        for name in column.lists:
            url: str | None = urljoin(self.dataset.site.base_url, column.path + name)
            seen: set[str] = set()
            while url and url not in seen and len(seen) < _MAX_LIST_PAGES:
                seen.add(url)
                entry = self.ask(url)
                good = self.archive.last_good(url) if entry and entry.outcome in ("ok", "unchanged") else None
                if good is None:
                    break
                listing = read_listing(self.archive.page(good).text, url, self.dataset.list_selectors())
                yield from (row.url for row in listing.rows if outside(row, self.dataset) is None)
                url = listing.next_url if listing.next_url and self.dataset.ours(listing.next_url) else None

    def fetch(self, urls: Iterable[str]) -> Iterator[str]:
        """Ask for each page once, redirects within the site followed; yield every address when it is done."""
        for url in urls:
            target = url
            for _ in range(self.dataset.politeness.max_redirects + 1):
                entry = self.ask(target)
                following = redirect_target(entry) if entry else None
                if following is None or not self.dataset.ours(following) or following in self._asked:
                    break
                target = following
            yield url

    def ask(self, url: str) -> IndexEntry | None:
        """Ask for `url` unless this run has, or robots.txt forbids it (None); keep the answer.

        BlockedError as soon as the site answers with a challenge: the answer is kept, and nothing more is asked.
        """
        if url in self._asked:
            return self._asked[url]
        if not self.session.allowed(url):
            self.report.disallowed.append(url)
            return None
        good = self.archive.last_good(url)
        answer = self.session.get(url, good.etag if good else None, good.last_modified if good else None)
        entry = self.archive.keep(answer)
        self._asked[url] = entry
        self.report.outcomes[entry.outcome] += 1
        self.report.bytes += len(answer.body)
        self.report.new_pages += entry.outcome == "ok" and good is None
        if entry.outcome == "blocked":
            raise BlockedError(
                f"{self.dataset.host} answered {url} with a challenge (status {entry.status}); nothing more was asked "
                f"and what was kept before stands; look at the site in a browser before you run the crawl again"
            )
        return entry
