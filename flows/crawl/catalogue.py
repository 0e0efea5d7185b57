"""What an archive knows of a site: the pages its list pages ever led to. Read from kept bytes only.

Crawl asks it which pages to look at again, parse asks it which pages to read, so both see the same site. A list page
that was kept in several states counts with all of them: a row that is gone from a list is still known.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from flows.crawl.archive import Archive
from flows.datasets import Dataset, SiteColumn
from parsers.listing import Listing, Row, absolute, read_listing
from schemas.archive import IndexEntry
from schemas.issues import Issue, issue

_ARTICLE = re.compile(r"/(\d{19}|[0-9a-fA-F]{32})(?=[/._]|$)")
_MAX_LIST_PAGES = 2000
"""More list pages than a column of the site can have: a pager that leads in circles of new addresses ends here."""


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
class Catalogue:
    """Every listed page by its address, the addresses of the lists, and what of them could not be used."""

    pages: dict[str, ListedPage]
    issues: tuple[Issue, ...]
    lists: frozenset[str] = frozenset()


def redirect_target(entry: IndexEntry) -> str | None:
    """Return the address that a capture redirects to, None if it does not or the address cannot be read."""
    if entry.outcome != "redirected" or not entry.location:
        return None
    try:
        said = entry.location.encode("latin-1").decode("utf-8")  # headers come as Latin-1, addresses as UTF-8
    except UnicodeError:
        said = entry.location
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


def read_catalogue(archive: Archive, dataset: Dataset) -> Catalogue:
    """Read every kept list page of every column, from the first pages on along their pagers."""
    pages: dict[str, ListedPage] = {}
    issues: dict[tuple[str, str], Issue] = {}
    lists: set[str] = set()
    for column, first in dataset.list_urls():
        lists.add(first)
        for url, listing in _walk(archive, dataset, first):
            lists.update({url, *([listing.next_url] if listing.next_url else [])})
            issues.pop((url, "list_unreadable"), None)  # the newest state of a list page counts
            if not listing.rows:
                found = issue("list_unreadable", "parse", "no selector found a row on the list page", url=url)
                issues[url, "list_unreadable"] = found
            for row in listing.rows:
                problem = outside(row, dataset)
                if problem:
                    issues[row.url, problem.code] = problem
                else:
                    pages[row.url] = ListedPage(row.url, row.title, row.listed_on, column)
    for url in lists:
        captures = archive.captures_of(url)
        if captures and not archive.last_good(url):
            last = captures[-1]
            said = f"{last.outcome}, status {last.status}" if last.status else last.outcome
            issues[url, "list_unreadable"] = issue("list_unreadable", "parse", f"no answer is a list: {said}", url=url)
    return Catalogue(pages, tuple(issues.values()), frozenset(lists))


def outside(row: Row, dataset: Dataset) -> Issue | None:
    """Return why a row is not followed: another host, another section of the site; None if it is."""
    if not dataset.ours(row.url):
        return issue("outside_site", "crawl", f"a row leads elsewhere: {row.title}", url=row.url)
    parts = urlsplit(row.url)
    if not any(parts.path.startswith(section) for section in dataset.site.sections):
        return issue("other_section", "crawl", f"a row leads out of the column: {row.title}", url=row.url)
    return None


def _walk(archive: Archive, dataset: Dataset, first: str) -> Iterator[tuple[str, Listing]]:
    """Yield every kept state of the list pages reachable from `first`, oldest state of a page first."""
    selectors = dataset.list_selectors()
    queue, seen = [first], {first}
    while queue and len(seen) < _MAX_LIST_PAGES:
        url = queue.pop(0)
        states: set[str | None] = set()
        for entry in archive.captures_of(url):
            if entry.outcome != "ok" or entry.sha256 in states:
                continue
            states.add(entry.sha256)
            listing = read_listing(archive.page(entry).text, url, selectors)
            yield url, listing
            following = listing.next_url
            if following and following not in seen and dataset.ours(following):
                seen.add(following)
                queue.append(following)
