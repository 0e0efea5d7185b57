"""`make accuracy`: the parser against the gold letters, as one table. What each row compares stands in README.md."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parsers.text import normalise
from tests.accuracy.gold import gold, names, read

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of one kind of fact over all letters."""

    kind: str
    right: int
    found: int
    gold: int

    @property
    def precision(self) -> float:
        """What of the found is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """What of the gold was found."""
        return self.right / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def facts_of_gold(said: Row) -> Iterator[tuple[str, Hashable]]:
    """Yield (kind of fact, fact) of a gold letter; a sentence is known by its text and how often it stood before."""
    if said["reply"] is None:
        return
    yield from _identity(said["reply"])
    for path, level, title, run_in, role in said["headings"]:
        yield "headings", (path, level, normalise(title), run_in)
        yield "section roles", (path, role)
    seen: Counter[str] = Counter()
    for sentence in said["sentences"]:
        text = normalise(sentence["text"])
        where = (text, seen[text])
        seen[text] += 1
        yield "roles", (where, sentence["role"])
        yield from _facts(where, sentence, sentence.get("commitment"))


def facts_of_record(record: Row) -> Iterator[tuple[str, Hashable]]:
    """Yield the same of what the parser read."""
    yield from _identity(record["reply"])
    for section in record["sections"]:
        yield "headings", (section["path"], section["level"], section["title"], section["run_in"])
        yield "section roles", (section["path"], section["role"])
    seen: Counter[str] = Counter()
    promises = {row["sentence_id"]: row for row in record["commitments"]}
    for sentence in record["sentences"]:
        where = (sentence["text"], seen[sentence["text"]])
        seen[sentence["text"]] += 1
        yield "roles", (where, sentence["role"])
        tables = ("citations", "quantities", "enumerations", "organizations", "programmes")
        mine = {t: [row for row in record[t] if row["sentence_id"] == sentence["sentence_id"]] for t in tables}
        yield from _facts(where, mine, promises.get(sentence["sentence_id"]))


IDENTITY = (
    "letter_type kind body_raw term session number number_int proposal_title page_title published_on salutation_raw "
    "proposers proposer_count signatory_raw signed_on doc_number reply_class_raw reply_class openness flags"
).split()


def _identity(reply: Row) -> Iterator[tuple[str, Hashable]]:
    for name in IDENTITY:
        value = reply[name]
        yield "identity", (name, json.dumps(normalise(value) if isinstance(value, str) else value, ensure_ascii=False))


def _facts(where: Hashable, rows: Row, promise: Row | None) -> Iterator[tuple[str, Hashable]]:
    for row in rows.get("citations", []):
        issued = (tuple(map(normalise, row["issuers"])), row["issuer_basis"], _plain(row["doc_number"]))
        yield "citations", (where, _plain(row["raw"]), *issued)
    for row in rows.get("quantities", []):
        value = None if row["value"] is None else round(float(row["value"]), 6)
        measured = (where, _plain(row["raw"]), value, row["unit"], row["approximate"])
        yield "quantities", measured
        yield "quantities, with what is counted", (*measured, _plain(row["counted"]), row["status"])
    if promise:
        said = (promise["modality"], promise["marker"], _plain(promise["deadline_raw"]), promise["deadline_on"])
        yield "commitments", (where, *said)
        yield "commitments, with their actor", (where, *said, _plain(promise["actor_raw"]), _plain(promise["actor"]))
        for action in promise["actions"]:
            yield "actions", (where, action["verb"], _plain(action["phrase"]))
    for row in rows.get("enumerations", []):
        items = tuple(_plain(item) for item in row["items"])
        yield "enumerations", (where, items, _plain(row["head"]), row["declared_count"], row["is_open"])
    for row in rows.get("organizations", []):
        yield "organisations", (where, _plain(row["raw"]), _plain(row["name"]))
        yield "organisations, with their role", (where, _plain(row["raw"]), _plain(row["name"]), row["role"])
    for row in rows.get("programmes", []):
        yield "programmes", (where, _plain(row["raw"]), _plain(row["name"]))


def _plain(text: str | None) -> str | None:
    return None if text is None else normalise(text).replace("〈", "《").replace("〉", "》")


def both(name: str) -> tuple[Counter[tuple[str, Hashable]], Counter[tuple[str, Hashable]]]:
    """Return the facts of a letter's gold and of its record."""
    record = read(name).record
    found = facts_of_record(record.model_dump(mode="json")) if record else ()
    return Counter(facts_of_gold(gold(name))), Counter(found)


def scores(letters: list[str]) -> list[Score]:
    """Return the score of every kind of fact, in the order in which a letter is read."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for name in letters:
        said, read_ = both(name)
        for counts, facts in ((wanted, said), (found, read_), (right, said & read_)):
            for (kind, _), times in facts.items():
                counts[kind] += times
    return [Score(kind, right[kind], found[kind], wanted[kind]) for kind in wanted]


def invented(letters: list[str]) -> list[str]:
    """Return the identity fields that a letter leaves empty and the parser does not."""
    found = []
    for name in letters:
        record, said = read(name).record, gold(name)["reply"]
        if said is None and record is not None:
            found.append(f"{name}: a reply")
        elif said is not None and record is not None:
            reply = record.reply.model_dump(mode="json")
            found += [f"{name}: {key}" for key in IDENTITY if said[key] in (None, []) and reply[key] not in (None, [])]
    return found


def table(letters: list[str]) -> str:
    """Return the scores as a Markdown table."""
    lines = ["| fact | gold | found | right | precision | recall | F1 |", "|---|---:|---:|---:|---:|---:|---:|"]
    for score in scores(letters):
        figures = f"{score.precision:.3f} | {score.recall:.3f} | {score.f1:.3f}"
        lines.append(f"| {score.kind} | {score.gold} | {score.found} | {score.right} | {figures} |")
    return "\n".join(lines)


def differences(name: str, show: Callable[[str], None]) -> None:
    """Show what the gold says and the parser does not (-), and the other way round (+)."""
    said, found = both(name)
    for sign, facts in (("-", said - found), ("+", found - said)):
        for kind, fact in facts:
            show(f"{sign} {name} {kind}: {fact}")


PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"


def reference() -> str:
    """Return the reference page with the table over all gold letters."""
    return (
        "# Accuracy · 准确度\n\nWritten by `make docs`; `make accuracy` prints it. The parser against letters that\n"
        "careful readers annotated before it saw them; what each row compares, and who may change a gold letter:\n"
        "[tests/accuracy](../tests/accuracy/README.md).\n\n"
        f"{table(names())}\n"
    )


def main(arguments: list[str]) -> None:
    """Print the table; with names, over these letters and with every difference; with --write, into the docs."""
    if arguments == ["--write"]:
        PAGE.write_text(reference(), encoding="utf-8")
        return
    letters = [name for name in names() if not arguments or any(name.startswith(part) for part in arguments)]
    if arguments:
        for name in letters:
            differences(name, print)
    print(table(letters))
    print(f"\n{len(letters)} pages; invented where the page says nothing: {', '.join(invented(letters)) or 'none'}")


if __name__ == "__main__":
    main(sys.argv[1:])
