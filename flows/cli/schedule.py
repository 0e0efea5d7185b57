"""The commands of an operator: serve the schedule, and see whether all is well."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import click

from flows import environment
from flows.cli.common import common, dafu, print_rows
from flows.datasets import load_dataset
from flows.settings import hand_down

_UNWATCHED = (
    "whether a process serves the schedule is not known: no Prefect server is set; set PREFECT_API_URL, or leave it if "
    "the runs are cron's"
)


@dafu.command()
@click.argument("names", nargs=-1, metavar="[DATASET]…")
@click.option("--prepare", is_flag=True, help="Do what comes before serving, and end: for those who use a worker.")
@common
def schedule(names: tuple[str, ...], *, prepare: bool, datasets: Path, as_json: bool) -> None:
    """Serve the deployments of prefect.yaml, all or those of some datasets, until it is ended.

    It needs a Prefect server that stays (PREFECT_API_URL). Before it serves, runs that a killed process left Running
    are ended there, and with DAFU_WEBHOOK_URL the notifications are made. Ctrl-C or SIGTERM ends it, with exit code 0;
    a run at work is ended too, and gone on with by the next. The schedules outlive this process: what was due meanwhile
    is begun when it is back.

    \b
    prefect server start                                            in one terminal
    PREFECT_API_URL=http://127.0.0.1:4200/api dafu schedule demo    in another
    """
    environment.show_logs()
    from flows.deployments import serving  # noqa: PLC0415 - Prefect takes seconds to import
    from flows.deployments.runs import end_left_runs_if_idle  # noqa: PLC0415

    said = serving.described(names)
    found = [load_dataset(name, datasets) for name in dict.fromkeys(one["parameters"]["dataset_name"] for one in said)]
    serving.require_server()
    hand_down(datasets)
    ended = [run for dataset in found for run in end_left_runs_if_idle(dataset)]
    told = serving.tell(found)
    if as_json:
        click.echo(json.dumps({"deployments": [one["name"] for one in said], "ended": ended, "notifications": told}))
    else:
        for run in ended:
            click.echo(f"{run}: was left Running by a killed process, and is Crashed now")
        click.echo(f"notifications: {', '.join(told) or 'none; set DAFU_WEBHOOK_URL to be told what goes wrong'}")
    if prepare:
        return
    with serving.until_ended():
        click.echo(f"serving {', '.join(one['name'] for one in said)}, until Ctrl-C or SIGTERM", err=as_json)
        serving.serve_all(said)
    click.echo("ended; the schedules stay on the server, what is due meanwhile is begun when it is back", err=as_json)


@dafu.command()
@click.argument("names", nargs=-1, metavar="[DATASET]…")
@common
@click.pass_context
def status(context: click.Context, names: tuple[str, ...], *, datasets: Path, as_json: bool) -> None:
    """Show of every dataset its last crawl, last release, next run, and what is wrong; for an operator and a monitor.

    Without DATASET, of those that have an archive. The exit code is 0 if all is well and 1 if not. It reads the disk,
    and asks the Prefect server that PREFECT_API_URL names whether a process serves the schedule, and what is due or
    late; without one only the disk is looked at, which tells a dead schedule after `stale_after_days`.
    """
    from flows import status as watching  # noqa: PLC0415 - commands load only what they need
    from flows.deployments.watching import scheduled  # noqa: PLC0415 - Prefect takes a second to import

    now = dt.datetime.now(dt.UTC)
    found = watching.watched(names, datasets)
    states = [watching.status_of(dataset, now, scheduled(dataset)) for dataset in found]
    if as_json:
        click.echo(json.dumps([state.as_data() for state in states], ensure_ascii=False))
    else:
        print_rows(watching.as_rows(states), as_json=False)
        if not all(state.watched for state in states):
            click.echo(_UNWATCHED)
    context.exit(0 if states and all(state.healthy for state in states) else 1)
