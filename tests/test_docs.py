"""Documentation cannot drift: it is generated, or it is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flows.reference import DOCS, pages
from flows.storage import place
from tests.conftest import REPOSITORY, Dafu, ThreeRuns
from tests.flows.test_publish import publish

READMES = ["README.md", "README.zh-CN.md"]


def blocks(readme: str, language: str) -> list[str]:
    text = (REPOSITORY / readme).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", sorted(pages()))
def test_reference_pages_are_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_commands_run(
    readme: str, dafu: Dafu, runs: ThreeRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks(readme, "sh") for line in block.splitlines()]
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("dafu ")]
    reading = [words for words in commands if words[0] != "run"]
    assert len(reading) >= 6
    for words in reading:
        ended = dafu(*words, "--datasets", str(runs.datasets))
        assert ended.code == 0, ended
        assert ended.out


@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_result_is_what_comes_out(readme: str, dafu: Dafu, runs: ThreeRuns) -> None:
    (shown,) = [block for block in blocks(readme, "console") if "dafu sql" in block]
    command, expected = shown.split("\n", 1)
    assert dafu(*shlex.split(command)[2:], "--datasets", str(runs.datasets)).out == expected


@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_citation_is_what_comes_out(readme: str, dafu: Dafu, runs: ThreeRuns) -> None:
    (shown,) = [block for block in blocks(readme, "console") if "cite as" in block]
    cited = dafu("show", f"demo@{runs.before.name}", "0536", "--datasets", str(runs.datasets)).out.splitlines()[-1]
    changing = re.compile(r"(?<=release )[\d.]+|(?<=captured )[\d: -]+(?= UTC)")
    assert changing.sub("…", cited) == changing.sub("…", shown.splitlines()[1])
    assert runs.before.name in cited


@pytest.mark.parametrize("readme", READMES)
def test_the_readmes_queries_run_in_plain_duckdb(
    readme: str, runs: ThreeRuns, tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(runs.after, place(s3), "demo")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")  # the test's store is on loopback
    for sql in blocks(readme, "sql"):
        with duckdb.connect(str(runs.after / "dafu.duckdb"), read_only=True) as con:
            assert con.execute(sql).fetchall()
    (tmp_path / "datasets").symlink_to(runs.datasets)
    for shown in blocks(readme, "python"):
        python = shown.replace("s3://bucket/demo", s3)
        done = subprocess.run([sys.executable, "-c", python], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "letters" in done.stdout


def test_both_readmes_show_the_same() -> None:
    for language in ("console", "python", "sql", "cron"):
        assert blocks(READMES[0], language) == blocks(READMES[1], language)
    headings = [len(re.findall(r"^## ", (REPOSITORY / name).read_text(encoding="utf-8"), re.M)) for name in READMES]
    assert headings[0] == headings[1]


def test_every_target_of_the_readme_is_in_the_makefile() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z]+)", "".join((REPOSITORY / name).read_text("utf-8") for name in READMES)))
    assert named - {"help"} <= set(re.findall(r"^([a-z]+):", makefile, re.M))


def test_what_is_reckoned_about_scale_comes_out() -> None:
    page = (REPOSITORY / "docs/scale.md").read_text(encoding="utf-8")
    measured, on_paper = page.partition("## On paper")[::2]
    reckoned = re.findall(r"`([\d. +*/()]+) = ([\d.]+)`", on_paper)
    assert len(reckoned) > 10
    for sum_, said in reckoned:
        found = eval(sum_, {"__builtins__": {}})
        assert round(found, len(said.partition(".")[2])) == float(said), sum_
    for figure in ("30.3 ms", "4.0 ms", "15.6 ms", "5.4 kB", "18.1 kB"):
        assert figure in measured
        assert any(figure.split()[0] in sum_ for sum_, _ in reckoned), figure


def test_the_demo_card_names_every_page() -> None:
    card = (REPOSITORY / "datasets/demo/README.md").read_text(encoding="utf-8")
    site = REPOSITORY / "datasets/demo/site/jyt/gk/zfxxgk/fdzdgknr/jyta"
    pages_of_site = {path.parent.name for path in site.glob("*/*/*/index.shtml")}
    assert len(pages_of_site) >= 36
    assert {name for name in pages_of_site if name not in card} == set()


def test_prefect_is_imported_where_flows_are_made_only() -> None:
    importing = [
        str(path.relative_to(REPOSITORY))
        for folder in ("flows", "parsers", "schemas")
        for path in (REPOSITORY / folder).rglob("*.py")
        if re.search(r"^\s*(?:from|import) prefect", path.read_text(encoding="utf-8"), re.M)
    ]
    assert sorted(importing) == [
        "flows/crawl/flow.py",
        "flows/deployments/runs.py",
        "flows/deployments/serving.py",
        "flows/deployments/watching.py",
        "flows/maintenance/flow.py",
        "flows/parse/flow.py",
        "flows/pipeline.py",
        "flows/publish/flow.py",
        "flows/release/flow.py",
    ]


def test_imports_run_one_way() -> None:
    for folder, forbidden in (("parsers", "flows"), ("schemas", "flows|parsers")):
        for path in (REPOSITORY / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(rf"^\s*(?:from|import) (?:{forbidden})\b", text, re.M), path


def test_there_is_no_code_among_the_datasets() -> None:
    assert not list((REPOSITORY / "datasets").rglob("*.py"))
