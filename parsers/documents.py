"""A file's bytes → its lines of text, for the two formats that are read: docx and pdf. Never fails.

What a file is, its bytes say (`parsers.media`), not its name. Whatever it holds, a file costs no more than its limits,
but for what a PDF inflates to while it is drawn: that, and time, are bounded where a file is read in a process of its
own (`flows.parse.documents`).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from parsers.limits import Limits, UnreadableError
from parsers.media import media_type_of
from parsers.pdf import pdf_lines
from parsers.text import normalise
from parsers.word import word_lines
from schemas.attachments import AttachmentStatus

_READERS: dict[str, Callable[[bytes, Limits], Iterable[str]]] = {
    "application/pdf": pdf_lines,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": word_lines,
}
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
"""The stream in which an OLE2 file holds a docx that wants a password (MS-OFFCRYPTO)."""


@dataclass(frozen=True, slots=True)
class Document:
    """Whether a file was read, and its text: normalised, one paragraph or table row a line, none empty."""

    status: AttachmentStatus
    lines: tuple[str, ...] = ()


def read_document(body: bytes, limits: Limits | None = None) -> Document:
    """Read a file; whatever its bytes are, the answer is a document."""
    limits = limits or Limits()
    try:
        lines = tuple(_normal(_printed(body, limits), limits))
    except UnreadableError as error:
        return Document(error.status)
    except MemoryError:
        return Document("oversized")
    except Exception:  # noqa: BLE001 - whatever a file can make the libraries do
        return Document("damaged")
    return Document("read" if lines else "empty", lines)


def _printed(body: bytes, limits: Limits) -> Iterable[str]:
    if len(body) > limits.file_bytes:
        raise UnreadableError("oversized")
    media_type = media_type_of(body)
    reader = _READERS.get(media_type or "")
    if reader is not None:
        return reader(body, limits)
    if _ENCRYPTED_OFFICE in body and media_type is not None:
        raise UnreadableError("encrypted")
    if media_type == "application/zip" and not zipfile.is_zipfile(io.BytesIO(body)):
        raise UnreadableError("damaged")  # cut off: which format it was, its end would say
    if body:
        raise UnreadableError("format_not_read")
    return ()


def _normal(printed: Iterable[str], limits: Limits) -> Iterator[str]:
    left = limits.characters
    for raw in printed:
        left -= len(raw)
        if left < 0:
            raise UnreadableError("oversized")
        line = normalise(raw)
        if line.strip(" |"):
            yield line
