"""The index of words in a release: `search_letters`, `terms` and `postings`, made of the tokens that parse left."""

from __future__ import annotations

from pathlib import Path

import duckdb

from flows.release.parquet import Entry
from flows.release.tables import write_table
from schemas.search import Posting, SearchLetter, Term

_NUMBERED = """
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT reply_id, CAST(row_number() OVER (ORDER BY reply_id) - 1 AS INTEGER) AS letter_no FROM replies
"""
_COUNTED = """
CREATE OR REPLACE TEMP TABLE indexed AS
WITH texts AS (
    SELECT reply_id, tokens FROM sentences
    UNION ALL SELECT reply_id, tokens FROM sections
    UNION ALL SELECT reply_id, title_tokens FROM replies
),
words AS (SELECT letter_no, lower(unnest(tokens)) AS term FROM texts JOIN numbered USING (reply_id))
SELECT letter_no, term, CAST(count(*) AS INTEGER) AS occurrences FROM words GROUP BY letter_no, term
"""
_LETTERS = """
SELECT letter_no, reply_id, coalesce(words, 0) AS words
FROM numbered LEFT JOIN (SELECT letter_no, sum(occurrences) AS words FROM indexed GROUP BY letter_no) USING (letter_no)
"""
_TERMS = """
SELECT row_number() OVER (ORDER BY term) - 1 AS term_id, term, count(*) AS letters, sum(occurrences) AS occurrences
FROM indexed GROUP BY term
"""
_POSTINGS = "SELECT term_id, letter_no, indexed.occurrences FROM indexed JOIN terms USING (term)"


def write_index(con: duckdb.DuckDBPyConnection, staging: Path) -> dict[str, Entry]:
    """Write the index over the staged `replies`, `sections` and `sentences`; return what the manifest says of it."""
    con.execute(_NUMBERED)
    con.execute(_COUNTED)
    tables = ((SearchLetter, _LETTERS), (Term, _TERMS), (Posting, _POSTINGS))
    entries = {table.about.name: write_table(con, table, sql, staging) for table, sql in tables}
    con.execute("DROP TABLE indexed; DROP TABLE numbered")
    return entries
