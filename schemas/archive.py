"""What an archive knows of itself: its index of captures and its log of runs; neither is released."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar, Literal

from schemas.captures import Capture
from schemas.table import About, Column, Table

Mode = Literal["incremental", "revisit", "sweep"]


class IndexEntry(Capture):
    """One capture, with its validators and the end of its record."""

    about: ClassVar = About(
        name="index",
        en="Every capture of an archive, in the order of the WARC files; rebuilt from them when lost.",
        zh="档案中的全部抓取记录，按 WARC 文件顺序；丢失时可由其重建。",
        key=("warc_file", "warc_offset"),
        observed=True,
    )

    warc_end: Annotated[
        int, Column("Where the next record starts.", "下一条记录的起始位置。", unit="bytes", source="archive")
    ]
    record_type: Annotated[
        Literal["response", "revisit", "metadata"],
        Column("Type of the WARC record.", "WARC 记录类型。", source="archive"),
    ]
    payload_digest: Annotated[
        str | None,
        Column(
            "SHA-1 of the body as sent; a revisit's body is the response's that has the same.",
            "原始正文的 SHA-1；revisit 记录的正文即同摘要 response 记录的正文。",
            source="archive",
        ),
    ]
    run: Annotated[
        int, Column("The run that made the request, 0 for none.", "所属抓取轮次，0 为无。", source="archive")
    ]
    content_type: Annotated[str | None, Column("Content-Type of the answer.", "应答的 Content-Type。", source="HTTP")]
    content_encoding: Annotated[
        str | None, Column("Content-Encoding of the answer.", "应答的 Content-Encoding。", source="HTTP")
    ]
    etag: Annotated[str | None, Column("ETag of the answer.", "应答的 ETag。", source="HTTP")]
    last_modified: Annotated[
        str | None, Column("Last-Modified of the answer.", "应答的 Last-Modified。", source="HTTP")
    ]
    location: Annotated[str | None, Column("Where a redirect leads.", "跳转目标。", source="HTTP")]

    def capture(self) -> Capture:
        """Return the row for the `captures` table."""
        return Capture(**{name: getattr(self, name) for name in Capture.model_fields})


class Run(Table):
    """One run of the crawl; it is complete when it ended."""

    about: ClassVar = About(
        name="runs",
        en="The runs of the crawl; rebuilt from the WARC files when lost.",
        zh="抓取轮次；丢失时可由 WARC 文件重建。",
        key=("number",),
        observed=True,
    )

    number: Annotated[int, Column("1 for the first.", "轮次，从 1 起。", source="archive")]
    mode: Annotated[
        Mode,
        Column(
            "incremental (the newest rows of every list), revisit (every page, conditionally), sweep (every page, in "
            "full).",
            "方式：incremental（各列表最新部分）、revisit（全部网页，条件请求）、sweep（全部网页，完整请求）。",
            source="archive",
        ),
    ]
    begun_at: Annotated[dt.datetime, Column("When it began (UTC).", "开始时间（UTC）。", source="archive")]
    ended_at: Annotated[
        dt.datetime | None,
        Column(
            "When it was complete (UTC); null if it was cut short.", "完成时间（UTC）；中断则为空。", source="archive"
        ),
    ]

    @property
    def complete(self) -> bool:
        """Whether everything that the run was to ask for was asked for."""
        return self.ended_at is not None
