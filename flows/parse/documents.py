"""Files are read in a process of their own, which may take so much time and memory and no more.

A file that somebody else made can make a library loop, eat memory or crash. The child (`flows.parse.document_child`) is
a fresh interpreter that knows nothing of ours; one serves many files, and if a file kills it the next file gets a new
one. Time is counted in the child's own processor seconds, so that a busy machine reads the same; a clock on the wall
stands behind that.

A file is read once for its digest, whichever letters link to it, until `close` is called.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Self

from flows.parse.document_child import LENGTH, READY
from parsers.documents import Document
from schemas.attachments import AttachmentStatus

_STARTING_SECONDS = 120.0
_OF_SIGNAL: dict[int, AttachmentStatus] = {
    signal.SIGXCPU: "timed_out",
    signal.SIGSEGV: "damaged",
    signal.SIGBUS: "damaged",
    signal.SIGFPE: "damaged",
}
"""What ended a child: any other signal is how libraries, or the kernel, end a process that wants more memory."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the reading of one file may take."""

    processor_seconds: int = 20
    wall_seconds: float = 120
    memory_bytes: int = 2_000_000_000


class Documents:
    """Reads files in a child process, each digest once. May be used by several threads."""

    def __init__(self, allowance: Allowance | None = None, reader: str = "parsers.documents:read_document") -> None:
        """Prepare to read with the function `reader` (`module:name`); the child is started when it is first needed."""
        self._allowance = allowance or Allowance()
        self._reader = reader
        self._child: _Child | None = None
        self._read: dict[str, Document] = {}
        self._reading = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, sha256: str, body: Callable[[], bytes]) -> Document:
        """Return the document with a digest; `body` is asked for its bytes if it has not been read yet."""
        with self._reading:
            if sha256 not in self._read:
                self._read[sha256] = self._read_anew(body())
            return self._read[sha256]

    def close(self) -> None:
        """End the child and forget what was read."""
        with self._reading:
            self._end()
            self._read.clear()

    def _read_anew(self, body: bytes) -> Document:
        used = self._child is not None and self._child.served > 0
        document = self._ask(body)
        if used and document.status in ("oversized", "damaged") and self._child is None:
            return self._ask(body)  # perhaps it was what came before: only what a fresh child says is told
        return document

    def _ask(self, body: bytes) -> Document:
        if self._child is None or not self._child.ours:
            self._child = _Child(self._allowance, self._reader)
        try:
            document = self._child.read(body)
        except BaseException:  # interrupted: its answer would be taken for the next file's
            self._end()
            raise
        if document.status == "oversized" or not self._child.alive:
            self._end()
        return document

    def _end(self) -> None:
        if self._child is not None:
            self._child.end()
            self._child = None


class _Child:
    """A child process and the pipes to it."""

    def __init__(self, allowance: Allowance, reader: str) -> None:
        self._seconds = allowance.wall_seconds
        limits = (str(allowance.processor_seconds), str(allowance.memory_bytes))
        self._process = subprocess.Popen(  # noqa: S603 - this very interpreter, and nothing that came from outside
            [sys.executable, "-m", "flows.parse.document_child", *limits, reader],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._parent = os.getpid()
        self._late = False
        self.alive = True
        self.served = 0
        if self._within(_STARTING_SECONDS, lambda _, answers: _exactly(answers, len(READY))) != READY:
            self.end()
            raise RuntimeError("the process that reads files did not start")

    @property
    def ours(self) -> bool:
        """Whether it was started by this process, and not by one that this one was forked from."""
        return self._parent == os.getpid()

    def read(self, body: bytes) -> Document:
        """Let the child read a file; if that ends it, its end says why."""
        self.served += 1
        answer = self._within(self._seconds, lambda asked, answers: _asked(asked, answers, body))
        if answer is not None:
            said = json.loads(answer)
            return Document(said["status"], tuple(said["lines"]))
        self.alive = False
        if self._late:
            return Document("timed_out")
        code = self._process.wait()
        return Document(_OF_SIGNAL.get(-code, "oversized"))

    def end(self) -> None:
        """End the child, whatever it is doing."""
        self.alive = False
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process.wait()

    def _within(self, seconds: float, talk: Callable[[IO[bytes], IO[bytes]], bytes | None]) -> bytes | None:
        """Talk to the child; None if it ended, or was ended because the time was over."""
        asked, answers = self._process.stdin, self._process.stdout
        if asked is None or answers is None:
            raise AssertionError("the child has no pipes")
        self._late = False
        watch = threading.Timer(seconds, self._stop)
        watch.daemon = True
        watch.start()
        try:
            return talk(asked, answers)
        except OSError:
            return None
        finally:
            watch.cancel()

    def _stop(self) -> None:
        self._late = True
        self._process.kill()


def _asked(asked: IO[bytes], answers: IO[bytes], body: bytes) -> bytes | None:
    asked.write(len(body).to_bytes(LENGTH, "big"))
    asked.write(body)
    asked.flush()
    length = _exactly(answers, LENGTH)
    return _exactly(answers, int.from_bytes(length, "big")) if length is not None else None


def _exactly(answers: IO[bytes], length: int) -> bytes | None:
    said = answers.read(length)
    return said if len(said) == length else None


DOCUMENTS = Documents()
"""The reader of this process: a parse run closes it when it ends."""
atexit.register(DOCUMENTS.close)
