"""The commands that run the stages: the whole pipeline, or one of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args

import click
from rich.table import Table

from flows import console
from flows.cli.common import Command, common, dafu, dataset_argument, print_rows, printed
from flows.datasets import DEFAULT_DATASET, load_dataset
from flows.errors import UsageError
from flows.settings import Engine
from schemas.archive import Mode

_later = click.option("--later", is_flag=True, help="Let a site that is a folder (the demo) go on to its later state.")


_mode = click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    help="What to ask for: the newest part of every list, every page conditionally, or every page in full; else as "
    "dataset.toml schedules it.",
)

_engine = click.option(
    "--engine",
    type=click.Choice(get_args(Engine)),
    help="Who reads the pages: this one process, a process a core, or a Dask cluster; else DAFU_ENGINE, else one.",
)
_dask_address = click.option("--dask-address", metavar="tcp://HOST:PORT", help="The scheduler of a Dask cluster.")


def _accepting(command: Command) -> Command:
    """Add the options by which a release is made although a check of the gate does not hold."""
    for option in (
        click.option("--because", multiple=True, metavar="REASON", help="Why; one for each --accept, in their order."),
        click.option(
            "--accept",
            multiple=True,
            metavar="CHECK",
            help="Make the release although this check of the gate does not hold; the manifest keeps the reason.",
        ),
    ):
        command = option(command)
    return command


@dafu.command()
@dataset_argument()
@_later
@_mode
@_accepting
@_engine
@_dask_address
@common
def run(
    dataset: str,
    *,
    later: bool,
    mode: Mode | None,
    accept: tuple[str, ...],
    because: tuple[str, ...],
    engine: Engine | None,
    dask_address: str | None,
    datasets: Path,
    as_json: bool,
) -> None:
    """Run the whole pipeline: crawl, parse, release.

    \b
    dafu run demo            over the embedded demo site
    dafu run demo --later    again, after the site has changed, which it stays from then on
    """
    described, reasons = load_dataset(dataset, datasets), _reasons(accept, because)
    from flows.parse.corrections import load_corrections  # noqa: PLC0415 - commands load only what they need

    described.user_agent()  # a site that would not learn who asks is refused before anything is started
    load_corrections(described.folder)  # a fault in the file is told before the crawl, not after
    from flows.pipeline import pipeline  # noqa: PLC0415 - Prefect takes seconds to import

    flow = partial(
        pipeline,
        dataset,
        str(datasets),
        later=later,
        mode=mode,
        engine=engine,
        dask_address=dask_address,
        accept=reasons,
    )
    _staged(flow, as_json=as_json, named=None)


@dafu.command()
@dataset_argument()
@_later
@_mode
@common
def crawl(dataset: str, *, later: bool, mode: Mode | None, datasets: Path, as_json: bool) -> None:
    """Fetch what is new or changed on the site and keep it in the archive.

    A run that was cut short less than a day ago is gone on with: nothing that it kept is asked for again.
    """
    load_dataset(dataset, datasets).user_agent()  # a site that would not learn who asks is refused at once
    from flows.crawl.flow import crawl as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, dataset, str(datasets), later=later, mode=mode), as_json=as_json, named="crawl")


@dafu.command()
@dataset_argument()
@_engine
@_dask_address
@common
def parse(dataset: str, *, engine: Engine | None, dask_address: str | None, datasets: Path, as_json: bool) -> None:
    """Read everything in the archive; no request is made."""
    load_dataset(dataset, datasets)
    from flows.parse.flow import parse_by  # noqa: PLC0415 - Prefect takes seconds to import

    asked = partial(parse_by, dataset, str(datasets), engine=engine, dask_address=dask_address)
    _staged(asked, as_json=as_json, named="parse")


@dafu.command()
@dataset_argument()
@_accepting
@common
def release(dataset: str, *, accept: tuple[str, ...], because: tuple[str, ...], datasets: Path, as_json: bool) -> None:
    """Make a release of the records, if they say something new.

    \b
    dafu release demo --accept letters.lost --because "the yearly summaries were no letters"
    """
    load_dataset(dataset, datasets)
    reasons = _reasons(accept, because)
    from flows.release.flow import release as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, dataset, str(datasets), reasons), as_json=as_json, named="release")


def _reasons(accept: tuple[str, ...], because: tuple[str, ...]) -> dict[str, str]:
    """Return the reasons by the check that is to be accepted; UsageError if they are not pairs, or it cannot be."""
    from flows.release.gate import checked  # noqa: PLC0415 - commands load only what they need

    if len(accept) != len(because):
        raise UsageError(
            f"--accept and --because come in pairs, a reason for each check: there are {len(accept)} and {len(because)}"
        )
    if len(set(accept)) < len(accept):
        raise UsageError("--accept names a check twice; give each of them one reason")
    reasons = dict(zip(accept, because, strict=True))
    checked(reasons)
    return reasons


@dafu.command()
@click.argument("named", default=DEFAULT_DATASET, metavar="[DATASET[@VERSION]]")
@click.argument("target", required=False)
@click.option(
    "--zenodo-metadata",
    "zenodo",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Send nothing: write what a Zenodo deposit is made of.",
)
@click.option(
    "--huggingface",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Send nothing: write what a Hugging Face dataset repository holds.",
)
@common
def publish(
    named: str, target: str | None, *, zenodo: Path | None, huggingface: Path | None, datasets: Path, as_json: bool
) -> None:
    """Copy a release to where others get it, read it back, and switch `latest` there last.

    TARGET is s3://bucket/prefix or a folder; else DAFU_PUBLISH, else storage.publish in dataset.toml. What is there is
    not sent again, so a publish that was cut off is gone on with; a version that is there never changes.

    \b
    dafu publish demo /srv/www/demo
    dafu publish demo@2026.11.24 s3://bucket/demo
    """
    load_dataset(named.partition("@")[0], datasets)
    if zenodo or huggingface:
        if target:
            raise UsageError("a hub's folder is written or a release is sent to TARGET, not both at once")
        _write_for_hubs(named, datasets, zenodo=zenodo, huggingface=huggingface, as_json=as_json)
        return
    from flows.publish.flow import publish as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, named, str(datasets), target), as_json=as_json, named="publish")


def _write_for_hubs(
    named: str, datasets: Path, *, zenodo: Path | None, huggingface: Path | None, as_json: bool
) -> None:
    from flows.publish import hubs  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import release_of, verified  # noqa: PLC0415

    release = release_of(named, datasets)[1]
    verified(release)
    written = [
        {"hub": hub, "folder": str(folder), "files": write(release, folder)}
        for hub, folder, write in (
            ("Zenodo", zenodo, hubs.zenodo),
            ("Hugging Face", huggingface, hubs.hugging_face),
        )
        if folder is not None
    ]
    print_rows(written, as_json=as_json)


def _staged(flow: Callable[[], dict[str, Any]], *, as_json: bool, named: str | None) -> None:
    """Run one flow, show its progress, and print its report."""
    console.show_progress("silent" if as_json else console.mode_for_terminal())
    with console.starting("Prefect"):
        from flows.pipeline import start_own_server  # noqa: PLC0415 - Prefect takes seconds to import

        start_own_server()
    report = flow()
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    _print_summary({named: report} if named else report)


def _print_summary(reports: dict[str, dict[str, Any]]) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, report in reports.items():
        table.add_row(f"[bold]{name}[/]", _SUMMARIES[name](report))
    printed(table)


def _crawl_summary(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {outcome}" for outcome, count in report["outcomes"].items())
    went_on = "went on with " if report["resumed"] else ""
    saved = f", {report['saved_requests']} answered without a body" if report["saved_requests"] else ""
    slowest = "".join(f"\nslowest: {slow['seconds']:.2f} s {slow['url']}" for slow in report["slowest"][:1])
    return (
        f"{went_on}run {report['run']} ({report['mode']}): {report['requests']} requests ({counts}), "
        f"{report['new_pages']} new pages, {report['bytes'] / 1000:.0f} kB in {report['seconds']:.1f} s{saved}{slowest}"
    )


def _parse_summary(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {code}" for code, count in report["issues"].items()) or "none"
    return f"{report['letters']} letters; issues: {counts}"


def _release_summary(report: dict[str, Any]) -> str:
    unneeded = "".join(f"\n{name} need not be accepted" for name in report["accept_unneeded"])
    if not report["changed"]:
        return f"nothing changed since {report['release']}, so there is no new release{unneeded}"
    rows = ", ".join(f"{count} {name}" for name, count in report["rows"].items())
    passed = f"{report['checks'] - len(report['accepted'])} of {report['checks']} checks passed"
    accepted = "".join(f"\naccepted: {name}, because {why}" for name, why in report["accepted"].items())
    return f"{report['release']} in {report['path']}\n{rows}\n{passed}{accepted}{unneeded}"


def _publish_summary(report: dict[str, Any]) -> str:
    sent = f"{report['sent_files']} of {report['files']} files sent ({report['sent_bytes'] / 1000:.0f} kB)"
    return f"{report['release']} in {report['target']}: {sent}, all read back; latest is {report['latest']}"


_SUMMARIES = {
    "crawl": _crawl_summary,
    "parse": _parse_summary,
    "release": _release_summary,
    "publish": _publish_summary,
}
