"""What a table is: a pydantic model whose fields carry everything else that is ever said about a column.

A column is declared once, as an annotated field::

    number: Annotated[str | None, Column("The number as printed.", "编号（照原文）。", source="page title")]

From that one declaration come the row check (pydantic, strict), the Arrow and Parquet schema (`schemas.arrow`),
the `dictionary` table, the reference page and the descriptors of a release (`schemas.describe`). A field without a
`Column` does not build.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Column:
    """What a reader has to know of a column.

    `en`, `zh`: the description in both languages. `unit`: of the value, if it has one. `source`: where the value
    is read from. `observed`: the value tells when or how we looked, not what the source says; a release that
    differs from the last one only in such columns has nothing new in it. `references`: the `table.column` in which
    every value (of a list: every item) stands, null apart. `unique`: no value stands in two rows; a column that is
    referenced, or a table's whole key, is unique without saying so. `place`: the value says where a row stands among
    those of its letter (a span, a running number, an id made of one), so it changes when something is put before it.
    `together`: the value follows from what other letters say as well. `bits`: the width in which a whole number is
    kept.
    """

    en: str
    zh: str
    unit: str | None = None
    source: str = "letter"
    observed: bool = False
    references: str | None = None
    unique: bool = False
    place: bool = False
    together: bool = False
    bits: Literal[32, 64] = 64


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: every value of `column`, null apart, stands in `to` of `table`; `in_list`: every item does."""

    column: str
    table: str
    to: str
    in_list: bool


@dataclass(frozen=True, slots=True)
class About:
    """What a table is.

    `key`: the columns that identify a row, which is also the order of the rows in a release. `raw`: for a
    table whose rows mark a place in `replies.text`, the columns that, joined, say what stands there:
    text[char_start:char_end] == raw. `observed`: every column of the table is (see `Column.observed`). `derived`: the
    rows are made at the release from those of the other tables (or from the declarations), so they are no part of the
    records, of what a release says, or of what changed. `known_by`: by which columns a row of a letter is known again
    in another release; else by `raw`, else by its key. `together`: the rows follow from what other letters say as well.
    """

    name: str
    en: str
    zh: str
    key: tuple[str, ...]
    raw: tuple[str, ...] | None = None
    observed: bool = False
    derived: bool = False
    known_by: tuple[str, ...] = ()
    together: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """Says in an annotation that the text is one of these codes; `meanings`: of each, in English and Chinese."""

    codes: tuple[str, ...]
    meanings: tuple[tuple[str, str], ...]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the check, as for a Literal."""
        return core_schema.literal_schema(list(self.codes))


class Described(BaseModel):
    """Something of which every field is declared with a Column."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        """Refuse a field that nobody has described."""
        super().__pydantic_init_subclass__(**kwargs)
        for name in cls.model_fields:
            cls.column(name)

    @classmethod
    def column(cls, name: str) -> Column:
        """Return the declaration of field `name`; TypeError if it has none."""
        for item in cls.model_fields[name].metadata:
            if isinstance(item, Column):
                if not (item.en and item.zh):
                    raise TypeError(f"{cls.__name__}.{name} wants a description in both languages")
                return item
        raise TypeError(f"{cls.__name__}.{name} is not declared with a Column")


class Struct(Described):
    """A value with named parts inside a column, such as one proposer."""


class Table(Described):
    """A row of a table; the subclass is the table's declaration."""

    about: ClassVar[About]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 - pydantic's own signature
        """Refuse a column that is not described, or refers to nothing."""
        super().__pydantic_init_subclass__(**kwargs)
        cls.references()

    @classmethod
    def observed_columns(cls) -> tuple[str, ...]:
        """Return the columns that say when or how we looked (see `Column.observed`)."""
        return tuple(name for name in cls.model_fields if cls.about.observed or cls.column(name).observed)

    @classmethod
    def known_by(cls) -> tuple[str, ...]:
        """Return the columns by which a row is known again in another release, beside its letter."""
        named = cls.about.known_by or cls.about.raw
        return named or tuple(name for name in cls.about.key if name != "reply_id" and not cls.column(name).place)

    @classmethod
    def values(cls, name: str) -> tuple[str, ...]:
        """Return the only values that column `name` (of a list: its items) can have; nothing if any is possible."""
        return tuple(cls.meanings(name)) or _literal(cls.model_fields[name].annotation)

    @classmethod
    def meanings(cls, name: str) -> dict[str, tuple[str, str]]:
        """Return what each code of column `name` means, in English and Chinese; nothing if it has no codes."""
        field = cls.model_fields[name]
        return next(
            (
                dict(zip(mark.codes, mark.meanings, strict=True))
                for mark in (*field.metadata, *_marks(field.annotation))
                if isinstance(mark, OneOf)
            ),
            {},
        )

    @classmethod
    def references(cls) -> tuple[Reference, ...]:
        """Return the foreign keys, in the order of the columns; TypeError if one is not written `table.column`."""
        found = []
        for name, field in cls.model_fields.items():
            said = cls.column(name).references
            if said is not None:
                table, dot, to = said.partition(".")
                if not (table and dot and to):
                    raise TypeError(f"{cls.__name__}.{name} references {said!r}; write table.column")
                found.append(Reference(name, table, to, in_list=get_origin(field.annotation) is list))
        return tuple(found)


def unique_columns(table: type[Table], tables: Iterable[type[Table]]) -> set[str]:
    """Return the columns of which no value stands in two rows of `table`: a lone key, those declared, those referenced.

    `tables`: all that can refer to it.
    """
    lone = set(table.about.key) if len(table.about.key) == 1 else set()
    declared = {name for name in table.model_fields if table.column(name).unique}
    return lone | declared | {r.to for other in tables for r in other.references() if r.table == table.about.name}


def struct_of(annotation: Any) -> type[Struct] | None:  # noqa: ANN401 - any annotation a field can have
    """Return the Struct that a column's values, or the items of its lists, are; None if they are plain."""
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return annotation
    return next((found for part in get_args(annotation) if (found := struct_of(part))), None)


def _literal(annotation: Any) -> tuple[str, ...]:  # noqa: ANN401 - any annotation a field can have
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _literal(part))), ())


def _marks(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation a field can have
    yield from getattr(annotation, "__metadata__", ())
    for part in get_args(annotation):
        yield from _marks(part)
