"""A site that misbehaves: a real server on loopback whose every path has its own fault, down to the bytes sent."""

from __future__ import annotations

import gzip
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BufferedIOBase
from socket import SHUT_RDWR, SO_LINGER, SOL_SOCKET

from flows.datasets import Dataset

GOOD = f"<!doctype html><html><title>答复</title><body>{'<p>您提出的提案收悉。</p>' * 60}</body></html>"


@dataclass
class Log:
    """What was asked: (path, when, headers) in order."""

    asked: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)

    def count(self, path: str) -> int:
        """Return how often `path` was asked for."""
        return Counter(asked for asked, _, _ in self.asked)[path]


@dataclass(frozen=True)
class Connection:
    """What a fault gets to work with: how often its path was asked before, the request's headers, the stream out."""

    earlier: int
    headers: dict[str, str]
    out: BufferedIOBase
    handler: socketserver.StreamRequestHandler

    def send(self, *, status: str = "200 OK", body: bytes = b"", length: int | None = None, **headers: str) -> None:
        """Send a whole answer; `length` is what it claims to be long."""
        lines = [f"HTTP/1.1 {status}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {text}" for name, text in headers.items()]
        lines.append(f"Content-Length: {len(body) if length is None else length}")
        self.out.write("\r\n".join([*lines, "", ""]).encode() + body)
        self.out.flush()

    def page(self, text: str = GOOD, *, encoding: str = "utf-8", said: str = "utf-8", **more: str) -> None:
        """Send a page."""
        more["Content_Type"] = f"text/html; charset={said}"
        self.send(body=text.encode(encoding), length=None, **more)

    def reset(self) -> None:
        """End the connection the hard way."""
        self.out.flush()
        self.handler.connection.setsockopt(SOL_SOCKET, SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.handler.connection.close()


Fault = Callable[[Connection], None]


def _missing(connection: Connection) -> None:
    connection.send(status="404 Not Found", body=b"<html>404</html>")


@contextmanager
def faulty(faults: dict[str, Fault]) -> Iterator[tuple[str, Log]]:
    """Serve `faults` by path (anything else is a 404) and yield (address, log)."""
    log = Log()
    _bomb()  # before anybody waits for it

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = self.rfile.readline().decode().split()
            if len(head) < 2:
                return
            headers = {}
            while (line := self.rfile.readline().decode().strip()) and ":" in line:
                name, _, text = line.partition(":")
                headers[name.lower()] = text.strip()
            path = head[1]
            connection = Connection(log.count(path), headers, self.wfile, self)
            log.asked.append((path, time.monotonic(), headers))
            fault = faults.get(path, _missing)
            try:
                fault(connection)
            except OSError:
                return  # the other side has had enough

        def finish(self) -> None:
            try:
                self.connection.shutdown(SHUT_RDWR)
            except OSError:
                return

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", log
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def trickle(connection: Connection) -> None:
    """Send a byte now and then, for ever."""
    connection.out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.out.write(b"x")
        connection.out.flush()
        time.sleep(0.05)


def trickle_head(connection: Connection) -> None:
    """Send headers for ever."""
    connection.out.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.out.write(b"X")
        connection.out.flush()
        time.sleep(0.05)


def raw(answer: bytes) -> Fault:
    """Send an answer down to the byte."""

    def fault(connection: Connection) -> None:
        connection.out.write(answer)
        connection.out.flush()

    return fault


def moved(location: bytes, body: bytes = b"") -> Fault:
    """Send a redirect whose Location is in these bytes."""
    head = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Type: text/html\r\nLocation: " + location
    return raw(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def endless_redirect(connection: Connection) -> None:
    """Send a redirect whose body never ends."""
    connection.out.write(b"HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.out.write(b"x" * 65536)


def endless(connection: Connection) -> None:
    """Send a body that never ends, as fast as it goes."""
    connection.out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        connection.out.write(b"x" * 65536)


def silent(_: Connection) -> None:
    """Take the request and say nothing."""
    time.sleep(3)


def reset_in_body(connection: Connection) -> None:
    """Break off in the middle of a body."""
    connection.send(body=GOOD.encode()[:500], length=50_000, Content_Type="text/html")
    connection.reset()


def garbage(connection: Connection) -> None:
    """Answer in no protocol at all."""
    connection.out.write(b"\x00\x01\x02 this is not HTTP\r\n\r\n")


def bomb(connection: Connection) -> None:
    """Send a little that inflates to more than anybody should keep."""
    connection.send(body=_bomb(), Content_Type="text/html", Content_Encoding="gzip")


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(b"\0" * 210_000_000, compresslevel=1)


def after(times: int, first: Fault, then: Fault) -> Fault:
    """Misbehave so many times, then behave."""
    return lambda connection: (first if connection.earlier < times else then)(connection)


def site_at(address: str, dataset: Dataset, **politeness: object) -> Dataset:
    """Let a dataset's site stand at `address` on loopback, asked impatiently."""
    site = dataset.site.model_copy(update={"base_url": address, "folder": None, "private_addresses": True})
    quick = {"repository": "https://example.org/dafu", "retries": 2, "timeout_seconds": 0.4, "total_seconds": 0.8}
    limits = {"max_bytes": 2_000_000, "failures_in_a_row": 99}
    asked = dataset.politeness.model_copy(update={**quick, **limits, **politeness})
    return dataset.model_copy(update={"site": site, "politeness": asked})
