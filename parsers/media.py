"""What bytes are: a media type told from the bytes themselves, never from a name or a header.

Signatures come from the `filetype` library. Two containers hold several formats and are looked into: a zip with an
`OFD.xml` is an OFD document (GB/T 33190-2016), and an OLE2 compound file (MS-CFB) is what its streams are named after;
a .wps file of Kingsoft Office is a Word document in all but its name.
"""

from __future__ import annotations

import io
import zipfile

import filetype

_OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
_BLANK, _BLANKS = b"\xef\xbb\xbf\0 \t\r\n", 1024
"""What some servers send before a PDF's first byte, and how much of it readers put up with (ISO 32000-1, annex H)."""
_OLE2_STREAMS = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
_MEMBERS = {
    "OFD.xml": "application/ofd",
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def media_type_of(body: bytes) -> str | None:
    """Return the media type of a file's bytes, None if they do not tell. Text has no signature: None."""
    if body.startswith(_OLE2):
        return next(
            (said for name, said in _OLE2_STREAMS.items() if name.encode("utf-16-le") in body),
            "application/x-ole-storage",
        )
    if body.startswith(b"PK\x03\x04"):
        return _zipped(body)
    if body[:_BLANKS].lstrip(_BLANK).startswith(b"%PDF-"):
        return "application/pdf"
    guessed: str | None = filetype.guess_mime(body) if body else None
    return guessed


def _zipped(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as found:
            names = found.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "application/zip"
    return next(
        (said for mark, said in _MEMBERS.items() if any(name == mark or name.startswith(mark) for name in names)),
        "application/zip",
    )
