"""Settings: the environment, then dataset.toml, then defaults; a misspelt variable is told, a secret is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.datasets import load_dataset
from flows.errors import UsageError
from flows.settings import Settings, settings
from tests.conftest import REPOSITORY, Dafu, copy_of_demo

SECRET = "https://hooks.example.org/T0/verysecret"


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    folder = copy_of_demo(tmp_path)
    toml = folder / "demo" / "dataset.toml"
    said = toml.read_text("utf-8").replace("[politeness]\n", '[politeness]\ncontact = "a@example.org"\n')
    toml.write_text(said + "\n[watch]\nstale_after_days = 9\n", "utf-8")
    return folder


def shown(dafu: Dafu, datasets: Path) -> dict[str, tuple[str, str]]:
    rows = dafu("config", "demo", "--datasets", str(datasets), "--json").json
    return {row["setting"]: (row["value"], row["from"]) for row in rows}


def test_the_environment_goes_before_the_file_and_the_file_before_defaults(
    datasets: Path, dafu: Dafu, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shown(dafu, datasets)
    assert before["stale_after_days"] == ("9", "dataset.toml")
    assert before["contact"] == ("a@example.org", "dataset.toml")
    assert before["repository"] == ("not set", "default")
    assert before["datasets"] == (str(datasets), "--datasets")
    assert before["crawl.overlap"] == ("3", "dataset.toml")
    assert before["politeness.retries"] == ("3", "default")
    monkeypatch.setenv("DAFU_STALE_AFTER_DAYS", "2")
    monkeypatch.setenv("DAFU_CONTACT", "")  # an empty variable is none
    monkeypatch.setenv("DAFU_DATASETS", str(datasets))
    after = shown(dafu, datasets)
    assert after["stale_after_days"] == ("2", "DAFU_STALE_AFTER_DAYS")
    assert after["contact"] == ("a@example.org", "dataset.toml")
    assert after["datasets"] == (str(datasets), "DAFU_DATASETS")
    assert settings(load_dataset("demo", datasets)).stale_after_days == 2


def test_every_value_of_the_file_is_shown_once(datasets: Path, dafu: Dafu) -> None:
    rows = dafu("config", "demo", "--datasets", str(datasets), "--json").json
    names = [row["setting"] for row in rows]
    assert len(names) == len(set(names))
    assert {*Settings.model_fields, "site.folder.path", "selectors.page.body", "columns"} <= set(names)
    assert "politeness.contact" not in names  # it is the setting `contact`


def test_a_secret_is_never_shown(datasets: Path, dafu: Dafu, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFU_WEBHOOK_URL", SECRET)
    table = dafu("config", "demo", "--datasets", str(datasets))
    listed = dafu("config", "demo", "--datasets", str(datasets), "--json")
    assert table.code == 0
    assert SECRET not in table.out + table.err + listed.out + listed.err + repr(settings())
    assert shown(dafu, datasets)["webhook_url"] == ("set, not shown", "DAFU_WEBHOOK_URL")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("DAFU_WEBHOK_URL", SECRET, "did you mean DAFU_WEBHOOK_URL?"),
        ("DAFU_STALE_AFTER_DAYS", "soon", "DAFU_STALE_AFTER_DAYS: input should be a valid integer"),
        ("DAFU_WEBHOOK_BODY", "{}", "DAFU_WEBHOOK_BODY: "),
    ],
)
def test_a_wrong_variable_is_told_by_every_command(
    name: str, value: str, says: str, datasets: Path, dafu: Dafu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=name):
        settings()
    ended = dafu("datasets", "--datasets", str(datasets))
    assert ended.code == 2
    assert says in ended.err
    assert SECRET not in ended.err


def test_one_place_reads_dafus_environment() -> None:
    modules = (REPOSITORY / "flows").rglob("*.py")
    reading = [path.name for path in modules if re.search(r"environ\b.*DAFU_", path.read_text("utf-8"))]
    assert reading == []
