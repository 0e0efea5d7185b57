"""What an export says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flows.datasets import Dataset

_SAID = {
    "csv": 'UTF-8 CSV with a header. Null is an empty field, an empty text is `""`; lists and structs are JSON. A text '
    "that a spreadsheet could run as a formula (it begins with = + - @, a tab or a line break) has a `'` before it. "
    "Spreadsheets drop the zeros of 0536 unless the column is imported as text.\n\n"
    'UTF-8 编码的 CSV，首行为列名。空值为空字段，空字符串为 `""`；列表与结构为 JSON。可能被电子表格当作公式的文字'
    "（以 = + - @、制表符或换行开头）前加 `'`。导入电子表格时请将编号列设为文本，以免丢失前导零。",
    "jsonl": "UTF-8 JSON Lines: one object a row, every column in it.\n\n每行一个 JSON 对象，含全部列。",
    "xlsx": "One workbook, a sheet a table. Texts are text cells, times are UTC (to the millisecond), lists and "
    "structs are JSON. What a cell cannot hold is cut, and told in the sheet `notes`.\n\n"
    "一个工作簿，每表一个工作表。时间为 UTC（精确到毫秒），列表与结构为 JSON；"
    "单元格容纳不下者截断，并在 notes 表中注明。",
    "parquet": "Parquet, with the release's own schema.\n\nParquet 格式，结构与原版本相同。",
}
_BOM = "The files begin with a byte order mark. 文件以 BOM 开头。\n\n"
_PSEUDONYMOUS = (
    "## Without proposers' names · 不含提案人姓名\n\n"
    "Persons who proposed are replaced by keyed digests (HMAC-SHA256) in `replies.proposers`: the same name has the "
    "same digest in every export made with the same key. In all texts their names are ○○, of the same length, so that "
    "every `char_start` and `char_end` holds; a name that is an ordinary word is ○○ there too. Salutations of persons "
    "are ○○ as a whole. Groups keep their names. Digests of texts (`content_sha256`, `passage_sha256`) are keyed, and "
    "tables that could give names away are left out. The letters are public: who follows `url` can read the names "
    "there. Other people that a letter names are not replaced.\n\n"
    "提案人（个人）以带密钥的摘要（HMAC-SHA256）代替：同一密钥下同一姓名的摘要相同。所有文字中的提案人姓名以"
    "等长的 ○ 代替，字符位置不变；与姓名相同的普通词语亦被代替；对个人的称谓整体代替；团体名称保留。"
    "文字摘要改为带密钥的摘要，可能泄露姓名的表"
    "不在其中。答复本身是公开的，访问 `url` 仍可见姓名；答复中提及的其他人未作处理。\n\n"
)


def readme(
    dataset: Dataset,
    manifest: Mapping[str, Any],
    files: Iterable[tuple[str, int, str, str]],
    *,
    form: str,
    pseudonymous: bool,
    bom: bool,
) -> str:
    """Return the README of an export: what it is made from, how it is written, licence, and how to cite it.

    `files` are those of the release: table, rows of the table, name, SHA-256.
    """
    version = manifest["version"]
    made_from = "\n".join(f"| `{table}` | {rows} | `{name}` | `{digest}` |" for table, rows, name, digest in files)
    warning = "> **Made up**: this dataset shows how dafu works, its letters state no facts.\n\n"
    return (
        f"# {dataset.title} · {dataset.title_zh}\n\n"
        f"Exported from release {version} of dataset `{dataset.name}`, schema {manifest['schema_version']}. The "
        f"release's Parquet files are the truth; this is a copy in another form.\n\n"
        f"{warning if dataset.synthetic else ''}"
        f"{_SAID[form]}\n\n"
        f"{_BOM if bom else ''}"
        f"{_PSEUDONYMOUS if pseudonymous else ''}"
        f"| table | rows | made from | its SHA-256 |\n|---|---:|---|---|\n{made_from}\n\n"
        "What the columns mean: table `dictionary`. `SHA256SUMS` has the digests of the files here.\n\n"
        f"## Cite · 引用\n\n{dataset.title}, release {version}"
        f"{', pseudonymous export' if pseudonymous else ''}. Published by {dataset.publisher.name} "
        f"({dataset.publisher.name_zh}). Cite single letters by `reply_id` and release.\n\n"
        f"Licence · 许可: {dataset.licence}\n"
    )
