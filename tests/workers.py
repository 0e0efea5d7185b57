"""How `make test` shares the tests between its workers: a module is one worker's, and so is all that needs a server.

Prefect's server, the object store and the runs of the pipeline are made once a worker that asks for them, in half a
minute. So every module that does goes to the first worker, and the other takes what is left, the longest first.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_ROOT = Path(__file__).parents[1]
_SERVED = re.compile(r"\b(?:prefect_server|ThreeRuns|s3)\b")
_LONG = ("test_faults", "test_history", "test_any_bytes", "test_linear", "test_resume", "test_frontier", "test_gate")


@lru_cache
def _group(module: str) -> str:
    served = _SERVED.search((_ROOT / module).read_text(encoding="utf-8"))
    return "served" if served else module


def _turn(item: pytest.Item) -> int:
    module = item.nodeid.partition("::")[0]
    if _group(module) == "served":
        return 0
    return 1 + (_LONG.index(name) if (name := Path(module).stem) in _LONG else len(_LONG))


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid.partition("::")[0])


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """Keep the groups together, in the order of the tests."""
    config.option.loadscopereorder = False
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest groups first: whoever is done early takes a short one."""
    items.sort(key=_turn)
