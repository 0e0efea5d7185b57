"""Which proposal a letter answers, in the title forms of the letters."""

from __future__ import annotations

import pytest

from parsers.identity import body_name, read_identity, same_title, several_numbers

Case = tuple[str, str | None, str | None, int | None, int | None, str | None, str | None]
P, N = "cppcc_proposal", "npc_suggestion"


@pytest.mark.parametrize(
    ("line", "kind", "body", "term", "session", "number", "title"),
    [
        ("省政协十三届二次会议《关于A的建议》(第0536号)提案的答复", P, "省政协", 13, 2, "0536", "关于A的建议"),
        ("省政协十三届二次会议《关于A的提案》(第0527号)答复", P, "省政协", 13, 2, "0527", "关于A的提案"),
        ("省十四届人大三次会议《关于A的建议》(第1191号)答复", N, "省人大", 14, 3, "1191", "关于A的建议"),
        ("省十四届人大二次会议《关于A的提案》(第1348号建议)的答复意见", N, "省人大", 14, 2, "1348", "关于A的提案"),
        ("对省十四届人大一次会议《关于A的建议》(1411353)的答复", N, "省人大", 14, 1, "1411353", "关于A的建议"),
        ("对省十三届人大三次会议第1626号建议的答复", N, "省人大", 13, 3, "1626", None),
        (
            "关于政协第十三届全国委员会第三次会议第3330号(教育类331号)提案答复的函",
            P,
            "全国政协",
            13,
            3,
            "3330",
            None,
        ),
        ("第57号提案的复函", P, None, None, None, "57", None),
        ("《关于A的建议》(DH0271)的答复", None, None, None, None, "DH0271", "关于A的建议"),
        ("《关于A的建议》(来信)的答复", None, None, None, None, "来信", "关于A的建议"),
        ("省政协13届2次会议《落实《条例》的建议》(第0001号)答复", P, "省政协", 13, 2, "0001", "落实《条例》的建议"),
        ("工作动态", None, None, None, None, None, None),
    ],
)
def test_title_forms(
    line: str,
    kind: str | None,
    body: str | None,
    term: int | None,
    session: int | None,
    number: str | None,
    title: str | None,
) -> None:
    found = read_identity(line)
    assert (found.kind, found.body_raw, found.term, found.session, found.number, found.proposal_title) == (
        kind,
        body,
        term,
        session,
        number,
        title,
    )


def test_words_inside_the_title_do_not_decide_the_kind() -> None:
    assert read_identity("省政协十三届二次会议《关于人大代表工作的建议》(第0001号)提案的答复").kind == P


def test_the_assembly_outweighs_the_noun() -> None:
    assert read_identity("省十三届人大四次会议《关于A》(第1142号)提案的答复").kind == N


def test_numbers_keep_their_zeros_and_have_a_value_beside_them() -> None:
    found = read_identity("省政协十三届二次会议《A》(第0536号)提案的答复")
    assert (found.number, found.number_int) == ("0536", 536)
    assert read_identity("《A》(DH0271)的答复").number_int is None


def test_what_the_title_lacks_comes_from_the_opening() -> None:
    title, opening = read_identity("第57号提案的复函"), read_identity("您在省政协十二届三次会议上提出的《关于A的提案》")
    found = title.completed_by(opening)
    assert (found.number, found.term, found.proposal_title) == ("57", 12, "关于A的提案")


def test_an_unquoted_title_in_the_opening() -> None:
    assert read_identity("您提出的关于发展冰雪运动的建议").proposal_title == "关于发展冰雪运动的建议"


def test_full_names() -> None:
    assert body_name("省政协", "辽宁省") == "中国人民政治协商会议辽宁省委员会"
    assert body_name(None, "辽宁省") is None


def test_the_proposals_own_title_is_recognised_however_it_is_repeated() -> None:
    own = "关于“智造强省”背景下强化产教融合的建议"
    assert same_title("关于智造强省背景下强化产教融合", own)
    assert not same_title("关于产教融合的意见", own)
    assert not same_title("关于产教融合的意见", None)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("关于落实《学前教育条例》建议的答复", "关于落实《学前教育条例》"),
        ("您提出的关于落实《学前教育条例》的建议", "关于落实《学前教育条例》的建议"),
        ("省政协十三届二次会议“关于A的建议”(第0536号)提案的答复", "关于A的建议"),
        ("省政协十三届二次会议〈关于A的建议〉(第0536号)提案的答复", "关于A的建议"),
        ("关于“双减”工作的建议的答复", "关于“双减”工作的建议"),
        ("关于加强学前教育的提案的答复", "关于加强学前教育的提案"),
        ("关于采纳群众建议的建议的答复", "关于采纳群众建议的建议"),
        ("省十四届人大三次会议关于加强学前教育的建议(第1191号)的答复", "关于加强学前教育的建议"),
        ("关于王五委员《关于A的建议》的答复", "关于A的建议"),
        ("关于第20230163号提案的答复", None),
        ("关于王五委员提案的答复", None),
        ("关于省政协十三届二次会议第0536号提案的答复", None),
    ],
)
def test_titles_in_other_marks_or_none(line: str, title: str | None) -> None:
    assert read_identity(line).proposal_title == title


def test_a_quoted_title_in_the_opening_completes_a_part_of_it() -> None:
    first = read_identity("关于落实《学前教育条例》建议的答复")
    opening = read_identity("您在省政协十三届二次会议上提出的《关于落实〈学前教育条例〉的建议》(第1234号)")
    assert first.completed_by(opening).proposal_title == "关于落实〈学前教育条例〉的建议"


def test_the_kind_is_not_read_from_a_title_in_other_marks() -> None:
    assert read_identity("“关于A的建议”(第0536号)提案的答复").kind == P


def test_an_assembly_named_in_full() -> None:
    found = read_identity("政协第十二届辽宁省委员会第三次会议第0123、0456号提案的答复")
    assert (found.body_raw, found.term, found.session, found.number) == ("省政协", 12, 3, "0123")


@pytest.mark.parametrize(
    ("line", "several"),
    [
        ("第0123、0456号提案的答复", True),
        ("第0123号、第0456号提案的答复", True),
        ("第3330号(教育类331号)提案的答复", False),
        ("第0123号提案的答复", False),
    ],
)
def test_several_numbers(line: str, *, several: bool) -> None:
    assert several_numbers(line) is several
