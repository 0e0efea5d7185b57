"""Whether all is well with a dataset: its last crawl, its last release, and everything that somebody should look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flows.crawl.archive import LOCK, Archive
from flows.datasets import Dataset, dataset_names, load_dataset
from flows.errors import DafuError
from flows.locks import held_by
from flows.release.manifest import differences, read_manifest
from flows.release.versions import REFUSED, STAGING, versions
from flows.settings import settings


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a Prefect server says of a dataset's schedule.

    `served` tells whether a process asks for the runs that are due, None if that cannot be known; `left` are the
    sentences about runs that the server takes for running: none of them is, unless a run holds the dataset's lock.
    """

    served: bool | None = None
    next_run: dt.datetime | None = None
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Status:
    """The state of one dataset; `problems` has a sentence for everything that is wrong.

    `watched` tells whether a Prefect server is set, which alone knows of the schedule.
    """

    dataset: str
    crawl: str | None = None
    crawl_began: dt.datetime | None = None
    crawl_ended: dt.datetime | None = None
    release: str | None = None
    letters: int | None = None
    at_work: str | None = None
    watched: bool = False
    served: bool | None = None
    next_run: dt.datetime | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def as_data(self) -> dict[str, Any]:
        """Return the state as plain data, times in UTC."""
        data = asdict(self)
        moments = {name: value.isoformat() for name, value in data.items() if isinstance(value, dt.datetime)}
        return {**data, **moments, "scheduled": self.next_run is not None, "healthy": self.healthy}


def watched(names: tuple[str, ...], datasets: Path) -> list[Dataset]:
    """Return the datasets that are named, else those that have an archive."""
    found = [load_dataset(name, datasets) for name in names or dataset_names(datasets)]
    found = [dataset for dataset in found if names or dataset.archive.is_dir()]
    if not found:
        raise DafuError(f"no dataset in {datasets} has an archive yet; run `dafu run DATASET` first, or name one")
    return found


def status_of(dataset: Dataset, now: dt.datetime, schedule: Schedule | None) -> Status:
    """Return the state of a dataset at `now`; `schedule` is None where no Prefect server is set."""
    state = Status(dataset.name, at_work=held_by(dataset.run_lock) or held_by(dataset.archive / LOCK))
    if schedule:
        state.watched, state.served, state.next_run = True, schedule.served, schedule.next_run
        # what the server has for running is one, if the lock is held; else it was left by a killed process
        state.problems += [*schedule.problems, *([] if state.at_work else schedule.left)]
    state.problems += [*_look_at_crawl(dataset, state, now), *_look_at_releases(dataset, state)]
    return state


def _look_at_crawl(dataset: Dataset, state: Status, now: dt.datetime) -> Iterator[str]:
    again = f"`dafu run {dataset.name}`"
    try:
        archive = Archive(dataset.archive)
    except (DafuError, OSError) as error:
        yield str(error)
        return
    if not archive.runs:
        yield f"nothing was crawled yet; run {again}"
        return
    last = archive.runs[-1]
    outcomes = {entry.outcome for entry in archive.in_order() if entry.run == last.number}
    ending = "complete" if last.complete else "at work" if state.at_work else "cut short"
    state.crawl = f"run {last.number} ({last.mode}): {'blocked' if 'blocked' in outcomes else ending}"
    state.crawl_began, state.crawl_ended = last.begun_at, last.ended_at
    if "blocked" in outcomes:
        yield f"{dataset.host} blocked the last run; look at the site in a browser before the next, then run {again}"
    elif ending == "cut short":
        yield f"the last run was cut short; run {again}, which goes on with it"
    days = settings(dataset).stale_after_days
    ended = max((run.ended_at for run in archive.runs if run.ended_at), default=None)
    if ended is None or now - ended > dt.timedelta(days=days):
        since = f"since {ended:%Y-%m-%d %H:%M} UTC" if ended else "ever"
        yield f"no run was complete {since}, which may be {days} days; look whether the schedule is up, or run {again}"


def _look_at_releases(dataset: Dataset, state: Status) -> Iterator[str]:
    refused = dataset.releases / STAGING / REFUSED
    if refused.is_file():
        yield f"the gate refused the last release; read {refused}"
    found = versions(dataset.releases)
    if not found:
        yield f"there is no release yet; `dafu release {dataset.name}` makes one of what was parsed"
        return
    state.release = found[-1]
    folder = dataset.releases / found[-1]
    try:
        state.letters = read_manifest(folder)["tables"]["replies"]["rows"]
    except DafuError as error:
        yield str(error)
        return
    yield from (f"{folder}: {problem}; restore it from a copy" for problem in differences(folder))


def as_rows(states: list[Status]) -> list[dict[str, str]]:
    """Return the states for people, a row each."""
    return [
        {
            "dataset": state.dataset,
            "last crawl": state.crawl or "–",
            "ended (UTC)": f"{state.crawl_ended:%Y-%m-%d %H:%M}" if state.crawl_ended else "–",
            "release": state.release or "–",
            "letters": str(state.letters or "–"),
            "next run (UTC)": _next_run(state),
            "problems": "\n".join(state.problems) or "none",
        }
        for state in states
    ]


def _next_run(state: Status) -> str:
    if state.next_run is None:
        return "none" if state.watched and state.served is not None else "not known"
    return f"{state.next_run:%Y-%m-%d %H:%M}{'' if state.served else ', but nobody serves it'}"
