"""The commands that read a release: SQL, a letter, how it was read, what happened to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from flows.cli.common import common, dafu, dataset_and, print_result, print_rows, printed, put
from flows.datasets import DEFAULT_DATASET, load_dataset
from flows.errors import UsageError


def _result_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how a result is given."""
    form = click.option("--format", "form", type=click.Choice(["table", "json", "csv", "parquet"]), default="table")
    output = click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
    return form(output(command))


# A statement may begin with a comment: what looks like an unknown option is left to DuckDB.
@dafu.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True, metavar='[DATASET[@VERSION]] "SELECT …"')
@_result_options
@common
def sql(words: tuple[str, ...], *, form: str, output: Path | None, datasets: Path, as_json: bool) -> None:
    """Ask a release in SQL (DuckDB's); the newest one unless VERSION is given.

    A published release is read by its address, with a slash in it, in the place of DATASET; so it is with every command
    that reads a release.

    \b
    dafu sql demo "SELECT kind, count(*) FROM replies GROUP BY kind"
    dafu sql s3://bucket/demo@2026.11.24 "SELECT count(*) FROM replies"
    dafu sql demo "FROM dictionary" --format csv
    """
    from flows.read.releases import database_of, folder_of  # noqa: PLC0415 - commands load only what they need

    named, statement = dataset_and(words, "SQL statement", datasets)
    _answer(database_of(folder_of(named, datasets)), statement, form, output, as_json=as_json)


@dafu.command()
@click.argument("words", nargs=-1, metavar="[DATASET[@VERSION]] [QUERY]")
@_result_options
@common
def queries(words: tuple[str, ...], *, datasets: Path, **options: Any) -> None:  # noqa: ANN401 - _answer's
    """List the questions that come with a dataset, or ask a release one of them.

    With VERSION, or by address, the questions that the release was made with; else the dataset's, asked of the newest.

    \b
    dafu queries demo
    dafu queries demo lag_by_year --format csv
    """
    from flows.read import queries as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, folder_of  # noqa: PLC0415
    from flows.read.remote import is_address  # noqa: PLC0415

    if len(words) > 2:
        raise UsageError("too many words: give a dataset and one query")
    named, name = (*words, *(DEFAULT_DATASET, "")[len(words) :])
    if is_address(named) or "@" in named:
        found = reader.queries_of_release(folder_of(named, datasets))
    else:
        found = reader.queries_of(load_dataset(named, datasets))
    if name:
        asked = reader.named_query(found, name, named)
        _answer(database_of(folder_of(named, datasets)), asked.sql, **options)
    elif options["as_json"] or options["form"] == "json":
        print_rows([query.row() for query in found], as_json=True)
    else:
        print_rows([{"query": q.name, "title": q.title, "question": q.question} for q in found], as_json=False)


def _answer(database: Path, statement: str, form: str, output: Path | None, *, as_json: bool) -> None:
    from flows.read import query  # noqa: PLC0415 - commands load only what they need

    if form == "parquet":
        if output is None:
            raise UsageError("--format parquet writes a file; say which with --output FILE")
        query.query_to_parquet(database, statement, output)
        return
    result = query.run_query(database, statement)
    if as_json or form == "json":
        put(query.as_json(result) + "\n", output)
    elif form == "csv":
        put(query.as_csv(result), output)
    elif output is not None:
        raise UsageError("a table is for the screen; choose --format csv, json or parquet for a file")
    else:
        print_result(result)


@dafu.command()
@click.argument("words", nargs=-1, required=True, metavar="[DATASET[@VERSION]] REPLY")
@common
def show(words: tuple[str, ...], *, datasets: Path, as_json: bool) -> None:
    """Show one letter, all that was read from it marked in the text: headings, documents, quantities, promises, names.

    REPLY is a reply_id, the site's article id, or the proposal's number. The last line is how the letter is cited: with
    its release, and with the time and the digest of the page that it was read from.

    \b
    dafu show demo 0536
    """
    from flows.read import show as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.citation import cite_as  # noqa: PLC0415
    from flows.read.releases import database_of, folder_of  # noqa: PLC0415 - commands load only what they need

    named, wanted = dataset_and(words, "letter", datasets)
    release = folder_of(named, datasets)
    letter = reader.find_letter(database_of(release), wanted)
    cited = cite_as(letter, release)
    if as_json:
        click.echo(reader.as_json({**letter, "cite_as": cited}))
    else:
        printed(reader.as_text(letter, cited))


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
    from flows.read.releases import database_of, folder_of  # noqa: PLC0415 - commands load only what they need
    from flows.read.show import as_json as letter_as_json  # noqa: PLC0415
    from flows.read.show import find_letter  # noqa: PLC0415

    named, wanted = dataset_and(words, "letter", datasets)
    letter = find_letter(database_of(folder_of(named, datasets)), wanted)
    if as_json:
        click.echo(letter_as_json(letter))
    else:
        printed(reader.as_text(letter))


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
    from flows.read.releases import database_of, described_release_of  # noqa: PLC0415
    from flows.read.show import find_letter  # noqa: PLC0415

    named, wanted = dataset_and(words, "letter", datasets)
    dataset, folder = described_release_of(named, datasets)
    told = reader.told(dataset, find_letter(database_of(folder), wanted))
    if as_json:
        click.echo(reader.as_json(told))
    else:
        printed(reader.as_text(told))


@dafu.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True, metavar='[DATASET[@VERSION]] "词语"')
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Show so many letters.")
@common
def search(words: tuple[str, ...], *, limit: int, datasets: Path, as_json: bool) -> None:
    """Search the letters; the best come first (BM25), each with the sentence that has most of the words.

    Words parted by spaces: any of them, letters with more and rarer ones first. +word or A AND B: must have it.
    "phrase": must have these characters in this order. -word: must not have it. A word that is not in the dictionary is
    cut into words that are, unless it is quoted, required or excluded.

    \b
    dafu search demo "职业教育 产教融合"
    dafu search demo '+职业教育 "现代产业学院" -高中'
    """
    from flows.read import search as reader  # noqa: PLC0415 - commands load only what they need
    from flows.read.releases import database_of, folder_of  # noqa: PLC0415

    named, query = dataset_and(words, "query", datasets)
    hits = reader.find(database_of(folder_of(named, datasets)), query, limit)
    if as_json:
        click.echo(reader.as_json(hits))
    elif hits:
        printed(reader.as_text(hits))
    else:
        click.echo(f"no letter of {named} has that")
