"""`changes`: what a release says otherwise than the one before, and why."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from schemas.table import About, Column, Table

Change = Literal[
    "added",
    "removed",
    "changed",
    "column_added",
    "column_removed",
    "column_retyped",
    "table_added",
    "table_removed",
    "not_compared",
]
Cause = Literal["source", "parser", "correction", "schema", "other_letters", "unknown"]
SCHEMA_CHANGES = ("column_added", "column_removed", "column_retyped", "table_added", "table_removed", "not_compared")
"""The changes that tell of a table as a whole rather than of a row."""


class ChangedValue(Table):
    """A row that came or went, or a value that changed."""

    about: ClassVar = About(
        name="changes",
        en="Every row that came or went since the last release and every value that changed, with its cause. A letter "
        "that came or went is one row: its sentences and facts came and went with it.",
        zh="自上一版以来新增、删除的行与变动的值及其原因。整件新增或删除的答复只占一行，其句子与事实随之增减。",
        key=("table_name", "reply_id", "row_key", "change", "column_name"),
        derived=True,
    )

    table_name: Annotated[str, Column("Table.", "表名。", source="schemas")]
    reply_id: Annotated[
        str | None,
        Column(
            "The letter, of this release or the last one.",
            "所属答复（见本版或上一版）。",
            source="derived",
        ),
    ]
    row_key: Annotated[
        str | None,
        Column(
            "The row's key, its columns as JSON: in the last release if the row was removed, else in this one.",
            "行的主键（JSON）：已删除的行取上一版，其余取本版。",
            source="derived",
        ),
    ]
    change: Annotated[
        Change,
        Column(
            "added or removed (a row), changed (a value), column_added, column_removed, column_retyped, table_added, "
            "table_removed, not_compared (the columns by which its rows are known again are not in both). Rows of a "
            "letter are known again by what they quote, not by where it stands: spans, running numbers and the ids "
            "made of them count as changed only if the letter kept its text, its headings and its sentences.",
            "行的新增（added）、删除（removed），值的变动（changed），列或表的增、删、改类型，无法比较（not_compared）。"
            "行按所引文字而非位置对应；位置、序号及由其构成的编号，仅在全文、标题与句子均未变时才算变动。",
            source="derived",
        ),
    ]
    column_name: Annotated[
        str | None,
        Column("The changed column; null for a whole row.", "变动的列；整行则为空。", source="schemas"),
    ]
    old_value: Annotated[
        str | None,
        Column(
            "The value in the last release as JSON, of a removed row all its values; null if there was none.",
            "上一版的值（JSON）；删除的行为整行；无则为空。",
            source="last release",
        ),
    ]
    new_value: Annotated[
        str | None,
        Column(
            "The value in this release as JSON, of an added row all its values; null if there is none.",
            "本版的值（JSON）；新增的行为整行；无则为空。",
            source="derived",
        ),
    ]
    causes: Annotated[
        list[Cause],
        Column(
            "Why, sorted; several can hold. source: the site changed. parser: the same pages are read otherwise. "
            "correction: corrections.toml changed. schema: the table did. other_letters: the letter itself is the "
            "same, others came or changed. unknown: what the pages said then cannot be read any more, see because.",
            "原因（可多个，已排序）：source 网站变动；parser 同一网页由新解析器读出不同；correction 更正变动；"
            "schema 表结构变动；other_letters 本件未变而其他答复变动；unknown 当时网页已无法重读，说明见 because。",
            source="last release's captures, read again",
        ),
    ]
    old_capture_id: Annotated[
        str | None,
        Column("The capture that the last release read it from.", "上一版所据的抓取记录。", source="last release"),
    ]
    new_capture_id: Annotated[
        str | None, Column("The capture that this release read it from.", "本版所据的抓取记录。", source="archive")
    ]
    because: Annotated[
        str | None,
        Column(
            "What a correction says of itself, which letter a removed one is part of now, or why no cause is known.",
            "更正的理由与依据、被并入的答复，或原因不明的说明。",
            source="issues",
        ),
    ]
