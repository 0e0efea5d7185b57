"""What is put into SQL: names and texts, quoted."""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return a name as SQL says it."""
    return '"' + name.replace('"', '""') + '"'


def text(said: object) -> str:
    """Return a text (or a path) as SQL says it."""
    return "'" + str(said).replace("'", "''") + "'"
