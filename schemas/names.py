"""`enumerations`, `organizations` and `programmes`: what a letter names."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from schemas.columns import CharEnd, CharStart, ReplyId, SentenceId
from schemas.table import About, Column, Table

OrganizationRole = Literal["issuer", "actor", "partner", "recipient", "mentioned"]


class Enumeration(Table):
    """A list of things of one kind."""

    about: ClassVar = About(
        name="enumerations",
        en="Every list of things of one kind: A、B、C等10个X.",
        zh="并列列举：A、B、C等10个X。",
        key=("reply_id", "char_start", "char_end"),
        raw=("raw",),
    )

    reply_id: ReplyId
    sentence_id: SentenceId
    raw: Annotated[str, Column("The list as printed, with its head.", "列举原文，含中心语。")]
    head: Annotated[str | None, Column("The noun that the items are: X; null if not said.", "中心语；未写明则为空。")]
    items: Annotated[list[str], Column("The items as printed, in order.", "列举项，按原文顺序。")]
    declared_count: Annotated[
        int | None, Column("How many the letter says there are; null if not said.", "写明的数目；未写明则为空。")
    ]
    is_open: Annotated[
        bool,
        Column(
            "Whether 等 leaves the list open: false without it, or if the count is that of the items.",
            "是否未列尽（等）。",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd


class Organization(Table):
    """An organisation named in running text."""

    about: ClassVar = About(
        name="organizations",
        en="Every mention of an organisation outside 《》, and the part it plays in its sentence.",
        zh="书名号之外提及的机构及其在句中的角色，每次提及一行。",
        key=("reply_id", "char_start"),
        raw=("raw",),
    )

    reply_id: ReplyId
    sentence_id: SentenceId
    raw: Annotated[str, Column("The name as printed.", "名称原文。")]
    name: Annotated[
        str,
        Column(
            "The full name: 省教育厅 with the province; otherwise as printed.",
            "全称：省教育厅补全省名，其余照原文。",
            source="derived from raw and province",
        ),
    ]
    role: Annotated[
        OrganizationRole,
        Column(
            "issuer (of a document), actor (subject), partner (会同, 联合, 与), recipient (向…反映, 报, 商), else "
            "mentioned.",
            "发文、主体、协同、受文或请示对象，否则为提及。",
            source="words of the sentence",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd


class Programme(Table):
    """A programme named in running text."""

    about: ClassVar = About(
        name="programmes",
        en="Every mention of a named programme: a fixed or quoted name ending in 计划, 行动, 工程, 项目, 平台, 共同体, "
        "试点 or 改革.",
        zh="提及的专项名称：以计划、行动、工程、项目、平台、共同体、试点、改革结尾的固定或加引号的名称。",
        key=("reply_id", "char_start"),
        raw=("raw",),
    )

    reply_id: ReplyId
    sentence_id: SentenceId
    raw: Annotated[str, Column("The name as printed, quotation marks included.", "名称原文，含引号。")]
    name: Annotated[str, Column("The name without quotation marks.", "名称，不含引号。", source="derived from raw")]
    char_start: CharStart
    char_end: CharEnd
