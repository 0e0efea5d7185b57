"""The archive: every answer of a site as WARC 1.1 records, gzip a record, an index of captures and a log of runs.

    archive/
      demo-00001.warc.gz   request, response and revisit records; metadata where no answer came, and of runs
      index.parquet        one row a capture; a copy of what the WARC files say
      runs.parquet         one row a run; a copy as well

The WARC files are the truth and are only ever appended to; a file that has reached its size is followed by the next
number. A body that is in the archive already is kept as a `revisit` record that refers to it. The index is written
when the archive is closed; whatever a killed run left unindexed is read from the WARC files when it is next opened,
and a record that was cut off is removed from the end of its file. An index that knows of more than the files hold tells
that files were lost: then nothing is read or written until they are restored, or `dafu archive reindex` is told to do
without. One writer at a time: a second one gets a DafuError at once. A writer may be used by several threads.
"""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import io
import os
import re
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, get_args

import pyarrow as pa
import pyarrow.parquet as pq

from flows.crawl import warc
from flows.crawl.session import Answer
from flows.errors import DafuError
from flows.locks import locked
from parsers.answer import outcome_of
from parsers.encoding import Decoded, decode, is_markup
from parsers.media import media_type_of
from schemas.archive import IndexEntry, Mode, Run
from schemas.arrow import arrow_table
from schemas.captures import Outcome
from schemas.table import Table

_INDEX, _RUNS = "index.parquet", "runs.parquet"
LOCK = "lock"
"""The lock of whoever writes the archive, in its folder."""
_ROTATE_BYTES = 500_000_000
COPIES = (_RUNS, _INDEX)
"""What is made of the WARC files; the log of runs goes first, whatever is done with both."""
_NUMBERED = re.compile(r"-(\d{5,})\.warc\.gz$")
_RESUMABLE = dt.timedelta(hours=24)
"""A run that was cut short longer ago than this saw a site that is no longer the one there is."""
_SAME_BYTES = ("ok", "unchanged")


class Archive:
    """An archive, open for reading; inside `with archive.writing(name)` also for keeping answers."""

    def __init__(self, folder: Path, *, use_index: bool = True) -> None:
        """Open the archive in `folder`, which need not exist yet; without its index everything is read afresh.

        DafuError if files are missing that its index, or the numbers of the others, tell of; without the index what is
        left is taken for all there is.
        """
        self.folder = folder
        self._lock: IO[str] | None = None
        self._file: IO[bytes] | None = None
        self._writing = threading.Lock()
        self._clear()
        if use_index:
            self._load()
        self._scan()

    # --- reading

    def entries(self) -> list[IndexEntry]:
        """Return all captures, oldest first."""
        return sorted(self._entries, key=lambda entry: entry.fetched_at)

    def in_order(self) -> list[IndexEntry]:
        """Return all captures in the order in which they were kept, which is the index's."""
        return list(self._entries)

    @property
    def runs(self) -> list[Run]:
        """The runs, oldest first."""
        return [self._runs[number] for number in sorted(self._runs)]

    def reach(self) -> dict[str, int]:
        """Return how far each WARC file is known to hold whole records, by name: what there is to read of it."""
        return {path.name: self._whole[path.name] for path in self._files()}

    def captures_of(self, url: str) -> list[IndexEntry]:
        """Return the captures of one address, in the order in which they were kept."""
        return list(self._by_url.get(url, ()))

    def last_good(self, url: str) -> IndexEntry | None:
        """Return the newest capture of an address that brought new bytes of it, or None."""
        return self._good.get(url)

    def as_of(self, captures: Collection[str]) -> Archive:
        """Return the archive, for reading, as it was when these captures (their ids) were all it held.

        A run of which something was kept later had not ended then.
        """
        kept = [entry for entry in self._entries if entry.capture_id in captures]
        later = {entry.run for entry in self._entries if entry.capture_id not in captures}
        last = max((entry.run for entry in kept), default=0)
        runs = [run.model_copy(update={"ended_at": None}) if run.number in later else run for run in self.runs]
        then = copy.copy(self)
        then._hold(kept, [run for run in runs if run.number <= last])  # noqa: SLF001 - one of its own kind
        return then

    def validators(self, url: str) -> tuple[str | None, str | None]:
        """Return (ETag, Last-Modified) of the bytes that are kept of an address."""
        for entry in reversed(self._by_url.get(url, [])):
            if entry.outcome in _SAME_BYTES and (entry.etag or entry.last_modified):
                return entry.etag, entry.last_modified
            if entry.outcome == "ok":
                break
        return None, None

    def body(self, entry: IndexEntry) -> bytes:
        """Return the body of a capture, its content encoding undone; empty for one without a body."""
        if entry.status is None:
            return b""
        return warc.inflated(self._raw(entry), entry.content_encoding)[0]

    def page(self, entry: IndexEntry) -> Decoded:
        """Return the characters of a captured page."""
        return decode(self.body(entry), entry.content_type)

    # --- writing

    def writing(self, name: str, rotate_bytes: int = _ROTATE_BYTES, sealed: Collection[str] = frozenset()) -> Self:
        """Prepare to keep answers in WARC files named after the dataset `name`; use with `with`.

        Files that are `sealed` are not added to, however small they are.
        """
        self._name, self._rotate_bytes, self._sealed = name, rotate_bytes, sealed
        return self

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = locked(self.folder / LOCK)
        self._scan()  # what another writer may have added since
        for path in self._files():
            if path.stat().st_size > self._whole[path.name]:
                os.truncate(path, self._whole[path.name])
            _on_disk(path)  # what a killed run kept, before the index says so
        self._write_index()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close_file()
        self._write_index()
        if self._lock:
            self._lock.close()
            self._lock = None

    def unfinished(self, now: dt.datetime) -> Run | None:
        """Return the last run if it was cut short so recently that it can be gone on with."""
        last = self._runs[max(self._runs)] if self._runs else None
        return last if last and not last.complete and abs(now - last.begun_at) < _RESUMABLE else None

    def begin(self, mode: Mode, now: dt.datetime) -> Run:
        """Begin a run: what is kept from here on belongs to it."""
        run = Run(number=max(self._runs, default=0) + 1, mode=mode, begun_at=now, ended_at=None)
        self._append([warc.gzipped(warc.run_record(run.number, "begun", mode, now))])
        self._runs[run.number] = run
        self._run = run.number
        return run

    def end(self, now: dt.datetime) -> None:
        """End the run: it has asked for everything that it was to ask for."""
        run = self._runs[self._run]
        self._append([warc.gzipped(warc.run_record(run.number, "ended", run.mode, now))])
        self._runs[run.number] = run.model_copy(update={"ended_at": now})

    def keep(self, answer: Answer) -> IndexEntry:
        """Append an answer to the archive and return its index entry; it is on disk when this returns."""
        body, problem = warc.inflated(answer.body, warc.header(answer, "Content-Encoding"))
        digest = warc.payload_digest(answer.body)
        same = self._same_payload(answer, body, digest)
        records = warc.records_of(answer, digest, same, self.last_good(answer.url))
        packed = [warc.gzipped(record) for record in records]
        told = records[-1]
        kept = warc.Kept(told.rec_type, told.rec_headers, told.http_headers, _said(told), 0, 0)
        entry = self._entry(kept, body, problem)
        with self._writing:
            path, start = self._append(packed)
            end = start + sum(map(len, packed))
            place = {"warc_file": path, "warc_offset": end - len(packed[-1]), "warc_end": end, "run": self._run}
            entry = entry.model_copy(update=place)
            self._add(entry)
        return entry

    # --- what is known

    def _clear(self) -> None:
        self._entries: list[IndexEntry] = []
        self._by_url: dict[str, list[IndexEntry]] = defaultdict(list)
        self._good: dict[str, IndexEntry] = {}
        self._payloads: dict[str, IndexEntry] = {}
        self._runs: dict[int, Run] = {}
        self._run = 0
        self._whole: dict[str, int] = defaultdict(int)
        """How far each file is known to hold whole records."""

    def _hold(self, entries: list[IndexEntry], runs: list[Run]) -> None:
        """Know these captures and runs and no others; bodies are still found by what was known before."""
        payloads = self._payloads
        self._clear()
        for entry in entries:
            self._add(entry)
        self._runs, self._payloads = {run.number: run for run in runs}, payloads

    def _add(self, entry: IndexEntry) -> None:
        self._entries.append(entry)
        self._by_url[entry.url].append(entry)
        self._whole[entry.warc_file] = max(self._whole[entry.warc_file], entry.warc_end)
        if entry.outcome == "ok":
            self._good[entry.url] = entry
        if entry.record_type == "response" and entry.outcome in _SAME_BYTES and entry.bytes and entry.payload_digest:
            self._payloads.setdefault(entry.payload_digest, entry)

    def _files(self) -> list[Path]:
        return warc_files(self.folder)

    def _load(self) -> None:
        """Take from the index what it says of the files; it is only a copy, so one that cannot be read is made anew."""
        index = read_index(self.folder)
        lost = lost_files(self.folder, index[1] if index else None)
        if lost:
            raise DafuError(
                f"{self.folder} has lost what it kept: {'; '.join(lost)}; restore it from a copy, or accept the loss "
                f"with `dafu archive reindex`"
            )
        if index is None:
            return
        runs, entries = index
        if all(warc.may_start_at(self.folder / name, end) for name, end in reach(entries).items()):
            self._runs = {run.number: run for run in runs}
            for entry in entries:
                self._add(entry)
                self._run = max(self._run, entry.run)

    def _scan(self) -> None:
        """Read what the files hold beyond what is known of them."""
        for path in self._files():
            start = self._whole[path.name]
            for kept in warc.read_from(path, start, warc.end_of_whole_records(path, start)):
                if kept.kind == "request":
                    continue  # without what it was answered with it tells nothing, and may be cut off
                self._whole[path.name] = kept.end
                if kept.kind == "metadata" and _target(kept).startswith(warc.RUN_URN):
                    self._note_run(kept)
                elif kept.kind in ("response", "revisit", "metadata"):
                    raw = kept.raw if kept.kind != "revisit" else self._raw_of(kept)
                    body, problem = warc.inflated(raw, _http(kept, "Content-Encoding"))
                    entry = self._entry(kept, body, problem)
                    place = {"warc_file": path.name, "warc_offset": kept.offset, "warc_end": kept.end, "run": self._run}
                    self._add(entry.model_copy(update=place))

    def _note_run(self, kept: warc.Kept) -> None:
        """Take in that a run began or ended, perhaps not for the first time.

        The index tells of captures only, so what follows the last of them in a file is read again each time: an older
        run must neither become the present one by that, nor lose its end.
        """
        said, at = kept.said(), dt.datetime.fromisoformat(kept.headers.get_header("WARC-Date"))
        number = int(_target(kept).removeprefix(warc.RUN_URN))
        self._run = max(self._run, number)
        begun = Run.model_validate({"number": number, "mode": said["mode"], "begun_at": at, "ended_at": None})
        if said["event"] == "begun":
            self._runs.setdefault(number, begun)
        else:
            self._runs[number] = self._runs.get(number, begun).model_copy(update={"ended_at": at})

    def _raw(self, entry: IndexEntry) -> bytes:
        origin = entry
        if entry.record_type == "revisit":
            found = self._payloads.get(entry.payload_digest or "")
            if found is None:
                return b""
            origin = found
        return warc.read_at(self.folder / origin.warc_file, origin.warc_offset).raw

    def _raw_of(self, revisit: warc.Kept) -> bytes:
        origin = self._payloads.get(revisit.headers.get_header("WARC-Payload-Digest") or "")
        return self._raw(origin) if origin else b""

    def _same_payload(self, answer: Answer, body: bytes, digest: str) -> IndexEntry | None:
        """Return the capture that holds the very bytes of a good answer, None if it is to be kept itself."""
        if answer.status != 200 or answer.failure or answer.verdict or not answer.body:
            return None
        origin = self._payloads.get(digest)
        if origin is None or origin.sha256 != hashlib.sha256(body).hexdigest():
            return None  # SHA-1 alone is no proof: pages can be made that share it
        return origin if origin.content_encoding == warc.header(answer, "Content-Encoding") else None

    def _entry(self, kept: warc.Kept, body: bytes, problem: Outcome | None) -> IndexEntry:
        """Return the index entry of a record whose body is `body`; its place is not known yet."""
        status = int(kept.http.get_statuscode()) if kept.http else None
        body = body if status else b""
        content_type = _http(kept, "Content-Type")
        page = decode(body, content_type) if body and is_markup(body, content_type) else None
        sha256 = hashlib.sha256(body).hexdigest() if body else None
        outcome = _outcome(kept, status, page.text if page else None if body or problem else "")
        if problem and outcome == "ok":
            outcome = problem
        good = self._good.get(_target(kept))
        if outcome == "ok" and good and sha256 and good.sha256 == sha256:
            outcome = "unchanged"
        return IndexEntry(
            capture_id=kept.headers.get_header("WARC-Record-ID").removeprefix("<urn:uuid:").removesuffix(">"),
            url=_target(kept),
            fetched_at=dt.datetime.fromisoformat(kept.headers.get_header("WARC-Date")),
            status=status,
            outcome=outcome,
            sha256=sha256,
            bytes=len(body) if status else None,
            media_type="text/html" if page else media_type_of(body),
            encoding_declared=page.declared if page else None,
            encoding_used=page.used if page else None,
            warc_file="",
            warc_offset=0,
            warc_end=0,
            record_type=kept.kind,  # type: ignore[arg-type]
            payload_digest=kept.headers.get_header("WARC-Payload-Digest") if status else None,
            run=0,
            content_type=content_type,
            content_encoding=_http(kept, "Content-Encoding"),
            etag=_http(kept, "ETag"),
            last_modified=_http(kept, "Last-Modified"),
            location=_http(kept, "Location"),
        )

    # --- files

    def _append(self, members: list[bytes]) -> tuple[str, int]:
        """Append to the current file, or to the next one; return (its name, where the first of them starts)."""
        file = self._open_file()
        start = file.tell()
        file.write(b"".join(members))
        file.flush()
        return Path(file.name).name, start

    def _open_file(self) -> IO[bytes]:
        if self._file and self._file.tell() >= self._rotate_bytes:
            self._close_file()
        if self._file is None:
            files = [path for path in self._files() if _number(path)]
            if files and files[-1].name not in self._sealed and files[-1].stat().st_size < self._rotate_bytes:
                path = files[-1]
            else:
                number = _number(files[-1]) + 1 if files else 1
                path = self.folder / f"{self._name}-{number:05}.warc.gz"
            self._file = path.open("ab")
            if self._file.tell() == 0:
                self._file.write(warc.gzipped(warc.file_record(path.name, self._name)))
        return self._file

    def _close_file(self) -> None:
        if self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None

    def _write_index(self) -> None:
        # The log goes first: an index that knows more runs than the log could not be made sense of.
        _replace(self.folder / _RUNS, Run, self.runs)
        _replace(self.folder / _INDEX, IndexEntry, self._entries)


def warc_files(folder: Path) -> list[Path]:
    """Return the WARC files of an archive, in the order in which they were written."""
    return sorted(folder.glob("*.warc.gz"), key=lambda path: (_number(path), path.name))


def read_index(folder: Path) -> tuple[list[Run], list[IndexEntry]] | None:
    """Return the runs and captures that an archive's index tells of, None if it cannot be read."""
    try:
        return [Run(**row) for row in _rows(folder / _RUNS)], [IndexEntry(**row) for row in _rows(folder / _INDEX)]
    except (pa.ArrowException, OSError, ValueError, TypeError):
        return None


def reach(entries: Iterable[IndexEntry]) -> dict[str, int]:
    """Return how far each file reaches by the captures that are known."""
    ends: dict[str, int] = {}
    for entry in entries:
        ends[entry.warc_file] = max(ends.get(entry.warc_file, 0), entry.warc_end)
    return ends


def lost_files(folder: Path, index: list[IndexEntry] | None) -> list[str]:
    """Return a sentence for each file that is missing or too short by the index, by the files' numbers without one."""
    if index is None:
        return missing_numbers(folder)
    lost = []
    for name, end in sorted(reach(index).items()):
        path = folder / name
        if not path.is_file():
            lost.append(f"{name} is missing")
        elif path.stat().st_size < end:
            lost.append(f"{name} has {path.stat().st_size} bytes where its captures reach to byte {end}")
    return lost


def missing_numbers(folder: Path) -> list[str]:
    """Return a sentence for each number that is missing among the WARC files."""
    numbers = {number for path in warc_files(folder) if (number := _number(path))}
    return [f"WARC file number {n} is missing" for n in range(1, max(numbers, default=0)) if n not in numbers]


def _on_disk(path: Path) -> None:
    with path.open("ab") as file:
        os.fsync(file.fileno())


def _number(path: Path) -> int:
    found = _NUMBERED.search(path.name)
    return int(found[1]) if found else 0


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    yield from pq.read_table(path).to_pylist()


def _replace(path: Path, table: type[Table], rows: Iterable[Table]) -> None:
    staged = path.with_suffix(".new")
    pq.write_table(arrow_table(table, rows), staged)
    staged.replace(path)


def _target(kept: warc.Kept) -> str:
    return str(kept.headers.get_header("WARC-Target-URI"))


def _http(kept: warc.Kept, name: str) -> str | None:
    return kept.http.get_header(name) if kept.http else None


def _said(record: object) -> bytes:
    """Return the fields of a metadata record that was just made; what an HTTP record says is in its headers."""
    stream = record.raw_stream  # type: ignore[attr-defined]
    if record.rec_type != "metadata" or not isinstance(stream, io.BytesIO):  # type: ignore[attr-defined]
        return b""
    return stream.getvalue()


def _outcome(kept: warc.Kept, status: int | None, html: str | None) -> Outcome:
    """Return what a record tells of an answer whose page, if it is one, is `html`; one that cannot be told is none."""
    if status is None:
        said = kept.said().get("outcome")
        with suppress(ValueError):
            return _as_outcome(said)
        return "unreachable"
    verdict = kept.headers.get_header(warc.VERDICT)
    if verdict:
        return _as_outcome(verdict)
    truncated = kept.headers.get_header("WARC-Truncated")
    if truncated:
        return next((outcome for outcome, said in warc.TRUNCATED.items() if said == truncated), "truncated")
    return outcome_of(status, html, _target(kept), _http(kept, "Location"))


def _as_outcome(said: str | None) -> Outcome:
    for outcome in get_args(Outcome):
        if outcome == said:
            return outcome  # type: ignore[no-any-return]
    raise ValueError(f"{said!r} is no outcome")
