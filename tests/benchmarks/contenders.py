"""Who fetches and keeps the benchmark's pages: `python -m tests.benchmarks.contenders dafu|scrapy ADDRESS FOLDER`.

Each runs in a process of its own, with its own start-up, and keeps what it fetched in FOLDER. Neither waits between
requests; both read robots.txt and follow the lists to the pages.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.page_server import PAGES, ROWS, list_path

CONNECTIONS = 4


def dafu(address: str, folder: Path) -> None:
    """Crawl as dafu does, archive and index included."""
    from flows.datasets import load_dataset  # noqa: PLC0415 - each contender pays for its own imports
    from tests.flows.fault_server import site_at  # noqa: PLC0415
    from tests.flows.living_site import crawl_once  # noqa: PLC0415

    demo = load_dataset("demo", Path(__file__).parents[2] / "datasets")
    dataset = site_at(address, demo, connections=CONNECTIONS, timeout_seconds=30, total_seconds=60)
    columns = [dataset.columns[0].model_copy(update={"lists": ["2024n/index.shtml"]})]
    report = crawl_once(dataset.model_copy(update={"columns": columns, "folder": folder}))
    print(report.new_pages - PAGES // ROWS)


def scrapy(address: str, folder: Path) -> None:
    """Crawl with Scrapy, sixteen requests at a time as it does by default, and save each body in a file."""
    from scrapy import Request, Spider  # noqa: PLC0415 - each contender pays for its own imports
    from scrapy.crawler import CrawlerProcess  # noqa: PLC0415

    class Pages(Spider):  # type: ignore[misc]
        name = "pages"

        async def start(self) -> AsyncIterator[Any]:
            yield Request(address + list_path(0))

        def parse(self, response: Any) -> Iterator[Any]:
            for row in response.css("div.xxgk_con.clearfix ul li a::attr(href)").getall():
                yield response.follow(row, self.keep)
            following = response.css("div.pagesx.clearfix > a::attr(tagname)").get()
            if following:
                yield response.follow(following, self.parse)

        def keep(self, response: Any) -> None:
            name = hashlib.sha256(response.url.encode()).hexdigest()
            (folder / name).write_bytes(response.body)

    settings = {"LOG_ENABLED": False, "ROBOTSTXT_OBEY": True, "DOWNLOAD_DELAY": 0, "TELNETCONSOLE_ENABLED": False}
    limits = {"CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16}
    process = CrawlerProcess({**settings, **limits})
    process.crawl(Pages)
    process.start()
    print(len(list(folder.iterdir())))


if __name__ == "__main__":
    {"dafu": dafu, "scrapy": scrapy}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
