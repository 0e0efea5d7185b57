"""How much of a file is read at most, and how a reader says that it reads none of it."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.attachments import AttachmentStatus


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that no letter comes near: what goes beyond one is `oversized`, whatever it holds.

    `inflated_bytes` is what the members of a zip may come to together, `members` how many they may be.
    """

    file_bytes: int = 50_000_000
    inflated_bytes: int = 100_000_000
    members: int = 5_000
    pages: int = 500
    characters: int = 1_000_000


class UnreadableError(Exception):
    """A file is not read; `status` says why."""

    def __init__(self, status: AttachmentStatus) -> None:
        super().__init__(status)
        self.status: AttachmentStatus = status
