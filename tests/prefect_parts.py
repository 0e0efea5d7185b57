"""A real Prefect server and a real process worker, in processes of their own that can be killed, and a webhook."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from tests.conftest import REPOSITORY

BIN = Path(sys.executable).parent
_BUSY = Retry(8, backoff_factor=0.5, status_forcelist=(503,), allowed_methods=None)
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def wait_for(found: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Wait until something is true, and return it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := found():
            return value
        time.sleep(0.2)
    raise AssertionError(f"{what}: not in {seconds} s")


class Parts:
    """The server and the worker over one datasets folder; `kill` is kill -9 of the process and what it started."""

    def __init__(self, folder: Path, datasets: Path, database: str | None) -> None:
        self.folder, self.datasets, self.port = folder, datasets, free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.env = {name: said for name, said in os.environ.items() if not name.startswith(("PREFECT_", "DAFU_"))} | {
            "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_HOME": str(folder),
            "PREFECT_API_URL": self.api,
            "PREFECT_UI_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_SERVER_SERVICES_FOREMAN_DEPLOYMENT_LAST_POLLED_TIMEOUT_SECONDS": "5",
            "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "1",
            "PREFECT_CLI_COLORS": "false",
            "DAFU_DATASETS": str(datasets),
        }
        if database:
            self.env["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(BIN / command[0]), *command[1:]],
                cwd=self.folder,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start_server(self) -> None:
        self.start("server", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port))
        wait_for(self._is_up, "the Prefect server is up")

    def start_worker(self) -> None:
        self.start("worker", "prefect", "worker", "start", "--pool", "dafu", "--type", "process")

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        for name in list(self._running):
            self.kill(name)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / command[0]), *command[1:]], cwd=REPOSITORY, env=self.env, capture_output=True, text=True
        )

    def ask(self, path: str, **body: Any) -> Any:
        with (
            requests.Session() as session
        ):  # a server on SQLite that is busy says so by 503, and wants to be asked again
            session.mount("http://", HTTPAdapter(max_retries=_BUSY))
            answer = session.post(f"{self.api}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def begin(self, deployment: str) -> str:
        """Begin a run of a deployment now; return its id."""
        known = requests.get(f"{self.api}/deployments/name/{deployment}", timeout=30).json()
        return str(self.ask(f"deployments/{known['id']}/create_flow_run", state={"type": "SCHEDULED"})["id"])

    def state(self, run: str) -> dict[str, Any]:
        return dict(requests.get(f"{self.api}/flow_runs/{run}", timeout=30).json()["state"])

    def ended(self, run: str) -> dict[str, Any]:
        """Return the state in which a run ended."""
        wait_for(lambda: self.state(run)["type"] in ENDED, f"run {run} has ended")
        return self.state(run)

    def runs_in(self, *types: str) -> list[str]:
        found = self.ask("flow_runs/filter", flow_runs={"state": {"type": {"any_": types}}})
        return [run["name"] for run in found]

    def _is_up(self) -> bool:
        try:
            return requests.get(f"{self.api}/health", timeout=2).ok
        except requests.RequestException:
            return False


@contextmanager
def webhook() -> Iterator[tuple[str, list[str]]]:
    """Receive what is posted, on loopback; yield the address and the texts."""
    texts: list[str] = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", texts
        server.shutdown()


def postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs, if this machine has them."""
    return next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)


@contextmanager
def postgres_server(programs: Path, folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server of our own; yield Prefect's address of its database."""
    port, user = free_port(), "postgres" if os.geteuid() == 0 else None
    data = folder / "postgres"
    data.mkdir()
    if user:
        for parent in [data, *data.parents]:
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
        subprocess.run(["chown", user, str(data)], check=True)
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "prefect", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"],
        check=True, capture_output=True, user=user, cwd="/",
    )  # fmt: skip
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd="/",
    )  # fmt: skip
    try:
        ready = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
        wait_for(lambda: subprocess.run(ready, capture_output=True).returncode == 0, "PostgreSQL is up")
        yield f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
