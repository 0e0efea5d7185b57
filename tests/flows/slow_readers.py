"""What `flows.parse.document_child` reads with in tests: it does what the file says."""

from __future__ import annotations

import ctypes
import os
import sys
import time

from parsers.documents import Document, read_document


def as_told(body: bytes) -> Document:
    """Do as told, else read."""
    if body == b"loop":
        while True:
            pass
    if body == b"sleep":
        time.sleep(600)
    if body == b"eat":
        return Document("read", (str(len(bytes(8_000_000_000))),))
    if body == b"crash":
        ctypes.string_at(0)
    if body == b"print":
        print("is that an answer?", flush=True)  # noqa: T201
        os.write(1, b"is that?")
        sys.stderr.write("")
    if body == b"who":
        return Document("read", (str(os.getpid()),))
    return read_document(body)
