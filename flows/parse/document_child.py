"""The process in which files are read: a length and a file's bytes in, a length and a document as JSON out.

    python -m flows.parse.document_child PROCESSOR_SECONDS MEMORY_BYTES MODULE:FUNCTION

It bounds itself before it reads anything: memory for good, processor time anew for each file.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import IO

from parsers.documents import Document

LENGTH = 8
"""How many bytes a length is written in."""
READY = b"ready"


def main() -> None:
    """Answer until nothing more is asked."""
    seconds, memory, reader = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's business
    asked = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)  # whatever a library prints is no answer
    read = _function(reader)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_AS, int(memory))
    answers.write(READY)
    answers.flush()
    while body := _body(asked):
        _allow(int(seconds))
        document = read(body[0])
        said = json.dumps({"status": document.status, "lines": document.lines}).encode()
        answers.write(len(said).to_bytes(LENGTH, "big") + said)
        answers.flush()


def _function(name: str) -> Callable[[bytes], Document]:
    module, _, function = name.partition(":")
    found: Callable[[bytes], Document] = getattr(importlib.import_module(module), function)
    return found


def _body(asked: IO[bytes]) -> tuple[bytes] | None:
    length = asked.read(LENGTH)
    return (asked.read(int.from_bytes(length, "big")),) if len(length) == LENGTH else None


def _allow(seconds: int) -> None:
    """Let this process take so many processor seconds from now on; then SIGXCPU ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _bound(what: int, most: int) -> None:
    """Set a soft limit, or leave the lower one that there is."""
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main()
