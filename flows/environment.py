"""Prefect's settings for a run from the command line, made before Prefect is imported.

No telemetry, nothing but our own lines on the terminal; Prefect's log still goes to its server. A setting that the
user has made in the environment stays.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

from flows.errors import DafuError

_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_INTERNAL_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
}


_ROOM = 8_000_000
"""Bytes that Prefect's temporary server has to be able to write: its new database takes 1.3 MB, and its log 4 MB."""


def require_room(home: Path) -> None:
    """Try whether Prefect's database can grow in `home`; DafuError if it cannot: its server would hang, in silence.

    What is written is a file as large as the largest there would be, with a hole in it, so that a limit of the size of
    files is met as a full disk is.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        grown = max((path.stat().st_size for path in home.glob("prefect.db*")), default=0)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.seek(grown)
            probe.write(bytes(_ROOM))
            probe.flush()
    except OSError as error:
        raise DafuError(
            f"{home}: {error.strerror}; Prefect keeps its database there: make room, mend its rights or the limit of "
            "the size of files (`ulimit -f`), or set PREFECT_HOME to another folder"
        ) from error


def show_logs() -> None:
    """Let Prefect's log go to the terminal too, for a command whose output is a log; before Prefect is imported."""
    if os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == _SETTINGS["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"]:
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "INFO"


def prepare() -> None:
    """Set what the user has not."""
    for name, setting in _SETTINGS.items():
        os.environ.setdefault(name, setting)
    warnings.filterwarnings("ignore", "Failed to create the Prefect home")  # `require_room` says it where it matters
