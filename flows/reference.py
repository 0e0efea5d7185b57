"""The reference pages in `docs/`, written from `schemas/` and the command line: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path

import click
import pyarrow as pa

from flows.cli import EXIT_CODES, dafu
from flows.expectations import Expectations
from flows.release.gate.compared import FEW
from flows.release.gate.rules import RULES as RULES_OF_THE_GATE
from flows.settings import reference
from parsers.roles import RULES
from schemas import SCHEMA_VERSION, TABLES
from schemas.arrow import arrow_fields, arrow_schema
from schemas.flags import FLAGS
from schemas.issues import REASON_CODES
from schemas.table import Column, struct_of

_HEADINGS = (
    "column · 列",
    "type · 类型",
    "meaning",
    "含义",
    "values, references · 取值、引用",
    "unit · 单位",
    "source · 来源",
)
DOCS = Path(__file__).parents[1] / "docs"


def pages() -> dict[str, str]:
    """Return the generated pages by file name."""
    written = {"tables.md": _tables(), "reading.md": _reading(), "gate.md": _gate(), "commands.md": _commands()}
    return {name: "\n".join(lines) + "\n" for name, lines in written.items()}


def _tables() -> Iterator[str]:
    yield "# Tables · 数据表"
    yield (
        f"\nSchema {SCHEMA_VERSION}. Generated from `schemas/` by `make docs`; the `dictionary` table says the same. A "
        "column can be null only where its type says so; → is a foreign key; values are the only ones that occur."
    )
    yield (
        f"\n数据结构版本 {SCHEMA_VERSION}，由 `make docs` 依据 `schemas/` 生成，与 `dictionary` 表一致。"
        "仅类型注明 null 的列可为空；→ 表示外键；列出取值者不会出现其他值。"
    )
    for table in TABLES:
        about = table.about
        yield f"\n## `{about.name}`\n\n{about.en}\n{about.zh}\n"
        yield f"Key · 主键: {', '.join(f'`{name}`' for name in about.key)}.\n"
        yield f"| {' | '.join(_HEADINGS)} |"
        yield "|---" * len(_HEADINGS) + "|"
        for field in arrow_schema(table):
            # codes have sections of their own
            values = () if table.meanings(field.name) else table.values(field.name)
            yield _row(field.name, field.type, table.column(field.name), values, null=field.nullable)
            struct = struct_of(table.model_fields[field.name].annotation)
            if struct:
                for part in arrow_fields(struct):
                    yield _row(f"{field.name}.{part.name}", part.type, struct.column(part.name), (), null=part.nullable)
    yield "\n## Flags of a reply · 异常标记\n\n| flag | meaning | 含义 |\n|---|---|---|"
    for name, (en, zh) in FLAGS.items():
        yield f"| `{name}` | {_cell(en)} | {_cell(zh)} |"
    yield "\n## Reason codes of an issue · 原因代码\n\n| code | severity | meaning | 含义 |\n|---|---|---|---|"
    for name, code in REASON_CODES.items():
        yield f"| `{name}` | {code.severity} | {code.en} | {code.zh} |"


def _reading() -> Iterator[str]:
    yield "# How a letter is read · 答复的解读规则"
    yield "\nGenerated from `parsers/` by `make docs`. How well it works: [accuracy.md](accuracy.md).\n"
    yield "## Roles of sentences · 句子作用\n"
    yield "The rules are asked from the top; the first that fires gives the role; `sentences.rule` says which it was."
    yield "`dafu explain` prints it for every sentence of a letter.\n"
    yield "| rule | role | for example | in sections |\n|---|---|---|---|"
    for rule in RULES:
        sections = ", ".join(name or "without a role" for name in rule.within) or "all"
        yield f"| `{rule.name}` | {rule.role} | {rule.example} | {sections} |"
    yield "\n" + resources.files("parsers").joinpath("vocabulary/decisions.md").read_text(encoding="utf-8").strip()


def _gate() -> Iterator[str]:
    yield "# The gate · 发布前检查"
    yield "\nGenerated from `flows/release/gate/` by `make docs`. The manifest of a release holds every check with"
    yield "what was measured; a release for which one does not hold is refused (exit code 3); `REFUSED.md` says why.\n"
    for integrity, title, says in (
        (
            True,
            "What has to hold · 必须满足",
            "Nobody can accept that one does not hold: the release is wrong.",
        ),
        (
            False,
            "What is expected · 预期",
            'Can be accepted, once and with a reason: `dafu release DATASET --accept CHECK --because "…"`.',
        ),
    ):
        yield f"## {title}\n\n{says}\n\n| check | measured | 含义 | limit |\n|---|---|---|---|"
        for rule in RULES_OF_THE_GATE:
            if rule.integrity is integrity:
                named = rule.name.format(table="TABLE", column="COLUMN", year="YEAR", code="CODE")
                bound = "at least" if rule.at_least else "at most"
                limit = rule.limit if rule.limit == "0" else f"`{rule.limit}`"
                yield f"| `{named}` | {rule.en} | {rule.zh} | {bound} {limit} |"
        yield ""
    yield "## Limits · 限值\n\nIn `[expectations]` of a dataset's `dataset.toml`; without an entry the default holds.\n"
    yield "| key | default | meaning | 含义 |\n|---|---|---|---|"
    for name, field in Expectations.model_fields.items():
        en, zh = (field.description or "").split(" · ")
        yield f"| `{name}` | {field.default or '–'} | {en} | {zh} |"
    yield f"\n{FEW} rows more or less are never too many, but for `max_letters_lost`: in a small table they are a large"
    yield f"share. 除 `max_letters_lost` 外，{FEW} 行以内的增减不作为拒绝理由。"


def _row(name: str, kind: pa.DataType, said: Column, values: Sequence[str], *, null: bool) -> str:
    allowed = ", ".join(f"`{value}`" for value in values) + (f"→ `{said.references}`" if said.references else "")
    shown = _short(kind) + (", null" if null else "")
    cells = (f"`{name}`", shown, said.en, said.zh, allowed, said.unit or "", said.source)
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _cell(said: str) -> str:
    return said.replace("|", "\\|")


def _short(kind: pa.DataType) -> str:
    """Return a type in a word; what the parts of a struct are is said in rows of their own."""
    if pa.types.is_list(kind):
        return f"list of {_short(kind.value_type)}"
    if pa.types.is_struct(kind):
        return "struct"
    return {"date32[day]": "date", "timestamp[us, tz=UTC]": "timestamp (UTC)"}.get(str(kind), str(kind))


def _commands() -> Iterator[str]:
    yield "# Commands · 命令\n\nGenerated from the command line by `make docs`.\n"
    yield "| exit code | meaning |\n|---|---|"
    for code, meaning in EXIT_CODES.items():
        yield f"| {code} | {meaning} |"
    yield "\nSettings: the environment goes before the dataset's `dataset.toml`, and that before the default.\n"
    yield "| variable | in dataset.toml | default | meaning |\n|---|---|---|---|"
    for variable, key, default, meaning in reference():
        yield f"| `{variable}` | {key and f'`{key}`'} | {default} | {meaning} |"
    context = _context(dafu, "dafu", None)
    yield f"\n```text\n{dafu.get_help(context)}\n```"
    yield from _group(dafu, "dafu", context)


def _group(group: click.Group, named: str, context: click.Context) -> Iterator[str]:
    for name, command in group.commands.items():
        inner = _context(command, name, context)
        yield f"\n## `{named} {name}`\n\n```text\n{command.get_help(inner)}\n```"
        if isinstance(command, click.Group):
            yield from _group(command, f"{named} {name}", inner)


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=100,
        max_content_width=100,
        help_option_names=["-h", "--help"],
    )


if __name__ == "__main__":
    DOCS.mkdir(exist_ok=True)
    for file_name, text in pages().items():
        (DOCS / file_name).write_text(text, encoding="utf-8")
