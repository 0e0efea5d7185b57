"""The commands that list datasets, their settings and their releases, and check or export a release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.common import common, dafu, dataset_argument, print_markdown, print_rows
from flows.datasets import dataset_names, load_dataset
from flows.errors import UsageError

if TYPE_CHECKING:
    from flows.read.export import Form


@dafu.command("datasets")
@common
def list_datasets(*, datasets: Path, as_json: bool) -> None:
    """List the datasets."""
    found = [load_dataset(name, datasets) for name in dataset_names(datasets)]
    if not found and not as_json:
        click.echo(f"{datasets} holds no dataset: no folder in it has a dataset.toml")
        return
    rows = [{"dataset": d.name, "title": d.title, "title_zh": d.title_zh, "site": d.site.base_url} for d in found]
    print_rows(rows, as_json=as_json)


@dafu.command()
@dataset_argument()
@common
def config(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """Show every setting that holds for a dataset, and where it came from.

    That is an environment variable, the dataset's dataset.toml, or a default, in this order. Secrets are not shown.
    """
    from flows.settings import values  # noqa: PLC0415 - commands load only what they need

    print_rows([value.row() for value in values(load_dataset(dataset, datasets))], as_json=as_json)


@dafu.command("releases")
@dataset_argument()
@common
def list_releases(dataset: str, *, datasets: Path, as_json: bool) -> None:
    """List the releases of a dataset, oldest first; in the place of DATASET an address lists what is published there.

    \b
    dafu releases demo
    dafu releases s3://bucket/demo
    """
    from flows.read.releases import described  # noqa: PLC0415 - commands load only what they need

    rows = described(dataset, datasets)
    if not rows and not as_json:
        click.echo(f"{dataset} has no release yet; `dafu run {dataset}` makes one")
        return
    print_rows(rows, as_json=as_json)


@dafu.command()
@click.argument("named", metavar="DATASET[@VERSION]")
@click.option("--rebuild", is_flag=True, help="Also make it once more, from the archive as it was, and compare.")
@common
def verify(named: str, *, rebuild: bool, datasets: Path, as_json: bool) -> None:
    """Check every file, row and column of a release against the digests it was released with.

    Of a release that is read by address every file is fetched for this, whatever was fetched before.

    \b
    dafu verify demo@2026.11.24
    dafu verify s3://bucket/demo@2026.11.24
    """
    from flows.read.releases import rebuilt, release_of, verified  # noqa: PLC0415 - commands load only what they need
    from flows.read.remote import fetched_anew, is_address  # noqa: PLC0415

    if is_address(named):
        if rebuild:
            raise UsageError("--rebuild needs the archive; name the dataset, not an address")
        with fetched_anew(named) as (where, folder):
            files = verified(folder)
    else:
        dataset, folder = release_of(named, datasets)
        where, files = str(folder), verified(folder)
        if rebuild:
            rebuilt(dataset, folder)
    if as_json:
        click.echo(json.dumps({"release": folder.name, "files": files, "intact": True, "rebuilt": rebuild}))
        return
    click.echo(f"{where}: all {files} files are as they were released")
    if rebuild:
        click.echo(
            "made once more from the archive as it was then, it is the same to the byte (dafu.duckdb: to the row)"
        )


@dafu.command("export")
@click.argument("named", metavar="DATASET[@VERSION]")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl", "xlsx", "parquet"]), required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True, metavar="DIR", help="A new folder.")
@click.option("--tables", default="", metavar="A,B", help="Only these tables (and the dictionary).")
@click.option("--bom", is_flag=True, help="Begin CSV files with a byte order mark, which Excel wants.")
@click.option("--pseudonymous", is_flag=True, help="Without proposers' names, keyed digests in their place.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Holds the key of --pseudonymous; else DAFU_PSEUDONYM_KEY does.",
)
@common
def export_release(
    named: str,
    *,
    form: Form,
    output: Path,
    tables: str,
    bom: bool,
    pseudonymous: bool,
    key_file: Path | None,
    datasets: Path,
    as_json: bool,
) -> None:
    """Write a release in another form: CSV, JSON Lines, a workbook, or without proposers' names.

    \b
    dafu export demo --format csv --output out/csv
    dafu export demo --format xlsx --tables replies,commitments --output out/xlsx
    """
    from flows.read import export as exporter  # noqa: PLC0415 - commands load only what they need
    from flows.read.pseudonyms import pseudonym_key  # noqa: PLC0415
    from flows.read.releases import described_release_of  # noqa: PLC0415

    if bom and form != "csv":
        raise UsageError("--bom is for --format csv")
    if key_file and not pseudonymous:
        raise UsageError("--key-file is for --pseudonymous; without it names are exported as they are")
    if form == "parquet" and not pseudonymous:
        raise UsageError("the release is Parquet already; --format parquet is for --pseudonymous")
    key = pseudonym_key(key_file) if pseudonymous else None
    dataset, release = described_release_of(named, datasets, whole=True)
    wanted = [name.strip() for name in tables.split(",") if name.strip()]
    made = exporter.export(dataset, release, output, form, tables=wanted, bom=bom, key=key)
    if as_json:
        click.echo(json.dumps({"path": str(made.path), "rows": made.rows, "left_out": made.left_out, "cut": made.cut}))
        return
    click.echo(
        f"{made.path}: {sum(made.rows.values())} rows of {len(made.rows)} tables of {dataset.name}@{release.name}"
    )
    if made.left_out:
        click.echo(f"left out, since names can stand in them: {', '.join(made.left_out)}")
    if made.cut:
        click.echo(f"{made.cut} texts are longer than a cell and were cut; the sheet `notes` says which")


@dafu.command()
@click.argument("dataset")
@click.argument("old")
@click.argument("new")
@common
def diff(dataset: str, old: str, new: str, *, datasets: Path, as_json: bool) -> None:
    """Say what changed from release OLD to release NEW, and why.

    The words are those of CHANGES.md, which is Markdown: set on a terminal, as it is elsewhere. --json prints every
    changed value.
    """
    from flows.read import diff as differences  # noqa: PLC0415 - commands load only what they need

    chain = differences.chain(dataset, old, new, datasets)
    if as_json:
        click.echo(differences.as_json(chain))
    else:
        print_markdown(differences.as_text(chain))
