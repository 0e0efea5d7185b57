"""One writer at a time: a lock that the system frees when its process ends, however it ends."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from flows.errors import BusyError, DafuError


def locked(path: Path) -> IO[str]:
    """Take the lock at `path` and return it: closing it frees it.

    BusyError names the owner and since when if it is taken, DafuError the folder if it cannot be written. The
    system frees the lock of a process that ended, so there is never a stale one to break.
    """
    try:
        file = path.open("a+")
    except OSError as error:
        raise DafuError(
            f"{path.parent} cannot be written ({error.strerror}); free space or mend its permissions and run again; "
            "nothing was changed"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        owner = file.read().strip() or "another process"
        file.close()
        raise BusyError(f"{path.parent} is being written by {owner}; wait until it is done") from None
    file.truncate(0)
    now = dt.datetime.now(dt.UTC).isoformat(sep=" ", timespec="seconds")
    file.write(f"process {os.getpid()} on {socket.gethostname()} since {now}")
    file.flush()
    return file


def held_by(path: Path) -> str | None:
    """Return who holds the lock at `path`, None if nobody does; nothing is changed."""
    if not path.exists():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "another process"
    return None
