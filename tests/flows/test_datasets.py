"""A dataset's description is checked as a whole, and what is wrong in it is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.datasets import dataset_names, load_dataset
from flows.errors import UsageError
from tests.conftest import REPOSITORY, copy_of_demo


@pytest.fixture
def datasets(tmp_path: Path) -> Path:
    return copy_of_demo(tmp_path)


def changed(datasets: Path, old: str, new: str) -> None:
    path = datasets / "demo" / "dataset.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("name", dataset_names(REPOSITORY / "datasets"))
def test_every_dataset_of_the_repository_loads(name: str) -> None:
    dataset = load_dataset(name, REPOSITORY / "datasets")
    assert dataset.list_urls()
    assert (dataset.folder / "README.md").is_file()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("interval_seconds = 0.0", "intervall_seconds = 0.0", "politeness.intervall_seconds: dafu knows no such key"),
        ("interval_seconds = 0.0", 'interval_seconds = "soon"', "politeness.interval_seconds: .*valid number.*'soon'"),
        ("interval_seconds = 0.0", "interval_seconds = -1", "politeness.interval_seconds: .*greater than"),
        ('kind = "cppcc_proposal"', 'kind = "proposal"', r"columns\.0\.kind: .*'proposal'"),
        ('province = "辽宁省"\n', "", "province is missing"),
        ('name = "demo"', 'name = "other"', "name is 'other' but the folder is 'demo'"),
        ("synthetic = true", "synthetic = true\nsyntetic = 1", "syntetic: dafu knows no such key"),
        ("[site]", "[site", "not valid TOML"),
        ("http://jyt.demo.invalid", "jyt.demo.invalid", "site.base_url: .*pattern"),
        ('byline = ["ul.xxgk_info"]', 'byline = ["ul[[["]', "selectors.page.byline.0: .*not a CSS selector"),
        ("synthetic = true", 'folder = "elsewhere"', "folder: dafu knows no such key"),
    ],
)
def test_a_fault_is_named_with_its_key_and_file(datasets: Path, old: str, new: str, says: str) -> None:
    changed(datasets, old, new)
    with pytest.raises(UsageError) as error:
        load_dataset("demo", datasets)
    assert re.search(says, str(error.value)), str(error.value)
    assert str(datasets / "demo" / "dataset.toml") in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unknown_dataset_names_those_there_are(datasets: Path) -> None:
    with pytest.raises(UsageError, match=r"no dataset 'nope'.*: demo"):
        load_dataset("nope", datasets)


def test_a_real_site_is_not_asked_without_saying_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    real = load_dataset("liaoning-education", REPOSITORY / "datasets")
    monkeypatch.delenv("DAFU_REPOSITORY", raising=False)
    with pytest.raises(UsageError, match="DAFU_REPOSITORY"):
        real.user_agent()
    monkeypatch.setenv("DAFU_REPOSITORY", "https://example.org/dafu")
    assert real.user_agent().endswith("(+https://example.org/dafu)")


def test_the_real_site_is_asked_politely() -> None:
    real = load_dataset("liaoning-education", REPOSITORY / "datasets")
    assert real.politeness.interval_seconds >= 2
    assert [len(column.lists) for column in real.columns] == [6, 6]
