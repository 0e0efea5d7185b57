"""The deployments of prefect.yaml, served from one process, and the automations that tell when something is wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml
from prefect.automations import Automation
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.deployments.runner import RunnerDeployment
from prefect.events.actions import CallWebhook
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.flows import load_flow_from_entrypoint
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.settings import PREFECT_API_URL
from prefect.types.entrypoint import EntrypointType

from flows.datasets import Dataset
from flows.deployments.runs import SCHEDULED_FLOWS
from flows.errors import DafuError, UsageError
from flows.settings import Settings, settings

PREFECT_YAML = Path(__file__).parents[2] / "prefect.yaml"
_BLOCK = "dafu"
_ENDINGS = {
    "Refused": "the gate refused the release",
    "Blocked": "the site blocked us",
    "Failed": "a run failed",
    "Crashed": "a run was killed",
}
"""Endings of a run that somebody is told of: the name of its state, and what that means."""


def described(names: Iterable[str] = (), file: Path = PREFECT_YAML) -> list[dict[str, Any]]:
    """Return the deployments as prefect.yaml has them; those of the datasets `names` only, if any is given."""
    if not file.is_file():
        raise UsageError(f"{file} is not there; run dafu from a copy of its repository, or restore the file")
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["deployments"]
    wanted, known = set(names), {one["parameters"]["dataset_name"] for one in found}
    if wanted - known:
        raise UsageError(
            f"{file} has no deployment of {', '.join(sorted(wanted - known))}, only of {', '.join(sorted(known))}; "
            "add one there"
        )
    return [one for one in found if not wanted or one["parameters"]["dataset_name"] in wanted]


def as_served(said: Iterable[dict[str, Any]]) -> list[RunnerDeployment]:
    """Return the same deployments for serving; the folder of the datasets is that of this process's environment."""
    return [
        RunnerDeployment.from_flow(
            load_flow_from_entrypoint(one["entrypoint"]),
            name=one["name"],
            description=one["description"],
            tags=one["tags"],
            parameters=one["parameters"],
            schedules=[Cron(plan["cron"], timezone=plan["timezone"]) for plan in one["schedules"]],
            concurrency_limit=ConcurrencyLimitConfig.model_validate(one["concurrency_limit"]),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for one in said
    ]


def require_server() -> str:
    """Return the address of the Prefect server; UsageError if none is set, DafuError if it does not answer."""
    address = PREFECT_API_URL.value()
    if not address:
        raise UsageError(
            "a schedule needs a Prefect server that stays when this process ends: start one with `prefect server "
            "start`, and set PREFECT_API_URL to its address, http://127.0.0.1:4200/api"
        )
    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error:
        raise DafuError(f"the Prefect server at {address} does not answer ({error}); start it, or set PREFECT_API_URL")
    return str(address)


class _Served(Runner):
    """A runner that SIGTERM ends as Ctrl-C does; Prefect's own handler begins to stop it and never waits for that."""

    def handle_sigterm(self, *_args: object, **_more: object) -> None:
        """Have asyncio cancel what is served, which ends the runs that are at work."""
        _interrupt()


def _interrupt(*_: object) -> None:
    signal.raise_signal(signal.SIGINT)


@contextmanager
def until_ended() -> Iterator[None]:
    """Do what is to be done until SIGTERM or Ctrl-C, which is how it is meant to end."""
    before = [
        (signal.SIGTERM, signal.signal(signal.SIGTERM, _interrupt)),
        (signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler)),  # for asyncio to take it over
    ]
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def serve_all(said: Iterable[dict[str, Any]]) -> None:
    """Serve deployments until they are interrupted; their schedules stay on the server."""
    runner = _Served(pause_on_shutdown=False)
    for deployment in as_served(said):
        runner.add_deployment(deployment)
    asyncio.run(runner.start())


def tell(datasets: Iterable[Dataset], within: dt.timedelta | None = None) -> list[str]:
    """Make the automations that post to the webhook what goes wrong; return their names, none without a webhook.

    They are the server's, so that a dead schedule is told of as well: no run of a dataset that ended well for so many
    days as its settings allow, or for `within`.
    """
    machine = settings()
    if machine.webhook_url is None:
        return []
    headers = {"Content-Type": "application/json"}
    block = Webhook.model_validate({"url": machine.webhook_url, "method": "POST", "headers": headers})
    action = block.save(_BLOCK, overwrite=True)
    made = [*_endings(machine), *(_neglect(dataset, machine, within) for dataset in datasets)]
    for name, trigger, payload in made:
        call = CallWebhook(block_document_id=action, payload=payload)
        _put(Automation(name=name, description="Made by `dafu schedule`.", trigger=trigger, actions=[call]))
    return [name for name, _, _ in made]


def _endings(machine: Settings) -> Iterator[tuple[str, EventTrigger, str]]:
    for state, meaning in _ENDINGS.items():
        trigger = EventTrigger(
            posture=Posture.Reactive,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            match_related={
                "prefect.resource.role": "flow",
                "prefect.resource.name": list(SCHEDULED_FLOWS),
            },
            expect={f"prefect.flow-run.{state}"},
            threshold=1,
            within=dt.timedelta(0),
        )
        message = f'"dafu: {meaning}: " ~ flow_run.name ~ ": " ~ flow_run.state.message'
        yield f"dafu: {meaning}", trigger, _body(machine, message)


def _neglect(dataset: Dataset, machine: Settings, within: dt.timedelta | None) -> tuple[str, EventTrigger, str]:
    days = settings(dataset).stale_after_days
    trigger = EventTrigger(
        posture=Posture.Proactive,
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related={
            "prefect.resource.role": "tag",
            "prefect.resource.id": f"prefect.tag.{dataset.name}",
        },
        expect={"prefect.flow-run.Completed"},
        threshold=1,
        within=within or dt.timedelta(days=days),
    )
    message = (
        f'"dafu: no run of {dataset.name} has ended well for {days} days; look whether `dafu schedule` or its worker '
        f'is up, and at `dafu status {dataset.name}`"'
    )
    return f"dafu: no run of {dataset.name} ends well", trigger, _body(machine, message)


def _body(machine: Settings, message: str) -> str:
    """Return the template of what is posted: the message, which is an expression, as the inside of a JSON string."""
    return machine.webhook_body.replace("MESSAGE", "{{ ((" + message + ") | tojson)[1:-1] }}")


def _put(automation: Automation) -> None:
    """Make an automation, in place of the one of its name; one that is as it should be stays.

    A new one begins to count its days anew: then the alarm of a schedule that is started over and over would never go.
    """
    with get_client(sync_client=True) as client:
        known = client.read_automations_by_name(automation.name)
        if [_told(one) for one in known] == [_told(automation)]:
            return
        for one in known:
            client.delete_automation(one.id)
    automation.create()


def _told(automation: AutomationCore) -> tuple[Any, ...]:
    return automation.enabled, automation.trigger.model_dump(exclude={"id"}), automation.actions
