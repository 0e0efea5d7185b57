"""What the tests share: a copy of the demo dataset, one run of it through Prefect, the command line in this process."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import pytest

from flows import environment

environment.prepare()

from flows.cli import main  # noqa: E402 - Prefect reads its settings when it is first imported
from tests import object_store  # noqa: E402
from tests.other_duckdbs import OLDER, OtherDuckDB, other_duckdb  # noqa: E402

REPOSITORY = Path(__file__).parents[1]
DEMO = REPOSITORY / "datasets" / "demo"


def copy_of_demo(folder: Path) -> Path:
    """Copy the demo dataset, without what runs have made of it, into `folder`; return the datasets folder.

    The questions that it shares with another dataset come along.
    """
    shared = Path("liaoning-education", "queries")
    shutil.copytree(DEMO.parent / shared, folder / shared)
    shutil.copytree(DEMO, folder / "demo", ignore=shutil.ignore_patterns("archive", "records", "releases", ".*"))
    return folder


@dataclass(frozen=True)
class Outcome:
    """What a command did: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Stdout, read as JSON."""
        return json.loads(self.out)


Dafu = Callable[..., Outcome]


@pytest.fixture
def dafu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dafu:
    """Run the command line in this process."""

    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["dafu", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def forks() -> ForkServerContext:
    """Processes that begin in no time, to be killed: the server that they fork from has imported what they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "tests.flows.living_site", "tests.plain_release"])
    return context


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Start Prefect's test server, once a session."""
    from prefect.testing.utilities import prefect_test_harness  # noqa: PLC0415 - takes seconds

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture
def no_server() -> Iterator[None]:
    """Set no Prefect server: what is asked about a schedule is not to reach the one of the tests."""
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415 - takes seconds

    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        yield


@dataclass(frozen=True)
class ThreeRuns:
    """The demo run through the pipeline three times: first, again with nothing changed, and in its later state."""

    datasets: Path
    first: dict[str, Any]
    again: dict[str, Any]
    later: dict[str, Any]

    @property
    def releases(self) -> Path:
        """Where the releases lie."""
        return self.datasets / "demo" / "releases"

    @property
    def before(self) -> Path:
        """The first release."""
        return Path(self.first["release"]["path"])

    @property
    def after(self) -> Path:
        """The release of the later state."""
        return Path(self.later["release"]["path"])


@pytest.fixture(scope="session")
def runs(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> ThreeRuns:
    """Run the whole pipeline three times over the demo site, through Prefect and real HTTP."""
    assert prefect_server is None  # it only has to be there
    from flows.pipeline import pipeline  # noqa: PLC0415 - takes seconds

    datasets = copy_of_demo(tmp_path_factory.mktemp("datasets"))
    first = pipeline("demo", str(datasets))
    again = pipeline("demo", str(datasets))
    return ThreeRuns(datasets, first, again, pipeline("demo", str(datasets), later=True))


@pytest.fixture(scope="session")
def s3_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real S3 server, once a session; `s3` leads a test to it."""
    with object_store.running(tmp_path_factory.mktemp("s3")) as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Return the address of an empty prefix in its bucket, with the environment set for it."""
    for name, value in object_store.environment(s3_endpoint).items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_store.BUCKET}/{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"


@pytest.fixture(scope="session", params=OLDER)
def older_duckdb(request: pytest.FixtureRequest) -> OtherDuckDB:
    """Ask an older version of DuckDB: a test that wants it runs once for each."""
    return other_duckdb(request.param)
