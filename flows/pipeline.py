"""pipeline: crawl → parse → release. Each stage reads what the one before has kept, so each can also run alone."""

from __future__ import annotations

import signal
import threading
from typing import Any

from prefect import flow
from prefect.server.api.server import SubprocessASGIServer
from prefect.settings import PREFECT_API_URL

from flows.crawl.flow import crawl
from flows.parse.flow import parse_by
from flows.release.flow import release
from flows.release.gate import checked
from flows.settings import Engine
from schemas.archive import Mode


@flow(name="pipeline", flow_run_name="pipeline-{dataset_name}", persist_result=False)
def pipeline(
    dataset_name: str,
    datasets: str,
    *,
    later: bool = False,
    mode: Mode | None = None,
    engine: Engine | None = None,
    dask_address: str | None = None,
    accept: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run the whole pipeline over one dataset; return the stages' reports by name; `accept` is for the release."""
    checked(accept or {})
    return {
        "crawl": crawl(dataset_name, datasets, later=later, mode=mode),
        "parse": parse_by(dataset_name, datasets, engine=engine, dask_address=dask_address),
        "release": release(dataset_name, datasets, accept),
    }


def start_own_server() -> None:
    """Start the temporary Prefect server of a run for which none is configured; it ends with this process.

    Ctrl-C reaches every process of a terminal, and a server that it ended could not be told how the run ended, which
    Prefect then waits for. So the server is started where SIGINT is blocked, which it inherits; this thread stays free
    to be interrupted.
    """
    if PREFECT_API_URL.value():
        return
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
