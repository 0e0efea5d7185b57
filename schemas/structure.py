"""`sections` and `sentences`: how a letter is built."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from schemas.columns import CharEnd, CharStart, ReplyId
from schemas.table import About, Column, Table

SectionRole = Literal["situation", "next_steps", "answer"]
SentenceRole = Literal["opening", "courtesy", "done", "measure", "commitment", "decline", "refer", "context"]


class Section(Table):
    """A heading and what stands under it."""

    about: ClassVar = About(
        name="sections",
        en="The headings of a letter, in order; the span is the heading's own.",
        zh="答复中的各级标题，按出现顺序；位置为标题本身的位置。",
        key=("reply_id", "n"),
        raw=("marker", "title"),
    )

    reply_id: ReplyId
    section_id: Annotated[str, Column("reply_id, `#h`, n.", "reply_id 加 `#h` 与序号。", source="derived", place=True)]
    n: Annotated[int, Column("Position among the letter's headings, from 1.", "标题序号，自 1 起。", place=True)]
    level: Annotated[
        int,
        Column("1 for 一、, 2 for (一), 3 for 1., 4 for (1).", "级别：一、为 1，（一）为 2，1. 为 3，（1）为 4。"),
    ]
    marker: Annotated[str, Column("The marker as printed: 一、 (二) 3.", "标题序号标记，照原文。")]
    title: Annotated[str, Column("The heading without its marker.", "标题文字，不含序号标记。")]
    path: Annotated[str, Column("Markers from level 1 down to this one: 一/(二).", "自一级标题起的路径：一/(二)。")]
    parent_id: Annotated[
        str | None,
        Column(
            "section_id of the heading above; null at the top.",
            "上级标题的 section_id。",
            source="derived",
            references="sections.section_id",
            place=True,
        ),
    ]
    role: Annotated[
        SectionRole | None,
        Column(
            "situation, next_steps or answer, from the heading's words; inherited from the parent; else null.",
            "由标题用语判定：situation 现状与已做工作、next_steps 下一步、answer 针对所提问题的答复；下级继承上级。",
        ),
    ]
    run_in: Annotated[
        bool,
        Column(
            "Whether the heading is the first clause of a longer paragraph.",
            "标题是否与正文同段（段首句作标题）。",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd
    tokens: Annotated[
        list[str],
        Column("The words of the title, cut for search, in order.", "标题按搜索模式切分的词语。", source="jieba"),
    ]


class Sentence(Table):
    """A sentence."""

    about: ClassVar = About(
        name="sentences",
        en="The sentences of a letter, in order; headings, salutation and signature are none.",
        zh="答复的句子，按出现顺序；标题、称谓与落款不算句子。",
        key=("reply_id", "n"),
        raw=("text",),
    )

    reply_id: ReplyId
    sentence_id: Annotated[str, Column("reply_id, `#s`, n.", "reply_id 加 `#s` 与序号。", source="derived", place=True)]
    section_id: Annotated[
        str | None,
        Column(
            "The innermost heading above the sentence.",
            "所属的最内层标题。",
            source="derived",
            references="sections.section_id",
            place=True,
        ),
    ]
    n: Annotated[int, Column("Position among the letter's sentences, from 1.", "句子序号，自 1 起。", place=True)]
    text: Annotated[str, Column("The sentence.", "句子原文。")]
    role: Annotated[
        SentenceRole,
        Column(
            "opening, courtesy, done, measure, commitment, decline, refer or context.",
            "句子作用：开头语、客套语、已完成、举措、承诺、婉拒、转商、背景。",
        ),
    ]
    rule: Annotated[
        str,
        Column(
            "Name of the rule that gave the role; the table of rules is on the reference page.",
            "判定句子作用的规则名，规则表见参考页。",
            source="parsers",
        ),
    ]
    char_start: CharStart
    char_end: CharEnd
    tokens: Annotated[
        list[str],
        Column("The words of the sentence, cut for search, in order.", "按搜索模式切分的词语。", source="jieba"),
    ]
