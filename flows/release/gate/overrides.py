"""A release that the gate refuses can be accepted by name and with a reason, which its manifest keeps."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flows.errors import UsageError
from flows.release.gate.checks import Check
from flows.release.gate.rules import names, rule_of


def checked(accept: Mapping[str, str]) -> None:
    """Check what somebody wants to accept: reasons by the name of the check.

    UsageError if the gate makes no such check, if a reason is missing, or if the check is one of integrity: a release
    for which that does not hold is wrong, whatever the reason.
    """
    for name, because in accept.items():
        rule = rule_of(name)
        if rule is None:
            near = difflib.get_close_matches(name, list(names()), n=3)
            raise UsageError(
                f"the gate makes no check {name!r}; "
                + (f"did you mean {' or '.join(near)}" if near else "REFUSED.md and docs/gate.md name them")
            )
        if rule.integrity:
            raise UsageError(
                f"{name} cannot be accepted: a release for which it does not hold is wrong; mend what it found"
            )
        if not because.strip():
            raise UsageError(f"--accept {name} wants a reason: --because with a sentence that says why")


def accepted(checks: Iterable[Check], accept: Mapping[str, str]) -> tuple[list[Check], list[str]]:
    """Return the checks, with the reasons of those that failed and are accepted, and what need not have been."""
    checks = list(checks)
    failed = {made.name for made in checks if not made.passed and not made.rule.integrity}
    said = {name: because.strip() for name, because in accept.items() if name in failed}
    told = [replace(made, because=said.get(made.name)) for made in checks]
    return told, [name for name in accept if name not in said]
