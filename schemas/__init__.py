"""What a record is: one declaration per table, from which every other description of it is derived."""

from schemas.attachments import Attachment
from schemas.captures import Capture
from schemas.changes import ChangedValue
from schemas.commitments import Commitment
from schemas.coverage import Coverage
from schemas.dictionary import DictionaryEntry
from schemas.facts import Citation, Quantity
from schemas.history import HistoryEvent
from schemas.issues import Issue
from schemas.names import Enumeration, Organization, Programme
from schemas.passages import SharedPassage
from schemas.replies import Reply
from schemas.search import Posting, SearchLetter, Term
from schemas.snapshot import current_version
from schemas.structure import Section, Sentence
from schemas.table import Table

TABLES: tuple[type[Table], ...] = (
    Reply,
    Section,
    Sentence,
    Citation,
    Quantity,
    Commitment,
    Enumeration,
    Organization,
    Programme,
    Attachment,
    SharedPassage,
    Capture,
    HistoryEvent,
    Issue,
    Coverage,
    SearchLetter,
    Term,
    Posting,
    DictionaryEntry,
    ChangedValue,
)
"""The tables of a release, in the order in which they are listed everywhere."""

RECORDED = tuple(table for table in TABLES if not table.about.derived)
"""Those whose rows come from parse; the others are made of them at the release."""

SCHEMA_VERSION = current_version(TABLES)
"""Of the tables as a whole; see `schemas.snapshot` for what raises it."""
