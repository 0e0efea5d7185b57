"""One letter taken apart for a sceptical reader: every sentence with its role, the rule that gave it, and its facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.text import Text

from flows.read.show import head
from parsers.roles import RULES

Row = dict[str, Any]


def as_text(letter: dict[str, Any]) -> Text:
    """Return the explanation for the terminal."""
    shown = head(letter["reply"])
    for row in sorted([*letter["sections"], *letter["sentences"]], key=lambda row: (row["char_start"], "role" in row)):
        if "rule" in row:
            shown.append(f"\n{row['n']:>3}  ", style="dim")
            shown.append(row["role"], style="bold green")
            shown.append(f" by rule {row['rule']}\n", style="dim")
            shown.append(f"     {row['text']}\n")
        else:
            shown.append(f"\n{row['path']} {row['title']}", style="bold")
            shown.append(f"  {row['role'] or 'no role'}{', run in' if row['run_in'] else ''}\n", style="dim")
        for kind, fact in _facts(letter, row):
            shown.append(f"     {kind:<12} ", style="dim")
            shown.append(f"{fact}\n")
    shown.append("\nrules, in the order in which they are asked\n", style="bold")
    for rule in RULES:
        shown.append(f"  {rule.name:<15}{rule.role:<11}", style="dim")
        shown.append(f"{rule.example}\n")
    return shown


def _facts(letter: dict[str, Any], row: Row) -> Iterator[tuple[str, str]]:
    """Yield the facts of a sentence, or of a heading, which has no sentence_id: those that stand within it."""
    sentence_id = row.get("sentence_id")
    for table, (kind, said) in _SAID.items():
        for fact in letter[table]:
            within = row["char_start"] <= fact["char_start"] < row["char_end"]
            if fact["sentence_id"] == sentence_id and (sentence_id is not None or within):
                yield kind, said(fact)


def _promise(row: Row) -> str:
    by = f"{row['actor_raw']} ({row['actor']})" if row["actor_raw"] else "actor not said"
    when = f"{row['deadline_raw']} ({row['deadline_on']})" if row["deadline_raw"] else "no deadline"
    actions = "; ".join(f"{action['verb']} | {action['phrase']}" for action in row["actions"])
    marked = f"marker {row['marker']}" if row["marker"] else "bare verb under a next-steps heading"
    repeats = f"; says again {row['repeats'].rpartition('#')[2]}" if row["repeats"] else ""
    return f"{row['modality']}: {marked}; {by}; {when}; {actions}{repeats}"


def _citation(row: Row) -> str:
    issuers = "、".join(row["issuers"])
    by = f"issued by {issuers} ({row['issuer_basis']})" if issuers else "issuer not said"
    return f"{row['raw']} {row['doc_number'] or ''} {by}".replace("  ", " ")


def _quantity(row: Row) -> str:
    value = "a range" if row["value"] is None else f"{row['value']:,g}"
    approximate = ", approximate" if row["approximate"] else ""
    return f"{row['raw']} = {value} {row['unit']}{approximate}, of {row['counted'] or 'what is not said'}"


def _list(row: Row) -> str:
    items = " / ".join(row["items"])
    counted = f", said to be {row['declared_count']}" if row["declared_count"] is not None else ""
    return f"{row['head'] or 'no head'}: {items}{counted}, {'open' if row['is_open'] else 'closed'}"


_SAID: dict[str, tuple[str, Callable[[Row], str]]] = {
    "commitments": ("promise", _promise),
    "citations": ("document", _citation),
    "quantities": ("quantity", _quantity),
    "enumerations": ("list", _list),
    "organizations": ("organisation", lambda row: f"{row['raw']} → {row['name']}, {row['role']}"),
    "programmes": ("programme", lambda row: f"{row['name']}"),
}
