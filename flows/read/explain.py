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
    headings = {section["section_id"]: section for section in letter["sections"]}
    before: str | None = None
    for sentence in letter["sentences"]:
        section = headings.get(sentence["section_id"])
        if section and section["section_id"] != before:
            shown.append(f"\n{section['path']} {section['title']}", style="bold")
            shown.append(f"  {section['role'] or 'no role'}\n", style="dim")
            before = section["section_id"]
        shown.append(f"\n{sentence['n']:>3}  ", style="dim")
        shown.append(sentence["role"], style="bold green")
        shown.append(f" by rule {sentence['rule']}\n", style="dim")
        shown.append(f"     {sentence['text']}\n")
        for kind, fact in _facts(letter, sentence["sentence_id"]):
            shown.append(f"     {kind:<12} ", style="dim")
            shown.append(f"{fact}\n")
    shown.append("\nrules, in the order in which they are asked\n", style="bold")
    for rule in RULES:
        shown.append(f"  {rule.name:<13}{rule.role:<11}", style="dim")
        shown.append(f"{rule.example}\n")
    return shown


def _facts(letter: dict[str, Any], sentence_id: str) -> Iterator[tuple[str, str]]:
    for table, (kind, said) in _SAID.items():
        for row in letter[table]:
            if row["sentence_id"] == sentence_id:
                yield kind, said(row)


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
