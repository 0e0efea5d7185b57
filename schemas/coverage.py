"""`coverage`: which proposals of a session are here, which numbers between them are not, and what was not read."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, ClassVar

from schemas.replies import Kind
from schemas.table import About, Column, Struct, Table


class Gap(Struct):
    """Numbers in a row that were not seen: from `first` to `last`, both included."""

    first: Annotated[int, Column("First number of the range.", "区间首个编号。", source="derived")]
    last: Annotated[int, Column("Last number of the range.", "区间末个编号。", source="derived")]


class Coverage(Table):
    """One session of an assembly, as far as this department's letters show it."""

    about: ClassVar = About(
        name="coverage",
        en="How much of each session of an assembly is here: one row a kind, assembly, term and session. The assembly "
        "numbers its proposals (第NNN号) through all departments, and one department answers some of them: a number "
        "between two that were seen is one not seen at this department, which proves no loss. Pages that were listed "
        "and became no letter tell no session: they are counted in the row of their kind without one.",
        zh="各次会议的收录情况：按类别、会议主体、届次、会议次数各一行。编号（第NNN号）由会议对全部提案（建议）统一编排，"
        "一个部门只答复其中一部分：两个已见编号之间的空缺仅表示本部门未见，并不证明缺失。已列出而未成为答复的网页不知属于"
        "哪次会议，计入该类别中未注明会议的一行。",
        key=("kind", "body", "term", "session"),
        derived=True,
    )

    kind: Annotated[
        Kind | None,
        Column(
            "As in replies; of a page that became no letter, the kind of the site's column that lists it.",
            "同 replies；未成为答复的网页则为列出它的栏目的类别。",
            source="replies, dataset.toml",
        ),
    ]
    body: Annotated[
        str | None,
        Column("The assembly's full name; null if it is not said.", "会议主体全称；未注明则为空。", source="replies"),
    ]
    term: Annotated[int | None, Column("Term of the assembly.", "届次。", source="replies")]
    session: Annotated[int | None, Column("Session within the term.", "会议次数。", source="replies")]
    letters: Annotated[int, Column("Letters.", "答复件数。", unit="letters", source="replies")]
    without_number: Annotated[
        int, Column("Letters that give no number.", "未写编号的答复件数。", unit="letters", source="replies.number")
    ]
    other_number: Annotated[
        int,
        Column(
            "Letters whose number is not digits only (DH0271, 来信); they have no place in a sequence.",
            "编号不全为数字（如 DH0271、来信）的答复件数，不参与排序。",
            unit="letters",
            source="replies.number",
        ),
    ]
    numbers_seen: Annotated[
        int,
        Column(
            "Different numbers seen; fewer than letters where one proposal has several.",
            "已见的不同编号数；同一编号有多件答复时少于答复件数。",
            unit="numbers",
            source="replies.number_int",
        ),
    ]
    lowest: Annotated[
        int | None,
        Column(
            "Lowest number seen; null where no session is said.", "已见的最小编号；未注明会议则为空。", source="derived"
        ),
    ]
    highest: Annotated[
        int | None,
        Column(
            "Highest number seen; null where no session is said.",
            "已见的最大编号；未注明会议则为空。",
            source="derived",
        ),
    ]
    numbers_missing: Annotated[
        int | None,
        Column(
            "How many numbers between the lowest and the highest were not seen at this department. A number misprinted "
            "on its page makes a wide gap, and a letter that answers several proposals shows its first number only.",
            "最小与最大编号之间本部门未见的编号数。网页误印的编号会造成大段空缺；一件答复对应多件提案时仅计第一个编号。",
            unit="numbers",
            source="derived",
        ),
    ]
    gaps: Annotated[
        list[Gap],
        Column(
            "Those numbers as ranges, ascending; first and last belong to the range.",
            "上述未见编号的区间，升序，含首尾。",
            source="derived",
        ),
    ]
    first_published_on: Annotated[
        dt.date | None, Column("First publication of such a letter.", "最早发布日期。", source="replies.published_on")
    ]
    last_published_on: Annotated[
        dt.date | None, Column("Last publication of such a letter.", "最近发布日期。", source="replies.published_on")
    ]
    pages_not_fetched: Annotated[
        int,
        Column(
            "Rows of the site's lists whose page was never had (gone, forbidden, no answer) and is no letter here.",
            "列表所列而从未取得（已删、禁止、无应答）、因而未成为答复的网页数。",
            unit="pages",
            source="issues",
        ),
    ]
    pages_not_read: Annotated[
        int,
        Column(
            "Pages that were fetched and not read as a letter, though they may hold one; the issues say why.",
            "已取得但未能读出答复（其中可能有答复）的网页数，原因见 issues。",
            unit="pages",
            source="issues",
        ),
    ]
