"""What every scheduled run has in common: its name, one at a time, how it ends, and what a killed one left behind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from prefect import get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowFilter, FlowRunFilter, TaskRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort, TaskRunSort
from prefect.runtime import flow_run
from prefect.states import Cancelled, Crashed, Failed

from flows.datasets import Dataset, datasets_folder, load_dataset
from flows.errors import BlockedError, BusyError, DafuError, GateRefusedError
from flows.locks import held_by, locked
from flows.report import as_markdown
from flows.settings import settings

SCHEDULED_FLOWS = ("pipeline", "maintenance")
"""The flows that deployments run; the stages are their subflows."""
_LEFT = ("RUNNING", "CANCELLING")
_AT_MOST = 200
"""As many as the server gives at a time; a run leaves one or two."""
_LEFT_MESSAGE = "the process of this run was killed or its machine went down; what it kept stands, the next run goes on"
_SITE_TIME = ZoneInfo("Asia/Shanghai")

Reports = dict[str, Any]


def run_name() -> str:
    """Return the run's name: the dataset, and the day where the site is."""
    began = flow_run.get_scheduled_start_time() or dt.datetime.now(dt.UTC)
    asked = flow_run.get_parameters()
    return f"{asked.get('dataset_name')} {began.astimezone(_SITE_TIME):%Y-%m-%d} {asked.get('mode') or ''}".strip()


def run_alone(dataset_name: str, datasets: str | None, work: Callable[[Dataset, str], Reports]) -> Reports:
    """Do the work of a scheduled flow, alone on its dataset; end the run with our own sentence if it cannot be done.

    Prefect takes a state that a flow returns for the state of its run, and raises the error in it in the caller. The
    names tell a notification apart: Skipped (another run is at work), Refused (by the gate), Blocked (by the site).
    """
    try:
        folder = datasets_folder(Path(datasets) if datasets else None)
        dataset = load_dataset(dataset_name, folder)
        with locked(dataset.run_lock):
            end_left_runs(dataset)
            reports = work(dataset, str(folder))
            create_markdown_artifact(
                as_markdown(dataset, reports), key=f"run-{dataset.name}", description=f"One run over {dataset.title}"
            )
            return reports
    except BusyError as error:
        return cast("Reports", Cancelled(name="Skipped", message=f"skipped: {error}", data=error))
    except DafuError as error:
        name = {GateRefusedError: "Refused", BlockedError: "Blocked"}.get(type(error), "Failed")
        get_run_logger().error("%s", error)
        return cast("Reports", Failed(name=name, message=str(error), data=error))


def left_runs(client: SyncPrefectClient, dataset: Dataset) -> list[FlowRun]:
    """Return the runs over a dataset that the server takes for running, but for the one that asks."""
    found = client.read_flow_runs(
        flow_filter=FlowFilter.model_validate({"name": {"any_": SCHEDULED_FLOWS}}),
        flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": _LEFT}}}),
        sort=FlowRunSort.START_TIME_ASC,
        limit=_AT_MOST,
    )
    return [run for run in found if str(run.id) != flow_run.get_id() and _is_over(run, dataset)]


def end_left_runs(dataset: Dataset) -> list[str]:
    """Set Crashed, on the server, what killed runs over a dataset left Running; return their names.

    To be called by the holder of the run's lock: whoever else is said to be running is not.
    """
    with get_client(sync_client=True) as client:
        runs = left_runs(client, dataset)
        for run in runs:
            _end(client, run)
    return [run.name for run in runs]


def end_left_runs_if_idle(dataset: Dataset) -> list[str]:
    """Do the same where no run is at work, which the lock tells; return the names."""
    if held_by(dataset.run_lock):
        return []
    with locked(dataset.run_lock):
        return end_left_runs(dataset)


def _end(client: SyncPrefectClient, run: FlowRun) -> None:
    below = client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(
            {"parent_flow_run_id": {"any_": [run.id]}, "state": {"type": {"any_": _LEFT}}}
        ),
        sort=FlowRunSort.START_TIME_ASC,
        limit=_AT_MOST,
    )
    tasks = client.read_task_runs(
        flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [run.id, *(child.id for child in below)]}}),
        task_run_filter=TaskRunFilter.model_validate({"state": {"type": {"any_": _LEFT}}}),
        sort=TaskRunSort.ID_DESC,
        limit=_AT_MOST,
    )
    for task in tasks:
        client.set_task_run_state(task.id, Crashed(message=_LEFT_MESSAGE), force=True)
    for left in (*below, run):
        client.set_flow_run_state(left.id, Crashed(message=_LEFT_MESSAGE), force=True)


def _is_over(run: FlowRun, dataset: Dataset) -> bool:
    """Tell whether a run is over this dataset in this folder: a server may know others of the same name."""
    asked = run.parameters
    if asked.get("dataset_name") != dataset.name:
        return False
    folder = Path(asked.get("datasets") or settings().datasets)
    return folder.resolve() == dataset.folder.parent.resolve()
