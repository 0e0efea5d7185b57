"""Files → lines: whatever the bytes are."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.documents import Document, read_document
from parsers.limits import Limits
from parsers.media import media_type_of
from parsers.pdf import PrintedLine, paragraphs
from tests.conftest import DEMO
from tests.made_files import docx_of, laughing, letter_pdf, locked_pdf, locked_zip, pdf_of, with_body, with_member

PDF = DEMO / "site/jyt/gk/zfxxgk/fdzdgknr/jyta/srddbjy/2022n/P020220708512347718890.pdf"
WORD = docx_of("张三委员：", "我们将办好学校。")


def lines(body: bytes) -> list[str]:
    document = read_document(body)
    assert document.status == "read"
    return list(document.lines)


# --- docx


def test_paragraphs_and_table_rows_come_in_their_order() -> None:
    body = docx_of("一、布局（２０２４年）", "完。", table=[["市", "学位"], ["沈阳", "1.2万个"]])
    assert lines(body) == ["一、布局(2024年)", "市 | 学位", "沈阳 | 1.2万个", "完。"]


@pytest.mark.parametrize(
    "markup",
    [
        '<w:smartTag w:element="chsdate"><w:r><w:t>2024年5月</w:t></w:r></w:smartTag><w:r><w:t>30日</w:t></w:r>',
        "<w:ins><w:r><w:t>2024年5月30日</w:t></w:r></w:ins><w:del><w:r><w:delText>2023</w:delText></w:r></w:del>",
        "<w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>2024年5月30日</w:t></w:r></w:sdtContent></w:sdt>",
        "<w:r><w:t>2024年</w:t></w:r><w:hyperlink><w:r><w:t>5月30日</w:t></w:r></w:hyperlink>",
    ],
)
def test_what_word_wraps_text_in_does_not_hide_it(markup: str) -> None:
    body = with_body(docx_of("占位"), lambda part: part.replace("<w:r><w:t>占位</w:t></w:r>", markup))
    assert lines(body) == ["2024年5月30日"]


def test_a_break_in_a_paragraph_ends_a_line_and_a_table_in_a_cell_stays_in_its_row() -> None:
    inner = "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>内</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    body = docx_of("标题", table=[["甲", "乙"]])
    body = with_body(body, lambda part: part.replace("标题", "标</w:t><w:br/><w:t>题"))
    body = with_body(body, lambda part: part.replace("</w:tcPr><w:p>", f"</w:tcPr>{inner}<w:p>", 1))
    assert lines(body) == ["标", "题", "内 甲 | 乙"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_entities_are_never_expanded(encoding: str) -> None:
    body = laughing(docx_of("笑话"), encoding)
    tracemalloc.start()
    assert read_document(body) == Document("damaged")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_zip_that_swells_is_not_inflated() -> None:
    body = with_member(WORD, "word/media/image1.png", lambda _: bytes(150_000_000))
    assert len(body) < 1_000_000
    tracemalloc.start()
    assert read_document(body).status == "oversized"
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


# --- pdf


def test_the_lines_of_a_page_are_paragraphs_again() -> None:
    assert lines(PDF.read_bytes())[:5] == [
        "省十三届人大五次会议《关于提升农村地区普通话推广质量的建议》(第1030号)建议的答复",
        "邴秀兰代表:",
        "您提出的《关于提升农村地区普通话推广质量的建议》收悉,现答复如下:",
        (
            "我省高度重视国家通用语言文字普及工作。省语委印发《辽宁省国家通用语言文字高质量推广普及实施方案》,组织26所"
            "高校组建推普志愿团队,培训农村教师和青壮年1.9万人次,普通话普及率达到87.5%。"
        ),
        "各地语委以推普周为契机,组织经典诵读、规范汉字书写等活动进乡村、进社区,营造了良好的语言环境。",
    ]


def printed(*placed: tuple[float, str]) -> list[PrintedLine]:
    """Return lines that begin so many characters in; a character is 10 wide and the right margin at 200."""
    return [PrintedLine(text, left * 10, left * 10 + len(text) * 10, 10) for left, text in placed]


FULL = "学校办学条件持续改善并且教师队伍不断加强了"[:20]


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ([(2, FULL[:18]), (0, FULL), (0, "为止。")], [FULL[:18] + FULL + "为止。"]),  # indented, then full lines
        ([(2, FULL[:17] + "。"), (0, FULL)], [FULL[:17] + "。" + FULL]),  # a sentence that ends with the line
        ([(0, FULL), (2, FULL[:18])], [FULL, FULL[:18]]),  # the next line is indented
        ([(0, FULL), (0, "学校。"), (0, FULL)], [FULL + "学校。", FULL]),  # a short line
        ([(0, FULL[:19] + "。"), (0, FULL)], [FULL[:19] + "。", FULL]),  # nothing is indented at all
        ([(2, FULL[:17] + "。"), (0, "(一)" + FULL[:17])], [FULL[:17] + "。", "(一)" + FULL[:17]]),  # a heading
        ([(2, FULL[:18]), (0, "1.9万人次。")], [FULL[:18] + "1.9万人次。"]),  # a number that looks like a heading
        ([(3, "关于办好《学前教育"), (5, "条例》的答复")], ["关于办好《学前教育条例》的答复"]),  # a title
        ([(13, "辽宁省教育"), (13, "2024年5月")], ["辽宁省教育", "2024年5月"]),  # a signature
        ([(2, FULL[:18]), (2, FULL[:18]), (2, "为止")], [FULL[:18] * 2 + "为止"]),  # a block set in
        ([(0, FULL[:16] + " the"), (0, "school")], [FULL[:16] + " the school"]),  # two words
    ],
)
def test_which_lines_are_one_paragraph(placed: list[tuple[float, str]], expected: list[str]) -> None:
    margin = printed((0, FULL), (0, "边。"))  # what the page's margins are
    assert paragraphs([*margin, *printed(*placed)])[1:] == expected


def test_a_paragraph_goes_on_over_a_page_and_page_numbers_are_no_lines() -> None:
    first = [(72.0, 700.0, "\u3000\u3000" + "校" * 34), (290.0, 40.0, "- 1 -")]
    second = [(72.0, 700.0, "园" * 36), (72.0, 680.0, "终。"), (290.0, 40.0, "— 2 —")]
    assert lines(pdf_of(first, second)) == ["校" * 34 + "园" * 36 + "终。"]


def test_a_scan_has_no_text() -> None:
    assert read_document(pdf_of([])) == Document("empty")


def test_spaces_and_controls_before_a_pdf_do_not_hide_it() -> None:
    body = b"\r\n" + letter_pdf("我们将办好学校。")
    assert media_type_of(body) == "application/pdf"
    assert read_document(body).status == "read"


# --- whatever the bytes are


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", "empty"),
        (b"<html>404</html>", "format_not_read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "format_not_read"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "WordDocument".encode("utf-16-le"), "format_not_read"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (docx_of(), "empty"),
        (locked_zip(WORD), "encrypted"),
        (locked_pdf(), "encrypted"),
        (WORD[: len(WORD) // 2], "damaged"),
        (with_member(WORD, "word/document.xml", lambda part: part[:-20]), "damaged"),
        (with_member(WORD, "[Content_Types].xml", lambda _: b""), "damaged"),
        (with_body(WORD, lambda part: part.replace("<w:p>", "<w:sdt>" * 3000, 1)), "damaged"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (PDF.read_bytes()[:-1000], "damaged"),
    ],
)
def test_what_is_not_read_says_why(body: bytes, status: str) -> None:
    assert read_document(body) == Document(status)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        (WORD, Limits(file_bytes=1000)),
        (WORD, Limits(members=3)),
        (WORD, Limits(characters=10)),
        (letter_pdf("我们将办好学校。"), Limits(characters=5)),
        (pdf_of([], [], []), Limits(pages=2)),
    ],
)
def test_every_limit_is_kept(body: bytes, limits: Limits) -> None:
    assert read_document(body, limits) == Document("oversized")
    assert read_document(body).status in ("read", "empty")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bytes_that_are_changed_anywhere_never_raise(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([WORD, letter_pdf("我们将办好学校。"), Path(PDF).read_bytes()])))
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert read_document(bytes(body)).status in (
        "read",
        "empty",
        "format_not_read",
        "encrypted",
        "damaged",
        "oversized",
    )
