"""One writer at a time in a place: a lock in a folder, a lease in a store, which has no locks that a system frees.

A lease is an object that says whose it is and until when; it is made on the condition that there is none, and renewed
while its owner works. One that has run out, or whose owner was a process of this machine that is gone, is taken over.
The clocks of two machines have to agree within a minute. Nothing rests on the lease alone: released and archived bytes
are never overwritten, and what names them is switched on the condition that it is as it was read.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flows.errors import DafuError
from flows.locks import locked
from flows.storage import Place, TakenError

LEASE, _LOCK = "lease.json", ".lock"
_SECONDS = 120
_RENEWALS = 4
"""How often a lease is renewed within its time."""


@contextmanager
def sole_writer(place: Place) -> Iterator[None]:
    """Be the only writer in a place; DafuError names who is, and until when."""
    if place.folder is not None:
        with locked(place.folder / _LOCK):
            yield
        return
    lease = _Lease(place)
    lease.take()
    try:
        yield
    finally:
        lease.free()


class _Lease:
    def __init__(self, place: Place) -> None:
        self._place = place
        self._tag: str | None = None
        self._since = dt.datetime.now(dt.UTC)
        self._done = threading.Event()
        self._renewing = threading.Thread(target=self._renew, daemon=True)

    def take(self) -> None:
        found = self._place.read_json(LEASE)
        said, tag = found or ({}, None)
        if found and not _is_over(said):
            raise DafuError(
                f"{self._place.url} is being written by {said.get('owner', 'another process')} since "
                f"{said.get('since')}; wait until it is done; if it was killed, try again after {said.get('until')}"
            )
        try:
            self._tag = self._place.write(LEASE, _content(self._since), over=tag)
        except TakenError:
            raise DafuError(f"{self._place.url} was just taken by another writer; wait until it is done") from None
        self._renewing.start()

    def free(self) -> None:
        """Give the lease back; what cannot be removed now runs out by itself."""
        self._done.set()
        self._renewing.join()
        if self._tag is not None:
            try:
                self._place.remove(LEASE)
            except DafuError:
                self._tag = None

    def _renew(self) -> None:
        while not self._done.wait(_SECONDS / _RENEWALS):
            try:
                self._tag = self._place.write(LEASE, _content(self._since), over=self._tag)
            except TakenError:
                self._tag = None  # it had run out and is another's now: not ours to renew or to remove
                return
            except DafuError:
                continue  # the store is away for a moment; the work itself will tell if it stays so


def _content(since: dt.datetime) -> bytes:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=_SECONDS)
    said = {
        "owner": f"process {os.getpid()} on {socket.gethostname()}",
        "process": os.getpid(),
        "machine": _machine(),
        "since": since.isoformat(sep=" ", timespec="seconds"),
        "until": until.isoformat(sep=" ", timespec="seconds"),
    }
    return json.dumps(said).encode()


def _is_over(said: dict[str, Any]) -> bool:
    try:
        if dt.datetime.now(dt.UTC) > dt.datetime.fromisoformat(str(said["until"])):
            return True
        here = _machine()
        return here is not None and said["machine"] == here and not _is_alive(int(said["process"]))
    except (KeyError, ValueError, TypeError):
        return True  # not a lease of ours, or one that cannot be read: nobody could renew it


def _machine() -> str | None:
    """Return what tells apart where process numbers mean the same: this start of this system, and the container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return None


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
