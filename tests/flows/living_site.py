"""A site that lives: letters and lists that a test changes from run to run, over real HTTP, and a crawl of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flows.crawl.archive import Archive
from flows.crawl.frontier import Frontier
from flows.crawl.report import CrawlReport
from flows.crawl.session import Session
from flows.datasets import Dataset
from schemas.archive import Mode
from tests.flows.fault_server import Connection, Fault, Log, faulty, site_at

COLUMN = "/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/"
START = dt.datetime(2026, 1, 1, 1, 0, tzinfo=dt.UTC)


def letter(number: int, sentence: str = "我们将办好学校。") -> str:
    """Return the page of a letter."""
    return f"""<!doctype html><html><head><meta charset="utf-8"><title>答复</title></head><body><div class="xxgk_tit">
<h1>对省政协十三届二次会议第{number:04}号提案的答复</h1></div><div class="TRS_Editor"><p>张三委员：</p>
<p>您提出的《关于办好第{number}所学校的提案》收悉，现答复如下：</p><p>{sentence}</p>
<p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""


@dataclass
class LivingSite:
    """Pages by path and the rows of each list, newest first; `answers` overrides what a path says.

    A path in `stale` answers 304 to whatever it said before, changed or not.
    """

    lists: dict[str, list[str]] = field(default_factory=lambda: {"2024n": [], "2023n": []})
    pages: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Fault] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)
    per_page: int = 10
    robots: str = "User-agent: *\nAllow: /\n"

    def add(self, name: str, year: str = "2024n", page: str | None = None, at: int = 0) -> str:
        """Put a letter on a list; return its path."""
        path = self.path(name, year)
        self.pages[path] = page or letter(int(name))
        self.lists[year].insert(at, path)
        return path

    def path(self, name: str, year: str = "2024n") -> str:
        """Return the path of article `name`: 19 digits, as the site's own."""
        return f"{COLUMN}{year}/{20240101000000:014}{name:0>5}/index.shtml"

    def list_path(self, year: str, number: int = 1) -> str:
        """Return the path of a list page."""
        return f"{COLUMN}{year}/index.shtml" if number == 1 else f"{COLUMN}{year}/0a1b2c3d-{number}.shtml"

    def __call__(self, path: str) -> Fault | None:
        """Return what the site answers to a path, None for a 404."""
        if path in self.answers:
            return self.answers[path]
        if path == "/robots.txt":
            return lambda c: c.send(body=self.robots.encode(), Content_Type="text/plain")
        for year in self.lists:
            pages = max(1, -(-len(self.lists[year]) // self.per_page))
            for number in range(1, pages + 1):
                if path == self.list_path(year, number):
                    return self._page(path, self.list_page(year, number, pages))
        return self._page(path, self.pages[path]) if path in self.pages else None

    def list_page(self, year: str, number: int, pages: int) -> str:
        """Return a list page."""
        shown = self.lists[year][(number - 1) * self.per_page : number * self.per_page]
        rows = "".join(
            f'<li><a href="{path}">{self.titles.get(path, "答复")}</a><span>2024-01-02</span></li>' for path in shown
        )
        following = f'<a tagname="{self.list_path(year, number + 1)}">下一页</a>' if number < pages else ""
        return (
            f'<!doctype html><html><body><div class="xxgk_con clearfix"><ul>{rows}</ul></div>'
            f'<div class="pagesx clearfix">{following}</div>{"<p>政务公开栏目说明文字。</p>" * 40}</body></html>'
        )

    def _page(self, path: str, html: str) -> Fault:
        body = html.encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16] if path not in self.stale else "always"}"'

        def answer(connection: Connection) -> None:
            if connection.headers.get("if-none-match") == etag:
                connection.send(status="304 Not Modified", ETag=etag)
            else:
                connection.send(body=body, Content_Type="text/html; charset=utf-8", ETag=etag)

        return answer


class _Live(dict[str, Fault]):
    """The site's answers, asked for anew at every request."""

    def __init__(self, site: LivingSite) -> None:
        super().__init__()
        self._site = site

    def get(self, path: str, default: Fault | None = None) -> Fault | None:  # type: ignore[override]
        return self._site(path) or default


@contextmanager
def alive(site: LivingSite, dataset: Dataset, **crawl: object) -> Iterator[tuple[Dataset, Log]]:
    """Serve the site; yield (the dataset that is crawled from it, the server's log)."""
    with faulty(_Live(site)) as (address, log):
        column = dataset.columns[0].model_copy(update={"lists": [f"{year}/index.shtml" for year in site.lists]})
        asked = site_at(address, dataset, timeout_seconds=20, total_seconds=20, retries=0)
        schedule = dataset.crawl.model_copy(update=crawl)
        yield asked.model_copy(update={"columns": [column], "crawl": schedule}), log


def crawl_once(
    dataset: Dataset, now: Callable[[], dt.datetime] | None = None, mode: Mode | None = None, pages: int | None = None
) -> CrawlReport:
    """Crawl as the flow does, without Prefect; with `pages`, stop short after so many pages."""
    archive = Archive(dataset.archive)
    with archive.writing(dataset.name, dataset.crawl.rotate_bytes):
        session = Session(dataset, None, now) if now else Session(dataset, None)
        frontier = Frontier(dataset, session, archive, mode)
        frontier.read_robots()
        walks = [walk for column in dataset.columns for walk in frontier.walk(column)]
        for done, _ in enumerate(frontier.fetch(frontier.planned(walks)), 1):
            if done == pages:
                return frontier.measured()
        frontier.finish()
        return frontier.measured()


def on_day(day: int) -> Callable[[], dt.datetime]:
    """Return the clock of a day: it stands still, so that the days of events can be told exactly."""
    return lambda: START + dt.timedelta(days=day)
