"""A real S3 server (SeaweedFS), and a proxy before it that breaks off, stalls and fails as a network and a store do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

import pyarrow.fs

KEY, SECRET, BUCKET = "dafu-tests", "a-secret-nobody-prints", "tests"
Behaviour = Literal["pass", "fail", "reset", "stall"]
_METHODS = (b"GET ", b"PUT ", b"HEAD", b"POST", b"DELE")
_PORTS = ("master", "volume", "filer", "s3")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the server on loopback while the block lasts; yield its endpoint."""
    credentials = {"accessKey": KEY, "secretKey": SECRET}
    said = {"identities": [{"name": "t", "credentials": [credentials], "actions": ["Admin", "Read", "Write", "List"]}]}
    (folder / "s3.json").write_text(json.dumps(said))
    (folder / "data").mkdir()
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    command = [str(Path(sys.executable).with_name("weed")), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1"]
    command += ["-s3", f"-s3.config={folder / 's3.json'}", "-s3.autoCreateBucket=false", "-volume.max=20"]
    command += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-{name}.port={port}" for name, port in ports.items()]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(server, ports["s3"], folder / "log")
        yield f"http://127.0.0.1:{ports['s3']}"
    finally:
        server.kill()  # its data goes with the folder; a gentle end takes seconds
        server.wait()


def environment(endpoint: str) -> dict[str, str]:
    """Return the variables that lead to the server."""
    return {
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
    }


class Proxy:
    """A TCP proxy before the server; `behave` decides on every request by its first line."""

    def __init__(self, endpoint: str) -> None:
        self._upstream = int(endpoint.rpartition(":")[2])
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.behave: Callable[[str], Behaviour] = lambda _line: "pass"
        self.requests: list[str] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._upstream)) as server:
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            while data := client.recv(65536):
                if data.startswith(_METHODS):
                    line = data.partition(b"\r\n")[0].decode()
                    self.requests.append(line)
                    behaviour = self.behave(line)
                    if behaviour == "stall":
                        time.sleep(60)
                    if behaviour == "reset":
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                        return
                    if behaviour == "fail":
                        client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        return
                server.sendall(data)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _make_bucket(endpoint: str, name: str) -> None:
    """Make a bucket; OSError if the server does not answer yet."""
    pyarrow.fs.S3FileSystem(
        access_key=KEY,
        secret_key=SECRET,
        endpoint_override=endpoint,
        allow_bucket_creation=True,
        connect_timeout=2,
        request_timeout=5,
    ).create_dir(name)


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()[-2000:]
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            _make_bucket(f"http://127.0.0.1:{port}", BUCKET)
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text()[-2000:])


def free_ports(count: int) -> list[int]:
    """Return ports that are free, as is the one 10,000 above each, which SeaweedFS takes for gRPC."""
    found: list[int] = []
    held = []
    for port in range(20_000 + os.getpid() % 5000, 50_000):
        with suppress(OSError):
            held += [socket.create_server(("127.0.0.1", port)), socket.create_server(("127.0.0.1", port + 10_000))]
            found.append(port)
        if len(found) == count:
            break
    for one in held:
        one.close()
    return found
