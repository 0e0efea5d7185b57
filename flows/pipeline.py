"""pipeline: crawl → parse → release. Each stage reads what the one before has kept, so each can also run alone."""

from __future__ import annotations

import signal
import threading
from typing import Any

from prefect import flow
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL, PREFECT_HOME

from flows.crawl.flow import crawl
from flows.datasets import DEFAULT_DATASET, Dataset
from flows.deployments.runs import run_alone, run_name
from flows.environment import require_room
from flows.parse.flow import parse_by
from flows.release.flow import release
from flows.release.gate import checked
from flows.settings import Engine
from schemas.archive import Mode


@flow(name="pipeline", flow_run_name=run_name, persist_result=False)
def pipeline(
    dataset_name: str = DEFAULT_DATASET,
    datasets: str | None = None,
    *,
    later: bool = False,
    mode: Mode | None = None,
    engine: Engine | None = None,
    dask_address: str | None = None,
    accept: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run the whole pipeline over one dataset; return the stages' reports by name.

    Args:
        dataset_name: The folder's name under the datasets.
        datasets: The folder of the datasets; else DAFU_DATASETS, else this repository's.
        later: Let a site that is a folder (the demo) go on to its later state, in which it stays.
        mode: What is asked for: incremental, the newest part of every list; revisit, every page conditionally; sweep,
            every page in full. Not set, dataset.toml says which run does what.
        engine: Who reads the pages: one process, a process a core, or Dask; else DAFU_ENGINE, else one.
        dask_address: The scheduler of a Dask cluster.
        accept: Checks of the gate by name that the release may fail, and why.
    """
    checked(accept or {})

    def stages(dataset: Dataset, folder: str) -> dict[str, Any]:
        return {
            "crawl": crawl(dataset.name, folder, later=later, mode=mode),
            "parse": parse_by(dataset.name, folder, engine=engine, dask_address=dask_address),
            "release": release(dataset.name, folder, accept),
        }

    return run_alone(dataset_name, datasets, stages)


def start_own_server() -> None:
    """Start the temporary Prefect server of a run for which none is configured; it ends with this process.

    Ctrl-C reaches every process of a terminal, and a server that it ended could not be told how the run ended, which
    Prefect then waits for. So the server is started where SIGINT is blocked, which it inherits; this thread stays free
    to be interrupted. DafuError if the server could not write where Prefect keeps its database.
    """
    if PREFECT_API_URL.value():
        return
    require_room(PREFECT_HOME.value())
    failures: list[Exception] = []

    def start() -> None:
        try:
            SubprocessASGIServer().start()
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            failures.append(error)

    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    starting = threading.Thread(target=start, daemon=True)  # a thread keeps the mask it was made with
    starting.start()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    starting.join()
    for failure in failures:
        raise failure
