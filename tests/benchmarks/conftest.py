"""Prints what `make bench` measured, side by side."""

from __future__ import annotations

import pytest

collect_ignore_glob: list[str] = []
try:
    import pytest_benchmark  # noqa: F401
except ImportError:
    collect_ignore_glob.append("test_*.py")  # `make test` does not install what is measured against


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    for found in session.benchmarks if session else ():
        figures = ", ".join(f"{name} {value}" for name, value in found.extra_info.items())
        terminalreporter.write_line(f"{found.name}: {figures}")
