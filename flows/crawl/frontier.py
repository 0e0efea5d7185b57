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
from flows.crawl.catalogue import outside
from flows.crawl.session import Session
from flows.datasets import Dataset, SiteColumn
from flows.errors import BlockedError, SiteUnreachableError
from parsers.encoding import decode
from parsers.listing import read_listing
from schemas.archive import IndexEntry

_NO_ANSWER = ("unreachable", "timeout", "truncated", "server_error", "forbidden_address")
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
        entry = self.ask(url)
        if entry is None or entry.outcome in _NO_ANSWER:
            self._asked.pop(url, None)
            raise SiteUnreachableError(
                f"{self.dataset.host} did not answer for {url}; without its robots.txt nothing else is asked for; "
                f"run `dafu crawl {self.dataset.name}` again later"
            )
        good = entry if entry.outcome == "ok" else self.archive.last_good(url) if entry.outcome == "unchanged" else None
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
            target: str | None = url
            for _ in range(self.dataset.politeness.max_redirects + 1):
                entry = self.ask(target) if target else None
                if entry is None or entry.outcome != "redirected" or not entry.location:
                    break
                target = urljoin(entry.url, entry.location)
                target = target if self.dataset.ours(target) and target not in self._asked else None
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
