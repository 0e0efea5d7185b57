"""What can go wrong, as one sentence for the user and an exit code for the caller."""

from __future__ import annotations


class DafuError(Exception):
    """Something that the user can act on: the message says what, where and what to do. Exit code 1."""

    exit_code = 1


class UsageError(DafuError):
    """The command or a dataset's description is wrong; nothing was started. Exit code 2."""

    exit_code = 2


class GateRefusedError(DafuError):
    """The release was built and refused; it stays in staging with its reasons. Exit code 3."""

    exit_code = 3


class BusyError(DafuError):
    """Another process is at work on the same dataset; nothing was started. Exit code 1."""


class SiteUnreachableError(DafuError):
    """The site did not answer at all. Exit code 1."""


class BlockedError(DafuError):
    """The site answered with a challenge; what was fetched before is kept. Exit code 4."""

    exit_code = 4
