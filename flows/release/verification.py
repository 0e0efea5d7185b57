"""Whether a release is still what was released: its files by their digests, its rows column by column."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows.errors import DafuError
from flows.release.digests import Digests, rows_digest
from flows.release.manifest import MANIFEST, differences, read_manifest
from flows.release.parquet import ROW_GROUP, Entry
from flows.release.tables import file_names


def findings(release: Path) -> list[str]:
    """Return how a release differs from what was released, each as a sentence: files first, then rows and columns."""
    found = differences(release)
    try:
        manifest = read_manifest(release)
    except DafuError as error:
        return [*found, str(error).partition(";")[0]]
    if manifest.get("version") != release.name:
        found.append(f"{MANIFEST} is of version {manifest.get('version')}, not of {release.name}")
    tables = manifest["tables"]
    named = {file for entry in tables.values() for file in file_names(entry)}
    found += [
        f"{path.name} is of no table of the manifest" for path in release.glob("*.parquet") if path.name not in named
    ]
    return found + [said for name, entry in tables.items() for said in _of_table(release, name, entry)]


def rows_of_files(paths: list[Path]) -> tuple[int, dict[str, str]]:
    """Return how many rows lie in a table's files, and the digest of each column.

    OSError or pyarrow's error if they cannot be read.
    """
    rows, digests = 0, Digests(pq.read_schema(paths[0]))
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROW_GROUP):
                digests.update(batch)
                rows += len(batch)
    return rows, digests.columns()


def _of_table(release: Path, name: str, entry: Entry) -> list[str]:
    paths = [release / file for file in file_names(entry)]
    if not all(path.is_file() for path in paths):
        return []  # told already
    if "columns" not in entry:  # which releases have said as long as they have said `files`
        return [f"the manifest does not say what the columns of {name} are"] if "files" in entry else []
    try:
        rows, columns = rows_of_files(paths)
    except (OSError, KeyError, pa.ArrowException) as error:
        return [f"the rows of {name} cannot be read ({' '.join(str(error).split())[:120]})"]
    if rows != entry["rows"]:
        return [f"{name} has {rows} rows where {entry['rows']} were released"]
    said = entry["columns"]
    if entry["rows_sha256"] != rows_digest(said):
        return [f"the manifest contradicts itself on the rows of {name}"]
    other = [column for column in {**said, **columns} if columns.get(column) != said.get(column)]
    return [f"{name} says something else than was released in {', '.join(other)}"] if other else []
