"""The command line: what it prints, and one sentence with the right exit code for bad input."""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import shlex
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from flows.errors import DafuError
from flows.read.releases import database_of
from flows.read.show import as_text, find_letter
from flows.release.manifest import differences, read_manifest
from tests.conftest import REPOSITORY, Dafu, Outcome, ThreeRuns, copy_of_demo


@pytest.fixture
def at(runs: ThreeRuns) -> tuple[str, str]:
    return ("--datasets", str(runs.datasets))


def one_sentence(ended: Outcome, code: int) -> str:
    """Check that a command failed with `code` and said one thing on stderr; return it."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.err
    said = [line for line in ended.err.splitlines() if line.startswith("dafu: ")]
    assert len(said) == 1, ended.err
    return said[0]


def test_sql_as_csv(dafu: Dafu, at: tuple[str, str]) -> None:
    ended = dafu(
        "sql",
        "demo",
        "select number, term, session, proposers[1].name, proposers[1].role, published_on, signed_on, lag_days, kind "
        "from replies where number='0536'",
        "--format",
        "csv",
        *at,
    )
    header, row = ended.out.splitlines()
    assert header.startswith("number,term,session,")
    assert row == "0536,13,2,徐鑫,提案者,2024-08-13,2024-05-30,75,cppcc_proposal"


def test_sql_in_the_other_formats(dafu: Dafu, at: tuple[str, str], tmp_path: Path) -> None:
    sql = "-- a comment first\nSELECT number, flags, published_on FROM replies WHERE number = '0536'"
    assert dafu("sql", "demo", sql, "--format", "json", *at).json == dafu("sql", "demo", sql, "--json", *at).json
    assert dafu("sql", "demo", sql, "--json", *at).json[0]["published_on"] == "2024-08-13"
    assert "0536" in dafu("sql", "demo", sql, *at).out
    target = tmp_path / "out.parquet"
    assert dafu("sql", "demo", sql, "--format", "parquet", "--output", str(target), *at).code == 0
    with duckdb.connect() as con:
        assert con.execute(f"SELECT number FROM '{target}'").fetchall() == [("0536",)]


def test_sql_names_a_release(dafu: Dafu, at: tuple[str, str], runs: ThreeRuns) -> None:
    sql = "SELECT count(*) AS n FROM replies"
    counts = [dafu("sql", f"demo@{v}", sql, "--json", *at).json[0]["n"] for v in (runs.before.name, runs.after.name)]
    assert counts[1] == counts[0] + 1
    assert dafu("sql", "demo", sql, "--json", *at).json == dafu("sql", "demo@latest", sql, "--json", *at).json


def test_a_release_is_read_only(dafu: Dafu, at: tuple[str, str], runs: ThreeRuns) -> None:
    one_sentence(dafu("sql", "demo", "DELETE FROM replies", *at), 2)
    assert differences(runs.after) == []


def test_datasets_and_releases(dafu: Dafu, at: tuple[str, str], runs: ThreeRuns) -> None:
    assert [row["dataset"] for row in dafu("datasets", "--json", *at).json] == ["demo"]
    assert [row["version"] for row in dafu("releases", "demo", "--json", *at).json] == [
        runs.before.name,
        runs.after.name,
    ]
    assert runs.after.name in dafu("releases", "demo", *at).out


def test_show_prints_the_letter_plain_when_piped(dafu: Dafu, at: tuple[str, str]) -> None:
    shown = dafu("show", "demo", "0536", *at).out
    assert "\x1b" not in shown
    assert "一、目前高职教育产教融合情况\n" in shown
    assert "认定省级产教融合型企业107家。" in shown
    assert "proposers    徐鑫 提案者" in shown
    cited = shown.splitlines()[-1]
    assert cited.startswith("cite as: the authors of dafu, dafu demo, release 20")
    letter = dafu("show", "demo", "2024081309440572739", "--json", *at).json
    assert cited == f"cite as: {letter['cite_as']}"
    assert letter["reply"]["number"] == "0536"
    assert len(letter["citations"]) == 7


def test_show_marks_headings_documents_and_quantities_in_colour(runs: ThreeRuns) -> None:
    console = Console(force_terminal=True, color_system="standard", width=200, record=True, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(as_text(find_letter(database_of(runs.after), "0536"), "so and so"))
    shown = console.export_text(styles=True)
    assert "\x1b[33m107家\x1b[0m" in shown
    assert "\x1b[36m《推动职业院校混合所有制办学的意见》\x1b[0m" in shown
    assert "\x1b[1m(一)加强政府主导,抓好制度设计\x1b[0m" in shown
    assert "\x1b[35m省教育厅\x1b[0m" in shown
    assert "\x1b[4m" in shown


def test_explain_says_of_every_sentence_what_was_read_and_by_which_rule(dafu: Dafu, at: tuple[str, str]) -> None:
    shown = dafu("explain", "demo", "0536", *at).out
    letter = dafu("explain", "demo", "0536", "--json", *at).json
    assert len(letter["sentences"]) == 38
    for sentence in letter["sentences"]:
        assert f"{sentence['role']} by rule {sentence['rule']}\n     {sentence['text']}\n" in shown
    assert "document     《推动职业院校混合所有制办学的意见》 issuer not said" in shown
    assert "quantity     107家 = 107 家, of 省级产教融合型企业" in shown
    assert "promise      explicit: marker 将; 省教育厅 (辽宁省教育厅); no deadline;" in shown
    assert "says again s" in shown


def test_help_teaches(dafu: Dafu) -> None:
    assert "dafu run demo" in dafu("--help").out
    for command in ("run", "crawl", "parse", "release", "datasets", "releases", "sql", "show", "explain", "verify"):
        assert dafu(command, "--help").code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("sql", "nope", "SELECT 1"), "no dataset 'nope'"),
        (("sql", "demo", "SELEC 1"), "the SQL does not run: .*SELEC"),
        (("sql", "demo", "SELECT nothing FROM replies"), "nothing"),
        (("sql", "demo@1999.01.01", "SELECT 1"), "no release 1999.01.01"),
        (("sql", "demo", "SELECT 1", "--format", "parquet"), "--output"),
        (("sql", "demo", "SELECT", "1"), "too many words"),
        (("sql", "demo", "SELECT 1; SELECT 2"), "those are 2 SQL statements; give one at a time"),
        (("sql", "demo", "SELECT 1; SELECT 2", "--format", "parquet", "--output", "x"), "those are 2 SQL statements"),
        (("sql", "demo", "-- nothing"), "the SQL statement is empty"),
        (("show", "demo", "9999"), "no letter has the number or id '9999'"),
        (("show", "demo", "0318x"), "no letter"),
        (("run", "demo", "--bogus"), "--bogus"),
        (("dance",), "dance"),
        (("sql", "demo", "SELECT 1", "--format", "xml"), "xml"),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(
    dafu: Dafu, at: tuple[str, str], words: tuple[str, ...], says: str
) -> None:
    import re  # noqa: PLC0415

    ended = dafu(*words, *(at if words[0] != "dance" else ()))
    assert re.search(says, one_sentence(ended, 2))


def test_an_error_is_json_for_machines(dafu: Dafu, at: tuple[str, str]) -> None:
    ended = dafu("sql", "demo", "SELEC 1", "--json", *at)
    assert json.loads(ended.out)["exit_code"] == ended.code == 2


def test_a_wrong_key_in_dataset_toml_is_named(dafu: Dafu, tmp_path: Path) -> None:
    datasets = copy_of_demo(tmp_path)
    path = datasets / "demo/dataset.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("interval_seconds", "interval"), encoding="utf-8")
    said = one_sentence(dafu("run", "demo", "--datasets", str(datasets)), 2)
    assert "politeness.interval" in said
    assert not (datasets / "demo/archive").exists()


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("command", ["run", "crawl"])
def test_a_real_site_is_refused_before_prefect_is_started(
    dafu: Dafu, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAFU_REPOSITORY", raising=False)
    ended = dafu(command, "liaoning-education", "--datasets", str(REPOSITORY / "datasets"))
    assert "DAFU_REPOSITORY" in one_sentence(ended, 2)
    assert "starting" not in ended.err


@pytest.mark.usefixtures("no_server")
@pytest.mark.parametrize("fault", ["Not a directory", "File too large"])
def test_prefect_is_not_started_where_it_cannot_write(dafu: Dafu, tmp_path: Path, fault: str) -> None:
    """Its server would hang there for minutes."""
    from prefect.settings import PREFECT_HOME, temporary_settings  # noqa: PLC0415 - takes seconds

    (tmp_path / "file").touch()
    home = tmp_path / ("file/home" if fault == "Not a directory" else "home")
    datasets = copy_of_demo(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with temporary_settings({PREFECT_HOME: home}):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000 if fault == "File too large" else before[0], before[1]))
        try:
            ended = dafu("run", "demo", "--datasets", str(datasets))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert one_sentence(ended, 1).startswith(f"dafu: {home}: {fault}; Prefect keeps its database there: make room")


def test_reading_before_the_first_release(dafu: Dafu, tmp_path: Path) -> None:
    datasets = copy_of_demo(tmp_path)
    assert "dafu run demo" in one_sentence(dafu("sql", "demo", "SELECT 1", "--datasets", str(datasets)), 1)
    assert "no release yet" in dafu("releases", "demo", "--datasets", str(datasets)).out


@pytest.mark.usefixtures("prefect_server")
class TestStages:
    """Stages that fail leave everything as it was."""

    def test_parse_without_an_archive(self, dafu: Dafu, tmp_path: Path) -> None:
        assert "dafu crawl demo" in one_sentence(dafu("parse", "demo", "--datasets", str(copy_of_demo(tmp_path))), 1)

    def test_release_without_records(self, dafu: Dafu, tmp_path: Path) -> None:
        assert "dafu parse demo" in one_sentence(dafu("release", "demo", "--datasets", str(copy_of_demo(tmp_path))), 1)

    def test_later_of_a_site_without_a_later_state(self, dafu: Dafu, tmp_path: Path) -> None:
        datasets = copy_of_demo(tmp_path)
        path = datasets / "demo/dataset.toml"
        path.write_text(path.read_text(encoding="utf-8").replace('later = "site-later"\n', ""), encoding="utf-8")
        assert "--later" in one_sentence(dafu("crawl", "demo", "--later", "--datasets", str(datasets)), 2)

    def test_a_last_release_that_cannot_be_read_is_said_by_parse(
        self, dafu: Dafu, runs: ThreeRuns, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        datasets = copied(runs, tmp_path)
        (datasets / "demo/releases" / runs.after.name / "replies.parquet").write_bytes(b"no Parquet")
        assert dafu("parse", "demo", "--datasets", str(datasets)).code == 0
        (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert said.startswith(f"nothing is compared with the last release: {datasets / 'demo/releases'}")
        assert "cannot be read (Error creating dataset. Could not read schema" in said

    def test_a_release_that_somebody_edited(self, dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
        datasets = copied(runs, tmp_path)
        release = datasets / "demo/releases" / runs.after.name
        edited = release / "dafu.duckdb"
        edited.write_bytes(edited.read_bytes()[:-1] + b"x")
        (release / "notes.txt").write_text("mine")
        at = ("--datasets", str(datasets))
        assert "dafu.duckdb is not the file that was released" in one_sentence(dafu("verify", "demo", *at), 1)
        assert "notes.txt was added" in dafu("verify", "demo", *at).err
        one_sentence(dafu("sql", "demo", "SELECT 1", *at), 1)
        before = sorted((datasets / "demo/releases").iterdir())
        assert "was changed after its release" in one_sentence(dafu("release", "demo", *at), 1)
        assert sorted((datasets / "demo/releases").iterdir()) == before

    def test_a_full_disk_at_release_time(self, dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
        datasets = unreleased(runs, tmp_path)
        with file_size_limit(20_000):
            ended = dafu("release", "demo", "--datasets", str(datasets))
        assert "cannot be written" in one_sentence(ended, 1)
        assert (datasets / "demo/releases/latest").resolve().name == runs.before.name
        assert dafu("release", "demo", "--datasets", str(datasets), "--json").json["changed"]

    def test_a_read_only_disk_at_release_time(self, dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
        datasets = unreleased(runs, tmp_path)
        releases = datasets / "demo/releases"
        with unwritable(releases):
            ended = dafu("release", "demo", "--datasets", str(datasets))
        assert "cannot be written" in one_sentence(ended, 1)
        assert (releases / "latest").resolve().name == runs.before.name

    def test_the_gate_refuses_a_release_that_lost_letters(self, dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
        datasets = unreleased(runs, tmp_path)
        few = pq.read_table(runs.after / "replies.parquet").slice(0, 10)["reply_id"]
        for file in (datasets / "demo/records").glob("*.parquet"):
            table = pq.read_table(file)
            if "reply_id" in table.column_names:
                pq.write_table(table.filter(pc.is_in(table["reply_id"], few)), file)
        said = one_sentence(dafu("release", "demo", "--datasets", str(datasets)), 3)
        assert "letters.lost is 0." in said
        staging = datasets / "demo/releases/.staging"
        page = (staging / "REFUSED.md").read_text(encoding="utf-8")
        assert (staging / "replies.parquet").is_file()
        assert not (staging / "dafu.duckdb").exists(), "half a database is left"
        assert (datasets / "demo/releases/latest").resolve().name == runs.before.name
        (command,) = re.findall(r"^ *dafu (release demo --accept .*)$", page, re.M)
        words = [word.replace("…", "nine letters | are\nenough") for word in shlex.split(command)]
        made = dafu(*words, "--accept", "pages.unread", "--because", "x", "--datasets", str(datasets), "--json").json
        assert made["accept_unneeded"] == ["pages.unread"]
        release = Path(made["path"])
        kept = {check["name"]: check for check in read_manifest(release)["gate"] if not check["passed"]}
        assert kept.keys() == made["accepted"].keys() >= {"letters.lost", "letters.count"}
        assert kept["letters.lost"]["because"] == "nine letters | are\nenough"
        assert "| `letters.lost` | 0." in (release / "README.md").read_text(encoding="utf-8")
        assert "nine letters \\| are enough |" in (release / "README.md").read_text(encoding="utf-8")
        assert "- `letters.lost`: nine letters | are enough\n" in (release / "CHANGES.md").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--accept", "letters.lost"), "come in pairs"),
            (("--because", "so"), "come in pairs"),
            (("--accept", "letters.last", "--because", "so"), "did you mean letters.lost"),
            (("--accept", "replies.unique", "--because", "so"), "replies.unique cannot be accepted"),
            (("--accept", "letters.lost", "--because", ""), "wants a reason"),
            (("--accept", "letters.lost", "--because", "a", "--accept", "letters.lost", "--because", "b"), "twice"),
        ],
    )
    @pytest.mark.parametrize("command", ["run", "release"])
    def test_what_cannot_be_accepted(self, command: str, words: tuple[str, ...], says: str, dafu: Dafu) -> None:
        assert says in one_sentence(dafu(command, "demo", *words), 2)

    def test_a_site_that_blocks(self, dafu: Dafu, tmp_path: Path) -> None:
        datasets = copy_of_demo(tmp_path)
        blocked = datasets / "demo/site/_responses.d/zz-blocked.toml"
        blocked.write_text(
            '["/jyt/gk/zfxxgk/fdzdgknr/jyta/srddbjy/2024n/index.shtml"]\nstatus = 412\n', encoding="utf-8"
        )
        said = one_sentence(dafu("run", "demo", "--datasets", str(datasets)), 4)
        assert "status 412" in said
        assert "srddbjy/2024n" in said


def copied(runs: ThreeRuns, folder: Path) -> Path:
    """Copy the datasets as the three runs left them."""
    shutil.copytree(runs.datasets, folder / "datasets", symlinks=True)
    return folder / "datasets"


def unreleased(runs: ThreeRuns, folder: Path) -> Path:
    """Copy the datasets as they were before the later state was released: its records wait for a release."""
    datasets = copied(runs, folder)
    releases = datasets / "demo/releases"
    shutil.rmtree(releases / runs.after.name)
    (releases / "latest").unlink()
    (releases / "latest").symlink_to(runs.before.name)
    return datasets


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes: the system's own way to run out of space, for one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Take away the right to write to a folder; root has to become somebody else for that."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        for parent in folder.parents:
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(mode)


def test_database_of_a_release_without_sums(tmp_path: Path) -> None:
    with pytest.raises(DafuError, match="is missing"):
        database_of(tmp_path)
    (tmp_path / "dafu.duckdb").write_bytes(b"not released")
    with pytest.raises(DafuError, match="is not the file that was released"):
        database_of(tmp_path)


@pytest.mark.usefixtures("prefect_server")
def test_ctrl_c_in_a_terminal_ends_the_run_at_once(tmp_path: Path) -> None:
    """A terminal's Ctrl-C reaches every process of the run: the temporary Prefect server must not end before us."""
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL  # noqa: PLC0415 - takes seconds

    (tmp_path / "prefect").mkdir()
    made = PREFECT_SERVER_DATABASE_CONNECTION_URL.value().partition("///")[2]
    with closing(sqlite3.connect(made)) as known, closing(sqlite3.connect(tmp_path / "prefect/prefect.db")) as copy:
        known.backup(copy)  # making its tables takes the server longer than the rest of this test
    datasets = copy_of_demo(tmp_path)
    described = datasets / "demo" / "dataset.toml"
    slow = described.read_text(encoding="utf-8").replace("interval_seconds = 0.0", "interval_seconds = 0.2")
    described.write_text(slow, encoding="utf-8")
    command: list[str | Path] = [Path(sys.executable).with_name("dafu"), "run", "demo", "--datasets", datasets]
    env = {name: said for name, said in os.environ.items() if name != "PREFECT_API_URL"}
    env["PREFECT_HOME"] = str(tmp_path / "prefect")
    run = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True, env=env)
    assert run.stderr is not None
    assert next(line for line in run.stderr if line.startswith("crawl: "))
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=60)[1]
    assert (run.returncode, said.strip().splitlines()) == (
        1,
        ["dafu: interrupted; what was kept so far stands, run the same command again to go on"],
    )


@pytest.mark.usefixtures("prefect_server")
def test_a_process_that_cannot_release_says_so_and_nothing_else(tmp_path: Path) -> None:
    """What an error keeps alive to the end of the process would be told of after it."""
    from prefect.settings import PREFECT_API_URL  # noqa: PLC0415 - takes seconds

    env = {**os.environ, "PREFECT_API_URL": PREFECT_API_URL.value()}
    command: list[str | Path] = [Path(sys.executable).with_name("dafu"), "release", "demo", "--datasets"]
    ended = subprocess.run([*command, copy_of_demo(tmp_path)], stderr=subprocess.PIPE, text=True, env=env, check=False)
    assert ended.returncode == 1
    (said,) = [line for line in ended.stderr.splitlines() if line != "starting Prefect"]
    assert said.endswith("holds no records; run `dafu parse demo` first")


def test_a_file_gets_what_the_screen_would(dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
    asked = ("sql", "demo", "SELECT number FROM replies WHERE number = '0536'", "--datasets", str(runs.datasets))
    file = tmp_path / "numbers.csv"
    assert dafu(*asked, "--format", "csv", "--output", str(file)).out == ""
    assert file.read_text(encoding="utf-8") == dafu(*asked, "--format", "csv").out == "number\n0536\n"
    assert dafu(*asked, "--output", str(file)).code == 2


def test_a_number_is_found_without_its_zeros(dafu: Dafu, runs: ThreeRuns) -> None:
    with_zeros, without = (dafu("show", "demo", n, "--datasets", str(runs.datasets)).out for n in ("0536", "536"))
    assert with_zeros == without


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "demo"), "demo is a dataset; give the letter after it"),
        (("sql", "demo", " "), "the SQL statement is empty"),
    ],
)
def test_words_that_are_missing_are_named(dafu: Dafu, runs: ThreeRuns, words: tuple[str, ...], said: str) -> None:
    ended = dafu(*words, "--datasets", str(runs.datasets))
    assert ended.code == 2
    assert said in ended.err


def test_without_a_command_the_help_is_shown(dafu: Dafu) -> None:
    ended = dafu()
    assert ended.code == 2
    assert ended.out.startswith("Usage: ")
    assert ended.err == ""


@pytest.mark.parametrize(
    "statement", ["COPY (SELECT 1) TO '{}/replies.parquet'", "SELECT * FROM read_text('{}/README.md')"]
)
def test_a_query_reaches_no_file_but_the_release(dafu: Dafu, runs: ThreeRuns, statement: str) -> None:
    ended = dafu("sql", "demo", statement.format(runs.after), "--datasets", str(runs.datasets))
    assert ended.code == 2
    assert differences(runs.after) == []


def test_brackets_are_shown_as_they_are(dafu: Dafu, runs: ThreeRuns) -> None:
    assert "[/b][red]" in dafu("sql", "demo", "SELECT '[/b][red]' AS x", "--datasets", str(runs.datasets)).out


@pytest.mark.parametrize(
    "words",
    [
        ("show", "demo", "0536"),
        ("explain", "demo", "0536"),
        ("history", "demo", "0536"),
        ("sql", "demo", "SELECT number, url FROM replies WHERE number = '0536'"),
        ("sql", "demo", "SELECT url FROM replies WHERE number = '0536'"),
    ],
)
def test_an_address_stands_in_one_line_on_a_narrow_terminal(
    dafu: Dafu, at: tuple[str, str], words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    (url,) = dafu("sql", "demo", "SELECT url FROM replies WHERE number = '0536'", "--json", *at).json[0].values()
    monkeypatch.setenv("FORCE_COLOR", "1")  # which makes a terminal of what is not
    monkeypatch.setenv("COLUMNS", "80")
    shown = dafu(*words, *at).out
    assert "\x1b[" in shown
    assert len(url) > 80
    assert url in shown
    rest = [line for line in shown.splitlines() if "://" not in line]
    assert max(cell_len(Text.from_ansi(line).plain) for line in rest) <= 80


def test_history_shows_what_an_edit_did_to_the_sentences(dafu: Dafu, at: tuple[str, str], runs: ThreeRuns) -> None:
    shown = dafu("history", "demo", "0163", *at).out.splitlines()
    assert [line.split("UTC  ")[1].split()[0] for line in shown if "UTC" in line] == ["appeared", "edited"]
    assert [line for line in shown if line.startswith(("  - ", "  + "))] == [
        "  - 2025年底前,省教育厅将新增应用型本科示范专业80个。",
        "  + 2026年底前,省教育厅将新增应用型本科示范专业120个。",
    ]
    told = dafu("history", "demo", "0163", "--json", *at).json
    assert [(event["event"], event["version"]) for event in told] == [("appeared", 1), ("edited", 2)]
    assert [change["sign"] for change in told[1]["changes"]] == ["-", "+"]
    moved = dafu("history", "demo", "0064", *at).out
    assert "moved" in moved
    assert "/2023n/2022070808552946371/" in moved
    assert "withdrawn" in dafu("history", "demo", "1219", *at).out
    assert dafu("history", f"demo@{runs.before.name}", "0163", *at).out.count("UTC") == 1


def test_history_without_the_archive_shows_the_events(dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
    without = shutil.ignore_patterns("archive", "records")
    shutil.copytree(runs.datasets, tmp_path, dirs_exist_ok=True, ignore=without, symlinks=True)
    shown = dafu("history", "demo", "0163", "--datasets", str(tmp_path)).out
    assert "edited" in shown
    assert "the archive with the texts is not here" in shown


def test_the_archive_is_verified_and_reindexed(dafu: Dafu, runs: ThreeRuns, tmp_path: Path) -> None:
    shutil.copytree(runs.datasets, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("releases", "records"))
    at = ("--datasets", str(tmp_path))
    assert "are intact" in dafu("archive", "verify", "demo", *at).out
    assert dafu("archive", "verify", "demo", "--json", *at).json["captures"] > 200
    index = tmp_path / "demo/archive/index.parquet"
    kept = index.read_bytes()
    index.write_bytes(b"no index")
    assert dafu("archive", "reindex", "demo", "--json", *at).json["runs"] == 3
    assert index.read_bytes() == kept
    (path,) = (tmp_path / "demo/archive").glob("*.warc.gz")
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(damaged)
    assert path.name in one_sentence(dafu("archive", "verify", "demo", *at), 1)
    assert path.read_bytes() == damaged


def test_an_archive_that_is_not_there_is_said(dafu: Dafu, tmp_path: Path) -> None:
    at = ("--datasets", str(copy_of_demo(tmp_path)))
    assert "dafu crawl demo" in one_sentence(dafu("archive", "reindex", "demo", *at), 1)
    assert "dafu crawl demo" in one_sentence(dafu("archive", "verify", "demo", *at), 1)
    assert not (tmp_path / "demo/archive").exists()


@pytest.mark.usefixtures("prefect_server")
def test_the_mode_can_be_chosen_and_the_report_tells_it(dafu: Dafu, tmp_path: Path) -> None:
    at = ("--datasets", str(copy_of_demo(tmp_path)))
    first = dafu("crawl", "demo", "--json", *at).json
    assert (first["run"], first["mode"], first["resumed"], first["saved_requests"]) == (1, "revisit", False, 0)
    assert first["requests"] == sum(first["outcomes"].values())
    assert len(first["slowest"]) == 5
    incremental = dafu("crawl", "demo", "--mode", "incremental", "--json", *at).json
    # the lists' first pages, and once more what they list and was gone: after that nothing else is asked for
    assert (incremental["mode"], incremental["requests"], incremental["saved_requests"]) == ("incremental", 10, 8)
    incremental = dafu("crawl", "demo", "--mode", "incremental", "--json", *at).json
    assert (incremental["mode"], incremental["requests"], incremental["saved_requests"]) == ("incremental", 8, 8)
    assert incremental["saved_bytes"] > 10_000
    sweep = dafu("crawl", "demo", "--mode", "sweep", *at)
    assert "run 4 (sweep)" in sweep.out
    assert "slowest:" in sweep.out
    assert "crawl: pages: " in sweep.err
    assert "/s" in sweep.err
    assert "--mode" in one_sentence(dafu("crawl", "demo", "--mode", "hasty", *at), 2)
