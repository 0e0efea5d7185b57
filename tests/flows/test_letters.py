"""Captures → letters: which pages and states are one letter."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, ListedPage, read_catalogue
from flows.crawl.session import Answer
from flows.datasets import Dataset, load_dataset
from flows.parse.history import Letter, one_letter_each, unread
from flows.parse.letters import page_groups, read_group
from parsers.letter import Reading, read_letter
from schemas.issues import Issue
from tests.conftest import copy_of_demo

SITE = "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta"
OLD = f"{SITE}/2023n/2023081309440572739/index.shtml"
NEW = f"{SITE}/2024n/2024010209440572740/index.shtml"
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PAGE = """<!doctype html><html><head><title>答复</title></head><body><div class="xxgk_tit"><h1>对省政协十三届二次会议
第0001号提案的答复</h1></div><div class="TRS_Editor"><p>张三委员：</p>
<p>您提出的《关于办好学校的提案》收悉，现答复如下：</p>
<p>我们将办好学校。</p><p>辽宁省教育厅</p><p>2023年8月1日</p></div></body></html>"""

Answered = tuple[str, int, str | bytes]
"""An address, a status, and a page, a file or where a redirect leads."""


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


def kept(dataset: Dataset, *days: Answered | list[Answered]) -> Archive:
    """Keep an answer, or several, in a run each day; return the archive."""
    with Archive(dataset.archive).writing("demo") as archive:
        for day, answers in enumerate(days):
            at = START + dt.timedelta(days=day)
            archive.begin("revisit", at)
            for url, status, said in answers if isinstance(answers, list) else [answers]:
                moved = {"Location": str(said)} if 300 <= status < 400 else {"Content-Type": "text/html"}
                body = b"" if 300 <= status < 400 else said.encode() if isinstance(said, str) else said
                archive.keep(Answer(url, at, [], status, "", list(moved.items()), body))
            archive.end(at)
    return archive


def listed(dataset: Dataset, *urls: str) -> Catalogue:
    return Catalogue({url: ListedPage(url, "答复", None, dataset.columns[0]) for url in urls}, ())


def letters_of(archive: Archive, dataset: Dataset, catalogue: Catalogue) -> tuple[list[Letter], list[Issue]]:
    """Return the letters of an archive, and the issues of pages without one."""
    read = [read_group(archive, dataset, group, None) for group in page_groups(archive, catalogue)]
    letters = one_letter_each(archive, dataset, catalogue, read)
    return letters, list(unread(letters, read))


def letter_of(archive: Archive, dataset: Dataset, catalogue: Catalogue) -> Letter:
    """Return the one letter of an archive."""
    ((letter,), _) = letters_of(archive, dataset, catalogue)
    return letter


def events(letter: Letter) -> list[tuple[str, int]]:
    return [(event.event, event.version) for event in letter.record.history]


def test_a_page_that_a_listed_one_redirects_to_is_the_same_letter(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 301, NEW), (NEW, 200, PAGE.replace("办好", "办强")))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.reply_id, reply.reply.url, reply.reply.version) == ("demo:2023081309440572739", NEW, 2)
    assert "withdrawn" not in reply.reply.flags


def test_a_letter_behind_a_redirect_from_the_start_is_read(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, "../../2024n/2024010209440572740/index.shtml"), (NEW, 200, PAGE))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.reply_id, reply.reply.url) == ("demo:2023081309440572739", NEW)


@pytest.mark.parametrize(("status", "said"), [(404, "<html>404</html>"), (302, "/index.shtml")])
def test_a_letter_whose_page_is_gone_stays_and_is_flagged(dataset: Dataset, status: int, said: str) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, status, said))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert "withdrawn" in reply.reply.flags


def test_redirects_in_a_circle_end(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 302, NEW), (NEW, 302, OLD))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["fetch_failed"])


def test_a_page_redirected_to_a_list_is_not_read_as_a_letter(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 302, first), (first, 200, "<html>a list</html>"))
    catalogue = Catalogue(listed(dataset, OLD).pages, (), frozenset({first}))
    reply = letter_of(archive, dataset, catalogue).record
    assert (reply.reply.url, reply.reply.flags) == (OLD, ["withdrawn"])


def test_a_file_beside_a_page_does_not_displace_the_letter(dataset: Dataset) -> None:
    file = OLD.replace("index.shtml", "P020230813.pdf")
    archive = kept(dataset, (OLD, 200, PAGE), (file, 200, "%PDF-1.4"))
    reply = letter_of(archive, dataset, listed(dataset, OLD, file)).record
    assert reply.reply.url == OLD


def test_a_page_that_changes_around_the_letter_is_in_the_same_state(dataset: Dataset) -> None:
    dated = [PAGE.replace("<body>", f"<body><p>今天是：2026年1月{day}日</p>") for day in (1, 2)]
    archive = kept(dataset, *((OLD, 200, page) for page in dated))
    reply = letter_of(archive, dataset, listed(dataset, OLD)).record
    assert (reply.reply.version, reply.reply.capture_id) == (1, archive.entries()[0].capture_id)


def test_a_letter_is_withdrawn_only_when_all_its_pages_are(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (NEW, 200, PAGE), (OLD, 404, "<html>404</html>"))
    letter = letter_of(archive, dataset, listed(dataset, OLD, NEW))
    assert (letter.record.reply.reply_id, letter.record.reply.url) == ("demo:2023081309440572739", NEW)
    assert letter.record.reply.flags == ["posted_twice"]
    assert events(letter) == [("appeared", 1), ("moved", 1)]


def test_a_page_nested_beyond_reading_is_an_issue(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE.replace("我们", "<div>" * 3000)))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["oversized"])


MUTE: dict[str, tuple[list[Answered], str]] = {
    "a new template": ([(OLD, 200, PAGE.replace("TRS_Editor", "new"))], "no_selector_matched"),
    "a notice": ([(OLD, 200, "<html><body>栏目调整，敬请期待</body></html>")], "no_selector_matched"),
    "maintenance": ([(OLD, 200, "<html><body>网站正在升级维护，请稍后访问</body></html>")], "error_page, status 200"),
    "half a page": ([(OLD, 206, PAGE[:300])], "no_page, status 206"),
    "nothing": ([(OLD, 200, "")], "no_page, status 200"),
    "refused": ([(OLD, 400, "<html>?</html>")], "client_error, status 400"),
    "sent to itself": ([(OLD, 302, OLD)], "redirect_loop, status 302"),
    "sent to a page with nothing": ([(OLD, 302, NEW), (NEW, 200, "")], "redirected"),
    "a picture": ([(OLD, 200, "<html><div class='TRS_Editor'><img src='1.png'></div></html>")], "no_text"),
    "too much of everything": ([(OLD, 200, PAGE.replace("我们", "<div>" * 3000))], "oversized"),
    "only a file": (
        [
            (
                OLD,
                200,
                '<html><div class="TRS_Editor"><p><a href="1.doc">关于第0001号提案的答复.doc</a></p></div></html>',
            )
        ],
        "attachment_missing",
    ),
    "sent to a notice": ([(OLD, 302, "/weihu.html"), (f"{SITE}/weihu.html", 200, "<html>维护</html>")], "redirected"),
    "sent to another host": ([(OLD, 302, "http://elsewhere.invalid/")], "redirected"),
    "sent to a page that fails": ([(OLD, 302, NEW), (NEW, 500, "<html>")], "redirected"),
    "sent in a circle": ([(OLD, 302, NEW), (NEW, 302, OLD)], "redirected"),
}


@pytest.mark.parametrize("how", MUTE)
def test_a_page_that_answers_without_its_letter_withdraws_nothing(dataset: Dataset, how: str) -> None:
    answers, why = MUTE[how]
    archive = kept(dataset, (OLD, 200, PAGE), answers, answers)
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert (events(letter), letter.record.reply.flags) == ([("appeared", 1)], [])
    ((code, url, detail),) = [(i.code, i.url, i.detail) for i in letter.issues if i.severity == "error"]
    assert (code, url) == ("letter_unreadable", OLD)
    assert detail.startswith(f"last read on 2026-01-01; {why}")
    assert letter.record.reply.last_seen_at == START
    assert "我们将办好学校" in letter.record.reply.text


@pytest.mark.parametrize(
    "answered",
    [(200, "<html><body>网站正在升级维护，请稍后访问</body></html>"), (200, ""), (204, ""), (206, PAGE[:300])],
)
def test_an_answer_that_is_no_page_withdraws_nothing(dataset: Dataset, answered: tuple[int, str]) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, *answered), (OLD, 200, PAGE))
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert (events(letter), letter.record.reply.flags) == ([("appeared", 1)], [])


@pytest.mark.parametrize("how", MUTE)
@pytest.mark.parametrize("then", ["the same", "edited", "gone"])
def test_what_a_page_says_after_it_was_mute_counts(dataset: Dataset, how: str, then: str) -> None:
    said: dict[str, tuple[Answered, list[tuple[str, int]]]] = {
        "the same": ((OLD, 200, PAGE + "<!-- -->"), []),
        "edited": ((OLD, 200, PAGE.replace("办好", "办强")), [("edited", 2)]),
        "gone": ((OLD, 404, "<html>404</html>"), [("withdrawn", 1)]),
    }
    answer, told = said[then]
    archive = kept(dataset, (OLD, 200, PAGE), MUTE[how][0], answer)
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert events(letter) == [("appeared", 1), *told]
    assert "letter_unreadable" not in {issue.code for issue in letter.issues}


def test_a_letter_that_was_withdrawn_is_not_back_when_its_page_answers_without_it(dataset: Dataset) -> None:
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 404, "<html>404</html>"), MUTE["a notice"][0])
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert events(letter) == [("appeared", 1), ("withdrawn", 1)]
    assert [issue.code for issue in letter.issues if issue.severity == "error"] == ["letter_unreadable"]


def test_a_page_on_which_the_parser_comes_to_fail_withdraws_nothing(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(html: str, *more: Any) -> Reading:
        if "trap" in html:
            raise RecursionError
        return read_letter(html, *more)

    monkeypatch.setattr("flows.parse.letters.read_letter", fails)
    archive = kept(dataset, (OLD, 200, PAGE), (OLD, 200, PAGE + "<!-- trap -->"))
    letter = letter_of(archive, dataset, listed(dataset, OLD))
    assert (events(letter), letter.record.reply.flags) == ([("appeared", 1)], [])
    assert [issue.detail for issue in letter.issues] == ["last read on 2026-01-01; parse_failed: RecursionError: "]


def test_a_page_that_was_never_a_letter_is_read_as_none(dataset: Dataset) -> None:
    letters, issues = letters_of(kept(dataset, *MUTE["a picture"][0]), dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["no_text"])


def number(n: int, sentence: str = "我们将办好学校。", session: str = "十三届二次") -> str:
    page = PAGE.replace("0001", f"{n:04}").replace("办好学校的提案", f"办好第{n}所学校的提案")
    return page.replace("我们将办好学校。", sentence).replace("十三届二次", session)


GONE = "<html>404</html>"
ONE, TWO, THREE = (f"{SITE}/2024n/202401020944057274{n}/index.shtml" for n in (1, 2, 3))
WHICH: dict[str, tuple[list[list[Answered]], dict[str, list[tuple[str, int]]]]] = {
    "a copy by mistake, put right the next day": (
        [[(ONE, 200, number(1)), (TWO, 200, number(1))], [(ONE, 200, number(1)), (TWO, 200, number(2))]],
        {"1": [("appeared", 0)], "2": [("appeared", 1)]},
    ),
    "a copy by mistake, put right on the day on which the letter goes": (
        [[(ONE, 200, number(1)), (TWO, 200, number(1))], [(ONE, 404, GONE), (TWO, 200, number(2))]],
        {"1": [("appeared", 0), ("withdrawn", 1)], "2": [("appeared", 1)]},
    ),
    "a copy by mistake of the same number in another session": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(1))],
            [(ONE, 200, number(1)), (TWO, 200, number(1, session="十三届三次"))],
        ],
        {"1": [("appeared", 0)], "2": [("appeared", 1)]},
    ),
    "three copies, two of which were another letter": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(1)), (THREE, 200, number(1))],
            [(ONE, 200, number(1)), (TWO, 200, number(2)), (THREE, 200, number(2))],
        ],
        {"1": [("appeared", 0)], "2": [("appeared", 1)]},
    ),
    "another letter's text for a day": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(2))],
            [(ONE, 200, number(1)), (TWO, 200, number(1))],
            [(ONE, 200, number(1)), (TWO, 200, number(2))],
        ],
        {"1": [("appeared", 0)], "2": [("appeared", 0), ("edited", 1), ("edited", 2)]},
    ),
    "two letters that come to say the same": (
        [[(ONE, 200, number(1)), (TWO, 200, number(1, "改"))], [(ONE, 200, number(1)), (TWO, 200, number(1))]],
        {"1": [("appeared", 0)], "2": [("appeared", 0), ("edited", 1)]},
    ),
    "posted twice, the copy edited, then the letter gone": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(1))],
            [(ONE, 200, number(1)), (TWO, 200, number(1, "改。"))],
            [(ONE, 404, GONE), (TWO, 200, number(1, "改。"))],
        ],
        {"1": [("appeared", 0), ("moved", 2), ("edited", 2)]},
    ),
    "posted twice, edited on one page after the other": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(1))],
            [(ONE, 200, number(1, "改。"))],
            [(TWO, 200, number(1, "改。"))],
        ],
        {"1": [("appeared", 0), ("edited", 1)]},
    ),
    "posted again long after": (
        [[(TWO, 200, number(1))], [(TWO, 200, number(1, "改。"))], [(ONE, 200, number(1, "改。"))]],
        {"2": [("appeared", 0), ("edited", 1)]},
    ),
    "posted again in the words of a former version": (
        [[(TWO, 200, number(1))], [(TWO, 200, number(1, "改。"))], [(ONE, 200, number(1))]],
        {"2": [("appeared", 0), ("edited", 1)], "1": [("appeared", 2)]},
    ),
    "gone, and back under another id": (
        [[(ONE, 200, number(1))], [(ONE, 404, GONE)], [(TWO, 200, number(1))]],
        {"1": [("appeared", 0), ("withdrawn", 1), ("returned", 2)]},
    ),
    "moved, and its number put right": (
        [[(ONE, 200, number(1))], [(ONE, 404, GONE), (TWO, 200, number(1))], [(TWO, 200, number(7))]],
        {"1": [("appeared", 0), ("moved", 1), ("edited", 2)]},
    ),
    "moved, and its old address given to another letter": (
        [
            [(ONE, 200, number(1))],
            [(ONE, 404, GONE), (TWO, 200, number(1))],
            [(ONE, 200, number(2)), (TWO, 200, number(1))],
        ],
        {"1": [("appeared", 0), ("moved", 1), ("moved", 2), ("edited", 2)], "2": [("appeared", 2)]},
    ),
    "moved and edited, and the old address leads there": (
        [[(ONE, 200, number(1))], [(TWO, 200, number(1, "改。")), (ONE, 301, TWO)]],
        {"1": [("appeared", 0), ("moved", 1), ("edited", 1)]},
    ),
    "sent to another letter": (
        [[(ONE, 200, number(1)), (TWO, 200, number(2))], [(ONE, 301, TWO), (TWO, 200, number(2))]],
        {"1": [("appeared", 0), ("withdrawn", 1)], "2": [("appeared", 0)]},
    ),
    "sent to another letter that is new": (
        [[(ONE, 200, number(1))], [(ONE, 301, TWO), (TWO, 200, number(2))]],
        {"1": [("appeared", 0), ("withdrawn", 1)], "2": [("appeared", 1)]},
    ),
    "the lower id comes later in the same run": (
        [[(TWO, 200, number(1)), (ONE, 200, number(1))]],
        {"2": [("appeared", 0)]},
    ),
    "a copy is there, but was not read, when the letter goes": (
        [
            [(ONE, 200, number(1)), (TWO, 200, number(1))],
            [(ONE, 404, GONE), (TWO, 200, "<html>维护</html>")],
            [(ONE, 404, GONE), (TWO, 200, number(1))],
        ],
        {"1": [("appeared", 0), ("moved", 2)]},
    ),
}


def lives(archive: Archive, dataset: Dataset, catalogue: Catalogue) -> dict[str, list[tuple[str, int]]]:
    """Return by the last figure of a letter's id what happened to it, and on which day."""
    letters, _ = letters_of(archive, dataset, catalogue)
    return {
        letter.record.reply.reply_id[-1]: [(e.event, (e.seen_at - START).days) for e in letter.record.history]
        for letter in letters
    }


@pytest.mark.parametrize("case", WHICH)
def test_which_ids_are_one_letter_and_that_no_later_run_takes_an_id_back(dataset: Dataset, case: str) -> None:
    days, expected = WHICH[case]
    catalogue = listed(dataset, ONE, TWO, THREE)
    for upto in range(1, len(days) + 1):
        if dataset.archive.exists():
            shutil.rmtree(dataset.archive)
        found = lives(kept(dataset, *days[:upto]), dataset, catalogue)
        known = {name: [event for event in told if event[1] < upto] for name, told in expected.items()}
        assert found == {name: told for name, told in known.items() if told}


def test_a_copy_by_mistake_is_no_second_posting(dataset: Dataset) -> None:
    archive = kept(dataset, *WHICH["a copy by mistake, put right the next day"][0])
    letters, _ = letters_of(archive, dataset, listed(dataset, ONE, TWO))
    assert [letter.record.reply.flags for letter in letters] == [[], []]
    assert [letter.record.reply.number for letter in letters] == ["0001", "0002"]


def test_a_copy_in_another_text_is_reported_as_one(dataset: Dataset) -> None:
    archive = kept(dataset, *WHICH["posted twice, the copy edited, then the letter gone"][0][:2])
    letter = letter_of(archive, dataset, listed(dataset, ONE, TWO))
    assert [(i.code, i.url, i.detail) for i in letter.issues] == [
        ("duplicate_page", TWO, f"the same letter as {ONE}, in another text")
    ]


@pytest.mark.parametrize("later", [False, True])
def test_a_letter_behind_a_redirect_keeps_its_id_when_its_page_is_listed(dataset: Dataset, *, later: bool) -> None:
    archive = kept(dataset, [(TWO, 302, ONE), (ONE, 200, number(1))])
    assert lives(archive, dataset, listed(dataset, TWO, *([ONE] if later else []))) == {"2": [("appeared", 0)]}


def test_versions_and_captures_of_a_letter_that_moves_and_is_edited(dataset: Dataset) -> None:
    archive = kept(dataset, *WHICH["posted twice, the copy edited, then the letter gone"][0])
    letter = letter_of(archive, dataset, listed(dataset, ONE, TWO))
    assert events(letter) == [("appeared", 1), ("moved", 1), ("edited", 2)]
    outcomes = {entry.capture_id: (entry.url, entry.outcome) for entry in archive.entries()}
    _, moved, edited = letter.record.history
    assert (outcomes[moved.capture_id], outcomes[edited.capture_id]) == ((ONE, "gone"), (TWO, "unchanged"))
    assert (moved.url, edited.url, letter.record.reply.url) == (TWO, TWO, TWO)
    assert moved.content_sha256 != edited.content_sha256 == letter.record.reply.content_sha256


def test_a_page_on_which_the_parser_fails_is_an_issue(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("联系人:王五 024-86901234")

    monkeypatch.setattr("flows.parse.letters.read_letter", fails)
    archive = kept(dataset, (OLD, 200, PAGE))
    letters, issues = letters_of(archive, dataset, listed(dataset, OLD))
    assert (letters, [issue.code for issue in issues]) == ([], ["parse_failed"])
    assert [issue.detail for issue in issues] == ["RecursionError: "]


def test_a_row_with_a_chinese_name_is_asked_for_and_one_that_is_no_address_is_reported(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    rows = "".join(f'<li><a href="{href}">答复</a></li>' for href in ("./答复 一.shtml#a", "http://[bad/x"))
    archive = kept(dataset, (first, 200, f'<html><div class="xxgk_con clearfix"><ul>{rows}</ul></div></html>'))
    catalogue = read_catalogue(archive, dataset)
    assert list(catalogue.pages) == [first.replace("index.shtml", "%E7%AD%94%E5%A4%8D%20%E4%B8%80.shtml")]
    assert [issue.code for issue in catalogue.issues] == ["outside_site"]


def test_a_list_that_was_never_had_is_an_issue(dataset: Dataset) -> None:
    first = dataset.list_urls()[0][1]
    catalogue = read_catalogue(kept(dataset, (first, 404, "<html>404</html>")), dataset)
    assert [(issue.code, issue.url) for issue in catalogue.issues] == [("list_unreadable", first)]
