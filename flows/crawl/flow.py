"""crawl: robots.txt → list pages of every column → every page they lead to or ever led to → archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import console
from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.crawl.frontier import CrawlReport, Frontier
from flows.crawl.session import Session
from flows.crawl.site_folder import serving
from flows.datasets import Dataset, SiteColumn, load_dataset
from flows.errors import SiteUnreachableError

_BATCH = 200


@flow(name="crawl", flow_run_name="crawl-{dataset_name}", persist_result=False)
def crawl(dataset_name: str, datasets: str, *, later: bool = False) -> dict[str, Any]:
    """Fetch what is new or changed on the dataset's site and keep it; return the report as plain data."""
    dataset = load_dataset(dataset_name, Path(datasets))
    archive = Archive(dataset.archive)
    with serving(dataset, later=later) as proxy, archive.writing(dataset.name):
        frontier = Frontier(dataset, Session(dataset, proxy), archive)
        try:
            # A site that is down for a moment is the one thing that asking again can mend.
            read_robots.with_options(retries=2, retry_delay_seconds=10 * dataset.politeness.interval_seconds)(frontier)
            listed = [url for column in dataset.columns for url in walk_column(frontier, column)]
            known = read_catalogue(archive, dataset).pages
            wanted = list(dict.fromkeys([*listed, *known]))
            with console.stage("crawl: pages", len(wanted), "pages") as advance:
                for start in range(0, len(wanted), _BATCH):
                    fetch_pages(frontier, wanted[start : start + _BATCH], advance)
        finally:
            report = _reported(dataset, frontier.report)
    return report


def _is_unreachable(_task: Any, _run: Any, state: Any) -> bool:  # noqa: ANN401 - Prefect's own signature
    return isinstance(state.result(raise_on_failure=False), SiteUnreachableError)


@task(cache_policy=NO_CACHE, retry_condition_fn=_is_unreachable)
def read_robots(frontier: Frontier) -> None:
    """Ask for robots.txt first: it decides what may be asked at all."""
    frontier.read_robots()


@task(cache_policy=NO_CACHE, task_run_name="walk-{column.name}")
def walk_column(frontier: Frontier, column: SiteColumn) -> list[str]:
    """Walk the list pages of one column."""
    with console.stage(f"crawl: {column.name}", None, "rows") as advance:
        found = []
        for url in frontier.walk(column):
            found.append(url)
            advance(1)
    return found


@task(cache_policy=NO_CACHE)
def fetch_pages(frontier: Frontier, urls: list[str], advance: console.Advance) -> None:
    """Fetch a batch of pages."""
    for _ in frontier.fetch(urls):
        advance(1)


def _reported(dataset: Dataset, report: CrawlReport) -> dict[str, Any]:
    rows = [{"outcome": outcome, "requests": count} for outcome, count in sorted(report.outcomes.items())]
    create_table_artifact(
        table=rows, key=f"crawl-{dataset.name}", description=f"Requests of one crawl of {dataset.title}, by outcome"
    )
    get_run_logger().info("%s requests, %s bytes, %s new pages", report.requests, report.bytes, report.new_pages)
    return {
        "requests": report.requests,
        "bytes": report.bytes,
        "new_pages": report.new_pages,
        "outcomes": dict(sorted(report.outcomes.items())),
        "disallowed": sorted(report.disallowed),
    }
