"""Which letters are almost the same, and which paragraphs stand in several."""

from __future__ import annotations

import itertools
import random

import pytest

from flows.parse import passages
from flows.parse.history import Letter
from flows.parse.passages import compared, near_duplicates, shared_passages
from tests.demo_pages import facts_files, read_page
from tests.flows.synthetic import letter, many_texts, prose

LONG = (
    "研学旅行实行属地管理、学校备案制度,要求学校按照师生比配备带队教师,购买责任保险,"
    "与承办机构签订安全责任书。对发现的17家不合规机构已列入负面清单,并向社会公布。"
)
OTHER = (
    "我省已建立从学前教育到研究生教育全覆盖的资助体系。2022年,发放各类资助资金52.4亿元,"
    "资助学生346.7万人次,省教育厅与民政、残联等部门实现数据共享。"
)


def demo_texts() -> dict[str, str]:
    """Return the texts of the demo's first state, each once."""
    names = [path.stem for path in facts_files() if not path.stem.endswith("-later")]
    found = [reading.record.reply for name in names if (reading := read_page(name)) and reading.record]
    return {reply.reply_id: reply.text for reply in found}


def sent_again(text: str, name: str = "srddbjy-same-answer-1120") -> str:
    """Return a demo letter's text with salutation, opening and date of another."""
    reading = read_page(name)
    assert reading is not None
    assert reading.record is not None
    ours, theirs = text.split("\n"), reading.record.reply.text.split("\n")
    opening = next(n for n, line in enumerate(ours) if "收悉" in line or "如下" in line)
    return "\n".join([*ours[: opening - 1], *theirs[:2], *ours[opening + 1 : -1], theirs[-1]])


def test_the_demo_holds_one_pair() -> None:
    texts = demo_texts()
    twice = [i for i in texts if i.endswith(("2023072010153060112", "2023072010171260115"))]  # one letter, two pages
    assert near_duplicates({i: texts[i] for i in texts if i != max(twice)}) == {
        "demo:2021083009244071553": "demo:2021083009244071553",
        "demo:a71c9e0253fb4d6c8e1f07b2c4d95a38": "demo:2021083009244071553",
    }


def test_letters_on_different_matters_are_far_from_the_threshold() -> None:
    reply_ids = {"demo:2021083009244071553", "demo:2023072010171260115"}
    plains = [passages._plain(text) for reply_id, text in demo_texts().items() if reply_id not in reply_ids]
    assert max(passages._likeness(*pair) for pair in itertools.combinations(plains, 2)) < passages.SAME / 5


@pytest.mark.parametrize("name", ["szxta-clean-0527", "szxta-respectful-0084", "szxta-seed-0536"])
def test_the_same_answer_to_somebody_else_is_a_near_duplicate(name: str) -> None:
    reading = read_page(name)
    assert reading is not None
    assert reading.record is not None
    text = reading.record.reply.text
    assert near_duplicates({"b": text, "a": sent_again(text)}) == {"a": "a", "b": "a"}


def test_what_is_almost_the_same() -> None:
    text = prose(random.Random(3), 600)
    halves = text[:300] + prose(random.Random(4), 300)
    assert near_duplicates({"a": text, "b": halves}) == {}
    assert near_duplicates({"a": text, "b": text[:280] + text[310:]}) == {"a": "a", "b": "a"}
    assert near_duplicates({"a": f"{LONG}\n{OTHER}", "b": f"{LONG.replace(',', '， ')}{OTHER}"}) == {"a": "a", "b": "a"}


def test_a_group_is_what_hangs_together() -> None:
    texts = [prose(random.Random(5), 500)]
    for step in range(5):
        texts.append(texts[-1][: step * 50] + prose(random.Random(6 + step), 50) + texts[-1][step * 50 + 50 :])
    assert passages._likeness(passages._plain(texts[0]), passages._plain(texts[-1])) < passages.SAME
    assert set(near_duplicates({f"letter {n}": text for n, text in enumerate(texts)}).values()) == {"letter 0"}


def test_short_and_empty_texts() -> None:
    assert near_duplicates({"a": "", "b": "。", "c": "见附件", "d": "见附件。", "e": "附件"}) == {"c": "c", "d": "c"}
    assert near_duplicates({}) == {}


def test_the_order_of_the_letters_does_not_matter() -> None:
    texts, copies = many_texts(400, 300)
    groups = near_duplicates(texts)
    assert all(groups[copy] == groups[original] <= original for copy, original in copies.items())
    assert groups.keys() == copies.keys() | set(copies.values())
    for seed in range(5):
        shuffled = list(texts.items())
        random.Random(seed).shuffle(shuffled)
        assert near_duplicates(dict(shuffled)) == groups


def test_countless_letters_that_are_the_same_to_the_character_cost_nothing() -> None:
    texts = dict.fromkeys((f"{n:05}" for n in range(20_000)), LONG)
    assert set(near_duplicates(texts).values()) == {"00000"}


def places(letters: list[Letter]) -> list[tuple[str, str, list[str]]]:
    """Return the shared passages as (letter, what stands there, sentences)."""
    records = [found.record for found in compared(letters)]
    return [
        (row.reply_id, record.reply.text[row.char_start : row.char_end], row.sentence_ids)
        for record in records
        for row in record.shared_passages
    ]


def test_a_paragraph_of_several_letters_is_a_row_for_every_place() -> None:
    letters = [
        letter("a", f"一、情况\n{LONG}\n{OTHER}\n{LONG}"),
        letter("b", LONG.replace(",", "，")),
        letter("c", f"{OTHER[:-1]}!\n{OTHER}以及别的。"),
        letter("d", "无关。"),
    ]
    assert places(letters) == [
        ("a", LONG, ["a#s2"]),
        ("a", OTHER, ["a#s3"]),
        ("a", LONG, ["a#s4"]),
        ("b", LONG.replace(",", "，"), ["b#s1"]),
        ("c", f"{OTHER[:-1]}!", ["c#s1"]),
    ]
    rows = shared_passages(found.record for found in letters)
    assert len({row.passage_sha256 for found in rows.values() for row in found}) == 2
    assert {row.characters for row in rows["b"]} == {len(passages._plain(LONG))}


def test_what_stands_twice_in_one_letter_only_is_not_shared() -> None:
    assert places([letter("a", f"{LONG}\n{LONG}"), letter("b", OTHER)]) == []


@pytest.mark.parametrize(("characters", "shared"), [(59, False), (60, True)])
def test_short_paragraphs_are_not_looked_for(characters: int, shared: bool) -> None:  # noqa: FBT001
    line = "，".join("学" * characters) + "。"
    assert bool(places([letter("a", line), letter("b", line)])) is shared


def test_near_duplicates_are_marked_and_kept() -> None:
    letters = [
        letter("b", f"{LONG}\n{OTHER}"),
        letter("a", f"{LONG}\n{OTHER}好"),
        letter("c", prose(random.Random(1), 99)),
    ]
    found = [record.reply for record in (one.record for one in compared(letters))]
    assert [(reply.reply_id, reply.near_duplicate_group) for reply in found] == [("b", "a"), ("a", "a"), ("c", None)]
