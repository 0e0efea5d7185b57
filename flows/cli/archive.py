"""The commands that look after an archive."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from flows.cli.common import common, dafu, dataset_argument
from flows.datasets import load_dataset
from flows.errors import DafuError


@dafu.group("archive")
def archive_group() -> None:
    """Look after an archive: the captured bytes from which everything else is made."""


@archive_group.command("verify")
@dataset_argument()
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
@dataset_argument()
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
