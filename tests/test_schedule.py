"""The schedule on real parts: a Prefect server, a process worker and a webhook, which are killed and started again."""

from __future__ import annotations

import configparser
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.crawl.archive import Archive
from flows.crawl.verification import verify
from flows.datasets import load_dataset
from flows.errors import BlockedError, BusyError, GateRefusedError
from flows.locks import held_by
from tests.conftest import REPOSITORY, Dafu, copy_of_demo
from tests.prefect_parts import BIN, Parts, postgres_server, postgresql, wait_for, webhook

_DATABASES = [
    pytest.param("sqlite", marks=pytest.mark.servers),
    pytest.param(
        "postgresql",
        marks=[pytest.mark.servers, pytest.mark.skipif(not postgresql(), reason="PostgreSQL is not installed")],
    ),
]


@pytest.fixture(scope="module", params=_DATABASES)
def parts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """Start a server with the deployments of prefect.yaml, and a worker; tell a webhook."""
    folder = tmp_path_factory.mktemp("prefect")
    programs = postgresql()
    if request.param == "postgresql" and programs:
        with postgres_server(programs, folder) as database:
            yield from _started(folder, database)
    else:
        yield from _started(folder, None)


def _started(folder: Path, database: str | None) -> Iterator[Parts]:
    parts = Parts(folder, copy_of_demo(folder / "datasets"), database)
    try:
        parts.start_server()
        parts.ask("work_pools/", name="dafu", type="process")
        deployed = parts.run("prefect", "--no-prompt", "deploy", "--all")
        assert deployed.returncode == 0, deployed
        parts.start_worker()
        yield parts
    finally:
        parts.end()


def test_a_scheduled_run_is_seen_and_a_refused_one_is_told(parts: Parts) -> None:
    toml = parts.datasets / "demo" / "dataset.toml"
    said = toml.read_text("utf-8")
    strict = said.replace("max_unread_pages = 0.1", "max_unread_pages = 0.0")
    assert strict != said
    with webhook() as (address, texts):
        parts.env |= {"DAFU_WEBHOOK_URL": address}
        prepared = parts.run("dafu", "schedule", "--prepare", "demo", "--json")
        assert prepared.returncode == 0, prepared
        assert len(json.loads(prepared.stdout)["notifications"]) == 5
        toml.write_text(strict, "utf-8")
        state = parts.ended(parts.begin("pipeline/demo-daily"))
        assert (state["type"], state["name"]) == ("FAILED", "Refused"), state
        assert re.match(
            r"demo: the gate refused the release: pages\.unread is .*REFUSED\.md; there is no", state["message"]
        )
        wait_for(lambda: texts, "the webhook is told")
        assert texts[0].startswith("dafu: the gate refused the release: demo 20")
        assert texts[0].endswith(state["message"])
        toml.write_text(said, "utf-8")
        run = parts.begin("pipeline/demo-daily")
        assert parts.ended(run)["type"] == "COMPLETED"
        assert len(texts) == 1
    (report,) = [one for one in parts.ask("artifacts/filter", sort="CREATED_DESC") if one["key"] == "run-demo"]
    assert report["flow_run_id"] == run
    release = (parts.datasets / "demo" / "releases" / "latest").resolve()
    assert f"## Release {release.name}" in report["data"]
    state = json.loads(parts.run("dafu", "status", "demo", "--json").stdout)[0]
    assert (state["problems"], state["scheduled"]) == ([], True)


def test_what_is_killed_in_the_middle_is_ended_and_gone_on_with(parts: Parts) -> None:
    dataset = load_dataset("demo", parts.datasets)
    runs = len(Archive(dataset.archive).runs)
    toml = dataset.folder / "dataset.toml"
    said = toml.read_text("utf-8")
    toml.write_text(said.replace("interval_seconds = 0.0", "interval_seconds = 0.2"), "utf-8")
    killed = parts.begin("pipeline/demo-daily")
    wait_for(lambda: len(Archive(dataset.archive).runs) > runs, "the crawl has begun")
    owner = held_by(dataset.run_lock)
    assert owner
    parts.kill("worker")
    os.kill(int(owner.split()[1]), signal.SIGKILL)  # the run has a process group of its own
    parts.kill("server")
    wait_for(lambda: held_by(dataset.run_lock) is None, "the lock is free")
    toml.write_text(said, "utf-8")
    parts.start_server()
    assert parts.state(killed)["type"] == "RUNNING"
    state = wait_for(lambda: _unserved(parts), "the server has seen that nobody serves the schedule")
    assert "no process serves demo-daily, demo-monthly, demo-weekly (the last time" in " ".join(state["problems"])
    assert any("as running" in problem for problem in state["problems"])
    assert any("was cut short" in problem for problem in state["problems"])
    prepared = json.loads(parts.run("dafu", "schedule", "--prepare", "demo", "--json").stdout)
    assert len(prepared["ended"]) == 1
    parts.start_worker()
    assert parts.state(killed)["type"] == "CRASHED"
    assert parts.ended(parts.begin("pipeline/demo-daily"))["type"] == "COMPLETED"
    assert parts.runs_in("RUNNING", "PENDING", "CANCELLING") == []
    archive = Archive(dataset.archive)
    assert len(archive.runs) == runs + 1
    assert archive.runs[-1].complete
    assert verify(dataset.archive).problems == []


def _unserved(parts: Parts) -> dict[str, Any] | None:
    """Return the state of the demo if nobody serves its schedule."""
    ended = parts.run("dafu", "status", "demo", "--json")
    state: dict[str, Any] = json.loads(ended.stdout)[0]
    return state if ended.returncode == 1 and state["served"] is False else None


def test_the_monthly_run_verifies_everything(parts: Parts) -> None:
    assert parts.ended(parts.begin("maintenance/demo-monthly"))["type"] == "COMPLETED"
    release = parts.datasets / "demo" / "releases" / "latest" / "replies.parquet"
    kept = release.read_bytes()
    release.write_bytes(b"damaged")
    state = parts.ended(parts.begin("maintenance/demo-monthly"))
    release.write_bytes(kept)
    assert (state["type"], state["name"]) == ("FAILED", "Failed")
    assert "was changed after its release" in state["message"]


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (GateRefusedError("refused, see there"), ("FAILED", "Refused", "refused, see there")),
        (BlockedError("blocked, look there"), ("FAILED", "Blocked", "blocked, look there")),
        (BusyError("at work"), ("CANCELLED", "Skipped", "skipped: at work")),
    ],
)
def test_a_run_ends_with_our_own_sentence(error: Exception, ends: tuple[str, str, str], tmp_path: Path) -> None:
    from prefect import flow  # noqa: PLC0415

    from flows.deployments.runs import run_alone  # noqa: PLC0415

    folder = copy_of_demo(tmp_path)

    def work(*_: object) -> dict[str, object]:
        raise error

    @flow(name="pipeline")
    def failing() -> dict[str, object]:
        return run_alone("demo", str(folder), work)

    state = failing(return_state=True)
    assert (state.type.value, state.name, state.message) == ends
    with pytest.raises(type(error)):
        failing()


def test_a_schedule_without_a_server_says_how_to_get_one(dafu: Dafu, monkeypatch: pytest.MonkeyPatch) -> None:
    level = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"
    monkeypatch.setenv(level, os.environ[level])  # which the command changes, for its own process
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    monkeypatch.setenv("DAFU_DATASETS", str(REPOSITORY / "datasets"))
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        refused = dafu("schedule", "demo")
        assert (refused.code, "prefect server start" in refused.err) == (2, True)
    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        silent = dafu("schedule", "demo")
        assert (silent.code, "does not answer" in silent.err) == (1, True)
    assert "has no deployment of demo-culture" in dafu("schedule", "demo-culture").err


@pytest.mark.parametrize("ending", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.servers)])
def test_a_schedule_ends_cleanly(ending: signal.Signals, prefect_server: None, tmp_path: Path) -> None:
    assert prefect_server is None  # it only has to be there
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - takes seconds
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415

    with (
        get_client(sync_client=True) as client,
        subprocess.Popen(
            [str(BIN / "dafu"), "schedule", "demo", "--datasets", str(copy_of_demo(tmp_path))],
            env=os.environ | {"PREFECT_API_URL": str(PREFECT_API_URL.value()), "PREFECT_HOME": str(tmp_path)},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as served,
    ):
        assert served.stdout
        try:
            wait_for(lambda: len(client.read_deployments()) == 3, "the deployments are made")
            served.send_signal(ending)
            said = served.stdout.read()
        finally:
            served.kill()
            for deployment in client.read_deployments():
                client.delete_deployment(deployment.id)
    assert said.splitlines() == [
        "notifications: none; set DAFU_WEBHOOK_URL to be told what goes wrong",
        "serving demo-daily, demo-weekly, demo-monthly, until Ctrl-C or SIGTERM",
        "ended; the schedules stay on the server, what is due meanwhile is begun when it is back",
    ]
    assert served.returncode == 0


def test_both_ways_of_deploying_make_the_same() -> None:
    from flows.deployments.serving import as_served, described  # noqa: PLC0415

    said = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert {one["parameters"]["dataset_name"] for one in said} == {"demo", "liaoning-education"}
    for one, served in zip(said, as_served(described()), strict=True):
        assert served.schedules
        (plan,) = served.schedules
        assert plan.schedule
        assert (served.name, served.entrypoint, served.tags) == (one["name"], one["entrypoint"], one["tags"])
        assert (served.parameters, served.description) == (one["parameters"], one["description"])
        assert plan.schedule.model_dump()["cron"] == one["schedules"][0]["cron"]
        assert plan.schedule.model_dump()["timezone"] == "Asia/Shanghai"
        assert (served.concurrency_limit, one["concurrency_limit"]["collision_strategy"]) == (1, "CANCEL_NEW")
        assert served.concurrency_options
        load_dataset(one["parameters"]["dataset_name"], REPOSITORY / "datasets")


@pytest.mark.parametrize("unit", sorted((REPOSITORY / "docs/operating").glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_starts_what_there_is(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read_string(unit.read_text("utf-8"))
    assert read.sections() == ["Unit", "Service", "Install"]
    service = read["Service"]
    assert (service["User"], service["Restart"]) == ("dafu", "always")
    assert re.match(
        r"/srv/dafu/\.venv/bin/(dafu schedule|prefect server start|prefect worker start) ", service["ExecStart"]
    )


def test_the_containerfile_builds_from_the_lock_and_what_there_is() -> None:
    text = (REPOSITORY / "Containerfile").read_text("utf-8")
    joined = re.sub(r"\\\n\s*", "", text)
    steps = [line.split(maxsplit=1) for line in joined.splitlines() if line and not line.startswith("#")]
    assert steps[0][0] == "FROM"
    assert not steps[0][1].endswith(":latest")
    known = {"FROM", "RUN", "WORKDIR", "USER", "COPY", "ENV", "VOLUME", "HEALTHCHECK", "CMD"}
    assert {name for name, _ in steps} == known
    names = [name for name, _ in steps]
    assert dict(steps)["USER"] == "dafu"
    assert names.index("USER") < names.index("COPY")
    assert ["RUN", "make setup"] in steps  # which installs the versions and digests of requirements.lock
    for name, what in steps:
        if name == "COPY":
            sources = what.split()[1:-1]
            assert all((REPOSITORY / source).exists() for source in sources), what
        if name in ("CMD", "HEALTHCHECK"):
            assert json.loads(what[what.index("[") :])[0] == "dafu"
