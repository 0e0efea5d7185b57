"""Prints what `make bench` measured, side by side."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parsers import PARSER_VERSION
from schemas import SCHEMA_VERSION
from tests.conftest import REPOSITORY
from tests.letters_made import make_dataset

collect_ignore_glob: list[str] = []
try:
    import pytest_benchmark  # noqa: F401
except ImportError:
    collect_ignore_glob.append("test_*.py")  # `make test` does not install what is measured against


_MAKERS = ("tests/letters_made.py", "tests/made_grammar.py", "flows/parse/store.py", "flows/release/parquet.py")
"""What the made letters and the files they are in depend on, the parser and the schema apart."""


@pytest.fixture(scope="session")
def made_letters() -> Callable[[int], Path]:
    """Return the datasets folder in which `made` has so many letters; they are kept from one session to the next."""

    def made(letters: int) -> Path:
        said = (
            b"".join((REPOSITORY / path).read_bytes() for path in _MAKERS)
            + f"{PARSER_VERSION} {SCHEMA_VERSION}".encode()
        )
        folder = REPOSITORY / ".venv" / "made" / f"{letters}-{hashlib.sha256(said).hexdigest()[:12]}"
        if not folder.is_dir():
            unfinished = folder.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            make_dataset(unfinished, letters)
            unfinished.rename(folder)
        return folder

    return made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    session = getattr(config, "_benchmarksession", None)
    for found in session.benchmarks if session else ():
        figures = ", ".join(f"{name} {value}" for name, value in found.extra_info.items())
        terminalreporter.write_line(f"{found.name}: {figures}")
