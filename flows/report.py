"""The report of a run, in Markdown, as Prefect shows it: what was fetched, read and released, with a small picture."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from flows.datasets import Dataset
from flows.release.manifest import read_manifest
from flows.release.tables import file_names, scan

_BAR, _GAP, _HEIGHT, _LINE = 34, 8, 90, 16


def as_markdown(dataset: Dataset, reports: dict[str, Any]) -> str:
    """Return the report of a run from the reports of its stages by name."""
    return "\n".join(_lines(dataset, reports)) + "\n"


def _lines(dataset: Dataset, reports: dict[str, Any]) -> Iterator[str]:
    yield f"# {dataset.title} · {dataset.title_zh}"
    if crawl := reports.get("crawl"):
        yield f"\n## Crawl\n\nRun {crawl['run']} ({crawl['mode']}): {crawl['requests']} requests, {crawl['new_pages']} "
        yield f"new pages, {crawl['bytes'] / 1000:.0f} kB in {crawl['seconds']:.1f} s.\n"
        yield from _table("answer", "addresses", crawl["outcomes"])
    if archive := reports.get("archive"):
        yield f"\n## Archive\n\n{archive['records']} records of {archive['captures']} captures are intact."
    yield f"\n## Letters\n\n{reports['parse']['letters']} letters were read.\n"
    yield from _table("issue", "times", reports["parse"]["issues"])
    yield from _release(Path(reports["release"]["path"]), changed=reports["release"]["changed"])
    if releases := reports.get("releases"):
        yield f"\n{len(releases)} releases were verified, {sum(releases.values())} files are as they were released."


def _release(folder: Path, *, changed: bool) -> Iterator[str]:
    said = "A new release" if changed else "Nothing changed since the release"
    yield f"\n## Release {folder.name}\n\n{said}: [{folder.name}]({folder.absolute().as_uri()}) in `{folder}`.\n"
    yield f"![Letters by year of publication]({picture(letters_by_year(folder))})\n"
    manifest = read_manifest(folder)
    yield from _table("table", "rows", {name: entry["rows"] for name, entry in manifest["tables"].items()})
    yield "\n## Gate\n\n| check | measured | limit | |\n|---|---|---|---|"
    for check in manifest["gate"]:
        passed = "passed" if check["passed"] else "**refused**"
        yield f"| {check['name']} | {check['measured']:g} | {check['limit']:g} | {passed} |"


def _table(what: str, count: str, rows: dict[str, int]) -> Iterator[str]:
    if rows:
        yield f"| {what} | {count} |\n|---|---|"
        yield from (f"| {name} | {value} |" for name, value in rows.items())


def letters_by_year(release: Path) -> dict[str, int]:
    """Return how many letters of a release were published in each year, the earliest first."""
    replies = scan(release, file_names(read_manifest(release)["tables"]["replies"]))
    with duckdb.connect() as con:
        found = con.execute(
            f"SELECT coalesce(CAST(year(published_on) AS VARCHAR), '?') AS y, count(*) FROM {replies} "  # noqa: S608
            "GROUP BY y ORDER BY y"
        ).fetchall()
    return dict(found)


def picture(counts: dict[str, int]) -> str:
    """Return bars with their figures as an SVG in a data address, so that it needs no other file to be shown."""
    highest = max(counts.values(), default=1)
    width = max(1, len(counts)) * (_BAR + _GAP) + _GAP
    size = f'width="{width}" height="{_HEIGHT + 2 * _LINE}"'
    font = 'font-family="sans-serif" font-size="11" text-anchor="middle" fill="#667"'
    drawn = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>']
    for n, (name, count) in enumerate(counts.items()):
        left, high = _GAP + n * (_BAR + _GAP), round(_HEIGHT * count / highest)
        top, middle = _LINE + _HEIGHT - high, left + _BAR // 2
        drawn.append(f'<rect x="{left}" y="{top}" width="{_BAR}" height="{high}" fill="#2a6fdb"/>')
        drawn.append(f'<text x="{middle}" y="{top - 4}">{count}</text>')
        drawn.append(f'<text x="{middle}" y="{_HEIGHT + 2 * _LINE - 4}">{name}</text>')
    svg = "".join([*drawn, "</svg>"])
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
