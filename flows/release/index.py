"""The index of words in a release: `search_letters`, `terms` and `postings`, made of the tokens that parse left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.release.parquet import Entry
from flows.release.tables import write_table
from schemas.search import Posting, SearchLetter, Term

_TOKENS = {"sentences": "tokens", "sections": "tokens", "replies": "title_tokens"}
"""The columns that hold the words of a letter, by table."""
_NUMBERED = """
CREATE TABLE numbered AS
SELECT reply_id, CAST(row_number() OVER () - 1 AS INTEGER) AS letter_no FROM replies
"""
_COUNTED = pa.schema([("letter_no", pa.int32()), ("word_no", pa.int32()), ("occurrences", pa.int64())])
_INDEXED = """
CREATE TABLE indexed AS
SELECT letter_no, word_no, CAST(sum(occurrences) AS INTEGER) AS occurrences FROM counted GROUP BY letter_no, word_no
"""
_LETTERS = """
SELECT letter_no, reply_id, coalesce(words, 0) AS words, first_sentence, last_sentence, first_section, last_section
FROM numbered LEFT JOIN (SELECT letter_no, sum(occurrences) AS words FROM indexed GROUP BY letter_no) USING (letter_no)
LEFT JOIN (
    SELECT reply_id, min(row) AS first_sentence, max(row) AS last_sentence
    FROM (SELECT reply_id, row_number() OVER () - 1 AS row FROM sentences) GROUP BY reply_id
) USING (reply_id)
LEFT JOIN (
    SELECT reply_id, min(row) AS first_section, max(row) AS last_section
    FROM (SELECT reply_id, row_number() OVER () - 1 AS row FROM sections) GROUP BY reply_id
) USING (reply_id)
"""
_TERMS = """
SELECT row_number() OVER (ORDER BY term) - 1 AS term_id, term, letters, occurrences
FROM words JOIN (
    SELECT word_no, count(*) AS letters, sum(occurrences) AS occurrences FROM indexed GROUP BY word_no
) USING (word_no)
"""
_POSTINGS = """
SELECT term_id, letter_no, indexed.occurrences FROM indexed JOIN words USING (word_no) JOIN terms USING (term)
"""


def write_index(con: duckdb.DuckDBPyConnection, staging: Path, files: Mapping[str, Iterable[Path]]) -> dict[str, Entry]:
    """Write the index into `staging`; return what the manifest says of its tables.

    It is that of `replies`, `sections` and `sentences`, which are views of `con` and whose files are told by name.
    """
    con.execute(_NUMBERED)
    words: dict[str, int] = {}
    with con.cursor() as numbers:
        found = (
            counts
            for table, column in _TOKENS.items()
            for file in files[table]
            for counts in _counted(file, column, numbers, words)
        )
        con.register("counted", pa.RecordBatchReader.from_batches(_COUNTED, found))
        con.execute(_INDEXED)
        con.unregister("counted")
    con.register("words", pa.table({"term": list(words), "word_no": pa.array(words.values(), pa.int32())}))
    tables = ((SearchLetter, _LETTERS), (Term, _TERMS), (Posting, _POSTINGS))
    written = {table.about.name: write_table(con, table, sql, staging) for table, sql in tables}
    con.unregister("words")
    con.execute("DROP TABLE indexed; DROP TABLE numbered")
    return written


def _counted(
    path: Path, column: str, numbers: duckdb.DuckDBPyConnection, words: dict[str, int]
) -> Iterator[pa.RecordBatch]:
    """Yield how often each word stands in each letter, as far as a row group of a file says; number new `words`.

    The row group has a dictionary of its words, so they are compared once and then counted by number, which takes a
    third of the time of counting texts.
    """
    tokens = next(leaf.path for leaf in pq.ParquetFile(path).schema if leaf.path.startswith(f"{column}."))
    with pq.ParquetFile(path, read_dictionary=["reply_id", tokens]) as file:
        for number in range(file.num_row_groups):  # pyarrow joins no dictionaries of several row groups inside of lists
            rows = file.read_row_group(number, ["reply_id", column])
            letters, lists = (rows.column(name).combine_chunks() for name in ("reply_id", column))
            said, row = lists.flatten(), pc.list_parent_indices(lists)
            place = pc.shift_left(_letter_numbers(letters, numbers).take(row), 32)
            terms = pc.utf8_lower(said.dictionary).to_pylist()
            word = pa.array([words.setdefault(term, len(words)) for term in terms], pa.int64()).take(said.indices)
            counts = pc.value_counts(pc.bit_wise_or(place, word))
            place, often = counts.flatten()
            parts = pc.shift_right(place, 32), pc.bit_wise_and(place, 0xFFFFFFFF)
            yield pa.record_batch([*(part.cast(pa.int32()) for part in parts), often], schema=_COUNTED)


def _letter_numbers(letters: pa.DictionaryArray, numbers: duckdb.DuckDBPyConnection) -> pa.Array:
    """Return the number of each row's letter."""
    ids = letters.dictionary
    least = pc.min_max(ids).as_py()
    asked = "SELECT reply_id, letter_no FROM numbered WHERE reply_id BETWEEN ? AND ?"
    known = dict(numbers.execute(asked, [least["min"], least["max"]]).fetchall())
    return pa.array([known[reply_id] for reply_id in ids.to_pylist()], pa.int64()).take(letters.indices)
