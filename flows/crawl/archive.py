"""The archive: every answer of a site as WARC 1.1 records, gzip a record, and an index.

    archive/
      demo-20261123T081500Z.warc.gz   request, response and revisit records; metadata where no answer came
      index.parquet                   one row a capture; a copy of what the WARC files say

The WARC files are the truth and are only ever appended to. The index is written when the archive is closed; whatever a
killed run left unindexed is read from the WARC files when it is next opened, and a record that was cut off is removed
from the end of its file. One writer at a time: a second one gets a DafuError at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from flows.crawl.session import Answer
from flows.errors import DafuError
from flows.locks import locked
from parsers.answer import outcome_of
from parsers.encoding import Decoded, decode, is_markup
from schemas.archive import IndexEntry
from schemas.arrow import arrow_table
from schemas.captures import Outcome

_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_INDEX = "index.parquet"
_LOCK = "lock"
_INFLATION_LIMIT = 200_000_000
_GZIP = 16 + zlib.MAX_WBITS
_MEMBER = b"\x1f\x8b\x08"
"""How a gzip member, and so a record, begins."""
_CHUNK = 1 << 20
_CAPTURES = ("response", "revisit", "metadata")
_WINDOW = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_TRUNCATED: dict[Outcome, str] = {"too_large": "length", "timeout": "time", "truncated": "disconnect"}


class Archive:
    """An archive, open for reading; inside `with archive.writing(name)` also for keeping answers."""

    def __init__(self, folder: Path) -> None:
        """Open the archive in `folder`, which need not exist yet."""
        self.folder = folder
        self._entries: list[IndexEntry] = []
        self._by_url: dict[str, list[IndexEntry]] = defaultdict(list)
        self._file: IO[bytes] | None = None
        self._writer: Any = None
        self._lock: IO[str] | None = None
        self._add(self._indexed())
        for path in sorted(folder.glob("*.warc.gz")):
            done = self._indexed_to(path)
            if path.stat().st_size > done:
                self._add(_scan(path, done))
        self._entries.sort(key=lambda entry: (entry.warc_file, entry.warc_offset))

    # --- reading

    def entries(self) -> list[IndexEntry]:
        """Return all captures, oldest first."""
        return sorted(self._entries, key=lambda entry: (entry.fetched_at, entry.warc_file, entry.warc_offset))

    def captures_of(self, url: str) -> list[IndexEntry]:
        """Return the captures of one address, oldest first."""
        return sorted(self._by_url.get(url, ()), key=lambda entry: entry.fetched_at)

    def last_good(self, url: str) -> IndexEntry | None:
        """Return the newest capture of an address that holds its bytes, or None."""
        return next((entry for entry in reversed(self.captures_of(url)) if entry.outcome == "ok"), None)

    def body(self, entry: IndexEntry) -> bytes:
        """Return the body of a capture, its content encoding undone; empty for one without a body."""
        if entry.status is None:
            return b""
        with (self.folder / entry.warc_file).open("rb") as file:
            file.seek(entry.warc_offset)
            return _body(next(iter(ArchiveIterator(file))))[0]

    def page(self, entry: IndexEntry) -> Decoded:
        """Return the characters of a captured page."""
        return decode(self.body(entry), entry.content_type)

    # --- writing

    def writing(self, name: str) -> Self:
        """Prepare to keep answers in a new WARC file named after the dataset `name`; use with `with`."""
        self._name = name
        return self

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(self.folder / _LOCK)
        for path in sorted(self.folder.glob("*.warc.gz")):
            _remove_torn_tail(path, self._indexed_to(path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()
            self._file = self._writer = None
        self._write_index()
        if self._lock:
            self._lock.close()
            self._lock = None

    def keep(self, answer: Answer) -> IndexEntry:
        """Append an answer to the archive and return its index entry; it is on disk when this returns."""
        file, writer = self._open_file(answer.asked_at)
        record = self._record(writer, answer)
        if record.rec_type == "metadata":
            offset = file.tell()
        else:
            writer.write_record(_request_record(writer, answer, record))
            offset = file.tell()
        writer.write_record(record)
        file.flush()
        entry = _entry(_reread(Path(file.name), offset), Path(file.name).name, offset, file.tell())
        self._add([entry])
        return entry

    def _record(self, writer: Any, answer: Answer) -> Any:  # noqa: ANN401 - warcio has no types
        warc_headers = {"WARC-Date": answer.asked_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        if answer.status is None:
            said = f"outcome: {answer.failure}\r\ndetail: {answer.detail}\r\n".encode()
            return writer.create_warc_record(
                answer.url,
                "metadata",
                payload=io.BytesIO(said),
                length=len(said),
                warc_content_type="application/warc-fields",
                warc_headers_dict=warc_headers,
            )
        if answer.failure:
            warc_headers["WARC-Truncated"] = _TRUNCATED.get(answer.failure, "disconnect")
        record_type = "response"
        if answer.status == 304:
            record_type = "revisit"
            warc_headers["WARC-Profile"] = _NOT_MODIFIED
            good = self.last_good(answer.url)
            if good:
                warc_headers["WARC-Refers-To"] = f"<urn:uuid:{good.capture_id}>"
                warc_headers["WARC-Refers-To-Target-URI"] = good.url
                warc_headers["WARC-Refers-To-Date"] = good.fetched_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return writer.create_warc_record(
            answer.url,
            record_type,
            payload=io.BytesIO(answer.body),
            length=len(answer.body),  # without it warcio spools the body to a file to measure it
            http_headers=StatusAndHeaders(f"{answer.status} {answer.reason}", _kept_headers(answer), "HTTP/1.1"),
            warc_headers_dict=warc_headers,
        )

    def _open_file(self, now: dt.datetime) -> tuple[IO[bytes], Any]:
        if self._file is None:
            stem = f"{self._name}-{now.strftime('%Y%m%dT%H%M%S%f')[:-3]}Z"
            self._file = (self.folder / f"{stem}.warc.gz").open("xb")
            self._writer = WARCWriter(self._file, gzip=True, warc_version="1.1")
            info = {"software": "dafu", "format": "WARC File Format 1.1", "isPartOf": self._name}
            self._writer.write_record(self._writer.create_warcinfo_record(f"{stem}.warc.gz", info))
        return self._file, self._writer

    def _add(self, entries: Iterable[IndexEntry]) -> None:
        for entry in entries:
            self._entries.append(entry)
            self._by_url[entry.url].append(entry)

    def _indexed_to(self, path: Path) -> int:
        return max((entry.warc_end for entry in self._entries if entry.warc_file == path.name), default=0)

    def _indexed(self) -> Iterator[IndexEntry]:
        path = self.folder / _INDEX
        try:
            rows = pq.read_table(path).to_pylist() if path.is_file() else []
            entries = [IndexEntry(**row) for row in rows]
        except (pa.ArrowException, OSError, ValueError):
            return  # only a copy of what the WARC files say: they are read again
        sizes = {file.name: file.stat().st_size for file in self.folder.glob("*.warc.gz")}
        yield from (entry for entry in entries if entry.warc_end <= sizes.get(entry.warc_file, 0))

    def _write_index(self) -> None:
        path = self.folder / _INDEX
        staged = path.with_suffix(".new")
        pq.write_table(arrow_table(IndexEntry, self._entries), staged)
        staged.replace(path)


def _request_record(writer: Any, answer: Answer, response: Any) -> Any:  # noqa: ANN401 - warcio has no types
    target = answer.url.split("://", 1)[1]
    host, _, path = target.partition("/")
    headers = StatusAndHeaders(f"GET /{path} HTTP/1.1", [("Host", host), *answer.request_headers], is_http_request=True)
    warc_headers = {
        "WARC-Date": response.rec_headers.get_header("WARC-Date"),
        "WARC-Concurrent-To": response.rec_headers.get_header("WARC-Record-ID"),
    }
    return writer.create_warc_record(answer.url, "request", http_headers=headers, warc_headers_dict=warc_headers)


def _kept_headers(answer: Answer) -> list[tuple[str, str]]:
    """Return the answer's headers; chunks were joined on the way in, so that header is kept under another name."""
    return [
        ("X-Archive-Orig-Transfer-Encoding" if name.lower() == "transfer-encoding" else name, text)
        for name, text in answer.headers
    ]


def _reread(path: Path, offset: int) -> Any:  # noqa: ANN401 - warcio has no types
    """Read a record back from disk: what is indexed is what was kept, not what was meant to be kept."""
    with path.open("rb") as file:
        file.seek(offset)
        record = next(iter(ArchiveIterator(file)))
        record.raw_stream = io.BytesIO(record.raw_stream.read())
        return record


def _scan(path: Path, start: int) -> Iterator[IndexEntry]:
    """Yield the captures from byte `start` of a WARC file on; a record that is cut off at its end is none."""
    whole = _end_of_whole_records(path, start)
    with path.open("rb") as file:
        file.seek(start)
        records = ArchiveIterator(file)
        end = start
        while end < whole:
            record = next(records)
            payload = record.raw_stream.read()  # asking for the record's offset reads to its end
            offset = records.get_record_offset()
            record.raw_stream = io.BytesIO(payload)
            end = offset + records.get_record_length()
            if record.rec_type in _CAPTURES and end <= whole:
                yield _entry(record, path.name, offset, end)


def _end_of_whole_records(path: Path, start: int) -> int:
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


def _remove_torn_tail(path: Path, indexed_to: int) -> None:
    """Cut off the record that a killed run was writing, so that the file is a valid WARC file again."""
    whole = _end_of_whole_records(path, indexed_to)
    if path.stat().st_size > whole:
        os.truncate(path, whole)


def _body(record: Any) -> tuple[bytes, Outcome | None]:  # noqa: ANN401 - warcio has no types
    """Return a record's body, its content encoding undone, or b"" and why that cannot be done."""
    raw = bytes(record.raw_stream.read())
    encoding = (record.http_headers.get_header("Content-Encoding") or "").lower() if record.http_headers else ""
    if not raw or encoding in ("", "identity"):
        return raw, None
    if encoding not in _WINDOW:
        return b"", "undecodable"
    inflation = zlib.decompressobj(_WINDOW[encoding])
    try:
        body = inflation.decompress(raw, _INFLATION_LIMIT)
    except zlib.error:
        return b"", "undecodable"
    if inflation.unconsumed_tail:
        return b"", "too_large"
    return (body, None) if inflation.eof else (b"", "undecodable")


def _entry(record: Any, warc_file: str, offset: int, end: int) -> IndexEntry:  # noqa: ANN401
    body, problem = _body(record)
    headers, http = record.rec_headers, record.http_headers
    said = http.get_header if http else (lambda _: None)
    status = int(http.get_statuscode()) if http else None
    content_type = said("Content-Type")
    page = decode(body, content_type) if body and status and is_markup(body, content_type) else None
    return IndexEntry(
        capture_id=headers.get_header("WARC-Record-ID").removeprefix("<urn:uuid:").removesuffix(">"),
        url=headers.get_header("WARC-Target-URI"),
        fetched_at=dt.datetime.fromisoformat(headers.get_header("WARC-Date")),
        status=status,
        outcome=problem or _outcome(record, body, status, page),
        sha256=hashlib.sha256(body).hexdigest() if body and status else None,
        bytes=len(body) if status else None,
        encoding_declared=page.declared if page else None,
        encoding_used=page.used if page else None,
        warc_file=warc_file,
        warc_offset=offset,
        warc_end=end,
        content_type=content_type,
        etag=said("ETag"),
        last_modified=said("Last-Modified"),
        location=said("Location"),
    )


def _outcome(record: Any, body: bytes, status: int | None, page: Decoded | None) -> Outcome:  # noqa: ANN401
    if status is None:
        said = dict(line.split(": ", 1) for line in body.decode().splitlines() if ": " in line)
        return said.get("outcome", "unreachable")  # type: ignore[return-value]
    truncated = record.rec_headers.get_header("WARC-Truncated")
    if truncated:
        return next((o for o, said in _TRUNCATED.items() if said == truncated), "truncated")
    url, location = record.rec_headers.get_header("WARC-Target-URI"), record.http_headers.get_header("Location")
    return outcome_of(status, page.text if page else None, url, location)
