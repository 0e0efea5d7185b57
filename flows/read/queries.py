"""The questions that come with a dataset: SQL files whose head says what is asked and what the answer looks like.

    -- title: Days between signing and publication
    -- title (zh): 落款至公开的天数
    -- question: How long do letters wait …?
    -- question (zh): 答复落款后多久才公开？
    -- note: What to beware of when reading the answer (may be left out, in both languages).
    -- columns: year BIGINT, letters BIGINT
    -- rows: 1 to 100

A line that begins with `--` and three spaces goes on with the one before. The rows are what an answer may have on any
release with letters in it; the columns are DuckDB's types.
"""

from __future__ import annotations

import difflib
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows.datasets import Dataset
from flows.errors import DafuError, UsageError

QUERIES = "queries"
_KEYS = ("title", "title_zh", "question", "question_zh", "note", "note_zh", "columns", "rows")
_OPTIONAL = {"note", "note_zh"}
_LINE = re.compile(r"-- (?P<key>[a-z]+(?: \(zh\))?): (?P<said>\S.*)")
_ROWS = re.compile(r"(\d+) to (\d+)")


@dataclass(frozen=True, slots=True)
class Query:
    """A question: its file, what the head of that says, and the SQL (the whole file)."""

    name: str
    title: str
    title_zh: str
    question: str
    question_zh: str
    note: str
    note_zh: str
    columns: tuple[tuple[str, str], ...]
    least_rows: int
    most_rows: int
    sql: str

    def row(self) -> dict[str, Any]:
        """Return what a list of questions says of this one."""
        return {**asdict(self), "columns": [{"name": name, "type": kind} for name, kind in self.columns]}


def read_query(path: Path) -> Query:
    """Read one file; UsageError says what its head lacks."""
    try:
        sql = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    said = _head(path, sql)
    missing = [key for key in _KEYS if key not in said and key not in _OPTIONAL]
    if missing:
        raise UsageError(f"{path}: its head does not say {', '.join(map(_written, missing))}; add it")
    rows = _ROWS.fullmatch(said["rows"])
    columns = [column.partition(" ") for column in re.split(r",\s+", said["columns"])]
    if rows is None or not all(kind for _, _, kind in columns):
        raise UsageError(f"{path}: write columns as `name TYPE, name TYPE` and rows as `0 to 50`")
    return Query(
        name=path.stem,
        title=said["title"],
        title_zh=said["title_zh"],
        question=said["question"],
        question_zh=said["question_zh"],
        note=said.get("note", ""),
        note_zh=said.get("note_zh", ""),
        columns=tuple((name, kind) for name, _, kind in columns),
        least_rows=int(rows[1]),
        most_rows=int(rows[2]),
        sql=sql,
    )


def queries_in(*folders: Path) -> list[Query]:
    """Return the questions of some folders by name; UsageError if two of them have one of the same name."""
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in folder.glob("*.sql")):
        if path.stem in found:
            raise UsageError(f"{path} and {found[path.stem]} have the same name; rename one of them")
        found[path.stem] = path
    return [read_query(found[name]) for name in sorted(found)]


def query_folders(dataset: Dataset) -> list[Path]:
    """Return where a dataset's questions lie: those that it shares, and its own."""
    own = dataset.folder / QUERIES
    shared = dataset.folder / dataset.queries if dataset.queries else own
    return [own] if shared.resolve() == own.resolve() else [shared.resolve(), own]


def queries_of(dataset: Dataset) -> list[Query]:
    """Return a dataset's questions."""
    return queries_in(*query_folders(dataset))


def queries_of_release(release: Path) -> list[Query]:
    """Return the questions that a release carries; DafuError if it carries none."""
    if not (release / QUERIES).is_dir():
        raise DafuError(f"{release} carries no queries; without a version the dataset's own are used")
    return queries_in(release / QUERIES)


def named_query(queries: Iterable[Query], name: str, where: str) -> Query:
    """Return the question of that name; UsageError names the nearest ones."""
    by_name = {query.name: query for query in queries}
    if name in by_name:
        return by_name[name]
    near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.4)
    meant = f"did you mean {' or '.join(near)}?" if near else f"`dafu queries {where}` lists what there is"
    raise UsageError(f"{where} has no query {name!r}; {meant}")


def carry_queries(dataset: Dataset, release: Path) -> None:
    """Put a dataset's questions into a release, so that who has only the release has them too."""
    queries_of(dataset)  # a head that lacks something fails here, before anything is copied
    files = [path for folder in query_folders(dataset) for path in folder.glob("*.sql")]
    if files:
        (release / QUERIES).mkdir()
    for path in files:
        shutil.copyfile(path, release / QUERIES / path.name)


def _head(path: Path, sql: str) -> dict[str, str]:
    said: dict[str, str] = {}
    key = ""
    for line in sql.splitlines():
        if not line.startswith("--"):
            break
        if line.startswith("--   ") and key:
            said[key] += _joint(said[key]) + line[5:].strip()
            continue
        found = _LINE.fullmatch(line.rstrip())
        key = found["key"].replace(" (zh)", "_zh") if found else ""
        if found is None or key not in _KEYS or key in said:
            raise UsageError(f"{path}: {line!r} is no line of a query's head; see another query for how it is written")
        said[key] = found["said"]
    return said


def _joint(before: str) -> str:
    return "" if before[-1] > "\u2e80" else " "


def _written(key: str) -> str:
    return key.replace("_zh", " (zh)")
