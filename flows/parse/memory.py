"""What a parse holds to its end, kept out of the way of Python's search for garbage.

The letters are held until the records are written, some hundred thousand objects for a hundred of them. The collector
goes through all that lives again and again as more comes, and finds nothing there: it took as long as everything else
that is done with the letters once they are read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def set_aside(*, garbage: bool = True) -> None:
    """Let the collector not look again at what is there; for use inside `aside`.

    `garbage`: there may be some among it, as the reading of pages leaves it, which is collected first.
    """
    if garbage:
        gc.collect()
    gc.freeze()


@contextmanager
def aside() -> Iterator[None]:
    """Give back to the collector, at the end, what was set aside."""
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let the collector rest while something large and free of garbage is made."""
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()
