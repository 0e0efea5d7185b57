"""Salutations, signatures, marks and contact details."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.marks import read_marks
from parsers.parties import full_name, is_salutation, read_salutation, read_signature, salutation_in
from parsers.privacy import without_contact, without_contacts


@pytest.mark.parametrize(
    ("line", "names", "role", "groups", "count"),
    [
        ("徐鑫提案者:", ["徐鑫"], "提案者", [False], 1),
        ("王芳委员:", ["王芳"], "委员", [False], 1),
        ("尊敬的刘大伟代表:", ["刘大伟"], "代表", [False], 1),
        ("张三、李四等6位代表:", ["张三", "李四"], "代表", [False, False], 6),
        ("王一、王二、王三等五位委员:", ["王一", "王二", "王三"], "委员", [False] * 3, 5),
        ("民进本溪市委:", ["民进本溪市委"], None, [True], 1),
        ("农工党界别:", ["农工党界别"], None, [True], 1),
        ("委员您好:", [], None, [], None),
    ],
)
def test_salutations(line: str, names: list[str], role: str | None, groups: list[bool], count: int | None) -> None:
    assert is_salutation(line)
    found = read_salutation(line)
    assert [p.name for p in found.proposers] == names
    assert [p.is_group for p in found.proposers] == groups
    assert all(p.role == role for p in found.proposers)
    assert found.count == count
    assert not found.office


def test_another_office_is_no_proposer() -> None:
    found = read_salutation("省人力资源社会保障厅:")
    assert found.office
    assert found.proposers == ()


@pytest.mark.parametrize("line", ["现答复如下:", "一、基本情况", "您提出的建议收悉。", "主要做法:"])
def test_what_is_no_salutation(line: str) -> None:
    assert not is_salutation(line)


def test_signature_of_office_and_date() -> None:
    found = read_signature(["正文。", "辽宁省教育厅", "2024年5月30日"])
    assert (found.raw, found.signed_on, found.lines) == ("辽宁省教育厅", dt.date(2024, 5, 30), frozenset({1, 2}))


def test_two_offices_and_one_line_for_all() -> None:
    assert read_signature(["正文。", "辽宁省教育厅", "辽宁省财政厅", "2022.6.8"]).raw == "辽宁省教育厅、辽宁省财政厅"
    together = read_signature(["正文。", "辽宁省教育厅 2024年5月30日"])
    assert (together.raw, together.signed_on) == ("辽宁省教育厅", dt.date(2024, 5, 30))


def test_a_signature_in_front_of_the_last_paragraph() -> None:
    lines = ["正文。", "辽宁省教育厅", "2022年6月8日", "感谢您的关心。"]
    assert read_signature(lines).lines == {1, 2}


def test_a_damaged_date_is_null_and_said_to_be_damaged() -> None:
    found = read_signature(["正文。", "辽宁省教育厅", "2023927"])
    assert (found.raw, found.signed_on, found.damaged) == ("辽宁省教育厅", None, True)


def test_no_signature() -> None:
    assert read_signature(["正文。", "感谢您的关心。"]).raw is None


def test_offices_are_resolved_with_the_province() -> None:
    assert full_name("省教育厅、省财政厅", "辽宁省") == "辽宁省教育厅、辽宁省财政厅"
    assert full_name("辽宁省教育厅", "辽宁省") == "辽宁省教育厅"


@pytest.mark.parametrize(
    ("mark", "raw", "letter"),
    [("[A1]", "[A1]", "A"), ("A类", "A类", "A"), ("(A)", "(A)", "A"), ("类别:B", "类别:B", "B"), ("乙类", "乙类", "B")],
)
def test_classes(mark: str, raw: str, letter: str) -> None:
    found = read_marks([mark, "王芳委员:", "正文。"], head=1, tail=3)
    assert (found.reply_class_raw, found.reply_class) == (raw, letter)


def test_a_category_that_is_no_class() -> None:
    assert read_marks(["类别:提案", "王芳委员:"], head=1, tail=2).reply_class is None


@pytest.mark.parametrize(
    "number",
    [
        "辽教函〔2024〕12号",
        "辽教函(2023)45号",
        "辽教办[2022]7号",
        "辽教函【2021】18号",
        "辽文旅提复字〔2024〕第12号",
        "辽交〔2024〕建字12号",
    ],
)
def test_document_numbers_in_each_bracket(number: str) -> None:
    assert read_marks([number, "王芳委员:"], head=1, tail=2).doc_number == number


@pytest.mark.parametrize(("line", "openness"), [("公开属性:主动公开", "主动公开"), ("(依申请公开)", "依申请公开")])
def test_openness(line: str, openness: str) -> None:
    assert read_marks(["正文。", line], head=0, tail=1).openness == openness


def test_running_text_is_not_searched_for_marks() -> None:
    assert read_marks(["(A)项工作依据国办发〔2020〕34号推进。"], head=0, tail=1).doc_number is None


@pytest.mark.parametrize(
    "line",
    [
        "(联系人:王某某,联系电话:024-86900000)",
        "联系人:王某某 联系电话:13900001111",
        "承办人:李某 024-86901234",
        "邮箱 wang@example.com",
        "身份证210102199001011234",
    ],
)
def test_contact_details_are_taken_out(line: str) -> None:
    kept, removed = without_contacts(["正文。", line])
    assert sum(removed.values()) >= 1
    assert not any(word in "".join(kept) for word in ("王某某", "86900000", "13900001111", "李某", "@", "19900101"))


def test_public_hotlines_stay() -> None:
    line = "开通心理援助热线024-12355,全年无休。"
    assert without_contacts([line]) == ([line], {})


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("关于第20230163号提案的答复", "关于第20230163号提案的答复"),
        ("关于省人大(20230163)建议的答复(联系人:王某 024-86896387)", "关于省人大(20230163)建议的答复"),
        ("关于0536号提案的答复 13900001111", "关于0536号提案的答复"),
    ],
)
def test_titles_lose_contacts_and_keep_numbers(title: str, clean: str) -> None:
    assert without_contact(title) == clean


@pytest.mark.parametrize(
    "line",
    [
        "承办人张三丰,联系电话024-86901234",
        "张三丰,0417-2834567",
        "联系人:张三丰 139-4012-3456",
        "联系人:张三丰 139 4012 3456",
        "辽宁省教育厅基础教育与民族教育处联系人:张三丰 0417-2834567",
        "联系人 张三丰",
        "联系人 | 张三丰 | 电话 | 024-86901234",
        "联络员:张三丰",
    ],
)
def test_contact_details_are_taken_out_however_they_are_set(line: str) -> None:
    kept, _ = without_contacts(["正文。", line])
    assert not any(said in "".join(kept) for said in ("张三丰", "86901234", "2834567", "3456"))


@pytest.mark.parametrize(
    "line",
    [
        "我厅开通学生资助热线电话:024-12355,欢迎拨打。",
        "设立监督电话024-12345,每年受理500件。",
        "全省共有在校生2834567人,比上年增加1390人。",
        "2023年共投入20230815元。",
        "在校生合计2834567",
    ],
)
def test_what_is_nobodys_contact_stays(line: str) -> None:
    assert without_contacts([line])[0] == [line]


@pytest.mark.parametrize("line", ["尊敬的各位委员:", "有关委员:", "各位代表:"])
def test_who_is_not_named_is_no_proposer(line: str) -> None:
    assert read_salutation(line).proposers == ()


def test_a_count_that_is_no_numeral_is_not_known() -> None:
    addressee = read_salutation("张三等十二三位委员:")
    assert (addressee.proposers[0].name, addressee.count) == ("张三", None)


@pytest.mark.parametrize(
    ("line", "names", "role", "groups", "count"),
    [
        ("王 五委员:", ["王五"], "委员", [False], 1),
        ("王 五、李 四委员:", ["王五", "李四"], "委员", [False, False], 2),
        ("王 五 委 员:", ["王五"], "委员", [False], 1),
        ("王 小 明代表:", ["王小明"], "代表", [False], 1),
        ("王五 李四委员:", ["王五", "李四"], "委员", [False, False], 2),
        ("李和平委员:", ["李和平"], "委员", [False], 1),
        ("李委员:", ["李"], "委员", [False], 1),
        ("王五等委员:", ["王五"], "委员", [False], None),
        ("鞍山代表团:", ["鞍山代表团"], None, [True], 1),
        ("人口和资源环境委员会:", ["人口和资源环境委员会"], None, [True], 1),
    ],
)
def test_salutations_set_wide_short_or_uncounted(
    line: str, names: list[str], role: str | None, groups: list[bool], count: int | None
) -> None:
    test_salutations(line, names, role, groups, count)


def test_a_party_beside_a_person_has_no_role() -> None:
    party, person = read_salutation("致公党辽宁省委、王五委员").proposers
    assert (party.name, party.role, party.is_group) == ("致公党辽宁省委", None, True)
    assert (person.name, person.role, person.is_group) == ("王五", "委员", False)


@pytest.mark.parametrize(
    ("line", "salutation"),
    [
        ("尊敬的王五委员:您提出的建议收悉,现答复如下:", "尊敬的王五委员:"),
        ("王五委员:", "王五委员:"),
        ("各地代表:人数增加。", None),
        ("您提出的建议收悉,现答复如下:", None),
    ],
)
def test_a_salutation_at_the_beginning_of_the_opening(line: str, salutation: str | None) -> None:
    assert salutation_in(line) == salutation


@pytest.mark.parametrize(
    "date",
    ["二О二四年五月三十日", "二O二四年五月三十日", "2024年5月30日(主动公开)", "2024年5月30日(此件公开)"],
)
def test_dates_however_they_are_written(date: str) -> None:
    found = read_signature(["正文。", "辽宁省教育厅", date])
    assert (found.raw, found.signed_on, found.lines) == ("辽宁省教育厅", dt.date(2024, 5, 30), frozenset({1, 2}))


@pytest.mark.parametrize("date", ["2024年530", "2023 9 27", "2024年5月32日", "2024年 月 日", "2024年5月"])
def test_a_date_of_no_day_is_null_and_said_to_be_damaged(date: str) -> None:
    found = read_signature(["正文。", "辽宁省教育厅", date])
    assert (found.raw, found.signed_on, found.damaged) == ("辽宁省教育厅", None, True)


@pytest.mark.parametrize("unit", ["辽宁省教育厅(盖章)", "辽 宁 省 教 育 厅"])
@pytest.mark.parametrize("dated", [True, False])
def test_a_unit_with_a_stamp_or_set_wide(unit: str, *, dated: bool) -> None:
    found = read_signature(["正文。", unit, *(["2024年5月30日"] if dated else [])])
    assert full_name(found.raw, "辽宁省") == "辽宁省教育厅"
    assert found.raw is not None
    assert found.raw in unit


@pytest.mark.parametrize("lines", [["辽宁省教育厅 省图书馆 省财政厅"], ["辽宁省教育厅", "省图书馆", "省财政厅"]])
def test_three_units_one_of_them_no_office(lines: list[str]) -> None:
    assert read_signature(["正文。", *lines, "2024年5月30日"]).raw == "辽宁省教育厅、省图书馆、省财政厅"


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("承办单位:辽宁省教育厅基础教育处 联系人:赵六六 联系电话:024-86901234", "承办单位:辽宁省教育厅基础教育处"),
        ("承办处室:基教处 承办人:李四 电话:24-86901234", "承办处室:基教处"),
        ("单位地址:崇山东路46号 联系人:李四 邮编:110032", "单位地址:崇山东路46号 邮编:110032"),
        ("主管领导:王强 承办人:李四", ""),
        ("张三(024-86901234)", ""),
        ("024-86901234(张三)", ""),
        ("请与我厅基础教育处张三联系,电话024-86901234。", "请与我厅基础教育处联系。"),
        ("请与张三处长联系,手机号13912345678。", "请与联系。"),
        ("请与我厅张三同志联系。", "请与我厅联系。"),
        ("负责同志:张三,联系电话:024-86901234", ""),
        ("附:联系人张三,电话024-86901234", "附:"),
        ("责任人:张三", ""),
        ("填报人:张三", ""),
        ("承办同志:张三", ""),
        ("咨询电话:张三 024-86901234", ""),
        ("姓名 | 张三 | 手机 | 13912345678 | 职务 | 处长", "职务 | 处长"),
        ("张三 | 基教处 | 024-86901234", "基教处"),
        ("联系人张三", ""),
        ("联系人员:李四", ""),
        ("联系人姓名:李四", ""),
        ("联系人:张三、李四 电话:86901234、86905678", ""),
        ("承 办 人:张 三 电 话:024-86901234", ""),
        ("手机:+8613912345678", ""),
        ("基教处李四 8690 1234", "基教处"),
        ("身份证210102 19700101 1234", ""),
        ("处长李四 13912345678", "处长"),
        ("电话:86891234 张三", ""),
        ("联系人:Zhang San 13912345678", ""),
        ("QQ:12345678", ""),
        ("微信:zhangsan1234", ""),
        ("联系电话:(024)86901234转801", ""),
        ("关于第1号提案的答复 王五委员13812345678:", "关于第1号提案的答复 王五委员:"),
        ("请报基教处(联系人:张三,邮箱:a@b.cn),逾期不候。", "请报基教处,逾期不候。"),
    ],
)
def test_a_contact_goes_and_what_stands_beside_it_stays(line: str, kept: str) -> None:
    assert without_contact(line) == kept


@pytest.mark.parametrize(
    "lines",
    [["联系人:", "张三"], ["承办人", "张三"], ["联系人:", "张三", "联系电话:", "024-86901234"]],
)
def test_a_label_tells_of_the_next_line(lines: list[str]) -> None:
    assert without_contacts([*lines, "我省推进职业教育。"])[0] == ["我省推进职业教育。"]


@pytest.mark.parametrize(
    "line",
    [
        "资助热线:024-86892355",
        "咨询电话:024-86901234",
        "监督电话:024-86901234",
        "热线电话:024-86901234",
        "服务热线 024-86901234",
        "公布资助咨询电话(024-86591234)",
        "开通心理热线,电话:024-86591234。",
        "向社会公布举报电话024-86901234、024-86901235,接受监督。",
        "2023年服务群众23456789人次。",
        "资金共计15975286000元",
        "固定电话用户86901234户",
        "2023年投入15975286000",
        "合计 | 23456789 | 34567890",
        "明确各地经办人:乡镇劳动保障所负责办理,社区配合。",
        "责任人:校长",
        "校长是第一责任人,分管领导具体抓、承办处室抓落实。",
        "联系人 | 联系电话",
        "微信公众号:辽宁教育",
        "提案人:王芳委员",
        "可拨打12355、12345热线。",
    ],
)
def test_what_is_for_everybody_and_what_is_counted_stays(line: str) -> None:
    assert without_contacts([line]) == ([line], {})


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    ["QQ", "QQ1", "张三 | 13912345678 | ", "张三,", "联系人:张三、", "与张三处长联系", "024-86901234 ", "基教处", "张·",
     "责任人:", "()", "(024-", "电 话", "8690 ", "210102"],
)  # fmt: skip
def test_a_line_of_twenty_thousand_characters_is_read_soon(piece: str) -> None:
    for _ in range(4):
        without_contact(piece * (20_000 // len(piece)))
