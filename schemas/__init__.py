"""What a record is: one declaration per table, from which every other description of it is derived."""

from schemas.captures import Capture
from schemas.dictionary import DictionaryEntry
from schemas.facts import Citation, Quantity
from schemas.history import HistoryEvent
from schemas.issues import Issue
from schemas.replies import Reply
from schemas.structure import Section, Sentence
from schemas.table import Table

TABLES: tuple[type[Table], ...] = (
    Reply,
    Section,
    Sentence,
    Citation,
    Quantity,
    Capture,
    HistoryEvent,
    Issue,
    DictionaryEntry,
)
"""The tables of a release, in the order in which they are listed everywhere."""

SCHEMA_VERSION = "1.1.0"
"""Of the tables as a whole: a removed or retyped column raises the first number, an added one the second."""
