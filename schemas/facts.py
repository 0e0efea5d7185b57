"""`citations` and `quantities`: what a letter states, each with its place in the text."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from schemas.columns import CharEnd, CharStart, ReplyId, SentenceId
from schemas.table import About, Column, Table

IssuerBasis = Literal["stated", "title"]
QuantityStatus = Literal["done", "planned"]


class Citation(Table):
    """A document named in 《》."""

    about: ClassVar = About(
        name="citations",
        en="Every mention of a document in 《》, the answered proposal's own title apart.",
        zh="以书名号引用的文件，每次提及一行；所答复提案自身的题目除外。",
        key=("reply_id", "char_start"),
        raw=("raw",),
    )

    reply_id: ReplyId
    sentence_id: SentenceId
    raw: Annotated[str, Column("The mention as printed, 《》 included.", "原文，含书名号。")]
    title: Annotated[str, Column("What stands between the outer 《》.", "外层书名号内的文字。")]
    title_key: Annotated[
        str,
        Column(
            "The title for grouping: without spaces, punctuation and the wrapping 关于印发…的通知.",
            "归并用题名：去空格、标点及“关于印发……的通知”外壳。",
            source="derived from title",
        ),
    ]
    doc_number: Annotated[
        str | None, Column("The number printed after the title: 国办发〔2020〕34号.", "题名后所注文号。")
    ]
    issuers: Annotated[
        list[str],
        Column("Who issued it, in the order printed; empty if not said.", "发文机关，按原文顺序；未写明则为空。"),
    ]
    issuer_basis: Annotated[
        IssuerBasis | None,
        Column(
            "`stated` by the sentence, or part of the `title`; null without issuers.",
            "依据：句中写明（stated）或题名自带（title）。",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd


class Quantity(Table):
    """A number with its unit."""

    about: ClassVar = About(
        name="quantities",
        en="Every stated quantity; one fact said twice is two rows with one fact_id.",
        zh="文中的数量，每次提及一行；同一事实重复出现时 fact_id 相同。",
        key=("reply_id", "char_start"),
        raw=("raw",),
    )

    reply_id: ReplyId
    sentence_id: SentenceId
    raw: Annotated[str, Column("The number with its unit as printed: 近3万名.", "数量原文：近3万名。")]
    value: Annotated[
        float | None,
        Column(
            "The value, 万 and 亿 multiplied out; null for a range (3至5个).",
            "数值，万、亿已换算；区间（3至5个）为空。",
            source="derived from raw",
        ),
    ]
    unit: Annotated[
        str,
        Column(
            "Measure word, currency or % as printed; the noun itself when it follows the number directly.",
            "量词、货币单位或 %；数字直接接名词时即该名词。",
        ),
    ]
    counted: Annotated[str | None, Column("What is counted, if said.", "所计的对象（如写明）。")]
    approximate: Annotated[
        bool,
        Column(
            "Whether it is about, over, some, or a range.",
            "是否为约数或区间（近、约、余、多、以上、3至5个等）。",
        ),
    ]
    status: Annotated[
        QuantityStatus | None,
        Column(
            "`done` in a sentence that reports, `planned` in one that promises, else null.",
            "所在句为已完成（done）或计划（planned），否则为空。",
            source="role of the sentence",
        ),
    ]
    fact_id: Annotated[
        str,
        Column(
            "The same for mentions of the same value of the same thing within a letter.",
            "同一答复内同一对象、同一数值的提及共用。",
            source="derived from value and counted",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd
