"""Any bytes → decode → read as a letter, as a list, as an answer; what must hold is asserted: `make fuzz SECONDS=60`.

`python -m tests.fuzz.pages [libFuzzer's options] [FOLDER…]`. Each input is read twice: as a whole page, and as what
stands in the letter's place of a sound page, where most of the parser is.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["parsers"]):
    from parsers.answer import outcome_of
    from parsers.attachments import read_attachment_links
    from parsers.encoding import decode, is_markup
    from parsers.frame import PageSelectors
    from parsers.letter import Provenance, Reading, read_letter
    from parsers.listing import ListSelectors, read_listing
    from parsers.words import tokenizer

from flows.datasets import load_dataset
from schemas.record import Record

URL = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/2024n/1/index.shtml"
WHEN = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
KNOWN = Provenance(
    reply_id="fuzz:1",
    url=URL,
    province="辽宁省",
    column_path="/jyt/",
    column_kind="cppcc_proposal",
    listed_on=None,
    capture_id="capture",
    first_seen_at=WHEN,
    last_seen_at=WHEN,
)
AROUND = (
    '<div class="xxgk_tit"><h1>省政协十三届二次会议《关于产教融合的建议》(第0536号)提案的答复</h1></div>'
    '<div class="TRS_Editor"><p>张三委员:</p><p>您提出的提案收悉,答复如下:</p>{}<p>感谢您的支持。</p>'
    "<p>辽宁省教育厅</p><p>2024年5月30日</p></div>"
)


class Checks:
    """What holds of whatever is read."""

    def __init__(self, page: PageSelectors, listing: ListSelectors) -> None:
        self._page, self._listing = page, listing

    def run(self, body: bytes) -> None:
        """Read bytes in every way there is."""
        is_markup(body, "text/html")
        html = decode(body, "text/html; charset=gb2312").text
        outcome_of(200, html)
        outcome_of(302, None, URL, html[:200])
        for row in read_listing(html, URL, self._listing).rows:
            row.url.encode(), row.title.encode()
        for link in read_attachment_links(html, URL):
            link.url.encode(), link.label.encode()
        for page in (html, AROUND.format(html)):
            self._verdict(read_letter(page, self._page, KNOWN))

    def _verdict(self, reading: Reading) -> None:
        assert reading.record or reading.issues, "no verdict"
        for row in reading.issues:
            row.model_dump_json()
        if reading.record:
            self._record(reading.record)

    def _record(self, record: Record) -> None:
        text = record.reply.text
        for row in record.rows():
            row.model_dump_json()
            raw = row.about.raw
            if raw:
                said = "".join(getattr(row, name) for name in raw)
                found = text[getattr(row, "char_start") : getattr(row, "char_end")]  # noqa: B009 - not of every table
                assert "".join(found.split()) == "".join(said.split()), (row.about.name, said, found)
        for one, other in itertools.pairwise(record.sentences):
            assert one.char_end <= other.char_start, (one.text, other.text)


def main() -> None:
    """Hand the checks to libFuzzer."""
    demo = load_dataset("demo", Path(__file__).parents[2] / "datasets")
    checks = Checks(demo.page_selectors(), demo.list_selectors())
    tokenizer()  # not in the time of the first input
    atheris.Setup(sys.argv, checks.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
