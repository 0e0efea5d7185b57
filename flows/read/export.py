"""A release in another form, for those who need it: CSV, JSON Lines, a workbook, or Parquet without proposers' names.

The release's Parquet files stay the truth; an export says which they were. It is written beside its place and renamed
into it in one step, batch by batch: no table is ever whole in memory.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from flows.datasets import Dataset
from flows.errors import DafuError, UsageError
from flows.read.export_readme import readme
from flows.read.pseudonyms import Pseudonyms
from flows.read.table_files import write_csv, write_jsonl, write_parquet
from flows.read.workbook import write_workbook
from flows.release.digests import file_digest
from flows.release.manifest import read_manifest, write_sums

Form = Literal["csv", "jsonl", "xlsx", "parquet"]
DICTIONARY = "dictionary"
_ROWS = 1_024
"""How many rows are in memory at a time."""


@dataclass(frozen=True)
class Source:
    """A table of a release: its files with the digests that the manifest gives them, its rows, and how it is changed.

    `changed` is what is done to every batch on its way: nothing, or taking names out.
    """

    name: str
    files: tuple[tuple[Path, str], ...]
    rows: int
    schema: pa.Schema = field(repr=False)
    changed: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows in their order, about a thousand at a time."""
        for path, _ in self.files:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_ROWS):
                    yield self.changed(batch) if self.changed else batch


@dataclass(frozen=True)
class Exported:
    """What was exported: where, and how many rows of which tables; `left_out` of names' sake, `cut` to fit a cell."""

    path: Path
    rows: dict[str, int]
    left_out: tuple[str, ...] = ()
    cut: int = 0


def export(
    dataset: Dataset,
    release: Path,
    output: Path,
    form: Form,
    *,
    tables: Sequence[str] = (),
    bom: bool = False,
    key: bytes | None = None,
) -> Exported:
    """Write a release to the new folder `output`; with `key`, with digests in the place of proposers' names.

    `tables` are all but where some are named; the dictionary always comes along. UsageError if `output` is there
    already or a table is not, DafuError if a file is not the one that was released or cannot be written.
    """
    if output.exists() or output.is_symlink():
        raise UsageError(f"{output} is there already; name a new folder, or move that one away")
    sources, left_out = _sources(release, tables, key)
    staging = _staging(output)
    try:
        cut = _written(sources, staging, form, bom=bom)
        exported = Exported(output, {source.name: source.rows for source in sources}, left_out, cut)
        files = [(s.name, s.rows, path.name, digest) for s in sources for path, digest in s.files]
        text = readme(dataset, read_manifest(release), files, form=form, pseudonymous=key is not None, bom=bom)
        (staging / "README.md").write_text(text, encoding="utf-8")
        write_sums(staging)
        staging.chmod(0o755)  # a temporary folder is for its maker alone
        staging.rename(output)
    except OSError as error:
        raise DafuError(f"{output} cannot be written ({error.strerror or error}); nothing was left there") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return exported


def _sources(release: Path, tables: Sequence[str], key: bytes | None) -> tuple[list[Source], tuple[str, ...]]:
    said = read_manifest(release)["tables"]
    unknown = [name for name in tables if name not in said]
    if unknown:
        raise UsageError(f"{release.name} has no table {', '.join(unknown)}; its tables are: {', '.join(said)}")
    wanted = [name for name in said if not tables or name in tables or name == DICTIONARY]
    found = {name: _source(release, name, said[name]) for name in {*wanted, "replies"}}
    if key is None:
        return [found[name] for name in wanted], ()
    pseudonyms = Pseudonyms(key, found["replies"].batches)
    kept = [name for name in wanted if pseudonyms.knows(name)]
    if not kept or (tables and set(tables) - set(kept)):
        refused = ", ".join(sorted(set(tables) - set(kept)))
        raise UsageError(f"{refused} can hold names in places that cannot be cleared; leave it out of --tables")
    return [
        Source(name, found[name].files, found[name].rows, found[name].schema, pseudonyms.of_table(name))
        for name in kept
    ], tuple(name for name in wanted if name not in kept)


def _source(release: Path, name: str, entry: dict[str, Any]) -> Source:
    said = entry["files"] if "files" in entry else [{"name": entry["file"], "sha256": entry["sha256"]}]
    files = tuple((release / file["name"], str(file["sha256"])) for file in said)
    for path, digest in files:
        if not path.is_file() or file_digest(path) != digest:
            raise DafuError(f"{path} is not the file that was released; run `dafu verify` and restore it from a copy")
    return Source(name, files, int(entry["rows"]), pq.read_schema(files[0][0]))


def _staging(output: Path) -> Path:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    except OSError as error:
        raise DafuError(f"{output.parent} cannot be written ({error.strerror}); name another folder") from error


def _written(sources: Sequence[Source], staging: Path, form: Form, *, bom: bool) -> int:
    if form == "xlsx":
        return write_workbook(sources, staging / "tables.xlsx")
    for source in sources:
        path = staging / f"{source.name}.{form}"
        if form == "csv":
            write_csv(source.schema, source.batches(), path, bom=bom)
        elif form == "jsonl":
            write_jsonl(source.schema, source.batches(), path)
        else:
            write_parquet(source.schema, source.batches(), path)
    return 0
