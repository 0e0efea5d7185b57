"""What sentences do: every rule on its own example, and the traps of the letters."""

from __future__ import annotations

import re

import pytest

from parsers.roles import RULES, Rule, Utterance, rule_for
from schemas.structure import SectionRole


def role(sentence: str, section: SectionRole | None = None, year: int | None = 2024) -> str:
    return rule_for(Utterance(sentence, section, year)).role


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_fires_on_its_own_example(rule: Rule) -> None:
    section = rule.within[0] if rule.within else None
    assert rule_for(Utterance(rule.example, section, 2024)).name == rule.name


def test_rules_have_names_of_their_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(re.fullmatch("[a-z_]+", rule.name) for rule in RULES)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("您提出的《关于办好学校的提案》收悉,现答复如下:", "opening"),
        ("感谢您对教育工作的关心。", "courtesy"),
        ("希望您今后继续支持我省教育工作。", "courtesy"),
        ("您的宝贵意见对我们很有启发。", "courtesy"),
        ("目前暂不具备单独设校条件。", "decline"),
        ("受编制总量限制,目前难以一步到位,我们将留作参考。", "decline"),
        ("我们将积极向教育部反映。", "refer"),
        ("医保支付属省医保局职权,我们将积极向省医保局反映。", "refer"),
        ("我们将继续加大投入。", "commitment"),
        ("我们将认真吸纳您的宝贵意见。", "commitment"),
        ("到2025年,建成10个基地。", "commitment"),
        ("省教育厅计划于2025年上半年启动试点。", "commitment"),
        ("我厅拟会同省财政厅研究。", "commitment"),
        ("出台《关于改革的意见》。", "done"),
        ("全省已配备专职教师3127人。", "done"),
        ("进一步优化了学科结构。", "done"),
        ("2022年,我们继续扩大覆盖面,新增学校126所。", "done"),
        ("将劳动教育纳入人才培养全过程。", "measure"),
        ("将校长轮训列为年度任务,把安全作为底线。", "measure"),
        ("实施三年行动计划,推进改革。", "measure"),
        ("将心理健康教育纳入教学计划。", "measure"),
        ("推进继续教育改革。", "measure"),
        ("积极争取中央财政资金支持学校建设。", "measure"),
        ("认真落实国务院办公厅印发的《方案》,指导各地开展工作。", "measure"),
        ("职业教育关系千家万户。", "context"),
        ("办好特殊教育是保障平等受教育权利的基本要求。", "context"),
        ("我们也清醒地看到,骨干教师外流等问题仍然存在。", "context"),
        ("目前,全省共有幼儿园8426所。", "context"),
    ],
)
def test_roles(sentence: str, expected: str) -> None:
    assert role(sentence) == expected


@pytest.mark.parametrize(
    "sentence",
    [
        "目前,我省尚未出台相关政策。",
        "我厅没有批准成立该机构。",
        "您建议成立专项基金。",
        "《条例》规定,学校应当成立家长委员会。",
        "要求各地成立工作专班。",
        "各市要建成至少1所专门学校。",
        "为建成教育强省提供支撑。",
        "支持高校成立乡村振兴学院。",
        "是否成立专门机构,需进一步研究论证。",
        "预计年内出台。",
    ],
)
def test_what_is_denied_demanded_or_wished_for_is_not_done(sentence: str) -> None:
    assert role(sentence, "situation") != "done"


def test_a_bare_verb_promises_among_the_next_steps() -> None:
    assert role("推进校企合作。", "next_steps") == "commitment"
    assert role("推进校企合作。", "situation") == "measure"
    assert role("认定示范校50所。", "next_steps") == "commitment"
    assert role("认定示范校50所。", "situation") == "done"


def test_a_description_among_the_next_steps_promises_nothing() -> None:
    assert role("当前我省学龄人口变化较快,任务仍然艰巨。", "next_steps") == "context"


def test_a_year_that_is_over_is_no_promise() -> None:
    assert role("到2022年,入园率达到95%。", "situation", 2024) == "done"
    assert role("到2022年,入园率达到95%。", "situation", 2021) == "commitment"


def test_cues_in_names_say_nothing() -> None:
    assert role("落实《关于进一步加强改革的意见》。") == "measure"
    assert role("实施“将来之星”培养工作。") == "measure"
