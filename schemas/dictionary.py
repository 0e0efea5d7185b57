"""`dictionary`: the columns of all tables, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar

from schemas.arrow import arrow_schema
from schemas.table import About, Column, Table


class DictionaryEntry(Table):
    """One column of one table."""

    about: ClassVar = About(
        name="dictionary",
        en="Every column of every table: its type, meaning in two languages, unit and source.",
        zh="所有表的所有列：类型、中英文含义、单位与来源。",
        key=("table_name", "column_name"),
        derived=True,
    )

    table_name: Annotated[str, Column("Table.", "表名。", source="schemas")]
    column_name: Annotated[str, Column("Column.", "列名。", source="schemas")]
    type: Annotated[str, Column("Arrow type.", "Arrow 类型。", source="schemas")]
    description_en: Annotated[str, Column("Meaning, in English.", "英文含义。", source="schemas")]
    description_zh: Annotated[str, Column("Meaning, in Chinese.", "中文含义。", source="schemas")]
    unit: Annotated[str | None, Column("Unit of the value, if it has one.", "单位（如有）。", source="schemas")]
    source: Annotated[str, Column("Where the value is read from.", "取值来源。", source="schemas")]


def dictionary(tables: Iterable[type[Table]]) -> Iterator[DictionaryEntry]:
    """Yield one entry a column, in the order of `tables` and of their columns."""
    for table in tables:
        for field in arrow_schema(table):
            column = table.column(field.name)
            yield DictionaryEntry(
                table_name=table.about.name,
                column_name=field.name,
                type=str(field.type),
                description_en=column.en,
                description_zh=column.zh,
                unit=column.unit,
                source=column.source,
            )
