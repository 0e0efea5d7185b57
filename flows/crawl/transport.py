"""Connections that keep out of private networks, and a clock over each request.

`requests` limits the wait for a connection and for the next byte, but neither the whole time of an answer nor the
addresses that a name may lead to. Both are added here, where the socket is made:

- a name that leads to a loopback, link-local, private or otherwise reserved address is not connected to, so that no
  redirect and no DNS answer can turn the crawler against the network it runs in;
- a request that has not ended in time loses its socket, however slowly bytes still arrive.
"""

from __future__ import annotations

import http.client
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection


class ForbiddenAddressError(Exception):
    """A host name leads to an address that must not be asked."""


def _nobody() -> None:
    """Take no notice."""


class Watch:
    """The socket that the current request uses, whether its time ran out, and whom to tell that it has been sent."""

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.used: socket.socket | None = None
        self.ran_out = False
        self.sent: Callable[[], None] = _nobody

    @contextmanager
    def limited(self, seconds: float, sent: Callable[[], None]) -> Iterator[None]:
        """Cut the connection if the block has not ended after `seconds`; call `sent` when the request is on its way."""
        self.used, self.ran_out, self.sent = None, False, sent
        _clock.start(self, time.monotonic() + seconds)
        try:
            yield
        finally:
            _clock.stop(self)

    def cut(self) -> None:
        """End the request: its time ran out."""
        self.ran_out = True
        if self.used is not None:
            with suppress(OSError):  # it has just ended by itself
                self.used.shutdown(socket.SHUT_RDWR)


class _Clock:
    """One thread that cuts whatever has run out of time; a timer thread for each request would cost as much as it."""

    def __init__(self) -> None:
        self._ends: dict[Watch, float] = {}
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def start(self, watch: Watch, ends: float) -> None:
        with self._changed:
            self._ends[watch] = ends
            if self._thread is None or not self._thread.is_alive():  # none yet, or it stayed behind in a fork
                self._thread = threading.Thread(target=self._run, name="request clock", daemon=True)
                self._thread.start()
            if ends < self._wakes_at:
                self._changed.notify()

    def stop(self, watch: Watch) -> None:
        with self._changed:
            self._ends.pop(watch, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for watch in [watch for watch, ends in self._ends.items() if ends <= now]:
                    del self._ends[watch]
                    watch.cut()
                self._wakes_at = min(self._ends.values(), default=math.inf)
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)


_clock = _Clock()


class GuardedAdapter(HTTPAdapter):
    """One connection a host, watched; private addresses are refused unless `allow_private`."""

    def __init__(self, watch: Watch, *, allow_private: bool) -> None:
        """Make an adapter whose connections `watch` can cut."""
        self._direct = _pool_classes(watch, guarded=not allow_private)
        # A proxy is the operator's own and may well stand in a private network; it resolves the names.
        self._proxied = _pool_classes(watch, guarded=False)
        super().__init__(max_retries=0, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - requests' own signature
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = self._direct

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:  # noqa: ANN401 - requests' own signature
        """Return the pools of connections through `proxy`."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._proxied
        return manager


class _FinalResponse(http.client.HTTPResponse):
    """An answer read past what may come before it: 100 Continue, which http.client knows, and 103 Early Hints."""

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200 and self.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            self.headers = self.msg = None  # type: ignore[assignment]  # begin anew
            super().begin()


class _Watched:
    """What is added to urllib3's connections."""

    watch: Watch
    guarded: bool
    response_class = _FinalResponse

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - urllib3's own signature
        super().request(*args, **kwargs)  # type: ignore[misc]
        self.watch.used = self.sock  # type: ignore[attr-defined]
        self.watch.sent()

    def _new_conn(self) -> socket.socket:
        host, port = str(self._dns_host), int(self.port)  # type: ignore[attr-defined]
        if self.guarded:
            _refuse_private(host, port)
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        if self.guarded and not ip_address(connected.getpeername()[0]).is_global:
            connected.close()  # the name led elsewhere when it was asked for again
            raise ForbiddenAddressError(f"{host} leads to a private address")
        self.watch.used = connected
        return connected


def _refuse_private(host: str, port: int) -> None:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except socket.gaierror:
        return  # urllib3 asks again and says what is wrong in its own terms
    private = sorted(address for address in found if not ip_address(address.partition("%")[0]).is_global)
    if private:
        raise ForbiddenAddressError(f"{host} leads to {private[0]}, which is not a public address")


def _pool_classes(watch: Watch, *, guarded: bool) -> dict[str, type[HTTPConnectionPool]]:
    added = {"watch": watch, "guarded": guarded}
    plain = type("WatchedHTTPConnection", (_Watched, HTTPConnection), added)
    tls = type("WatchedHTTPSConnection", (_Watched, HTTPSConnection), added)
    return {
        "http": type("WatchedHTTPConnectionPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("WatchedHTTPSConnectionPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
    }
