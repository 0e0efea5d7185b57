"""The `dafu` command: runs the stages, and reads what they made.

Exit codes: 0 done (also when nothing changed), 1 failed, 2 wrong usage, 3 the gate refused the release, 4 the site
blocked us. An error is one sentence on stderr; a traceback comes with --debug only.
"""

from __future__ import annotations

import json
import signal
import sys

import click

from flows import environment
from flows.cli import archive, reading, releases, schedule, stages
from flows.cli.common import dafu
from flows.errors import DafuError

__all__ = ["EXIT_CODES", "archive", "dafu", "main", "reading", "releases", "schedule", "stages"]

EXIT_CODES = {
    0: "done, also when nothing changed",
    1: "failed or interrupted",
    2: "wrong usage: the command, a dataset.toml or an SQL statement",
    3: "the gate refused the release; the last one stays the latest",
    4: "the site blocked us; nothing more was asked",
}
_INTERRUPTED = "interrupted; what was kept so far stands, run the same command again to go on"


def main() -> None:
    """Run the command line and exit with a documented code."""
    environment.prepare()
    debug = "--debug" in sys.argv
    interrupted = _Interrupts()
    try:
        with interrupted:
            ended = dafu.main(standalone_mode=False)
        code = ended if isinstance(ended, int) else 0
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        code = 2
    except click.ClickException as error:
        code = _failed(f"{error.format_message().rstrip('.')}; `dafu --help` shows what there is", 2)
    except DafuError as error:
        if debug:
            raise
        code = _failed(str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        code = _failed(_INTERRUPTED, 1)
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:
        if debug:
            raise
        code = _failed(_INTERRUPTED if interrupted.seen else _unforeseen(error), 1)
    sys.exit(code)


class _Interrupts:
    """Remembers a Ctrl-C: a library that it interrupts may raise something else in its place."""

    def __init__(self) -> None:
        self.seen = False

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGINT, self._interrupt)

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _interrupt(self, _signal: int, _frame: object) -> None:
        self.seen = True
        raise KeyboardInterrupt


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; mend that and run the same command again, what was kept so far stands"
    return f"a defect of ours: {type(error).__name__}: {error}; run again with --debug and report it"


def _failed(sentence: str, code: int) -> int:
    if "--json" in sys.argv:
        click.echo(json.dumps({"error": sentence, "exit_code": code}, ensure_ascii=False))
    click.echo(f"dafu: {sentence}", err=True)
    return code
