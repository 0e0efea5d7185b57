"""What the Prefect server says of a dataset's schedule: whether anybody serves it, what is due, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
from prefect.client.schemas.objects import DeploymentStatus, FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import DeploymentSort, FlowRunSort
from prefect.settings import PREFECT_API_URL

from flows.datasets import Dataset
from flows.deployments.runs import left_runs
from flows.deployments.serving import require_server
from flows.errors import DafuError
from flows.status import Schedule


def scheduled(dataset: Dataset) -> Schedule | None:
    """Return what the Prefect server says of a dataset; None if none is set, and none is started for this.

    A server that does not answer is a problem: nothing is known of the schedule then.
    """
    if not PREFECT_API_URL.value():
        return None
    try:
        require_server()
    except DafuError as error:
        return Schedule(problems=[str(error)])
    with get_client(sync_client=True) as client:
        deployments = client.read_deployments(
            deployment_filter=DeploymentFilter.model_validate({"tags": {"all_": ["dafu", dataset.name]}}),
            sort=DeploymentSort.NAME_ASC,
            limit=200,
        )
        if not deployments:
            said = "the Prefect server has no schedule of it; start `dafu schedule`, or `prefect deploy --all`"
            return Schedule(served=False, problems=[said])
        due = _due(client, deployments)
        left = [f"the Prefect server has the run {run.name!r} as running" for run in left_runs(client, dataset)]
    unserved = [one for one in deployments if one.status is not DeploymentStatus.READY]
    return Schedule(
        served=not unserved,
        next_run=due[0].next_scheduled_start_time if due else None,
        problems=[*_unserved(unserved), *_not_begun(deployments, due)],
        left=left,
    )


def _due(client: SyncPrefectClient, deployments: list[DeploymentResponse]) -> list[FlowRun]:
    """Return the runs that have not begun, the earliest first."""
    wanted = {"deployment_id": {"any_": [one.id for one in deployments]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter.model_validate(wanted),
        sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
        limit=200,
    )


def _unserved(deployments: list[DeploymentResponse]) -> Iterator[str]:
    """Say which deployments nobody serves: a minute after whoever did is gone, the server has them for not ready."""
    if not deployments:
        return
    names = ", ".join(one.name for one in deployments)
    asked = max((one.last_polled for one in deployments if one.last_polled), default=None)
    last = f"the last time that one asked for work was {asked:%Y-%m-%d %H:%M} UTC" if asked else "none ever has"
    yield (
        f"no process serves {names} ({last}), so no run begins; start `dafu schedule` or the worker, or "
        "`prefect deployment delete` what is not to run any more"
    )


def _not_begun(deployments: list[DeploymentResponse], due: list[FlowRun]) -> Iterator[str]:
    yield from (f"its deployment {one.name} is paused on the Prefect server" for one in deployments if one.paused)
    late = [run for run in due if run.state and run.state.name == "Late"]
    if late:
        since = late[0].next_scheduled_start_time
        yield f"{len(late)} runs are late on the Prefect server, the first since {since:%Y-%m-%d %H:%M} UTC"
    if not due and not any(one.paused for one in deployments):
        yield "the Prefect server plans no run of it; look whether its deployments have schedules there"
