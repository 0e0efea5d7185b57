"""Prefect's settings for a run from the command line, made before Prefect is imported.

No telemetry, nothing but our own lines on the terminal; Prefect's log still goes to its server. A setting that the
user has made in the environment stays.
"""

from __future__ import annotations

import os

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


def show_logs() -> None:
    """Let Prefect's log go to the terminal too, for a command whose output is a log; before Prefect is imported."""
    if os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] == _SETTINGS["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"]:
        os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "INFO"


def prepare() -> None:
    """Set what the user has not."""
    for name, setting in _SETTINGS.items():
        os.environ.setdefault(name, setting)
