"""`replies`: one row a letter."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from schemas.flags import Flag
from schemas.table import About, Column, Struct, Table

LetterType = Literal["reply", "co_handling_opinion"]
Kind = Literal["cppcc_proposal", "npc_suggestion", "other"]
TextSource = Literal["page", "attachment"]
IdentityBasis = Literal["title", "opening", "salutation", "column"]
ReplyClass = Literal["A", "B", "C", "D"]


class Proposer(Struct):
    """One of those who made the proposal, as the salutation names them."""

    name: Annotated[str, Column("The name as printed.", "姓名或名称，照原文。", source="salutation")]
    role: Annotated[
        str | None,
        Column("The role word as printed; null without one.", "称谓原文；无则为空。", source="salutation"),
    ]
    is_group: Annotated[bool, Column("Whether it is a group, not a person.", "是否为团体。", source="salutation")]


class Reply(Table):
    """One letter."""

    about: ClassVar = About(
        name="replies",
        en="One row a letter: what it answers, who wrote it, when, and its whole text.",
        zh="每件答复一行：答复的是哪件提案或建议、由谁答复、何时答复，以及全文。",
        key=("reply_id",),
    )

    reply_id: Annotated[
        str,
        Column(
            "Dataset name, a colon, and the site's own article id; it never changes.",
            "数据集名、冒号与网站自身的文章编号；永不改变。",
            source="page address",
        ),
    ]
    letter_type: Annotated[
        LetterType,
        Column(
            "`reply`, or `co_handling_opinion` when the letter is addressed to another office that handles the matter.",
            "`reply` 为答复；`co_handling_opinion` 为写给主办单位的会办意见。",
            source="title, salutation",
        ),
    ]
    kind: Annotated[
        Kind,
        Column(
            "What is answered: `cppcc_proposal` (提案), `npc_suggestion` (人大代表建议) or `other`.",
            "所答复的是政协提案（cppcc_proposal）、人大代表建议（npc_suggestion）还是其他（other）。",
            source="title outside 《》, else opening, else column",
        ),
    ]
    identity_basis: Annotated[
        list[IdentityBasis],
        Column(
            "Where kind, assembly, term, session, number and title were read, in the order asked: title, opening, "
            "salutation, column (of the site).",
            "提案（建议）身份信息的依据，按取用顺序：标题、开头语、称谓、栏目。",
            source="parser",
        ),
    ]
    body_raw: Annotated[
        str | None,
        Column(
            "The assembly in its short printed form: 省政协, 省人大, 全国政协.",
            "会议主体的简称：省政协、省人大、全国政协。",
            source="title, else opening",
        ),
    ]
    body: Annotated[
        str | None,
        Column(
            "The assembly's full name, resolved with the dataset's province.",
            "会议主体全称（按数据集所在省补全）。",
            source="derived from body_raw",
        ),
    ]
    province: Annotated[
        str,
        Column("The province of the department that answers.", "答复单位所在省。", source="dataset.toml"),
    ]
    term: Annotated[
        int | None,
        Column("Term of the assembly: 13 for 十三届.", "届次：十三届为 13。", source="title, else opening"),
    ]
    session: Annotated[
        int | None,
        Column(
            "Session within the term: 2 for 二次会议.",
            "会议次数：二次会议为 2。",
            source="title, else opening",
        ),
    ]
    number: Annotated[
        str | None,
        Column(
            "The proposal's number as printed, leading zeros kept; can be letters (DH0271) or a word (来信).",
            "提案（建议）编号，照原文，保留前导零；可能含字母（DH0271）或为文字（来信）。",
            source="title, else opening",
        ),
    ]
    number_int: Annotated[
        int | None,
        Column(
            "The number as an integer, when it is digits only.",
            "编号的整数值（仅当全为数字）。",
            source="derived from number",
        ),
    ]
    proposal_title: Annotated[
        str | None,
        Column(
            "The title of the proposal, without the outer 《》.",
            "提案（建议）题目，不含外层书名号。",
            source="title, else opening",
        ),
    ]
    page_title: Annotated[
        str | None,
        Column(
            "The page's title line, normalised (NFKC).",
            "网页标题行（经 NFKC 规范化）。",
            source="title line, else ArticleTitle",
        ),
    ]
    title_tokens: Annotated[
        list[str],
        Column(
            "The words of page_title and, if that does not hold it, of proposal_title, cut for search, in order.",
            "page_title（如不含 proposal_title，则加上后者）按搜索模式切分的词语。",
            source="jieba",
        ),
    ]
    url: Annotated[
        str,
        Column(
            "Where the page stood when it was last seen.",
            "最近一次见到该页时的网址。",
            source="page address",
        ),
    ]
    published_on: Annotated[
        dt.date | None,
        Column(
            "Date of publication on the site.",
            "网站发布日期。",
            source="byline, else PubDate, else list row",
        ),
    ]
    editor_account: Annotated[
        str | None,
        Column(
            "The account that published the page (编辑); never a person.",
            "发布账号（编辑栏），不是个人。",
            source="byline",
        ),
    ]
    page_source: Annotated[
        str | None,
        Column(
            "The source the page names (来源).",
            "网页所注来源。",
            source="byline, else ContentSource",
        ),
    ]
    column_path: Annotated[
        str,
        Column(
            "Path of the site's column in which the page was listed.",
            "列出该页的栏目路径。",
            source="list page",
        ),
    ]
    salutation_raw: Annotated[
        str | None,
        Column("The line that addresses the proposers, without its colon.", "主送称谓，不含冒号。"),
    ]
    proposers: Annotated[
        list[Proposer],
        Column(
            "Who made the proposal: name, role word as printed (提案者, 委员, 代表) or null, whether a group.",
            "提案人（领衔人、联名人）：姓名、称谓原文（提案者、委员、代表）、是否为团体。",
            source="salutation",
        ),
    ]
    proposer_count: Annotated[
        int | None,
        Column(
            "How many proposers the salutation states, else how many it names.",
            "称谓中写明的人数；未写明则为列名人数。",
            unit="proposers",
            source="salutation",
        ),
    ]
    signatory_raw: Annotated[
        str | None,
        Column(
            "The signing office as printed; several joined by 、.",
            "落款单位，照原文；多个单位以顿号相连。",
            source="signature",
        ),
    ]
    signatory: Annotated[
        str | None,
        Column(
            "The signing office's full name.",
            "落款单位全称。",
            source="derived from signatory_raw and province",
        ),
    ]
    signed_on: Annotated[
        dt.date | None,
        Column("Date under the letter.", "落款日期。", source="signature"),
    ]
    lag_days: Annotated[
        int | None,
        Column(
            "Days from signing to publication.",
            "自落款至发布的天数。",
            unit="days",
            source="published_on - signed_on",
        ),
    ]
    doc_number: Annotated[
        str | None,
        Column(
            "The letter's own document number (发文字号), as printed.",
            "答复函的发文字号，照原文。",
        ),
    ]
    reply_class_raw: Annotated[
        str | None,
        Column("The mark of the reply's class as printed: [A1], A类, 类别:B.", "办理类别标记，照原文。"),
    ]
    reply_class: Annotated[
        ReplyClass | None,
        Column(
            "The class, A to D (甲 乙 丙 丁 are A B C D); A: solved or adopted, as the provinces define it.",
            "办理类别 A 至 D（甲乙丙丁对应 A B C D）。",
            source="derived from reply_class_raw",
        ),
    ]
    openness: Annotated[
        str | None,
        Column("Whether the reply is to be public, if printed: 公开, 主动公开, 依申请公开.", "公开属性（如有）。"),
    ]
    opening_raw: Annotated[
        str | None,
        Column("The opening sentence (收悉, 答复如下).", "开头语（……收悉，答复如下）。"),
    ]
    closing_raw: Annotated[
        str | None,
        Column("The closing courtesies, as one passage.", "结尾语。"),
    ]
    text: Annotated[
        str,
        Column(
            "The letter: NFKC, trimmed, one paragraph a line, contact details removed. All spans count in it.",
            "答复全文（NFKC 规范化、去首尾空白、一段一行，已移除联系方式）；所有位置均以此为准。",
        ),
    ]
    text_source: Annotated[
        TextSource,
        Column(
            "Where the letter stands: on the `page`, or in an `attachment` (docx, pdf) that the page or list leads to.",
            "答复所在：网页正文（page）或网页、列表所指的附件（attachment，docx 或 pdf）。",
            source="page",
        ),
    ]
    stage: Annotated[
        str | None,
        Column(
            "Primary education stage, an id of the topic scheme.",
            "主要学段（主题表编号）。",
            source="topics.yaml",
        ),
    ]
    themes: Annotated[
        list[str],
        Column(
            "Policy themes, ids of the topic scheme, the primary one first.",
            "政策主题（主题表编号），首个为主要主题。",
            source="topics.yaml",
        ),
    ]
    keywords: Annotated[
        list[str],
        Column(
            "The ten words with the highest TF-IDF, best first.",
            "TF-IDF 值最高的十个词，由高到低。",
            source="jieba",
        ),
    ]
    flags: Annotated[
        list[Flag],
        Column(
            "Oddities of this page, sorted; each is explained on the reference page.",
            "本页的异常之处（已排序），含义见参考页。",
            source="parser",
        ),
    ]
    near_duplicate_group: Annotated[
        str | None,
        Column(
            "The lowest reply_id among letters of almost the same text; null when there is no other. Almost the same: "
            "without spaces and punctuation, at least 75 % of the 5-character pieces of two letters are common to "
            "both (Jaccard index); a group is what hangs together.",
            "文字几乎相同的答复中最小的 reply_id；无则为空。去空格与标点后，两件答复的 5 字片段至少 75 % 相同"
            "（Jaccard 系数）即为几乎相同；彼此相连者为一组。",
            source="derived from text",
            references="replies.reply_id",
            together=True,
        ),
    ]
    capture_id: Annotated[
        str,
        Column(
            "The capture that the row was read from.",
            "本行所据的抓取记录。",
            source="archive",
            references="captures.capture_id",
        ),
    ]
    content_sha256: Annotated[
        str,
        Column(
            "SHA-256 (UTF-8) of the page title, a line feed and the text: the letter's, not the template's.",
            "网页标题、换行与全文的 SHA-256（UTF-8）：答复内容改动才会改变。",
            source="derived from page_title and text",
        ),
    ]
    selector: Annotated[
        str,
        Column(
            "The selector of dataset.toml that found the letter on the page; the file's address if it stands in one.",
            "在网页上找到正文的选择器；答复在附件中则为附件网址。",
            source="dataset.toml",
            observed=True,
        ),
    ]
    parser_version: Annotated[str, Column("Version of the parser.", "解析器版本。", source="parsers", observed=True)]
    first_seen_at: Annotated[
        dt.datetime,
        Column("When a page of this letter was first captured (UTC).", "首次抓取时间（UTC）。", source="archive"),
    ]
    last_seen_at: Annotated[
        dt.datetime,
        Column(
            "When the letter was last seen at its address (UTC).",
            "最近一次确认该页存在的时间（UTC）。",
            source="archive",
            observed=True,
        ),
    ]
    version: Annotated[
        int,
        Column(
            "1 for the letter as first captured, one more for each later state of its text.",
            "首次抓取为 1，此后文字每改动一次加 1。",
            source="archive",
        ),
    ]
