"""What the user sees of a run: a progress bar a stage on a terminal, a plain line elsewhere, nothing with --json."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Literal

from rich import filesize
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

Mode = Literal["bars", "lines", "silent"]
Advance = Callable[..., None]
"""advance(count, bytes=0): so many more are done, and so many bytes came with them."""

_mode: ContextVar[Mode] = ContextVar("_mode", default="silent")
stderr = Console(stderr=True, highlight=False)


def show_progress(mode: Mode) -> None:
    """Choose how stages show their progress from here on."""
    _mode.set(mode)


def mode_for_terminal() -> Mode:
    """Return bars on a terminal, lines elsewhere."""
    return "bars" if stderr.is_terminal else "lines"


@contextmanager
def stage(name: str, total: int | None, unit: str) -> Iterator[Advance]:
    """Show the progress of one stage; call what is yielded with the number of `unit` just done, and their bytes."""
    mode, done, size, began = _mode.get(), 0, 0, time.monotonic()
    bars = _bars() if mode == "bars" else None
    task = bars.add_task(name, total=total, unit=unit, figures="") if bars else None

    def advance(count: int, more: int = 0) -> None:
        nonlocal done, size
        done, size = done + count, size + more
        if bars and task is not None:
            bars.update(task, advance=count, figures=_figures(done, size, time.monotonic() - began))

    with bars or nullcontext():
        yield advance
    if mode == "lines":
        figures = _figures(done, size, time.monotonic() - began)
        stderr.print(f"{name}: {done} {unit}{', ' if figures else ''}{figures}", soft_wrap=True)


def _figures(done: int, size: int, seconds: float) -> str:
    """Return how fast it goes, where bytes come over the line."""
    if not size or not seconds:
        return ""
    return f"{filesize.decimal(size)}, {done / seconds:.1f}/s"


@contextmanager
def starting(what: str) -> Iterator[None]:
    """Say that something is being started that takes seconds."""
    mode = _mode.get()
    if mode == "bars":
        with stderr.status(f"starting {what}"):
            yield
    else:
        if mode == "lines":
            stderr.print(f"starting {what}")
        yield


def _bars() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<18}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TextColumn("{task.fields[unit]}"),
        TextColumn("{task.fields[figures]}"),
        TimeColumn(Column(no_wrap=True)),
        console=stderr,
    )


class TimeColumn(ProgressColumn):
    """How long a stage has taken, and how much longer it will: `1:10, 0:35 left`."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """Return the words; without an estimate, and once the stage is done, the time taken alone."""
        taken = _clock((task.finished_time if task.finished else task.elapsed) or 0)
        left = "" if task.finished or task.time_remaining is None else f", {_clock(task.time_remaining)} left"
        return Text(taken + left, style="dim", no_wrap=True)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
