"""The SQL macro `search`, as dafu.duckdb holds it and as views.sql makes it."""

from __future__ import annotations

from importlib import resources

from flows.release.sql import text

LONGEST_WORD = 24
"""Of a word that is not indexed as it is asked for, pieces are looked for up to this length."""
_WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "\u3000“”「」『』"
_PLAIN = "".join(map(chr, range(0x21, 0x7F))) + ' """"""'
_UNSURE = "SEMI JOIN possible USING (letter_no)"
_LETTERS = {"first_texts": f"first {_UNSURE}", "rest_texts": f"rest {_UNSURE}", "titles": "best"}
"""Of which letters the macro reads the rows of `replies`, by the place in its text that says so."""
_LINES = {"sentences": "sentence", "sections": "section"}
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
    `by_row` says so.
    """
    said = resources.files("flows.release").joinpath("search.sql").read_text(encoding="utf-8")
    for place, letters in _LETTERS.items():
        numbers = f"SELECT CAST(letter_no AS BIGINT) FROM search_letters SEMI JOIN (SELECT letter_no FROM {letters}) USING (letter_no)"  # noqa: S608
        by_number = f"rowid IN ({numbers})"
        by_id = f"reply_id IN (SELECT reply_id FROM {letters})"  # noqa: S608 - names of ours
        said = said.replace(f"${place}", by_number if by_row else by_id)
    for place, line in _LINES.items():
        by_number = f"rowid IN (SELECT unnest(range(first_{line}, last_{line} + 1)) FROM best)"  # noqa: S608
        said = said.replace(f"${place}", by_number if by_row else "reply_id IN (SELECT reply_id FROM best)")
    known = {"$wide": text(_WIDE), "$plain": text(_PLAIN), "$longest": str(LONGEST_WORD + 1)}
    for place, value in {**known, "$query": query, "$top": top}.items():
        said = said.replace(place, value)
    return said.rstrip()
