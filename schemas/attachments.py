"""`attachments`: the files that a letter's page links to, and what they say."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from schemas.columns import ReplyId
from schemas.table import About, Column, Table

AttachmentStatus = Literal[
    "read", "empty", "format_not_read", "encrypted", "damaged", "oversized", "timed_out", "not_fetched"
]


class Attachment(Table):
    """A file that a letter's page links to, or that the list leads to instead of a page."""

    about: ClassVar = About(
        name="attachments",
        en="Every file that a letter's page links to, or that is listed instead of a page; the bytes are in the "
        "archive, the text of docx and pdf is here.",
        zh="答复网页所附（或列表直接指向）的文件；原始字节存于档案，docx 与 pdf 的文字在此。",
        key=("reply_id", "attachment_id"),
    )

    reply_id: ReplyId
    attachment_id: Annotated[
        str,
        Column("reply_id, `#a`, position on the page.", "reply_id 加 `#a` 与序号。", source="derived", unique=True),
    ]
    label: Annotated[str, Column("What the link to it is called.", "链接文字。", source="page")]
    url: Annotated[str, Column("The file's address.", "文件网址。", source="page")]
    media_type: Annotated[
        str | None,
        Column(
            "What the bytes are, told from themselves; null if there are none.",
            "按字节判定的媒体类型。",
            source="bytes",
        ),
    ]
    sha256: Annotated[
        str | None, Column("SHA-256 of the file; null if it was not had.", "文件的 SHA-256。", source="bytes")
    ]
    bytes: Annotated[int | None, Column("Length of the file.", "字节数。", unit="bytes", source="bytes")]
    text: Annotated[
        str | None,
        Column(
            "The file's text, in the same normal form as replies.text, contact details removed; null if not read.",
            "文件文字（与 replies.text 同样规范化，已移除联系方式）；未读取则为空。",
            source="file",
        ),
    ]
    status: Annotated[
        AttachmentStatus,
        Column(
            "read, empty (a file without text, such as a scan), format_not_read (doc, wps, ofd, xls, archives), "
            "encrypted, damaged, oversized (bytes, pages or inflated size beyond the limit), timed_out, not_fetched.",
            "已读、无文字（如扫描件）、格式不读（doc、wps、ofd、xls、压缩包）、加密、损坏、超限、超时、未取得。",
            source="parser",
        ),
    ]
