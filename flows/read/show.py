"""One letter on the screen: its facts in a head, and all that was read from it marked in the text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from rich.text import Text

from flows.errors import UsageError
from schemas.record import Record

_STYLES = {
    "commitments": "underline",
    "enumerations": "italic",
    "organizations": "magenta",
    "programmes": "green",
    "citations": "cyan",
    "quantities": "yellow",
    "sections": "bold",
}
"""How each table's rows are marked; where two overlap, both show, or the later one's colour."""
_HEAD = ("reply_id", "kind", "term", "session", "number", "published_on", "signed_on", "lag_days", "signatory", "url")


def find_letter(database: Path, wanted: str) -> dict[str, Any]:
    """Return a letter and its rows by reply_id, article id or number.

    UsageError if there is none, or if several letters have the number: they are named.
    """
    with duckdb.connect(str(database), read_only=True) as con:
        found = con.execute(
            "SELECT reply_id, page_title FROM replies WHERE reply_id = $1 OR split_part(reply_id, ':', 2) = $1 "
            "OR number = $1 OR number_int = TRY_CAST($1 AS BIGINT) ORDER BY reply_id",
            [wanted],
        ).fetchall()
        if not found:
            raise UsageError(
                f"no letter has the number or id {wanted!r}; `dafu sql` lists them: reply_id and number of replies"
            )
        if len(found) > 1:
            named = "; ".join(f"{reply_id} {title}" for reply_id, title in found)
            raise UsageError(f"{len(found)} letters have the number {wanted!r}, name one by its id: {named}")
        reply_id = found[0][0]
        tables = [name for name in Record.model_fields if name != "reply"]
        letter = {name: _rows(con, name, reply_id) for name in tables}
        return {"reply": _rows(con, "replies", reply_id)[0], **letter}


def as_text(letter: dict[str, Any], cited: str) -> Text:
    """Return the letter for the terminal; `cited` is how it is to be cited."""
    shown = head(letter["reply"])
    for name, style in _STYLES.items():
        count = len(letter[name])
        if count:
            shown.append(f"{name}", style=style)
            shown.append(f" {count}  ", style="dim")
    shown.append("\n\n")
    shown.append_text(_marked(letter))
    shown.append("\n\ncite as: ", style="dim")
    shown.append(cited)
    return shown


def head(reply: dict[str, Any]) -> Text:
    """Return what is known of a letter as a whole."""
    shown = Text()
    shown.append(f"{reply['page_title'] or reply['reply_id']}\n", style="bold underline")
    for name in _HEAD:
        if reply[name] is not None:
            shown.append(f"{name:<13}", style="dim")
            shown.append(f"{reply[name]}\n")
    proposers = ", ".join(" ".join(part for part in (p["name"], p["role"]) if part) for p in reply["proposers"])
    for name, said in (("proposers", proposers), ("flags", ", ".join(reply["flags"]))):
        if said:
            shown.append(f"{name:<13}", style="dim")
            shown.append(f"{said}\n")
    return shown


def as_json(letter: dict[str, Any]) -> str:
    """Return the letter with all its rows as JSON."""
    return json.dumps(letter, ensure_ascii=False, indent=1, default=str)


def _marked(letter: dict[str, Any]) -> Text:
    text = Text(letter["reply"]["text"])
    for name, style in _STYLES.items():
        for row in letter[name]:
            text.stylize(style, row["char_start"], row["char_end"])
    return text


def _rows(con: duckdb.DuckDBPyConnection, table: str, reply_id: str) -> list[dict[str, Any]]:
    con.execute(f"SELECT * FROM {table} WHERE reply_id = $1", [reply_id])  # noqa: S608 - a table of ours
    columns = [entry[0] for entry in con.description or []]
    return [dict(zip(columns, row, strict=True)) for row in con.fetchall()]
