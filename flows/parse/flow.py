"""parse: archive → catalogue of its pages → their states → letters → compared, corrected → records.

No request is made. The pages are read in batches, by the engine that is asked for: this process, several processes of
this machine, or the workers of a Dask cluster, which have to see the archive's folder under the same path. The records
are the same.

What the last release's captures say by now is kept with the records, for the next one to tell why it differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from flows import console
from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.durable import fetch_archive
from flows.errors import DafuError, UsageError
from flows.locks import locked
from flows.parse.batches import Batch, batches, in_order, read_batch, read_groups, unpacked
from flows.parse.corrections import Correction, corrected, load_corrections
from flows.parse.documents import DOCUMENTS
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import GroupReading, page_groups
from flows.parse.memory import aside, set_aside
from flows.parse.passages import compared
from flows.parse.plain import keep_records
from flows.parse.since import Since, last_release, letters_since
from flows.release.versions import newest
from flows.settings import Engine, settings
from schemas.issues import Issue

_ANSWER_SECONDS = 10
_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


def _step(function: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
    """Make a task of a function, and let Prefect not look into what it is given.

    It would look for the results of other tasks there, down to every value of every row of every letter: minutes for
    what takes seconds.
    """
    made = task(cache_policy=NO_CACHE)(function)

    @wraps(function)
    def called(*args: _Given.args, **named: _Given.kwargs) -> _Made:
        quoted = {name: quote(value) for name, value in named.items()}
        return cast("Callable[..., _Made]", made)(*map(quote, args), **quoted)

    return called


def parse_by(
    dataset_name: str, datasets: str, *, engine: Engine | None = None, dask_address: str | None = None
) -> dict[str, Any]:
    """Run the flow `parse` on an engine, as given or as the settings say: `one` process, a process a core, or Dask.

    `dask_address` is that of a cluster's scheduler (`tcp://host:8786`); without it a cluster on this machine is made
    for the run. UsageError if Dask is asked for and not installed, or an address given to another engine; DafuError if
    no scheduler answers there, or if pages end the processes that read them.
    """
    found = settings()
    chosen, address = engine or found.engine, dask_address or (found.dask_address if engine in (None, "dask") else None)
    if address and chosen != "dask":
        raise UsageError(f"a Dask address is for --engine dask, not for --engine {chosen}; leave one of them out")
    return parse.with_options(task_runner=_runner(chosen, address))(dataset_name, datasets, engine=chosen)


@flow(name="parse", flow_run_name="parse-{dataset_name}", persist_result=False)
def parse(dataset_name: str, datasets: str, *, engine: Engine = "one") -> dict[str, Any]:
    """Read everything the archive holds; return the report as plain data. `parse_by` gives it its engine."""
    dataset = load_dataset(dataset_name, Path(datasets))
    corrections = load_corrections(dataset.folder)
    fetch_archive(dataset)
    archive = Archive(dataset.archive)
    if not archive.entries():
        raise DafuError(f"{dataset.archive} holds no captures; run `dafu crawl {dataset.name}` first")
    catalogue = catalogue_of(archive, dataset)
    with aside():
        letters, issues, since = letters_of(archive, dataset, catalogue, corrections, engine)
        with locked(dataset.lock):
            return write_records(dataset, archive, issues, letters, since)


@_step
def catalogue_of(archive: Archive, dataset: Dataset) -> Catalogue:
    """Find the pages that the kept list pages lead to."""
    return read_catalogue(archive, dataset)


def letters_of(
    archive: Archive, dataset: Dataset, catalogue: Catalogue, corrections: list[Correction], engine: Engine
) -> tuple[list[Letter], list[Issue], Since | None]:
    """Read the pages by an engine; return the letters, what is to be reported of other pages, and what differs by now.

    A function of its own, since a worker is sent the flow with all that it names, and the reader of files stays here.
    """
    groups = page_groups(archive, catalogue)
    with DOCUMENTS:
        with console.stage("parse: pages", len(groups), "pages") as advance:
            wanted = list(batches(groups))
            if engine == "one":
                readings = read_here(archive, dataset, wanted, advance)
            else:
                readings = read_elsewhere(dataset, wanted, advance)
        read = in_order(readings)
        plain = compare_letters(tell_letters(archive, dataset, catalogue, read))
        letters = correct_letters(plain, corrections)
        issues = [*catalogue.issues, *unread(letters, read)]
        return letters, issues, read_again(archive, dataset, read, plain, letters, issues)


def read_here(archive: Archive, dataset: Dataset, wanted: list[Batch], advance: console.Advance) -> list[GroupReading]:
    """Read the batches one after the other."""
    found: list[GroupReading] = []
    for batch in wanted:
        found += read_pages(archive, dataset, batch, advance)
        set_aside()
    return found


def read_elsewhere(dataset: Dataset, wanted: list[Batch], advance: console.Advance) -> list[GroupReading]:
    """Let the workers of the flow's engine read the batches."""
    found: list[GroupReading] = []
    for future in as_completed([read_pages_of.submit(dataset.archive, dataset, batch) for batch in wanted]):
        try:
            readings = unpacked(future.result())
        except _ended_workers() as error:
            raise DafuError(
                f"a process that reads pages ended before it was done ({type(error).__name__}), for want of memory "
                f"perhaps; run `dafu parse {dataset.name} --engine one`, which tells of the page; the records of the "
                "last parse stand"
            ) from error
        found += readings
        set_aside(garbage=False)
        advance(len(readings))
    return found


@_step
def read_pages(archive: Archive, dataset: Dataset, batch: Batch, advance: console.Advance) -> list[GroupReading]:
    """Read a batch of pages in all their states."""
    found = []
    for reading in read_groups(archive, dataset, batch):
        found.append(reading)
        advance(1)
    return found


@task(cache_policy=NO_CACHE, persist_result=False)
def read_pages_of(archive: Path, dataset: Dataset, batch: Batch) -> bytes:
    """Read a batch of pages in all their states, in a process that has nothing of ours but the archive's folder."""
    return read_batch(archive, dataset, batch)


@_step
def tell_letters(archive: Archive, dataset: Dataset, catalogue: Catalogue, read: list[GroupReading]) -> list[Letter]:
    """Join pages that are one letter, and tell each letter's history."""
    return one_letter_each(archive, dataset, catalogue, read)


@_step
def correct_letters(letters: list[Letter], corrections: list[Correction]) -> list[Letter]:
    """Put right what pages say wrongly, as the dataset's corrections say."""
    return corrected(letters, corrections)


@_step
def compare_letters(letters: list[Letter]) -> list[Letter]:
    """Find letters that are almost the same, and paragraphs that stand in several."""
    return compared(letters)


@_step
def read_again(
    archive: Archive,
    dataset: Dataset,
    read: list[GroupReading],
    plain: list[Letter],
    letters: list[Letter],
    issues: list[Issue],
) -> Since | None:
    """Read what the last release was made of as the present parser reads it; None if there is no such release.

    One that is damaged is for the release stage to refuse, which looks at every byte of it: here it is only said.
    """
    try:
        last = last_release(newest(dataset.releases))
    except DafuError as error:
        get_run_logger().warning("nothing is compared with the last release: %s", error)
        return None
    return letters_since(archive, dataset, last, read, plain, letters, issues) if last else None


@_step
def write_records(
    dataset: Dataset, archive: Archive, issues: list[Issue], letters: list[Letter], since: Since | None
) -> dict[str, Any]:
    """Write the records in place of those of the last parse, and report what was read and what was not."""
    keep_records(dataset, archive, issues, letters, since)
    issues = [*issues, *(found for letter in letters for found in letter.issues)]
    codes = Counter(found.code for found in issues)
    create_table_artifact(
        table=[{"read as": "letters", "pages": len(letters)}]
        + [{"read as": code, "pages": count} for code, count in sorted(codes.items())],
        key=f"parse-{dataset.name}",
        description=f"What was read from the archive of {dataset.title}",
    )
    get_run_logger().info("%s letters, %s issues", len(letters), len(issues))
    return {"letters": len(letters), "issues": dict(sorted(codes.items()))}


def _runner(engine: Engine, dask_address: str | None) -> TaskRunner[Any]:
    if engine == "processes":
        return ProcessPoolTaskRunner()
    if engine == "one":
        return ThreadPoolTaskRunner()
    try:
        from distributed import Client  # noqa: PLC0415 - only those who have a cluster need it
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415
    except ImportError:
        raise UsageError("--engine dask needs Dask; install dafu[dask] and run again") from None
    if dask_address is None:
        return DaskTaskRunner(cluster_kwargs={"threads_per_worker": 1})
    try:
        Client(dask_address, timeout=_ANSWER_SECONDS, set_as_default=False).close()
    except OSError as error:
        raise DafuError(
            f"no Dask scheduler answers at {dask_address}; start one there (`dask scheduler`) or mend the address"
        ) from error
    return DaskTaskRunner(address=dask_address)


def _ended_workers() -> tuple[type[Exception], ...]:
    """Return what a pool of processes, and a cluster if there is one, raise when the readers of a batch have ended."""
    try:
        from distributed import KilledWorker  # noqa: PLC0415 - only those who have a cluster need it
    except ImportError:
        return (BrokenProcessPool,)
    return BrokenProcessPool, KilledWorker
