"""`issues`: what could not be read, and why. The reason codes are declared here, and only here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from schemas.table import About, Column, OneOf, Table

Severity = Literal["info", "warning", "error"]
Stage = Literal["crawl", "parse", "release"]
LostPage = Literal["not_fetched", "not_read"]


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """Why something was not read, how bad that is, and what it means in both languages.

    `page`: what it says of a listed page that became no letter; None if it says nothing of the kind.
    """

    severity: Severity
    en: str
    zh: str
    page: LostPage | None = None


REASON_CODES: dict[str, ReasonCode] = {
    "blocked": ReasonCode(
        "error",
        "The site answered with a challenge instead of the page.",
        "网站返回验证页而非内容页。",
        page="not_fetched",
    ),
    "fetch_failed": ReasonCode("error", "No usable answer came.", "未取得可用应答。", page="not_fetched"),
    "robots_disallowed": ReasonCode(
        "warning",
        "robots.txt forbids the address; it was not asked for.",
        "robots.txt 禁止访问，未请求。",
        page="not_fetched",
    ),
    "outside_site": ReasonCode(
        "warning",
        "A row or pager leads to another host; it was not asked for.",
        "链接指向其他主机，未请求。",
        page="not_fetched",
    ),
    "other_section": ReasonCode(
        "info", "A row leads to another section of the site; not asked for.", "列表行指向其他栏目，未请求。"
    ),
    "list_unreadable": ReasonCode(
        "error", "No row of a list page was found by any selector.", "列表页未匹配到任何行。"
    ),
    "list_lost_rows": ReasonCode(
        "error",
        "A list page that had rows came without any; nothing counts as withdrawn.",
        "列表页的行全部消失，不据此认定撤回。",
    ),
    "attachment_missing": ReasonCode(
        "warning",
        "An attachment linked from a letter's page could not be had.",
        "答复网页所附文件未能取得。",
        page="not_fetched",
    ),
    "page_gone": ReasonCode(
        "warning",
        "A listed page is missing and was never captured.",
        "列表所列网页不存在，且从未抓取到。",
        page="not_fetched",
    ),
    "attachment_only": ReasonCode(
        "warning",
        "The letter stands only in a file of a format that is not read; the file is archived.",
        "答复仅见于不读取其格式的附件；已存档，未解析。",
        page="not_read",
    ),
    "attachment_not_read": ReasonCode(
        "warning",
        "A file is archived, its text not read: a format that is not read, no text in it, encrypted, damaged, too "
        "large or too slow to read.",
        "附件已存档，文字未读取：格式不读、无文字、加密、损坏、超限或超时。",
        page="not_read",
    ),
    "no_selector_matched": ReasonCode(
        "error", "No selector found the letter on the page.", "没有选择器能找到正文。", page="not_read"
    ),
    "oversized": ReasonCode(
        "warning",
        "The page, or the letter's place on it, holds more than any letter; it was not read.",
        "网页或正文过大，超出任何答复，未解析。",
        page="not_read",
    ),
    "no_text": ReasonCode(
        "warning",
        "The letter's place holds no text (an image, or nothing).",
        "正文处没有文字（图片或空白）。",
        page="not_read",
    ),
    "not_a_letter": ReasonCode(
        "info",
        "A yearly summary, statistics, news item or citizen-letter answer in the column; no reply.",
        "栏目中的年度报告、统计、新闻或网民留言答复，不是提案建议答复。",
    ),
    "letter_unreadable": ReasonCode(
        "error",
        "A page that showed a letter answers, and reads as none; the letter keeps its last text and is not withdrawn.",
        "曾刊载答复的网页仍可访问，但已读不出答复；保留最后所见文本，不视为撤回。",
    ),
    "kind_conflict": ReasonCode(
        "warning",
        "Title, salutation and opening disagree on proposal or suggestion; the title's is kept.",
        "标题、称谓与开头语对提案或建议的说法不一致，以标题为准。",
    ),
    "corrected": ReasonCode(
        "info",
        "A column was corrected by hand: which, from what to what, why, on what evidence.",
        "字段经人工更正：字段名、原值与新值、理由与依据。",
    ),
    "contact_removed": ReasonCode(
        "info", "Contact details of a person were removed from the text.", "已移除个人联系方式。"
    ),
    "duplicate_page": ReasonCode(
        "info",
        "Another page carries the same letter; that page's row stands for both.",
        "另有网页刊载同一答复，合为一行。",
    ),
    "row_invalid": ReasonCode(
        "error",
        "A row does not fit its table's declaration and was left out.",
        "该行不符合表结构，未收入。",
        page="not_read",
    ),
    "parse_failed": ReasonCode(
        "error", "The parser failed on the page; a defect of ours.", "解析器出错，属本项目缺陷。", page="not_read"
    ),
}


def costing(page: LostPage) -> tuple[str, ...]:
    """Return the reason codes by which a listed page became no letter in that way."""
    return tuple(name for name, code in REASON_CODES.items() if code.page == page)


class Issue(Table):
    """One thing that was not read as it should have been."""

    about: ClassVar = About(
        name="issues",
        en="What could not be read, was left out or was taken out, and why.",
        zh="未能读取、未收入或已移除的内容及原因。",
        key=("stage", "url", "code", "detail"),
    )

    reply_id: Annotated[
        str | None,
        Column("The letter, if it became one.", "所属答复（如有）。", source="derived", references="replies.reply_id"),
    ]
    stage: Annotated[Stage, Column("crawl, parse or release.", "阶段：抓取、解析、发布。", source="pipeline")]
    url: Annotated[str | None, Column("The page.", "网页。", source="page address")]
    severity: Annotated[Severity, Column("info, warning or error.", "程度：提示、警告、错误。", source="reason code")]
    code: Annotated[
        str,
        OneOf(tuple(REASON_CODES), tuple((code.en, code.zh) for code in REASON_CODES.values())),
        Column("Reason code; all are listed on the reference page.", "原因代码，见参考页。", source="pipeline"),
    ]
    detail: Annotated[str, Column("What exactly, in a sentence.", "具体说明。", source="pipeline")]


def issue(code: str, stage: Stage, detail: str, *, url: str | None = None, reply_id: str | None = None) -> Issue:
    """Return an issue row; the severity is the reason code's."""
    severity = REASON_CODES[code].severity
    return Issue(reply_id=reply_id, stage=stage, url=url, severity=severity, code=code, detail=detail)
