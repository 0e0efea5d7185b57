"""`captures`: every answer of the site that was kept."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from schemas.table import About, Column, Table

Outcome = Literal[
    "ok",
    "unchanged",
    "gone",
    "gone_soft",
    "redirected",
    "redirected_home",
    "redirect_loop",
    "blocked",
    "forbidden",
    "no_page",
    "list_empty",
    "client_error",
    "server_error",
    "error_page",
    "undecodable",
    "too_large",
    "truncated",
    "timeout",
    "unreachable",
    "untrusted",
    "forbidden_address",
]


class Capture(Table):
    """One request and what came of it."""

    about: ClassVar = About(
        name="captures",
        en="Every request made to the site and what came of it; the bytes are in the archive.",
        zh="对网站的每次请求及其结果；原始字节存于档案。",
        key=("fetched_at", "capture_id"),
        observed=True,
    )

    capture_id: Annotated[str, Column("Id of the WARC record.", "WARC 记录编号。", source="archive")]
    url: Annotated[str, Column("The address asked for.", "请求的网址。", source="archive")]
    fetched_at: Annotated[dt.datetime, Column("When (UTC).", "请求时间（UTC）。", source="archive")]
    status: Annotated[
        int | None,
        Column("HTTP status; null if no answer came.", "HTTP 状态码；无应答则为空。", source="HTTP"),
    ]
    outcome: Annotated[
        Outcome,
        Column(
            "What the answer was: ok, unchanged (a 304, or the bytes of the last ok), gone (404, 410), gone_soft (a "
            "200 that says the page is gone), redirected, redirected_home (to the home page instead of an answer), "
            "redirect_loop (to itself), blocked (a challenge, or several 403 in a row), forbidden (a 403 without a "
            "challenge), no_page (an empty body, or a status that brings no whole page, such as 202, 204 or 206), "
            "list_empty (a list page that lost its rows), client_error, server_error, error_page (a 200 that reports "
            "an error or maintenance), undecodable (its compression is damaged), too_large, truncated, timeout, "
            "unreachable, untrusted (a TLS certificate that proves nothing), forbidden_address (the name leads into a "
            "private network; not asked).",
            "结果：正常、未变（304 或字节与上次相同）、已删、软性 404、跳转、跳转至首页、循环跳转、被拦截（验证页，"
            "或连续多个 403）、禁止访问（无验证页的 403）、无内容（正文为空，或 202、204、206 等无完整网页的状态）、"
            "列表行消失、请求错误、服务器错误、状态 200 的报错或维护页、无法解压、过大、不完整、超时、无法连接、"
            "证书不可信、禁止访问的地址。",
            source="derived from the answer",
        ),
    ]
    sha256: Annotated[
        str | None,
        Column("SHA-256 of the body, content encoding undone.", "正文字节的 SHA-256（已解压）。", source="HTTP"),
    ]
    bytes: Annotated[int | None, Column("Length of that body.", "正文字节数。", unit="bytes", source="HTTP")]
    media_type: Annotated[
        str | None,
        Column(
            "What the bytes are, told from themselves and not from a name or header; null if they do not tell.",
            "按字节内容（而非文件名或响应头）判定的媒体类型；无法判定则为空。",
            source="bytes",
        ),
    ]
    encoding_declared: Annotated[
        str | None,
        Column(
            "The character encoding that the header, else the page itself, declares.",
            "响应头或网页声明的字符编码。",
            source="HTTP, page",
        ),
    ]
    encoding_used: Annotated[
        str | None,
        Column(
            "The encoding that the bytes are in: by BOM, then strict UTF-8, then GB18030; null for what is not text.",
            "按字节判定的编码：依次为 BOM、严格 UTF-8、GB18030；非文本则为空。",
            source="bytes",
        ),
    ]
    warc_file: Annotated[str, Column("File of the archive.", "档案文件名。", source="archive")]
    warc_offset: Annotated[
        int,
        Column("Where the record starts in it.", "记录在文件中的起始位置。", unit="bytes", source="archive"),
    ]
