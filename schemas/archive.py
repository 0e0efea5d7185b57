"""The index of an archive: `captures` and what the next request has to know; not released."""

from __future__ import annotations

from typing import Annotated, ClassVar

from schemas.captures import Capture
from schemas.table import About, Column


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
    content_type: Annotated[str | None, Column("Content-Type of the answer.", "应答的 Content-Type。", source="HTTP")]
    etag: Annotated[str | None, Column("ETag of the answer.", "应答的 ETag。", source="HTTP")]
    last_modified: Annotated[
        str | None, Column("Last-Modified of the answer.", "应答的 Last-Modified。", source="HTTP")
    ]
    location: Annotated[str | None, Column("Where a redirect leads.", "跳转目标。", source="HTTP")]

    def capture(self) -> Capture:
        """Return the row for the `captures` table."""
        return Capture(**{name: getattr(self, name) for name in Capture.model_fields})
