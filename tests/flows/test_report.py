"""The report of a run, as it lies in Prefect."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.datasets import load_dataset
from tests.conftest import ThreeRuns


def test_a_report_links_the_release_wherever_the_datasets_were_named_from(
    runs: ThreeRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.report import as_markdown  # noqa: PLC0415

    monkeypatch.chdir(runs.datasets.parent)
    named = Path(runs.datasets.name)
    path = named / runs.after.relative_to(runs.datasets)
    reports = {**runs.later, "release": {**runs.later["release"], "path": str(path)}}
    assert f"({runs.after.as_uri()})" in as_markdown(load_dataset("demo", named), reports)
