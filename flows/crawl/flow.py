"""crawl: robots.txt → the lists of every column → the pages that the run's plan asks for → archive."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows import console
from flows.crawl.archive import Archive
from flows.crawl.catalogue import Walk
from flows.crawl.frontier import Frontier
from flows.crawl.report import CrawlReport
from flows.crawl.session import Session
from flows.crawl.site_folder import has_gone_on, serving
from flows.datasets import Dataset, SiteColumn, load_dataset
from flows.durable import archive_kept
from flows.errors import SiteUnreachableError
from schemas.archive import Mode

_BATCH = 200


@flow(name="crawl", flow_run_name="crawl-{dataset_name}", persist_result=False)
def crawl(dataset_name: str, datasets: str, *, later: bool = False, mode: Mode | None = None) -> dict[str, Any]:
    """Fetch what is new or changed on the dataset's site and keep it; return the report as plain data.

    `mode` is the schedule's unless given. A run that was cut short less than a day ago is gone on with.
    """
    dataset = load_dataset(dataset_name, Path(datasets))
    with archive_kept(dataset) as sealed:
        return _crawled(dataset, sealed, later=later, mode=mode)


def _crawled(dataset: Dataset, sealed: Collection[str], *, later: bool, mode: Mode | None) -> dict[str, Any]:
    archive = Archive(dataset.archive)
    later = later or has_gone_on(dataset, archive.entries())
    with serving(dataset, later=later) as proxy, archive.writing(dataset.name, dataset.crawl.rotate_bytes, sealed):
        frontier = Frontier(dataset, Session(dataset, proxy), archive, mode)
        try:
            # A site that is down for a moment is the one thing that asking again can mend.
            read_robots.with_options(retries=2, retry_delay_seconds=10 * dataset.politeness.interval_seconds)(frontier)
            walks = [walk for column in dataset.columns for walk in walk_column(frontier, column)]
            planned = frontier.planned(walks)
            with console.stage("crawl: pages", len(planned), "pages") as advance:
                for start in range(0, len(planned), _BATCH):
                    fetch_pages(frontier, planned[start : start + _BATCH], advance)
            frontier.finish()
        finally:
            report = _reported(dataset, frontier.measured())
    return report


def _is_unreachable(_task: Any, _run: Any, state: Any) -> bool:  # noqa: ANN401 - Prefect's own signature
    return isinstance(state.result(raise_on_failure=False), SiteUnreachableError)


@task(cache_policy=NO_CACHE, retry_condition_fn=_is_unreachable)
def read_robots(frontier: Frontier) -> None:
    """Ask for robots.txt first: it decides what may be asked at all."""
    frontier.read_robots()


@task(cache_policy=NO_CACHE, task_run_name="walk-{column.name}")
def walk_column(frontier: Frontier, column: SiteColumn) -> list[Walk]:
    """Walk the lists of one column."""
    with console.stage(f"crawl: {column.name}", len(column.lists), "lists") as advance:
        walks = []
        for walk in frontier.walk(column):
            walks.append(walk)
            advance(1)
        return walks


@task(cache_policy=NO_CACHE)
def fetch_pages(frontier: Frontier, urls: list[str], advance: console.Advance) -> None:
    """Fetch a batch of pages."""
    before = frontier.report.bytes
    for _ in frontier.fetch(urls):
        advance(1, frontier.report.bytes - before)
        before = frontier.report.bytes


def _reported(dataset: Dataset, report: CrawlReport) -> dict[str, Any]:
    data = report.as_data()
    rows = [{"what": f"answers: {outcome}", "value": count} for outcome, count in data["outcomes"].items()]
    rows += [{"what": name, "value": value} for name, value in data.items() if isinstance(value, (int, float, str))]
    rows += [{"what": f"slow: {slow['url']}", "value": slow["seconds"]} for slow in data["slowest"]]
    create_table_artifact(
        table=rows,
        key=f"crawl-{dataset.name}",
        description=f"One crawl of {dataset.title}: answers, figures, slowest pages",
    )
    get_run_logger().info("%s requests, %s bytes, %s new pages", report.requests, report.bytes, report.new_pages)
    return data
