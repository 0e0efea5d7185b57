"""`commitments`: what a letter promises, sentence by sentence."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from schemas.columns import CharEnd, CharStart, ReplyId
from schemas.table import About, Column, Struct, Table

Modality = Literal["explicit", "inherited"]


class Action(Struct):
    """One thing that is promised: a verb and what it acts on, as printed."""

    verb: Annotated[str, Column("The verb.", "动词。")]
    phrase: Annotated[str, Column("What it acts on.", "动作的对象。")]


class Commitment(Table):
    """A sentence that promises something."""

    about: ClassVar = About(
        name="commitments",
        en="Every sentence that promises something: by whom, what, and by when.",
        zh="作出承诺的句子：由谁、做什么、何时完成。",
        key=("reply_id", "char_start"),
        raw=("text",),
    )

    reply_id: ReplyId
    sentence_id: Annotated[
        str, Column("The sentence.", "所在句子。", source="derived", references="sentences.sentence_id", unique=True)
    ]
    text: Annotated[str, Column("The sentence.", "句子原文。")]
    modality: Annotated[
        Modality,
        Column(
            "`explicit`: a future marker on the sentence's own verb; `inherited`: a bare verb under a next-steps "
            "heading.",
            "explicit：句子自身带有将来标记；inherited：处于“下一步”部分的光杆动词句。",
            source="words of the sentence, role of the section",
        ),
    ]
    marker: Annotated[
        str | None,
        Column(
            "The first future marker as printed: 将, 力争, 到2025年; null if inherited.", "首个将来标记；继承时为空。"
        ),
    ]
    actor_raw: Annotated[str | None, Column("Who promises, as printed; null if not said.", "承诺主体，照原文。")]
    actor: Annotated[
        str | None,
        Column(
            "The actor's full name: 省教育厅 with the province, 我厅 as the signatory.",
            "承诺主体全称（省教育厅补全省名，我厅为落款单位）。",
            source="derived from actor_raw, province and signatory",
        ),
    ]
    actions: Annotated[
        list[Action],
        Column("What is promised: verb and object, in order.", "承诺的动作：动词与宾语，按原文顺序。"),
    ]
    deadline_raw: Annotated[str | None, Column("By when, as printed; null if not said.", "期限，照原文。")]
    deadline_on: Annotated[
        dt.date | None,
        Column(
            "The deadline's last day; without a year, in the year of the signature; null if the words give no day.",
            "期限的最后一日；未写年份者以落款年份计；无法定日则为空。",
            source="derived from deadline_raw and signed_on",
        ),
    ]
    repeats: Annotated[
        str | None,
        Column(
            "sentence_id of the first sentence of the letter that says the same; null if none does.",
            "本答复中最早的相同句子的 sentence_id；无则为空。",
            source="derived",
            references="sentences.sentence_id",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd
