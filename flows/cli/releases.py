"""The commands that list datasets, their settings and their releases, and check a release."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flows.cli.common import common, dafu, dataset_argument, print_rows
from flows.datasets import dataset_names, load_dataset


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
    """List the releases of a dataset, oldest first."""
    from flows.read.releases import described  # noqa: PLC0415 - commands load only what they need

    rows = described(load_dataset(dataset, datasets))
    if not rows and not as_json:
        click.echo(f"{dataset} has no release yet; `dafu run {dataset}` makes one")
        return
    print_rows(rows, as_json=as_json)


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
