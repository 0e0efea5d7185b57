"""A record: one letter with all its rows, the unit in which letters travel from parse to release."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from schemas.attachments import Attachment
from schemas.commitments import Commitment
from schemas.facts import Citation, Quantity
from schemas.history import HistoryEvent
from schemas.names import Enumeration, Organization, Programme
from schemas.passages import SharedPassage
from schemas.replies import Reply
from schemas.structure import Section, Sentence
from schemas.table import Table


class Record(BaseModel):
    """The rows of one letter; each list is named after its table."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    reply: Reply
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    quantities: tuple[Quantity, ...]
    commitments: tuple[Commitment, ...] = ()
    enumerations: tuple[Enumeration, ...] = ()
    organizations: tuple[Organization, ...] = ()
    programmes: tuple[Programme, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    shared_passages: tuple[SharedPassage, ...] = ()
    history: tuple[HistoryEvent, ...] = ()

    def rows(self) -> Iterator[Table]:
        """Yield all rows, the reply's first."""
        yield self.reply
        for name in type(self).model_fields:
            if name != "reply":
                yield from getattr(self, name)
