"""`[expectations]` of a dataset.toml: the limits that the gate holds a release to."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas import TABLES
from schemas.issues import REASON_CODES


def _column(named: str) -> str:
    columns = {f"{table.about.name}.{name}" for table in TABLES for name in table.model_fields}
    if named not in columns:
        raise ValueError("no column of a table; write table.column")
    return named


def _code(named: str) -> str:
    if named not in REASON_CODES:
        raise ValueError("no reason code; docs/tables.md lists them")
    return named


Share = Annotated[float, Field(ge=0, le=1)]
Year = Annotated[str, Field(pattern=r"^\d{4}$")]
ColumnName = Annotated[str, AfterValidator(_column)]
Code = Annotated[str, AfterValidator(_code)]


def _limit(en: str, zh: str, default: Any) -> Any:  # noqa: ANN401 - what pydantic's own Field takes and gives
    return Field(default=default, ge=0, description=f"{en} · {zh}")


def _share(en: str, zh: str, default: float) -> Any:  # noqa: ANN401 - what pydantic's own Field gives
    return Field(default=default, ge=0, le=1, description=f"{en} · {zh}")


class Expectations(BaseModel):
    """What the gate holds a release to: its limits, by the names that docs/gate.md lists them under."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min_letters: int = _limit("The fewest letters.", "答复件数下限。", 1)
    letters_per_year: dict[Year, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="The fewest letters, by year of publication. · 各发布年份的答复件数下限。"
    )
    fill: dict[ColumnName, Share] = Field(
        default={},
        description='The least share of rows in which a column is filled: `"replies.number" = 0.9`. · '
        '各列有值的行所占比例的下限：`"replies.number" = 0.9`。',
    )
    max_unread_pages: float = _share("Share of the listed pages.", "占已列出网页的比例。", 0.25)
    max_not_fetched: float = _share("Share of the listed pages.", "占已列出网页的比例。", 0.25)
    issues: dict[Code, Annotated[float, Field(ge=0)]] = Field(
        default={},
        description="The most issues for each listed page, by reason code; a code that is named here is never new. · "
        "各原因代码平均每个网页的问题数上限；列于此处的代码不视为新代码。",
    )
    max_letters_lost: float = _share("Share of the last release's letters.", "占上一版答复的比例。", 0.05)
    max_rows_lost: float = _share("By which a table or a year may be smaller.", "表或年份可减少的比例。", 0.1)
    max_fill_lost: float = _share("By which the share filled may be smaller.", "有值比例可降低的幅度。", 0.1)
    max_new_code: float = _limit("Issues for each listed page.", "平均每个网页的问题数。", 0.02)
    max_code_growth: float = _limit("Issues more for each listed page.", "平均每个网页增加的问题数。", 0.05)
