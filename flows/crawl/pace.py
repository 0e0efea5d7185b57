"""When each host may be asked again, for all threads together.

An interval lies between any two requests as the host sees them: the next one is sent an interval after the answer to
the last has begun, since only then it is known to have arrived. A host that takes its time over an answer is not waited
for by all connections: a request that was sent `_ARRIVAL` ago is taken to have arrived. A host can also ask for more
time, or be stopped: then whoever waits for a turn gets the reason as an error, and nothing more is sent.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from flows.datasets import Politeness
from flows.errors import DafuError

_ARRIVAL = 1.0
"""Seconds in which a request that was sent has certainly arrived."""


@dataclass(eq=False, slots=True)
class Turn:
    """The right to send one request to a host."""

    host: str
    pause: float


class Pace:
    """The turns of every host."""

    def __init__(self, politeness: Politeness) -> None:
        """Keep to the dataset's interval, and to what each host asks for beyond it."""
        self._interval, self._jitter = politeness.interval_seconds, politeness.jitter
        self._delays: dict[str, float] = {}
        self._next_at: dict[str, float] = {}
        self._held_until: dict[str, float] = {}
        self._last: dict[str, Turn] = {}
        self._stopped: dict[str, DafuError] = {}
        self._failures: Counter[str] = Counter()
        self._changed = threading.Condition()

    def slow_down(self, host: str, delay: float) -> None:
        """Keep to a host's own Crawl-delay if it is longer than our interval."""
        if math.isfinite(delay):
            self._delays[host] = max(self._interval, delay)

    def hold(self, host: str, seconds: float) -> None:
        """Ask a host nothing for so long, as it has asked for with Retry-After."""
        with self._changed:
            self._held_until[host] = max(self._held_until.get(host, 0.0), time.monotonic() + seconds)

    def stop(self, host: str, reason: DafuError) -> None:
        """Ask a host nothing more in this run; every thread that wants to gets the first reason."""
        with self._changed:
            self._stopped.setdefault(host, reason)
            self._changed.notify_all()

    def failures(self, host: str, *, failed: bool) -> int:
        """Note whether the last answer of a host was a failure; return how many were in a row."""
        with self._changed:
            self._failures[host] = self._failures[host] + 1 if failed else 0
            return self._failures[host]

    def turn(self, host: str, rest: float = 0.0) -> Turn:
        """Sleep until it is our turn to ask, and `rest` seconds at least; a turn is given to one thread."""
        earliest = time.monotonic() + rest
        with self._changed:
            while True:
                if host in self._stopped:
                    raise self._stopped[host]
                now = time.monotonic()
                due = max(earliest, self._next_at.get(host, 0.0), self._held_until.get(host, 0.0))
                if due <= now:
                    break
                self._changed.wait(min(due - now, threading.TIMEOUT_MAX))
            turn = Turn(host, self._delays.get(host, self._interval) * (1 + self._chance()))
            if turn.pause:
                self._last[host], self._next_at[host] = turn, math.inf  # until the request has been sent
            return turn

    def sent(self, turn: Turn) -> None:
        """Note that the request of a turn has been sent."""
        self._set(turn, time.monotonic() + turn.pause + _ARRIVAL)

    def answered(self, turn: Turn) -> None:
        """Note that its answer has begun."""
        self._set(turn, time.monotonic() + turn.pause)

    def ended(self, turn: Turn) -> None:
        """Let the host rest from the end of an answer on."""
        after = time.monotonic() + turn.pause
        with self._changed:
            if self._last.get(turn.host) is turn:
                self._next_at[turn.host] = after
            else:
                self._next_at[turn.host] = max(self._next_at.get(turn.host, 0.0), after)
            self._changed.notify_all()

    def _set(self, turn: Turn, next_at: float) -> None:
        with self._changed:
            if self._last.get(turn.host) is turn:
                self._next_at[turn.host] = next_at
                self._changed.notify_all()

    def _chance(self) -> float:
        return random.uniform(0, self._jitter)  # noqa: S311 - no secret; it only ever makes the pause longer
