"""The `dafu` command: runs the stages, and reads what they made.

Exit codes: 0 done (also when nothing changed), 1 failed, 2 wrong usage, 3 the gate refused the release, 4 the site
blocked us. An error is one sentence on stderr; a traceback comes with --debug only.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from flows import console, environment
from flows.datasets import DATASETS_VARIABLE, DEFAULT_DATASET, dataset_names, datasets_folder, load_dataset
from flows.errors import DafuError, UsageError
from schemas.archive import Mode

EXIT_CODES = {
    0: "done, also when nothing changed",
    1: "failed or interrupted",
    2: "wrong usage: the command, a dataset.toml or an SQL statement",
    3: "the gate refused the release; the last one stays the latest",
    4: "the site blocked us; nothing more was asked",
}
if TYPE_CHECKING:
    from flows.read.query import Result

_INTERRUPTED = "interrupted; what was kept so far stands, run the same command again to go on"
Command = Callable[..., None]
_READABLE = 24
"""How much of a column's longest value has to fit beside the others for a table to be readable."""
_WIDE = 10_000
"""Wider than any table: where there is no terminal, nothing is wrapped."""


def main() -> None:
    """Run the command line and exit with a documented code."""
    environment.prepare()
    debug = "--debug" in sys.argv
    interrupted = _Interrupts()
    try:
        with interrupted:
            dafu.main(standalone_mode=False)
        code = 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        code = 2
    except click.ClickException as error:
        code = _failed(f"{error.format_message().rstrip('.')}; `dafu --help` shows what there is", 2)
    except DafuError as error:
        if debug:
            raise
        code = _failed(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        code = _failed(_INTERRUPTED, 1)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:
        if debug:
            raise
        code = _failed(_INTERRUPTED if interrupted.seen else _unforeseen(error), 1)
    sys.exit(code)


class _Interrupts:
    """Remembers a Ctrl-C: a library that it interrupts may raise something else in its place."""

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, _signal: int, _frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; mend that and run the same command again, what was kept so far stands"
    return f"a defect of ours: {type(error).__name__}: {error}; run again with --debug and report it"


def _failed(sentence: str, code: int) -> int:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False))
    click.echo(f"dafu: {sentence}", err=True)
    return code


def common(command: Command) -> Command:
    """Add the options that every command has."""
    for option in (
        click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."),
        click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, without progress."),
        click.option(
            "--datasets",
            type=click.Path(path_type=Path),
            callback=lambda _context, _option, given: datasets_folder(given),
            help=f"Folder of the datasets; else {DATASETS_VARIABLE}, else the repository's.",
        ),
    ):
        command = option(command)
    return command


_dataset = partial(click.argument, "dataset", default=DEFAULT_DATASET, metavar="[DATASET]")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("dafu"), prog_name="dafu")
def dafu() -> None:
    """Turn the public replies of Chinese departments into an open dataset, and read it.

    \b
    Make one:   dafu run demo
    Ask it:     dafu sql demo "SELECT number, lag_days FROM replies"
    Read one:   dafu show demo 0536

    DATASET is a folder's name under datasets/, liaoning-education unless given; where only reading is meant,
    DATASET@VERSION names a release.

    Exit codes: 0 done (also when nothing changed), 1 failed, 2 wrong usage, 3 the gate refused the release, 4 the
    site blocked us.
    """


_later = click.option("--later", is_flag=True, help="Serve the later state of a site that is a folder (the demo).")


_mode = click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    help="What to ask for: the newest part of every list, every page conditionally, or every page in full; else as "
    "dataset.toml schedules it.",
)


@dafu.command()
@_dataset()
@_later
@_mode
@common
def run(dataset: str, *, later: bool, mode: Mode | None, datasets: Path, as_json: bool) -> None:
    """Run the whole pipeline: crawl, parse, release.

    \b
    dafu run demo            over the embedded demo site
    dafu run demo --later    again, after the site has changed
    """
    described = load_dataset(dataset, datasets)
    from flows.parse.corrections import load_corrections  # noqa: PLC0415 - commands load only what they need

    load_corrections(described.folder)  # a fault in the file is told before the crawl, not after
    from flows.pipeline import pipeline  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(pipeline, dataset, str(datasets), later=later, mode=mode), as_json=as_json, named=None)


@dafu.command()
@_dataset()
@_later
@_mode
@common
def crawl(dataset: str, *, later: bool, mode: Mode | None, datasets: Path, as_json: bool) -> None:
    """Fetch what is new or changed on the site and keep it in the archive.

    A run that was cut short less than a day ago is gone on with: nothing that it kept is asked for again.
    """
    load_dataset(dataset, datasets)
    from flows.crawl.flow import crawl as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, dataset, str(datasets), later=later, mode=mode), as_json=as_json, named="crawl")


@dafu.command()
@_dataset()
@common
def parse(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """Read everything in the archive; no request is made."""
    load_dataset(dataset, datasets)
    from flows.parse.flow import parse as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, dataset, str(datasets)), as_json=as_json, named="parse")


@dafu.command()
@_dataset()
@common
def release(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """Make a release of the records, if they say something new."""
    load_dataset(dataset, datasets)
    from flows.release.flow import release as stage  # noqa: PLC0415 - Prefect takes seconds to import

    _staged(partial(stage, dataset, str(datasets)), as_json=as_json, named="release")


@dafu.command("datasets")
@common
def list_datasets(*, datasets: Path, as_json: bool) -> None:
    """List the datasets."""
    found = [load_dataset(name, datasets) for name in dataset_names(datasets)]
    if not found and not as_json:
        click.echo(f"{datasets} holds no dataset: no folder in it has a dataset.toml")
        return
    rows = [{"dataset": d.name, "title": d.title, "title_zh": d.title_zh, "site": d.site.base_url} for d in found]
    _print_rows(rows, as_json=as_json)


@dafu.command("releases")
@_dataset()
@common
def list_releases(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """List the releases of a dataset, oldest first."""
    from flows.read.releases import described  # noqa: PLC0415 - commands load only what they need

    rows = described(load_dataset(dataset, datasets))
    if not rows and not as_json:
        click.echo(f"{dataset} has no release yet; `dafu run {dataset}` makes one")
        return
    _print_rows(rows, as_json=as_json)


# A statement may begin with a comment: what looks like an unknown option is left to DuckDB.
@dafu.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True, metavar='[DATASET[@VERSION]] "SELECT …"')
@click.option("--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@common
def sql(words: tuple[str, ...], *, form: str, output: Path | None, datasets: Path, as_json: bool) -> None:
    """Ask a release in SQL (DuckDB's); the newest one unless VERSION is given.

    \b
    dafu sql demo "SELECT kind, count(*) FROM replies GROUP BY kind"
    dafu sql demo "FROM dictionary" --format csv
    """
    from flows.read import query  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, release_of  # noqa: PLC0415

    named, statement = _dataset_and(words, "SQL statement", datasets)
    database = database_of(release_of(named, datasets)[1])
    if form == "parquet":
        if output is None:
            raise UsageError("--format parquet writes a file; say which with --output FILE")
        query.query_to_parquet(database, statement, output)
        return
    result = query.run_query(database, statement)
    if as_json or form == "json":
        _put(query.as_json(result) + "\n", output)
    elif form == "csv":
        _put(query.as_csv(result), output)
    elif output is not None:
        raise UsageError("a table is for the screen; choose --format csv, json or parquet for a file")
    else:
        _print_result(result)


@dafu.command()
@click.argument("words", nargs=-1, required=True, metavar="[DATASET[@VERSION]] REPLY")
@common
def show(words: tuple[str, ...], *, datasets: Path, as_json: bool) -> None:
    """Show one letter, all that was read from it marked in the text: headings, documents, quantities, promises, names.

    REPLY is a reply_id, the site's article id, or the proposal's number.

    \b
    dafu show demo 0536
    """
    from flows.read import show as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, release_of  # noqa: PLC0415

    named, wanted = _dataset_and(words, "letter", datasets)
    letter = reader.find_letter(database_of(release_of(named, datasets)[1]), wanted)
    if as_json:
        click.echo(reader.as_json(letter))
    else:
        _printed(reader.as_text(letter))


@dafu.command()
@click.argument("words", nargs=-1, required=True, metavar="[DATASET[@VERSION]] REPLY")
@common
def explain(words: tuple[str, ...], *, datasets: Path, as_json: bool) -> None:
    """Explain how one letter was read: for every sentence its role, the rule that gave it, and the facts found.

    REPLY is a reply_id, the site's article id, or the proposal's number.

    \b
    dafu explain demo 0536
    """
    from flows.read import explain as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, release_of  # noqa: PLC0415
    from flows.read.show import as_json as letter_as_json  # noqa: PLC0415
    from flows.read.show import find_letter  # noqa: PLC0415

    named, wanted = _dataset_and(words, "letter", datasets)
    letter = find_letter(database_of(release_of(named, datasets)[1]), wanted)
    if as_json:
        click.echo(letter_as_json(letter))
    else:
        _printed(reader.as_text(letter))


@dafu.command()
@click.argument("named", metavar="DATASET[@VERSION]")
@common
def verify(named: str, *, datasets: Path, as_json: bool) -> None:
    """Check every file of a release against the digests it was released with."""
    from flows.read.releases import release_of, verified  # noqa: PLC0415 - commands load only what they need

    folder = release_of(named, datasets)[1]
    files = verified(folder)
    if as_json:
        click.echo(json.dumps({"release": folder.name, "files": files, "intact": True}))
    else:
        click.echo(f"{folder}: all {files} files are as they were released")


@dafu.command()
@click.argument("words", nargs=-1, required=True, metavar="[DATASET[@VERSION]] REPLY")
@common
def history(words: tuple[str, ...], *, datasets: Path, as_json: bool) -> None:
    """Show what happened to one letter on the site, and what each edit changed in its text.

    REPLY is a reply_id, the site's article id, or the proposal's number. The texts of former versions are read from the
    archive; without it the events are shown alone.

    \b
    dafu history demo 2024080608514477290
    """
    from flows.read import history as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, release_of  # noqa: PLC0415
    from flows.read.show import find_letter  # noqa: PLC0415

    named, wanted = _dataset_and(words, "letter", datasets)
    dataset, folder = release_of(named, datasets)
    told = reader.told(dataset, find_letter(database_of(folder), wanted))
    if as_json:
        click.echo(reader.as_json(told))
    else:
        _printed(reader.as_text(told))


@dafu.group("archive")
def archive_group() -> None:
    """Look after an archive: the captured bytes from which everything else is made."""


@archive_group.command("verify")
@_dataset()
@common
def verify_archive(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """Read every record of the archive again and check its digests, and the index against them."""
    from flows.crawl.verification import verify  # noqa: PLC0415 - commands load only what they need

    folder = _archive_of(dataset, datasets)
    found = verify(folder)
    if found.problems:
        raise DafuError(f"{folder}: {'; '.join(found.problems)}")
    if as_json:
        click.echo(json.dumps({**asdict(found), "intact": True}))
    else:
        click.echo(f"{folder}: {found.records} records, {found.captures} captures in {found.files} files are intact")


@archive_group.command("reindex")
@_dataset()
@common
def reindex_archive(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """Write the archive's index anew from its WARC files."""
    from flows.crawl.archive import Archive  # noqa: PLC0415 - commands load only what they need

    folder = _archive_of(dataset, datasets)
    with Archive(folder, use_index=False).writing(dataset) as found:
        captures, runs = len(found.entries()), len(found.runs)
    if as_json:
        click.echo(json.dumps({"captures": captures, "runs": runs}))
    else:
        click.echo(f"{folder}: the index holds {captures} captures of {runs} runs")


def _archive_of(dataset: str, datasets: Path) -> Path:
    folder = load_dataset(dataset, datasets).archive
    if not folder.is_dir():
        raise DafuError(f"{folder} does not exist yet; run `dafu crawl {dataset}` first")
    return folder


def _put(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _print_result(result: Result) -> None:
    """Print rows as a table; on a terminal that is too narrow for one, field by field."""
    out = Console()
    if out.is_terminal and result.widest_columns(_READABLE) > out.width:
        _printed(result.as_fields())
    else:
        _printed(result.as_table())


def _printed(shown: RenderableType) -> None:
    """Print to stdout: as wide as the terminal, or as wide as it needs to be, and no wider, where there is none."""
    out = Console(highlight=False)
    if out.is_terminal:
        out.print(shown)
        return
    wide = Console(highlight=False, width=_WIDE)
    with wide.capture() as printed:
        wide.print(shown, soft_wrap=isinstance(shown, Text))
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


def _dataset_and(words: tuple[str, ...], what: str, datasets: Path) -> tuple[str, str]:
    if len(words) > 2:
        raise UsageError(f"too many words: give a dataset and one {what}, the {what} in quotes")
    if len(words) == 1 and words[0].partition("@")[0] in dataset_names(datasets):
        raise UsageError(f"{words[0]} is a dataset; give the {what} after it")
    return (words[0], words[1]) if len(words) == 2 else (DEFAULT_DATASET, words[0])


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
    _printed(table)


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
    if not report["changed"]:
        return f"nothing changed since {report['release']}, so there is no new release"
    rows = ", ".join(f"{count} {name}" for name, count in report["rows"].items())
    return f"{report['release']} in {report['path']}\n{rows}"


_SUMMARIES = {"crawl": _crawl_summary, "parse": _parse_summary, "release": _release_summary}


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    from flows.read.query import Result  # noqa: PLC0415 - commands load only what they need

    _print_result(Result(list(rows[0]) if rows else [], [tuple(row.values()) for row in rows]))
