"""pipeline: crawl → parse → release. Each stage reads what the one before has kept, so each can also run alone."""

from __future__ import annotations

from typing import Any

from prefect import flow

from flows.crawl.flow import crawl
from flows.parse.flow import parse
from flows.release.flow import release


@flow(name="pipeline", flow_run_name="pipeline-{dataset_name}", persist_result=False)
def pipeline(dataset_name: str, datasets: str, *, later: bool = False) -> dict[str, Any]:
    """Run the whole pipeline over one dataset; return the stages' reports by name."""
    return {
        "crawl": crawl(dataset_name, datasets, later=later),
        "parse": parse(dataset_name, datasets),
        "release": release(dataset_name, datasets),
    }
