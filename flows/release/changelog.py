"""The rows of `changes` → CHANGES.md: letters first, then what the parser, corrections, the schema and others changed.

However much changed, the page stays short: it names so many letters and values, counts the rest, and everything is in
changes.parquet.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import duckdb

from flows.release.events import note_events
from flows.release.sql import text

LETTERS, SENTENCES, VALUES = 20, 5, 20
"""How many letters of a kind, sentences of a letter and values of a kind are shown."""
_WIDTH = 160
_KEPT = 12
"""Characters of a changed text that are shown around what changed."""
_OWN_BOOKS = ("version", "capture_id", "content_sha256", "keywords", "first_seen_at")
"""Columns of replies that change with any edit."""
_EVENTS = (
    ("edited", "Letters edited · 修改的答复"),
    ("withdrawn", "Letters withdrawn · 撤回的答复"),
    ("returned", "Letters that returned · 恢复的答复"),
    ("moved", "Letters that moved · 网址变动的答复"),
)
_MEANWHILE = ("meanwhile", "Changed and back as before · 其间变动而又复原的答复")
_GONE = "; withdrawn since · 其后撤回"
_REST = (
    ("source", "Other values that the site changed · 网站变动的其他值"),
    ("parser", "Read otherwise by the parser · 解析器变动"),
    ("other_letters", "Changed because other letters did · 因其他答复变动"),
    ("unknown", "Of unknown cause · 原因不明"),
)
_TOLD = {
    False: "table_name = 'replies' AND change <> 'changed'",
    True: """table_name = 'history' OR (table_name = 'replies' AND change <> 'changed')
      OR (table_name IN ('replies', 'sentences') AND reply_id IN (SELECT reply_id FROM events))""",
}
"""What the sections on letters tell of already: of any cause, and of the site."""
_WORDS = re.compile(r"\d[\d.,]*|[A-Za-z]+|.", re.DOTALL)
"""What is compared in a changed text: numbers and words as wholes, Chinese by the character."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a manifest says of a release, as far as it is told here."""

    version: str
    parser_version: str
    schema_version: str
    accepted: tuple[tuple[str, str], ...] = ()
    """Checks of the gate that did not pass, and why they were accepted."""

    @classmethod
    def of(cls, manifest: dict[str, Any]) -> Self:
        """Return what `manifest` says."""
        accepted = tuple((check["name"], check["because"]) for check in manifest["gate"] if "because" in check)
        return cls(manifest["version"], manifest["parser_version"], manifest["schema_version"], accepted)


def first_release(after: Said) -> str:
    """Return CHANGES.md of a release that has none before it."""
    parts = [f"# Changes in {after.version} · 变更\n\nThis is the first release. 首次发布。\n", _accepted(after)]
    return "\n".join(part for part in parts if part)


def changelog(con: duckdb.DuckDBPyConnection, before: Said, after: Said) -> str:
    """Return what the table `changes` says; the two releases are the schemas `old` and `new` of views."""
    note_events(con)
    parts = [
        f"# Changes from {before.version} to {after.version} · 变更\n\n{_summary(con)}\n",
        _accepted(after),
        _added(con),
        *(_happened(con, event, title) for event, title in (*_EVENTS, _MEANWHILE)),
        _removed(con),
        *(_counted(con, cause, title, before, after) for cause, title in _REST[:2]),
        _corrections(con),
        _schema(con, before, after),
        *(_counted(con, cause, title, before, after) for cause, title in _REST[2:]),
        "Everything is in `changes.parquet`. 全部变动见 `changes.parquet`。\n",
    ]
    return "\n".join(part for part in parts if part)


def _accepted(after: Said) -> str:
    lines = [f"- `{name}`: {_clipped(because)}" for name, because in after.accepted]
    return _section("Accepted although the gate refused · 未达标而予以接受的检查", len(lines), lines)


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def _summary(con: duckdb.DuckDBPyConnection) -> str:
    counts = dict(_rows(con, "SELECT change, count(*) FROM changes WHERE table_name = 'replies' GROUP BY ALL"))
    happened = dict(_rows(con, "SELECT event, count(DISTINCT reply_id) FROM events GROUP BY ALL"))
    letters = [
        (counts.get("added", 0), "added", "新增"),
        (happened.get("edited", 0), "edited", "修改"),
        (happened.get("withdrawn", 0), "withdrawn", "撤回"),
        (happened.get("returned", 0), "returned", "恢复"),
        (happened.get("moved", 0), "moved", "移动"),
        (happened.get("meanwhile", 0), "changed and back as before", "变动而又复原"),
        (counts.get("removed", 0), "removed from the dataset", "移出数据集"),
    ]
    causes = _rows(
        con, "SELECT cause, count(*) FROM (SELECT unnest(causes) AS cause FROM changes) GROUP BY ALL ORDER BY 1"
    )
    said = ", ".join(f"{count} {en} ({zh})" for count, en, zh in letters if count) or "none"
    found = ", ".join(f"`{cause}` {count}" for cause, count in causes) or "none"
    return f"Letters · 答复: {said}.\n\nChanges by cause · 变动原因: {found}."


def _section(title: str, count: int, lines: Sequence[str], shown: int | None = None) -> str:
    if not count:
        return ""
    more = count - (len(lines) if shown is None else shown)
    rest = [f"- … and {more} more · 另有 {more} 项"] if more > 0 else []
    return f"## {title} ({count})\n\n" + "\n".join([*lines, *rest]) + "\n"


def _named(reply_id: str, number: str | None, title: str | None) -> str:
    of = f"第{number}号 " if number else ""
    return f"- {of}{_clipped(title or '(no title · 无标题)')} `{reply_id}`"


def _added(con: duckdb.DuckDBPyConnection) -> str:
    count = _rows(con, "SELECT count(*) FROM changes WHERE table_name = 'replies' AND change = 'added'")[0][0]
    found = _rows(
        con,
        "SELECT c.reply_id, r.number, coalesce(r.proposal_title, r.page_title), c.causes, coalesce(now, false) "
        "FROM changes c JOIN new.replies r USING (reply_id) LEFT JOIN gone USING (reply_id) "
        "WHERE c.table_name = 'replies' AND c.change = 'added' "
        f"ORDER BY r.published_on DESC NULLS LAST, c.reply_id LIMIT {LETTERS}",
    )
    lines = [_named(*row[:3]) + _unless_source(row[3]) + (_GONE if row[4] else "") for row in found]
    return _section("Letters added · 新增的答复", count, lines)


def _unless_source(causes: list[str]) -> str:
    return "" if causes == ["source"] else f" ({', '.join(causes)})"


def _happened(con: duckdb.DuckDBPyConnection, event: str, title: str) -> str:
    letters = f"SELECT DISTINCT reply_id FROM events WHERE event = {text(event)}"
    count = _rows(con, f"SELECT count(*) FROM ({letters})")[0][0]
    found = _rows(
        con,
        "SELECT reply_id, number, coalesce(proposal_title, page_title), url FROM new.replies "
        f"WHERE reply_id IN ({letters}) ORDER BY reply_id LIMIT {LETTERS}",
    )
    lines: list[str] = []
    for reply_id, number, name, url in found:
        lines.append(_named(reply_id, number, name))
        if event == "edited":
            lines += _edits(con, reply_id)
        elif event == "moved":
            lines.append(f"  - now at {url}")
    return _section(title, count, lines, len(found))


def _edits(con: duckdb.DuckDBPyConnection, reply_id: str) -> list[str]:
    """Return the columns that the site changed in a letter, and the sentences."""
    of_it = f"FROM changes WHERE reply_id = {text(reply_id)} AND list_contains(causes, 'source')"
    fields = _rows(
        con,
        f"SELECT column_name, old_value, new_value {of_it} AND table_name = 'replies' AND change = 'changed' "
        f"AND column_name NOT IN ({', '.join(map(text, _OWN_BOOKS))}) ORDER BY column_name",
    )
    sentences = _rows(
        con,
        f"SELECT change, old_value, new_value, row_key {of_it} AND table_name = 'sentences' "
        "AND coalesce(column_name, 'text') = 'text' ORDER BY (row_key->'n')::INTEGER, change DESC",
    )
    lines = []
    for column, old, new in fields:
        lines.append(f"  - `{column}`" + ("" if column == "text" else f": {_inline(old, new)}"))
    for change, old, new, _ in sentences[:SENTENCES]:
        before, after = (_text_of(value, change) for value in (old, new))
        lines.append(f"  - {_inline_text(before, after)}")
    more = len(sentences) - SENTENCES
    return [*lines, *([f"  - … and {more} more sentences · 另有 {more} 句"] if more > 0 else [])]


def _text_of(value: str | None, change: str) -> str:
    if value is None:
        return ""
    said = json.loads(value)
    return str(said if change == "changed" else said["text"])


def _removed(con: duckdb.DuckDBPyConnection) -> str:
    count = _rows(con, "SELECT count(*) FROM changes WHERE table_name = 'replies' AND change = 'removed'")[0][0]
    found = _rows(
        con,
        "SELECT c.reply_id, r.number, coalesce(r.proposal_title, r.page_title), c.causes, c.because FROM changes c "
        "JOIN old.replies r USING (reply_id) WHERE c.table_name = 'replies' AND c.change = 'removed' "
        f"ORDER BY c.reply_id LIMIT {LETTERS}",
    )
    lines = [f"{_named(*row[:3])} ({', '.join(row[3])})" + (f": {_clipped(row[4])}" if row[4] else "") for row in found]
    return _section("Letters no longer in the dataset · 移出数据集的答复", count, lines)


def _counted(con: duckdb.DuckDBPyConnection, cause: str, title: str, before: Said, after: Said) -> str:
    """Return how often a cause changed which column, with an example of each; not what was told of letters before."""
    told = f"FROM changes WHERE list_contains(causes, {text(cause)}) AND NOT ({_TOLD[cause == 'source']})"
    found = _rows(
        con,
        "SELECT table_name, coalesce(column_name, ''), change, count(*), count(DISTINCT reply_id), "
        f"arg_min({{'o': old_value, 'n': new_value}}, row_key) {told} GROUP BY ALL "
        f"ORDER BY 4 DESC, 1, 2, 3 LIMIT {VALUES}",
    )
    if not found:
        return ""
    count, kinds = _rows(con, f"SELECT count(*), count(DISTINCT (table_name, column_name, change)) {told}")[0]
    lines = []
    if cause == "parser":
        lines.append(f"Parser {before.parser_version} → {after.parser_version}.\n")
    elif cause == "unknown":
        for (because,) in _rows(con, f"SELECT DISTINCT because {told} ORDER BY 1"):
            lines.append(f"Because {because}.\n")
    lines += ["| table | column | change | values | letters | for example |", "|---|---|---|---:|---:|---|"]
    for table, column, change, values, letters, example in found:
        shown = _inline(example["o"], example["n"]).replace("|", "\\|")
        lines.append(f"| {table} | {column} | {change} | {values} | {letters} | {shown} |")
    if kinds > len(found):
        lines.append(f"\n… and {kinds - len(found)} more columns · 另有 {kinds - len(found)} 列")
    return f"## {title} ({count})\n\n" + "\n".join(lines) + "\n"


def _corrections(con: duckdb.DuckDBPyConnection) -> str:
    told = (
        "FROM changes WHERE list_contains(causes, 'correction') AND table_name = 'replies' AND column_name <> 'flags'"
    )
    count = _rows(con, f"SELECT count(*) {told}")[0][0]
    found = _rows(
        con,
        f"SELECT reply_id, column_name, old_value, new_value, because {told} ORDER BY ALL LIMIT {VALUES}",
    )
    lines = []
    for reply_id, column, old, new, because in found:
        lines.append(f"- `{reply_id}` `{column}`: {_inline(old, new)}" + (f". {because}" if because else ""))
    return _section("Corrected by hand · 人工更正", count, lines)


def _schema(con: duckdb.DuckDBPyConnection, before: Said, after: Said) -> str:
    found = _rows(
        con,
        "SELECT table_name, change, coalesce(column_name, ''), old_value, new_value FROM changes "
        "WHERE list_contains(causes, 'schema') ORDER BY ALL",
    )
    lines = [f"Schema {before.schema_version} → {after.schema_version}.\n"] if found else []
    for table, change, column, old, new in found:
        types = " → ".join(json.loads(said) for said in (old, new) if said)
        types = f": `{types}`" if types else ""
        lines.append(f"- `{table}{'.' if column else ''}{column}` {change.replace('_', ' ')}{types}")
    return _section("Tables and columns · 表与列", len(found), lines, len(found))


# --- values


def _inline(old: str | None, new: str | None) -> str:
    """Return what changed in a value, given as JSON."""
    before, after = _readable(old), _readable(new)
    if old is None and new is None:
        return ""
    if max(len(before), len(after)) > 2 * _KEPT:
        return _inline_text(before, after)
    return f"{before or 'null'} → {after or 'null'}"


def _readable(value: str | None) -> str:
    if value is None:
        return ""
    said = json.loads(value)
    if isinstance(said, dict):  # a whole row: what it quotes comes first
        said = next(iter(said.values()))
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _inline_text(before: str, after: str) -> str:
    """Return a text with ~~what went~~ and **what came**, long stretches that stayed cut short."""
    if not before or not after:
        return f"**{_clipped(after)}**" if after else f"~~{_clipped(before)}~~"
    one, other = (_WORDS.findall(said)[: 10 * _WIDTH] for said in (before, after))
    shown = []
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            shown.append(_shortened("".join(one[a:b]), first=a == 0, last=b == len(one)))
        else:
            went, came = _flat("".join(one[a:b])), _flat("".join(other[c:d]))
            shown.append((f"~~{went}~~" if went else "") + (f"**{came}**" if came else ""))
    return _clipped("".join(shown), 2 * _WIDTH)


def _shortened(said: str, *, first: bool, last: bool) -> str:
    said = _flat(said)
    if len(said) <= 2 * _KEPT:
        return said
    head, tail = ("" if first else said[:_KEPT]), ("" if last else said[-_KEPT:])
    return f"{head}…{tail}"


def _flat(said: str) -> str:
    return said.replace("\n", " ").replace("<", "&lt;")


def _clipped(said: str, width: int = _WIDTH) -> str:
    said = _flat(said)
    return said if len(said) <= width else said[: width - 1] + "…"
