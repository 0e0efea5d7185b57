"""What every command shares: the command group, the common options, the words it takes, and how it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console, RenderableType
from rich.text import Text

from flows.datasets import DATASETS_VARIABLE, DEFAULT_DATASET, dataset_names, datasets_folder
from flows.errors import UsageError

if TYPE_CHECKING:
    from flows.read.query import Result

Command = Callable[..., None]
_READABLE = 24
"""How much of a column's longest value has to fit beside the others for a table to be readable."""
_WIDE = 10_000
"""Wider than any table: where there is no terminal, nothing is wrapped."""


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


dataset_argument = partial(click.argument, "dataset", default=DEFAULT_DATASET, metavar="[DATASET]")


def dataset_and(words: tuple[str, ...], what: str, datasets: Path) -> tuple[str, str]:
    """Return (dataset, wanted) of `[DATASET] WANTED`; UsageError says what is missing or too much."""
    if len(words) > 2:
        raise UsageError(f"too many words: give a dataset and one {what}, the {what} in quotes")
    if len(words) == 1 and words[0].partition("@")[0] in dataset_names(datasets):
        raise UsageError(f"{words[0]} is a dataset; give the {what} after it")
    return (words[0], words[1]) if len(words) == 2 else (DEFAULT_DATASET, words[0])


def put(text: str, output: Path | None) -> None:
    """Write to a file if one was named, else to stdout."""
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def print_result(result: Result) -> None:
    """Print rows as a table; on a terminal that is too narrow for one, field by field."""
    out = Console()
    if out.is_terminal and result.widest_columns(_READABLE) > out.width:
        printed(result.as_fields())
    else:
        printed(result.as_table())


def printed(shown: RenderableType) -> None:
    """Print to stdout: as wide as the terminal, or as wide as it needs to be, and no wider, where there is none.

    A line with an address is left to the terminal to break, from which it can be copied whole.
    """
    out = Console(highlight=False)
    if out.is_terminal:
        for part in shown.split("\n", allow_blank=True) if isinstance(shown, Text) else [shown]:
            out.print(part, soft_wrap=isinstance(part, Text) and "://" in part.plain)
        return
    wide = Console(highlight=False, width=_WIDE)
    with wide.capture() as printed:
        wide.print(shown, soft_wrap=isinstance(shown, Text))
    click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


def print_markdown(said: str) -> None:
    """Print Markdown: set for a terminal, as it was written where there is none."""
    out = Console(highlight=False)
    if out.is_terminal:
        from rich.markdown import Markdown  # noqa: PLC0415 - commands load only what they need

        out.print(Markdown(said))
    else:
        click.echo(said, nl=False)


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows of the same keys as a table, or as a JSON list."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    from flows.read.query import Result  # noqa: PLC0415 - commands load only what they need

    print_result(Result(list(rows[0]) if rows else [], [tuple(row.values()) for row in rows]))
