"""`history`: what happened to a letter on the site."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from schemas.columns import ReplyId
from schemas.table import About, Column, Table

Event = Literal["appeared", "edited", "moved", "withdrawn", "returned"]


class HistoryEvent(Table):
    """One thing that happened to a letter, as far as the crawls could see it."""

    about: ClassVar = About(
        name="history",
        en="What happened to each letter on the site. A list that fails, a crawl that was cut short, or a page that "
        "answers without the letter moves and withdraws nothing.",
        zh="每件答复在网站上的变动。列表故障、抓取中断或网页可访问但无答复内容，均不构成移动或撤回。",
        key=("reply_id", "seen_at", "event"),
    )

    reply_id: ReplyId
    version: Annotated[
        int,
        Column(
            "The letter's version after the event: 1 when it appeared, one more for every change of its content.",
            "事件之后的版本号：首次出现为 1，内容每变动一次加 1。",
            source="captures",
        ),
    ]
    event: Annotated[
        Event,
        Column(
            "appeared, edited (the content changed), moved (to another address), withdrawn (every page of it is gone), "
            "returned (after it was withdrawn).",
            "事件：出现、修改（内容变动）、移动（地址变动）、撤回（全部网页消失）、恢复（撤回后重现）。",
            source="captures",
        ),
    ]
    # not `at`, which DuckDB 2 takes for a keyword unless it is quoted
    seen_at: Annotated[
        dt.datetime,
        Column(
            "When the crawl saw it (UTC); it happened between the capture before and this one.",
            "抓取时发现的时间（UTC）；实际发生于前一次抓取与此次之间。",
            source="captures",
        ),
    ]
    url: Annotated[
        str,
        Column("The letter's address after the event.", "事件之后的网址。", source="page address"),
    ]
    content_sha256: Annotated[
        str,
        Column(
            "Digest of the content after the event, as in `replies`; of the last one seen when it was withdrawn.",
            "事件之后内容的摘要（同 replies）；撤回时为最后一次所见内容。",
            source="derived from title and text",
        ),
    ]
    changed_fields: Annotated[
        list[str],
        Column(
            "Columns of `replies` that the event changed, sorted.",
            "该事件改变的 replies 列名，按字母排序。",
            source="derived",
        ),
    ]
    capture_id: Annotated[
        str,
        Column(
            "The capture that showed it.",
            "发现该事件的抓取记录。",
            source="archive",
            observed=True,
            references="captures.capture_id",
        ),
    ]
