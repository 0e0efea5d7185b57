"""WARC 1.1 records: an answer becomes request and response, revisit or metadata; bytes become records again.

Every record is a gzip member of its own, so that any record can be read from its offset alone and a file that a kill
cut short is whole up to its last complete member (ISO 28500:2017, annex D). What is written of a run itself:

    metadata  urn:dafu:run:3     event: begun | ended, mode: incremental | revisit | sweep
    metadata  the address        outcome, detail: why no answer came
    any       WARC-Truncated     the answer broke off, and why
    any       Dafu-Outcome       a verdict that needed more than the answer itself, such as list_empty
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import mmap
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordbuilder import RecordBuilder
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParser
from warcio.warcwriter import WARCWriter

from flows.crawl.session import Answer
from flows.errors import DafuError
from schemas.archive import IndexEntry
from schemas.captures import Outcome

RUN_URN = "urn:dafu:run:"
VERDICT = "Dafu-Outcome"
TRUNCATED: dict[Outcome, str] = {"too_large": "length", "timeout": "time", "truncated": "disconnect"}
_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_SAME_PAYLOAD = RecordBuilder.REVISIT_PROFILE_1_1
_LEVEL = 6
"""Of gzip: 9, which warcio takes, costs three times the time for 1 % of the size."""
_GZIP = 16 + zlib.MAX_WBITS
_MEMBER = b"\x1f\x8b\x08"
"""How a gzip member, and so a record, begins."""
_CHUNK = 1 << 20
_PART = 1 << 16
_INFLATION_LIMIT = 200_000_000
_WINDOW = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}

_builder = RecordBuilder(warc_version="1.1")


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it stands in a WARC file: its headers, its body as sent, and where it lies."""

    kind: str
    headers: StatusAndHeaders
    http: StatusAndHeaders | None
    raw: bytes
    offset: int
    end: int

    def said(self) -> dict[str, str]:
        """Return the fields of a metadata record."""
        lines = self.raw.decode("utf-8", errors="replace").splitlines()
        return dict(line.split(": ", 1) for line in lines if ": " in line)


def payload_digest(body: bytes) -> str:
    """Return the digest of a body as sent, in the form in which WARC tools compare it."""
    return "sha1:" + base64.b32encode(hashlib.sha1(body, usedforsecurity=False).digest()).decode("ascii")


def records_of(answer: Answer, digest: str, same: IndexEntry | None, good: IndexEntry | None) -> list[Any]:
    """Return the records of an answer, the one that tells of it last.

    `digest` is its body's; `same` is the capture whose payload the answer repeats, if any; `good` is the newest one,
    which a 304 refers to.
    """
    date = {"WARC-Date": _date(answer.asked_at)}
    if answer.status is None:
        return [_metadata(answer.url, date, outcome=str(answer.failure), detail=answer.detail)]
    headers = dict(date)
    if answer.verdict:
        headers[VERDICT] = answer.verdict
    if answer.failure:
        headers["WARC-Truncated"] = TRUNCATED.get(answer.failure, "disconnect")
    origin = good if answer.status == 304 else same
    revisit = answer.status == 304 or same is not None
    if revisit:
        headers["WARC-Profile"] = _NOT_MODIFIED if same is None else _SAME_PAYLOAD
    if revisit and origin is not None:
        headers["WARC-Refers-To"] = f"<urn:uuid:{origin.capture_id}>"
        headers["WARC-Refers-To-Target-URI"] = origin.url
        headers["WARC-Refers-To-Date"] = _date(origin.fetched_at)
    if answer.body:
        headers["WARC-Payload-Digest"] = digest
    body = b"" if revisit else answer.body
    response = _builder.create_warc_record(
        answer.url,
        "revisit" if revisit else "response",
        payload=io.BytesIO(body),
        length=len(body),  # without it warcio spools the body to a file to measure it
        http_headers=_AsSent(f"HTTP/1.1 {answer.status} {answer.reason}", _kept_headers(answer)),
        warc_headers_dict=headers,
    )
    return [_request(answer, response, date), response]


def header(answer: Answer, name: str) -> str | None:
    """Return a header of an answer as it will be read from its record."""
    text = answer.header(name)
    return None if text is None else _as_read(name, text)[1]


def run_record(number: int, event: str, mode: str, at: dt.datetime) -> Any:  # noqa: ANN401 - warcio has no types
    """Return the record that tells that a run began or ended."""
    return _metadata(f"{RUN_URN}{number}", {"WARC-Date": _date(at)}, event=event, mode=mode)


def file_record(name: str, dataset: str) -> Any:  # noqa: ANN401 - warcio has no types
    """Return the record that a WARC file begins with."""
    info = {"software": "dafu", "format": "WARC File Format 1.1", "isPartOf": dataset}
    return _builder.create_warcinfo_record(name, info)


def gzipped(record: Any) -> bytes:  # noqa: ANN401 - warcio has no types
    """Return a record as one gzip member."""
    plain = io.BytesIO()
    WARCWriter(plain, gzip=False, warc_version="1.1").write_record(record)
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packing.compress(plain.getbuffer()) + packing.flush()


def read_at(path: Path, offset: int) -> Kept:
    """Read the record at `offset` of a WARC file; DafuError if it is damaged or no longer there."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            plain = _one_member(file)
        return next(_read(io.BytesIO(plain), offset))
    except (OSError, zlib.error, ArchiveLoadFailed, EOFError, StopIteration) as error:
        raise DafuError(
            f"the record at byte {offset} of {path} cannot be read ({error or type(error).__name__}); restore the file "
            f"from a copy; `dafu archive verify` tells what else is damaged"
        ) from None


def _one_member(file: IO[bytes]) -> bytes:
    """Return what the gzip member at the file's place holds; its checksum is checked."""
    member, plain = zlib.decompressobj(_GZIP), bytearray()
    while not member.eof:
        chunk = file.read(_PART)
        if not chunk:
            raise EOFError("the file ends within it")
        plain += member.decompress(chunk)
    return bytes(plain)


def read_from(path: Path, start: int, whole: int) -> Iterator[Kept]:
    """Yield the records of a WARC file from byte `start` to byte `whole`."""
    if start < whole:
        with path.open("rb") as file:
            file.seek(start)
            for record in _read(file, start):
                yield record
                if record.end >= whole:
                    return


def members(path: Path) -> Iterator[tuple[int, int, bytes | None]]:
    """Yield (where it starts, where it ends, what it holds) of every gzip member; None for bytes that are no record."""
    if path.stat().st_size == 0:
        return  # which cannot be mapped
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        start = 0
        while start < len(whole):
            member, plain, end = zlib.decompressobj(_GZIP), bytearray(), start
            try:
                while not member.eof and end < len(whole):
                    part = whole[end : end + _PART]
                    plain += member.decompress(part)
                    end += len(part) - len(member.unused_data)
            except zlib.error:
                pass
            if member.eof:
                yield start, end, bytes(plain)
            else:
                end = _next_member(whole, start + 1)
                yield start, end, None
            start = end


def _next_member(whole: mmap.mmap, start: int) -> int:
    """Return where the next record starts, the end of the file if none does: damaged bytes may look like one."""
    while (start := whole.find(_MEMBER, start)) >= 0:
        with suppress(zlib.error):
            if zlib.decompressobj(_GZIP).decompress(whole[start : start + _PART], 5).startswith(b"WARC/"):
                return start
        start += 1
    return len(whole)


def repeats_payload(headers: StatusAndHeaders) -> bool:
    """Tell whether a revisit record stands for a body that an earlier record holds."""
    return bool(headers.get_header("WARC-Profile") == _SAME_PAYLOAD)


def may_start_at(path: Path, offset: int) -> bool:
    """Tell whether a record may start at `offset` of a file, which is the case at its end as well."""
    if not path.is_file() or path.stat().st_size < offset:
        return False
    with path.open("rb") as file:
        file.seek(offset)
        return _MEMBER.startswith(file.read(len(_MEMBER)))


def end_of_whole_records(path: Path, start: int) -> int:
    """Return where the last whole gzip member ends, which is where the last whole record does.

    DafuError if bytes are damaged and more records follow: that is no torn tail, and nothing of it may be cut off.
    """
    end = position = start
    with path.open("rb") as file:
        file.seek(start)
        member = zlib.decompressobj(_GZIP)
        rest = b""
        while chunk := rest or file.read(_CHUNK):
            try:
                member.decompress(chunk)
            except zlib.error as error:
                file.seek(end + 1)
                if _MEMBER in file.read():
                    raise DafuError(
                        f"{path} is damaged after byte {end} ({error}); restore it from a copy, nothing was changed"
                    ) from None
                return end
            rest = member.unused_data
            position += len(chunk) - len(rest)
            if member.eof:
                end, member = position, zlib.decompressobj(_GZIP)
    return end


def inflated(raw: bytes, content_encoding: str | None) -> tuple[bytes, Outcome | None]:
    """Return a body, its content encoding undone, or b"" and why that cannot be done."""
    encoding = (content_encoding or "").lower()
    if not raw or encoding in ("", "identity"):
        return raw, None
    if encoding not in _WINDOW:
        return b"", "undecodable"
    body = bytearray()
    while raw:
        inflation = zlib.decompressobj(_WINDOW[encoding])
        try:
            body += inflation.decompress(raw, _INFLATION_LIMIT - len(body) + 1)
        except zlib.error:
            return b"", "undecodable"
        if inflation.unconsumed_tail or len(body) > _INFLATION_LIMIT:
            return b"", "too_large"
        if not inflation.eof:
            return b"", "undecodable"
        raw = inflation.unused_data if inflation.unused_data.startswith(b"\x1f\x8b") else b""  # gzip may come in parts
    return bytes(body), None


def _read(file: Any, start: int) -> Iterator[Kept]:  # noqa: ANN401 - an open file
    records = ArchiveIterator(file)
    for record in records:
        raw = bytes(record.raw_stream.read())  # asking for the record's length reads to its end
        offset = max(start, records.get_record_offset())
        yield Kept(
            record.rec_type,
            record.rec_headers,
            record.http_headers,
            raw,
            offset,
            offset + records.get_record_length(),
        )


def _metadata(uri: str, headers: dict[str, str], **said: str) -> Any:  # noqa: ANN401 - warcio has no types
    body = "".join(f"{name}: {' '.join(text.split())}\r\n" for name, text in said.items()).encode()
    return _builder.create_warc_record(
        uri,
        "metadata",
        payload=io.BytesIO(body),
        length=len(body),
        warc_content_type="application/warc-fields",
        warc_headers_dict=headers,
    )


class _AsSent(StatusAndHeaders):  # type: ignore[misc]  # warcio has no types
    """The head of a request or an answer, written with the very bytes that went over the line.

    Its headers say what warcio will read from those bytes, so that a record tells the same before and after it was
    written. (warcio itself would replace what is not ASCII, in the record as well.)
    """

    def __init__(self, first_line: str, headers: list[tuple[str, str]]) -> None:
        protocol, status = first_line.split(" ", 1)
        super().__init__(status, [_as_read(*header) for header in headers], protocol)
        lines = [first_line, *(f"{name}: {text}" for name, text in headers), "", ""]
        self._bytes = "\r\n".join(lines).encode("latin-1", errors="replace")

    def to_ascii_bytes(self, filter_func: object = None) -> bytes:  # noqa: ARG002 - warcio's own signature
        """Return the bytes of the head."""
        return self._bytes


def _as_read(name: str, text: str) -> tuple[str, str]:
    """Return a header as warcio reads it: in UTF-8 if its bytes are that, else in Latin-1."""
    line = StatusAndHeadersParser.decode_header(f"{name}:{text}".encode("latin-1", errors="replace"))
    name, text = line.split(":", 1)
    return name, text.strip()


def _request(answer: Answer, response: Any, date: dict[str, str]) -> Any:  # noqa: ANN401 - warcio has no types
    target = answer.url.split("://", 1)[1]
    host, _, path = target.partition("/")
    headers = _AsSent(f"GET /{path} HTTP/1.1", [("Host", host), *answer.request_headers])
    answered = {"WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID")}
    return _builder.create_warc_record(
        answer.url, "request", http_headers=headers, warc_headers_dict={**date, **answered}
    )


def _kept_headers(answer: Answer) -> list[tuple[str, str]]:
    """Return the answer's headers; chunks were joined on the way in, so that header is kept under another name."""
    return [
        ("X-Archive-Orig-Transfer-Encoding" if name.lower() == "transfer-encoding" else name, text)
        for name, text in answer.headers
    ]


def _date(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
