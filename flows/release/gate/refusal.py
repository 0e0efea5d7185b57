"""What is said of a refused release: one sentence, and the page that is left with it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from flows.release.gate.checks import Check

_FIRST = 4
_WIDE = 300


def sentence(checks: Iterable[Check]) -> str:
    """Return which checks did not hold, the first few of many."""
    failed = [made for made in checks if not made.holds]
    said = [f"{made.name} is {made.measured:g}, {made.bound} {made.limit:g}" for made in failed[:_FIRST]]
    more = [f"and {len(failed) - _FIRST} more"] if len(failed) > _FIRST else []
    return ", ".join(said + more)


def refusal(dataset: str, checks: Iterable[Check]) -> str:
    """Return REFUSED.md: what was measured, the limit, rows to look at, and what to do."""
    checks = list(checks)
    failed = [made for made in checks if not made.holds]
    wrong, other = ([made for made in failed if made.rule.integrity is kind] for kind in (True, False))
    lines = [
        f"# {dataset}: the release was refused",
        "",
        f"{len(failed)} of {len(checks)} checks did not hold. The files here are the release that was refused.",
        *(_part("Wrong: to be mended, nobody can accept it", wrong) if wrong else ()),
        *(_part("Not as expected: to be mended, or accepted with a reason", other) if other else ()),
        *_what_to_do(dataset, wrong, other),
    ]
    return "\n".join(lines) + "\n"


def _part(title: str, failed: list[Check]) -> Iterator[str]:
    yield f"\n## {title}"
    for made in failed:
        yield f"\n### {made.name}\n\n{made.rule.en}\n{made.rule.zh}\n"
        yield f"Measured {made.measured:g}, limit {made.bound} {made.limit:g}{_where(made)}."
        if made.examples:
            names = list(dict.fromkeys(name for row in made.examples for name in row))
            yield "\n| " + " | ".join(names) + " |\n|" + "---|" * len(names)
            yield from ("| " + " | ".join(cell(row.get(name)) for name in names) + " |" for row in made.examples)


def _where(made: Check) -> str:
    return f" (`{made.rule.limit}` in `[expectations]` of dataset.toml)" if made.rule.limit != "0" else ""


def cell(said: Any) -> str:  # noqa: ANN401 - whatever a column holds
    """Return a value as a cell of a Markdown table, on one line; a long one is cut."""
    text = "" if said is None else " ".join(str(said).split()).replace("|", "\\|")
    return text if len(text) <= _WIDE else text[:_WIDE] + "…"


def _what_to_do(dataset: str, wrong: list[Check], other: list[Check]) -> Iterator[str]:
    yield "\n## What to do\n"
    if wrong:
        yield "- What is wrong is a defect: mend it, then run `dafu parse` and `dafu release` again."
    if other:
        yield "- If the site or the parser failed, mend that and run the pipeline again: the archive keeps every page."
        yield "- If the limit is wrong for good, change it in dataset.toml, for all releases to come."
    if other and not wrong:
        words = [word for made in other for word in ("--accept", made.name, "--because", "…")]
        command = shlex.join(["dafu", "release", dataset, *words])
        yield f"- If all is as it should be, say why, for this release only:\n\n  ```sh\n  {command}\n  ```"
