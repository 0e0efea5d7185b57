"""What happened to letters between two releases, as far as it still holds in the later one.

Between releases that are far apart a letter may be edited and edited back, or withdrawn and return: that is told apart
from what lasts.
"""

from __future__ import annotations

import duckdb

_GONE = """
CREATE OR REPLACE TEMP TABLE gone AS
SELECT reply_id, arg_max(event, seen_at) = 'withdrawn' AS now,
    arg_max(event, seen_at) FILTER (before) = 'withdrawn' AS once
FROM ({histories}) WHERE event IN ('appeared', 'withdrawn', 'returned') GROUP BY reply_id
"""
_EVENTS = """
CREATE OR REPLACE TEMP TABLE events AS
WITH happened AS (
    SELECT DISTINCT reply_id, new_value->>'event' AS event FROM changes
    WHERE table_name = 'history' AND change = 'added' AND list_contains(causes, 'source')
), other AS (
    SELECT reply_id, bool_or(column_name = 'content_sha256') AS edited, bool_or(column_name = 'url') AS moved
    FROM changes WHERE table_name = 'replies' AND change = 'changed' GROUP BY reply_id
), told AS (
    SELECT reply_id, CASE event
        WHEN 'edited' THEN coalesce(edited, false)
        WHEN 'moved' THEN coalesce(moved, false)
        WHEN 'withdrawn' THEN now
        WHEN 'returned' THEN once AND NOT now
        ELSE true END AS lasting, event
    FROM happened LEFT JOIN other USING (reply_id) LEFT JOIN gone USING (reply_id)
)
SELECT reply_id, event FROM told WHERE lasting
UNION ALL
SELECT DISTINCT reply_id, 'meanwhile' FROM told
WHERE NOT lasting AND reply_id NOT IN (SELECT reply_id FROM told WHERE lasting)
"""


def note_events(con: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `events` (reply_id, event) and `gone` (reply_id, whether it is now, whether it was once).

    `con` has `changes`, and the two releases as the schemas `old` and `new`. An event is one of `history`, or
    `meanwhile` for a letter to which nothing happened that lasts.
    """
    asked = "SELECT schema_name FROM duckdb_views() WHERE view_name = 'history' AND schema_name IN ('old', 'new')"
    known = [name for (name,) in con.execute(asked).fetchall()]  # the first releases had no such table
    histories = [f"SELECT reply_id, event, seen_at, {name == 'old'} AS before FROM {name}.history" for name in known]
    none = "SELECT '' AS reply_id, '' AS event, now() AS seen_at, false AS before WHERE false"
    con.execute(_GONE.format(histories=" UNION ALL ".join(histories or [none])))
    con.execute(_EVENTS)
