"""Two states of the tables → the rows that came or went and the values that changed, in plain SQL.

The states are two schemas of views in one DuckDB, `old` and `new`. If the letters were read again in between
(`flows.parse.since`) there are `then` and `now` as well: what lies between two neighbours is why a value changed.
First the rows of every letter are digested table by table; only letters whose digests differ are looked at row by row.

A row is known again by its letter, by what it quotes (`Table.known_by`), and by how many rows of the letter before it
quote the same. Where as many rows went as came between the same rows that stayed, each took the place of another one
and is the changed row; where not as many, those that are most alike. Spans, running numbers and ids made of them are
compared only where nothing has shifted them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from flows.release.sql import quoted, text
from schemas.table import Table

STEPS = ("then", "now")
_FIRST = ("replies", "sections", "sentences")
"""Where one of their rows comes or goes, or the text changes, the places of all others shift."""
_EVERYWHERE = "*"
_FEW = 8
"""Where more rows went or came between two that stayed, and not as many of each, nobody can tell which became which."""
_UNLIKE = 0.5
"""The share of a quotation, in bytes, that may differ for it to be the same one, edited."""
_SETUP = """
CREATE TEMP TABLE found (table_name VARCHAR, letter VARCHAR, row_key VARCHAR, change VARCHAR, column_name VARCHAR,
  old_value VARCHAR, new_value VARCHAR, causes VARCHAR[]);
CREATE TEMP TABLE shifted (table_name VARCHAR, letter VARCHAR);
CREATE TEMP TABLE texts (letter VARCHAR, parser BOOLEAN, source BOOLEAN);
CREATE TEMP MACRO causes_of(parser, source, correction) AS list_filter([CASE WHEN correction THEN 'correction' END,
  CASE WHEN parser THEN 'parser' END, CASE WHEN source THEN 'source' END], lambda x: x IS NOT NULL);
CREATE TEMP MACRO by_others(causes, of_parser, of_source) AS list_sort(list_distinct(list_transform(causes,
  lambda x: CASE WHEN x = 'parser' AND NOT coalesce(of_parser, false) THEN 'other_letters'
    WHEN x = 'source' AND NOT coalesce(of_source, false) THEN 'other_letters' ELSE x END)));
"""


@dataclass(frozen=True, slots=True)
class Compared:
    """How a table is compared, by the columns that both states have in the same type.

    `known`: those by which a row is known again beside its letter. `values`: all others but those that tell how we
    looked. `places`, `together`: see `schemas.table.Column`. `quotes`: its rows stand at places of the letter's text.
    """

    name: str
    letter: str
    key: tuple[str, ...]
    known: tuple[str, ...]
    values: tuple[str, ...]
    places: frozenset[str]
    together: frozenset[str]
    quotes: bool

    @property
    def shown(self) -> tuple[str, ...]:
        """What is shown of a row as a whole."""
        return (*self.known, *(name for name in self.values if name not in self.places))


def compared(table: type[Table], common: Sequence[str]) -> Compared | None:
    """Return how a table is compared whose `common` columns both states have; None if its rows cannot be told apart."""
    about, known = table.about, table.known_by()
    letter = "coalesce(reply_id, '')" if "reply_id" in table.model_fields else "''"
    if not {*known, *about.key, *({"reply_id"} & table.model_fields.keys())} <= set(common):
        return None
    left_out = {*known, *table.observed_columns(), "reply_id"}
    values = tuple(name for name in table.model_fields if name in common and name not in left_out)
    return Compared(
        about.name,
        letter,
        about.key,
        known,
        values,
        frozenset(name for name in values if table.column(name).place),
        frozenset(name for name in (*known, *values) if about.together or table.column(name).together),
        about.raw is not None,
    )


def compare(con: duckdb.DuckDBPyConnection, tables: Sequence[Compared], *, steps: bool) -> None:
    """Make `found`: what differs between the schemas `old` and `new`, with causes if there are the `steps` between."""
    con.execute(_SETUP)
    for table in sorted(tables, key=lambda one: _FIRST.index(one.name) if one.name in _FIRST else len(_FIRST)):
        con.execute(_touched(table))
        con.execute(_joined(table, steps=steps))
        con.execute(_left_over(table))
        con.execute(_PAIRS)
        for statement in _noted(table):
            con.execute(statement)
    if not steps:
        con.execute("UPDATE found SET causes = NULL")


def _touched(table: Compared) -> str:
    """Return SQL for `touched`: the letters, in both states, whose rows are not the same."""
    columns = ", ".join(map(quoted, (*table.known, *table.values)))

    def digests(side: str) -> str:
        return (
            f"SELECT {table.letter} AS letter, count(*) AS n, sum((hash({columns}) >> 1)::BIGINT) AS digest "
            f"FROM {quoted(side)}.{quoted(table.name)} GROUP BY ALL"
        )

    both = "SELECT reply_id FROM old.replies SEMI JOIN new.replies USING (reply_id) UNION ALL SELECT ''"
    return (
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT letter FROM ({digests('old')}) o "
        f"FULL JOIN ({digests('new')}) n USING (letter) WHERE (o.n, o.digest) IS DISTINCT FROM (n.n, n.digest)"
        + ("" if table.name == "replies" else f" AND letter IN ({both})")
    )


def _joined(table: Compared, *, steps: bool) -> str:
    """Return SQL for `joined`: the rows of the touched letters, each as it is on every side; values are JSON.

    Of a row that is the same in both states only its place in the letter is kept.
    """
    order = ", ".join(f"{quoted(name)} NULLS FIRST" for name in table.key)
    known = "".join(f", {quoted(name)}" for name in table.known)
    ident = ", ".join(f"k{n} := {quoted(name)}" for n, name in enumerate(table.known)) or "k := 0"
    said = ", ".join(f"{quoted(c)} := to_json({quoted(c)})::VARCHAR" for c in (*table.known, *table.values))
    key = ", ".join(f"{text(name)}, {quoted(name)}" for name in table.key)

    def rows(side: str) -> str:
        return (
            f"(SELECT {table.letter} AS letter, to_json(struct_pack({ident}))::VARCHAR || "
            f"row_number() OVER (PARTITION BY {table.letter}{known} ORDER BY {order}) AS ident, "
            f"row_number() OVER (PARTITION BY {table.letter} ORDER BY {order}) AS nth, "
            f"json_object({key})::VARCHAR AS row_key, struct_pack({said}) AS said "
            f"FROM {quoted(side)}.{quoted(table.name)} WHERE {table.letter} IN (FROM touched))"
        )

    then, now = STEPS if steps else ("old", "old")
    kept = ", ".join(
        f"{side}.nth IS NOT NULL AS has_{side}, CASE WHEN o.said IS DISTINCT FROM n.said THEN {side}.said END AS {side}"
        for side in "otwn"
    )
    return (
        f"CREATE OR REPLACE TEMP TABLE joined AS SELECT letter, ident, o.nth AS old_nth, n.nth AS new_nth, "
        f"o.row_key AS old_key, n.row_key AS new_key, o.said IS DISTINCT FROM n.said AS differs, {kept} "
        f"FROM {rows('old')} o FULL JOIN {rows('new')} n USING (letter, ident) "
        f"LEFT JOIN {rows(then)} t USING (letter, ident) LEFT JOIN {rows(now)} w USING (letter, ident)"
    )


def _left_over(table: Compared) -> str:
    """Return SQL for `gone` and `come`: the rows that only one state has, after which row that stayed they stand."""

    def left(side: str, other: str, said: str) -> str:
        last = f"last_value(CASE WHEN {other}_nth IS NOT NULL THEN ident END IGNORE NULLS)"
        quote = " || ' ' || ".join(f"coalesce({said}.{quoted(name)}, '')" for name in table.known) or "''"
        return (
            f"SELECT letter, ident, gap, row_number() OVER (PARTITION BY letter, gap ORDER BY {side}_nth) AS place, "
            f"count(*) OVER (PARTITION BY letter, gap) AS many, {quote} AS quote FROM (SELECT *, coalesce({last} OVER "
            f"(PARTITION BY letter ORDER BY {side}_nth ROWS UNBOUNDED PRECEDING), '') AS gap FROM joined "
            f"WHERE {side}_nth IS NOT NULL AND {table.quotes} "
            f"AND letter IN (SELECT letter FROM joined WHERE old_nth IS NULL OR new_nth IS NULL)) "
            f"WHERE {other}_nth IS NULL"
        )

    return (
        f"CREATE OR REPLACE TEMP TABLE gone AS {left('old', 'new', 'o')}; "
        f"CREATE OR REPLACE TEMP TABLE come AS {left('new', 'old', 'n')}"
    )


_PAIRS = f"""
CREATE OR REPLACE TEMP TABLE pairs AS
SELECT letter, o.ident AS gone, n.ident AS come FROM gone o JOIN come n USING (letter, gap, place, many)
UNION ALL
SELECT letter, gone, come FROM (
  SELECT letter, o.ident AS gone, n.ident AS come,
    levenshtein(o.quote, n.quote) / greatest(strlen(o.quote), strlen(n.quote)) AS unlike,
    row_number() OVER (PARTITION BY letter, o.ident ORDER BY unlike, n.place) AS of_old,
    row_number() OVER (PARTITION BY letter, n.ident ORDER BY unlike, o.place) AS of_new
  FROM gone o JOIN come n USING (letter, gap) WHERE o.many <> n.many AND o.many <= {_FEW} AND n.many <= {_FEW})
WHERE of_old = 1 AND of_new = 1 AND unlike <= {_UNLIKE}
"""


def _noted(table: Compared) -> list[str]:
    """Return the SQL that takes what was found of a table into `found`, in the order in which it has to run."""
    name, is_letter = text(table.name), table.name == "replies"
    into = f"INSERT INTO found SELECT {name}, letter,"
    row_causes = "causes_of(has_o <> has_t, has_t <> has_w, has_w <> has_n)"
    others = f"by_others({row_causes}, x.parser, x.source)" if table.together and not is_letter else row_causes
    old, new = ("NULL", "NULL") if is_letter else (_row(table, "o"), _row(table, "n"))
    rows = "FROM joined j LEFT JOIN texts x USING (letter)"
    gone = "NOT EXISTS (FROM pairs p WHERE p.letter = j.letter AND p.gone = j.ident)"
    come = "NOT EXISTS (FROM pairs p WHERE p.letter = j.letter AND p.come = j.ident)"
    shifts = "SELECT {}, letter FROM joined j WHERE has_o <> has_n"
    noted = [
        f"{into} old_key, 'removed', NULL, {old}, NULL, {others} {rows} WHERE NOT has_n AND {gone}",
        f"{into} new_key, 'added', NULL, NULL, {new}, {others} {rows} WHERE NOT has_o AND {come}",
        f"INSERT INTO shifted {shifts.format(text(_EVERYWHERE) if table.name in _FIRST else name)}",
    ]
    if is_letter and "text" in table.values:
        differ = "o.text IS DISTINCT FROM t.text, t.text IS DISTINCT FROM w.text"
        noted += [
            f"INSERT INTO shifted SELECT {text(_EVERYWHERE)}, letter FROM joined WHERE o.text <> n.text",
            f"INSERT INTO texts SELECT letter, {differ} FROM joined",
        ]
    if table.quotes:
        noted.append(_pair_values(table, into))
    if table.values:
        noted.append(_values(table, into))
    return noted


def _row(table: Compared, side: str) -> str:
    """Return SQL for a row as one JSON object."""
    labels = {name: text('"' + name + '":') for name in table.shown}
    parts = " || ',' || ".join(f"{said} || coalesce({side}.{quoted(name)}, 'null')" for name, said in labels.items())
    return f"'{{' || {parts} || '}}'"


def _values(table: Compared, into: str) -> str:
    """Return SQL that notes the values that changed in rows that stayed."""
    cells = ", ".join(
        f"{{'c': {text(c)}, 'place': {c in table.places}, 'together': {c in table.together}, "
        + ", ".join(f"'{side}': {side}.{quoted(c)}" for side in "otwn")
        + "}"
        for c in table.values
    )
    causes = (
        "causes_of(NOT has_t OR c.o IS DISTINCT FROM c.t, has_t <> has_w OR c.t IS DISTINCT FROM c.w, "
        "NOT has_w OR c.w IS DISTINCT FROM c.n)"
    )
    shifted = f"SELECT letter FROM shifted WHERE table_name IN ({text(_EVERYWHERE)}, {text(table.name)})"
    return (
        f"{into} new_key, 'changed', c.c, c.o, c.n, CASE WHEN c.together "
        f"THEN by_others({causes}, x.parser, x.source) ELSE {causes} END "
        f"FROM (SELECT *, unnest([{cells}]) AS c FROM joined WHERE has_o AND has_n AND differs) "
        f"LEFT JOIN texts x USING (letter) "
        f"WHERE c.o IS DISTINCT FROM c.n AND NOT (c.place AND letter IN ({shifted}))"
    )


def _pair_values(table: Compared, into: str) -> str:
    """Return SQL that notes the values in which a row differs from that whose place it took."""
    cells = ", ".join(f"{{'c': {text(c)}, 'o': a.o.{quoted(c)}, 'n': b.n.{quoted(c)}}}" for c in table.shown)
    causes = (
        "causes_of(NOT a.has_t OR b.has_t, a.has_t <> a.has_w OR b.has_t <> b.has_w, a.has_w OR NOT b.has_w) AS causes"
    )
    return (
        f"{into} new_key, 'changed', c.c, c.o, c.n, causes FROM (SELECT p.letter, b.new_key, unnest([{cells}]) AS c, "
        f"{causes} FROM pairs p JOIN joined a ON a.letter = p.letter AND a.ident = p.gone "
        f"JOIN joined b ON b.letter = p.letter AND b.ident = p.come) WHERE c.o IS DISTINCT FROM c.n"
    )
