"""Search: BM25 recomputed, phrases and required and excluded words against the texts, hostile queries, old DuckDBs."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.text import Text

from flows.errors import DafuError
from flows.read.search import as_text, find
from flows.release import search
from tests.conftest import Dafu, ThreeRuns
from tests.other_duckdbs import OtherDuckDB

QUERIES = [
    "职业教育 产教融合",
    "职业教育产教融合",
    "教育",
    "+职业教育 -高中",
    "职业教育 AND 产教融合",
    "“产教融合”",
    '"推进开放型区域产教" -高中',
    "产教",
    "Dh0271",
    "２０２４",
    "",
]


@pytest.fixture(scope="module")
def database(runs: ThreeRuns) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(runs.before / "dafu.duckdb"), read_only=True) as con:
        yield con


@pytest.fixture(scope="module")
def views(runs: ThreeRuns) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"SET VARIABLE dafu = '{runs.before}'")
        con.execute((runs.before / "views.sql").read_text(encoding="utf-8"))
        yield con


def found(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.execute(f"FROM search({quoted(query)}, top := 1000)").fetchall()


def letters(con: duckdb.DuckDBPyConnection, query: str) -> set[str]:
    return {row[1] for row in found(con, query)}


def quoted(query: str) -> str:
    return "'" + query.replace("'", "''") + "'"


def tokens(con: duckdb.DuckDBPyConnection) -> dict[str, Counter[str]]:
    """Return the words of every letter, from the tables the index is not made by."""
    said: dict[str, Counter[str]] = {}
    for reply_id, words in con.execute(
        "SELECT reply_id, tokens FROM sentences UNION ALL SELECT reply_id, tokens FROM sections "
        "UNION ALL SELECT reply_id, title_tokens FROM replies"
    ).fetchall():
        said.setdefault(reply_id, Counter()).update(word.lower() for word in words)
    return said


@pytest.mark.parametrize("words", [["职业教育", "产教融合"], ["教育"], ["学校", "经费", "教师"], ["dh0271"]])
def test_scores_are_those_of_bm25(database: duckdb.DuckDBPyConnection, words: list[str]) -> None:
    said = tokens(database)
    mean = sum(sum(counts.values()) for counts in said.values()) / len(said)
    scores: dict[str, float] = dict.fromkeys(said, 0.0)
    for word in words:
        often = {r: max((n for t, n in counts.items() if word in t), default=0) for r, counts in said.items()}
        having = {reply_id: n for reply_id, n in often.items() if n}
        weight = math.log(1 + (len(said) - len(having) + 0.5) / (len(having) + 0.5))
        for reply_id, n in having.items():
            length = sum(said[reply_id].values()) / mean
            scores[reply_id] += weight * n * 2.2 / (n + 1.2 * (0.25 + 0.75 * length))
    rows = found(database, " ".join(words))
    assert {row[1]: row[0] for row in rows} == {r: pytest.approx(s, abs=2e-6) for r, s in scores.items() if s}
    assert all(before[0] >= after[0] for before, after in pairwise(rows))


def test_the_index_counts_the_tokens(database: duckdb.DuckDBPyConnection) -> None:
    counted = database.execute(
        "SELECT reply_id, term, p.occurrences FROM postings p JOIN terms USING (term_id) "
        "JOIN search_letters USING (letter_no)"
    ).fetchall()
    said = tokens(database)
    assert {(r, t): n for r, t, n in counted} == {(r, t): n for r, c in said.items() for t, n in c.items()}
    assert [t for (t,) in database.execute("SELECT term FROM terms ORDER BY term_id").fetchall()] == sorted(
        {t for counts in said.values() for t in counts}
    )


@pytest.mark.parametrize(("one", "other"), [("职业教育", "产教融合"), ("教师", "经费"), ("学校", "高中")])
def test_required_and_excluded_words(database: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    has = {w: {r for r, c in tokens(database).items() if any(w in t for t in c)} for w in (one, other)}
    assert letters(database, f"{one} {other}") == has[one] | has[other]
    assert letters(database, f"{one} AND {other}") == letters(database, f"+{one} +{other}") == has[one] & has[other]
    assert letters(database, f"{one} -{other}") == letters(database, f"{one} NOT {other}") == has[one] - has[other]
    assert letters(database, f"-{one}") == set()


def test_phrases_against_the_texts(database: duckdb.DuckDBPyConnection) -> None:
    """No letter is found that has not the characters; a phrase of whole words finds all that have them."""
    texts = database.execute(
        "SELECT reply_id, lower(concat_ws(chr(10), text, page_title, proposal_title)) FROM replies"
    ).fetchall()
    asked = "SELECT text FROM sentences WHERE length(text) BETWEEN 20 AND 60 ORDER BY md5(text) LIMIT 12"
    for (sentence,) in database.execute(asked).fetchall():
        phrase = sentence[:9].strip().replace('"', "").lower()
        brute = {r for r, text in texts if phrase.replace(" ", "") in text.replace(" ", "")}
        assert letters(database, f'"{phrase}"') <= brute
    for phrase in ("职业教育", "现代产业学院", "收悉,现答复如下", "产教融合"):
        assert letters(database, f"“{phrase}”") == {r for r, text in texts if phrase in text}


@pytest.mark.parametrize("word", ["高职教育", "教育厅联合", "现代产业学院建设"])
def test_a_required_word_that_is_not_indexed_is_had_as_it_was_typed(
    database: duckdb.DuckDBPyConnection, word: str
) -> None:
    assert not database.execute("SELECT 1 FROM terms WHERE term = $1", [word]).fetchall()
    assert letters(database, f"+{word}") == letters(database, f'"{word}"')
    assert letters(database, f"教育 -{word}") == letters(database, "教育") - letters(database, f'"{word}"')


@pytest.mark.parametrize("query", ["", "-高中", "- 。"])
def test_a_query_that_asks_for_nothing_is_told(runs: ThreeRuns, dafu: Dafu, query: str) -> None:
    ended = dafu("search", "demo", query, "--datasets", str(runs.datasets))
    assert (ended.code, len(ended.err.splitlines())) == (2, 1)
    assert "names no word that a letter is to have" in ended.err


def test_the_address_of_one_release_is_told_from_none(runs: ThreeRuns, dafu: Dafu) -> None:
    ended = dafu("verify", str(runs.after))
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert "is one release, not a place" in ended.err


def test_a_phrase_may_begin_and_end_inside_a_word(database: duckdb.DuckDBPyConnection) -> None:
    """Of characters that stand in sentences somewhere, every letter is found that has them there."""
    sentences = database.execute("SELECT reply_id, lower(replace(text, ' ', '')) FROM sentences").fetchall()
    texts = database.execute(
        "SELECT reply_id, lower(replace(concat_ws(chr(10), text, page_title, proposal_title), ' ', '')) FROM replies"
    ).fetchall()
    rng = random.Random(1)
    for size in (2, 3, 4, 6, 9) * 6:
        _, sentence = rng.choice(sentences)
        start = rng.randrange(max(len(sentence) - size, 1))
        phrase = sentence[start : start + size]
        if not re.search(r"\w", phrase) or '"' in phrase:
            continue
        found = letters(database, f'"{phrase}"')
        assert {r for r, text in sentences if phrase in text} <= found, phrase
        assert found <= {r for r, text in texts if phrase in text}, phrase


def test_the_sentence_has_the_words(database: duckdb.DuckDBPyConnection) -> None:
    (first, *_) = found(database, "产教融合")
    assert "产教融合" in first[6]
    assert database.execute("SELECT text FROM sentences WHERE sentence_id = $1", [first[5]]).fetchall() in (
        [],
        [(first[6],)],
    )


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("职业教育 产教融合", {"职业教育", "产教融合"}),
        ("职业教育产教融合", {"职业教育", "产教融合"}),  # no such word: it was cut
        ('"积极推动办学体制机制改革"', {"积极推动办学体制机制改革"}),
    ],
)
def test_what_was_found_is_marked(runs: ThreeRuns, query: str, marked: set[str]) -> None:
    hits = find(runs.before / "dafu.duckdb", query, 1)
    shown = as_text(hits)
    assert marks(shown) >= marked
    assert marks(shown) <= set(hits[0]["words"])


def test_marks_mind_neither_case_nor_spaces() -> None:
    hit = {
        "score": 1.0,
        "number": "1",
        "title": "关于 AI 的提案",
        "sentence": "推进AI 赋能教育。",
        "words": ["ai赋能", "ai"],
    }
    assert marks(as_text([hit])) == {"AI", "AI 赋能"}


def marks(shown: Text) -> set[str]:
    return {shown.plain[span.start : span.end] for span in shown.spans if span.style == "bold yellow"}


@pytest.mark.parametrize("query", QUERIES)
def test_views_and_database_find_the_same(
    database: duckdb.DuckDBPyConnection, views: duckdb.DuckDBPyConnection, query: str
) -> None:
    assert found(database, query) == found(views, query)


def test_the_rows_of_a_letter_are_those_of_the_tables(database: duckdb.DuckDBPyConnection) -> None:
    asked = """
        SELECT letter_no, first_sentence, last_sentence, first_section, last_section FROM search_letters
        ORDER BY letter_no
    """
    counted = """
        SELECT replies.rowid, first_sentence, last_sentence, first_section, last_section FROM replies
        LEFT JOIN (SELECT reply_id, min(rowid) AS first_sentence, max(rowid) AS last_sentence FROM sentences
            GROUP BY reply_id) USING (reply_id)
        LEFT JOIN (SELECT reply_id, min(rowid) AS first_section, max(rowid) AS last_section FROM sections
            GROUP BY reply_id) USING (reply_id)
        ORDER BY replies.rowid
    """
    assert database.execute(asked).fetchall() == database.execute(counted).fetchall()


@pytest.mark.parametrize(
    "phrase", ["“积极推动办学体制机制改革”", "教育 -“推进职业教育”", "+高职教育", "“收悉,现答复如下”"]
)
def test_letters_are_the_same_however_many_texts_are_read_first(
    database: duckdb.DuckDBPyConnection,
    views: duckdb.DuckDBPyConnection,
    monkeypatch: pytest.MonkeyPatch,
    phrase: str,
) -> None:
    monkeypatch.setattr(search, "READ_FIRST", 2)
    views.execute(search.search_over_views().replace("search(", "search_reading_two(", 1))
    rows = views.execute(f"FROM search_reading_two({quoted(phrase)}, top := 1000)").fetchall()
    assert rows == found(database, phrase)
    assert rows


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(st.sampled_from("教育产融'\"“”%_\\+-&|()$;  ANDORT\0\n１a.*"), max_size=24) | st.text(max_size=12))
def test_no_query_is_an_error(
    database: duckdb.DuckDBPyConnection, views: duckdb.DuckDBPyConnection, query: str
) -> None:
    assert found(database, query.replace("\0", " ")) == found(views, query.replace("\0", " "))


def test_an_older_duckdb_finds_the_same(
    runs: ThreeRuns, database: duckdb.DuckDBPyConnection, older_duckdb: OtherDuckDB
) -> None:
    asked = " UNION ALL ".join(
        f"SELECT {n} AS q, score, reply_id, sentence_id, words FROM search({quoted(query)})"
        for n, query in enumerate(QUERIES)
    )
    statement = f"{asked} ORDER BY q, score DESC, reply_id"
    expected = [list(row) for row in database.execute(statement).fetchall()]
    assert older_duckdb.ask([statement], runs.before / "dafu.duckdb") == expected
    made = [f"SET VARIABLE dafu = '{runs.before}'", (runs.before / "views.sql").read_text(encoding="utf-8")]
    assert older_duckdb.ask([*made, statement]) == expected


def test_the_command_shows_the_sentence(runs: ThreeRuns, dafu: Dafu) -> None:
    words = ("search", "demo@" + runs.before.name, "职业教育 产教融合", "--datasets", str(runs.datasets))
    shown = dafu(*words, "--limit", "2")
    assert shown.code == 0
    assert "产教融合" in shown.out
    hits = dafu(*words, "--json").json
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert "no letter" in dafu("search", "demo", "鑨龘", "--datasets", str(runs.datasets)).out


def test_a_release_without_an_index_says_so(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "dafu.duckdb")).close()
    with pytest.raises(DafuError, match="no search index"):
        find(tmp_path / "dafu.duckdb", "教育", 10)
