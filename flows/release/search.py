"""The SQL macro `search`, as dafu.duckdb holds it and as views.sql makes it."""

from __future__ import annotations

from importlib import resources

from flows.release.sql import text

LONGEST_WORD = 24
"""Of a word that is not indexed as it is asked for, pieces are looked for up to this length."""
READ_FIRST = 1000
"""Of so many letters, the best, the texts are read for a phrase before those of all others are."""
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000“”「」『』"
_PLAIN = "".join(map(chr, range(0x21, 0x7F))) + ' """"""'
_LINES = {"sentences": "sentence", "sections": "section"}
"""Of these tables the macro reads the rows of the best letters; what one row is called in `search_letters`."""
_HEAD = "CREATE OR REPLACE MACRO search(query, top := 100) AS TABLE\n"


def search_over_views() -> str:
    """Return the statement that makes the macro over views; it can be read, and asked of any DuckDB since 1.1."""
    return f"{_HEAD}{_asked('CAST(query AS VARCHAR)', 'top', by_row=False)};\n"


def search_over_tables() -> str:
    """Return the statement that makes the macro in a database file, over its tables.

    DuckDB 1.4 finds no common table expression in a macro that another version has stored. So what is stored is the
    text of the query, which every version reads for itself.
    """
    said = text(_asked("$query", "$top", by_row=True))
    quoted = "replace(replace(coalesce(CAST(query AS VARCHAR), ''), chr(0), ' '), '''', '''''')"
    said = said.replace("$query", f"'''||{quoted}||'''").replace("$top", "'||CAST(top AS BIGINT)||'")
    return f"{_HEAD}FROM query({said});\n"


def _asked(query: str, top: str, *, by_row: bool) -> str:
    """Return the query, of a text and of a number of letters that are said in SQL.

    Only a table gives single rows without reading all the others, and only if they are named by their row numbers:
    `by_row` says so. A letter's number is that of its row in `replies`.
    """
    said = resources.files("flows.release").joinpath("search.sql").read_text(encoding="utf-8")
    numbered = "(SELECT *, rowid AS letter_no FROM replies)"
    said = said.replace("$replies", numbered if by_row else "(FROM replies JOIN search_letters USING (reply_id))")
    for table, line in _LINES.items():
        by_number = f"rowid IN (SELECT unnest(range(first_{line}, last_{line} + 1)) FROM best)"  # noqa: S608 - names of ours
        said = said.replace(f"${table}", by_number if by_row else "reply_id IN (SELECT reply_id FROM best)")
    known = {"$wide": text(_WIDE), "$plain": text(_PLAIN), "$longest": str(LONGEST_WORD + 1), "$first": str(READ_FIRST)}
    for place, value in {**known, "$query": query, "$top": top}.items():
        said = said.replace(place, value)
    return said.rstrip()
