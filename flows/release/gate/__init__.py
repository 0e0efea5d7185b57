"""The gate: what has to hold before a release becomes visible, and what may be accepted when it does not.

rules.py      every kind of check: its name, what it means, its limit, whether it can be accepted
checks.py     one check: its name, the measured value, the limit, rows to look at
integrity.py  the release agrees with itself and with its declarations (spans.py: every span with its letter)
expected.py   it is what dataset.toml expects
compared.py   it has lost nothing that the last release had
overrides.py  --accept CHECK --because "…"
refusal.py    REFUSED.md
"""

from __future__ import annotations

from flows.release.gate.checks import Check
from flows.release.gate.overrides import accepted, checked
from flows.release.gate.refusal import refusal, sentence
from flows.release.gate.run import run_checks

__all__ = ["Check", "accepted", "checked", "refusal", "run_checks", "sentence"]
