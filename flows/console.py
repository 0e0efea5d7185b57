"""What the user sees of a run: a progress bar a stage on a terminal, a plain line elsewhere, nothing with --json."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Mode = Literal["bars", "lines", "silent"]
Advance = Callable[[int], None]

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
    """Show the progress of one stage; call the yielded function with the number of `unit` just done."""
    mode, done = _mode.get(), 0
    if mode == "bars":
        with _bars() as bars:
            task = bars.add_task(name, total=total, unit=unit)
            yield lambda count: bars.advance(task, count)
        return

    def advance(count: int) -> None:
        nonlocal done
        done += count

    yield advance
    if mode == "lines":
        stderr.print(f"{name}: {done} {unit}", soft_wrap=True)


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
        TimeElapsedColumn(),
        console=stderr,
    )
