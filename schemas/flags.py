"""The flags a reply can carry: oddities of its page, kept as printed and pointed out (reference: letters.md)."""

from __future__ import annotations

from typing import Annotated

from schemas.table import OneOf

FLAGS: dict[str, tuple[str, str]] = {
    "attachment_missing": ("The page announces an attachment (附件下载) and links none.", "注明附件下载但没有文件。"),
    "corrected": (
        "A column does not say what the page does; the issue `corrected` says which, and on what evidence.",
        "有字段已更正，与网页不一致；更正内容与依据见 issues 表的 corrected。",
    ),
    "date_damaged": (
        "The signature's date lost its 年月日; which day is meant is not said.",
        "落款日期缺年月日，无法确定。",
    ),
    "duplicated_sentence": ("A sentence stands in the letter more than once.", "同一句子在文中重复出现。"),
    "has_table": (
        "The letter holds a table; its cells are separated by | in the text.",
        "文中有表格，单元格以 | 分隔。",
    ),
    "kind_conflict": (
        "Title, salutation and opening disagree on proposal or suggestion; the title's is kept.",
        "标题、称谓与开头语对提案或建议的说法不一致，以标题为准。",
    ),
    "late_publication": ("Published two years or more after signing.", "落款两年或更久之后才发布。"),
    "missing_quote": ("A quotation mark lacks its partner.", "引号不成对。"),
    "neighbour_numbers": ("Links to neighbouring letters carry other numbers.", "上一条、下一条链接带有其他编号。"),
    "no_number": ("The page gives no number of a proposal.", "网页未写提案（建议）编号。"),
    "no_salutation": ("The letter addresses nobody.", "无主送称谓。"),
    "no_signature": ("The letter has neither signing office nor date.", "无落款单位与日期。"),
    "no_title": ("The page has no title.", "网页无标题。"),
    "posted_twice": ("The same letter stands on more than one page.", "同一答复在网站上刊载多次。"),
    "repeated_title": ("The page prints its title more than once.", "标题重复出现。"),
    "salutation_in_title": ("The salutation stands on the title line.", "称谓印在标题行。"),
    "several_numbers": (
        "The letter answers several proposals at once; `number` is the first.",
        "一件答复对应多件提案（建议），编号取第一件。",
    ),
    "viewing_date": (
        "The page prints the date of viewing; it is not the letter's.",
        "网页显示浏览日期，并非答复日期。",
    ),
    "withdrawn": ("Every page of the letter is gone from the site.", "网站上该答复的所有网页均已消失。"),
}

Flag = Annotated[str, OneOf(tuple(FLAGS), tuple(FLAGS.values()))]
