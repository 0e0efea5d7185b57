"""Full-text search over a release: the SQL macro `search`, and its hits on the screen."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
from rich.text import Text

from flows.errors import DafuError, UsageError

_STYLE = "bold yellow"


def find(database: Path, query: str, limit: int) -> list[dict[str, Any]]:
    """Return the best `limit` letters for a query, each with its best sentence; none if no word of it occurs.

    UsageError if the query says nothing that a letter is to have, DafuError if the release is from before there was an
    index.
    """
    if not any(re.search(r"[^\W_]", word) and not word.startswith("-") for word in query.split()):
        raise UsageError(f"{query!r} names no word that a letter is to have; say what to search for")
    with duckdb.connect(str(database), read_only=True) as con:
        if not con.execute("SELECT 1 FROM duckdb_functions() WHERE function_name = 'search'").fetchall():
            raise DafuError(f"{database.parent} has no search index yet; search a newer release, or make one")
        con.execute(f"FROM search($1, top := {limit:d})", [query])
        columns = [entry[0] for entry in con.description or []]
        return [dict(zip(columns, row, strict=True)) for row in con.fetchall()]


def as_text(hits: list[dict[str, Any]]) -> Text:
    """Return the hits for the terminal, each with the words that were found in it marked."""
    shown = Text()
    for hit in hits:
        shown.append(f"{hit['score']:.2f}", style="dim")
        shown.append(f"  {hit['number'] or hit['reply_id']}  ", style="bold")
        shown.append(_marked(hit["title"] or "", hit["words"]))
        shown.append("\n")
        if hit["sentence"]:
            shown.append("  ")
            shown.append(_marked(hit["sentence"], hit["words"]))
            shown.append("\n")
    return shown


def as_json(hits: list[dict[str, Any]]) -> str:
    """Return the hits as a JSON list."""
    return json.dumps(hits, ensure_ascii=False, default=str)


def _marked(line: str, words: list[str]) -> Text:
    """Mark words in a line; they are known in lower case and without spaces."""
    text = Text(line)
    for word in words:
        text.highlight_regex(re.compile(" *".join(map(re.escape, word)), re.IGNORECASE), style=_STYLE)
    return text
