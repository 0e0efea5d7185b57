"""What a parse holds to its end, kept out of the way of Python's search for garbage.

The letters are held until the records are written, some hundred thousand objects for a hundred of them. The collector
goes through all that lives again and again as more comes, and finds nothing there: it took as long as everything else
that is done with the letters once they are read.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def set_aside() -> None:
    """Collect the garbage of now, and let the collector not look again at what is left; for use inside `aside`."""
    gc.collect()
    gc.freeze()


@contextmanager
def aside() -> Iterator[None]:
    """Give back to the collector, at the end, what was set aside."""
    try:
        yield
    finally:
        gc.unfreeze()
