"""A fast site for benchmarks, in a process of its own: letters of 60 kB and the lists that lead to them."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

COLUMN = "/jyt/gk/zfxxgk/fdzdgknr/jyta/szxta/"
PAGES = 2000
ROWS = 100
SIZE = 60_000
_CHARACTERS = "教育厅省委员提案办理情况职业学院产融合发展建设推进实施方案规划经费投入师资培养加强落实完善机制保障工作"


def page_path(number: int) -> str:
    """Return the path of a page."""
    return f"{COLUMN}2024n/{2024010100000000000 + number}/index.shtml"


def list_path(number: int) -> str:
    """Return the path of a list page, the first being 0."""
    return f"{COLUMN}2024n/{'index' if number == 0 else f'0a1b2c3d-{number + 1}'}.shtml"


@contextmanager
def serving() -> Iterator[str]:
    """Serve the site; yield its address."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.kill()
        server.join()


def _serve(ready: Connection) -> None:
    answers = {path.encode(): _answer(body) for path, body in _site()}
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    class Handler(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self._transport, self._pending = transport, b""

        def data_received(self, data: bytes) -> None:
            self._pending += data
            while (end := self._pending.find(b"\r\n\r\n")) >= 0:
                path = self._pending.split(b" ", 2)[1]
                self._pending = self._pending[end + 4 :]
                self._transport.write(answers.get(path, missing))  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Handler, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def _site() -> Iterator[tuple[str, bytes]]:
    rng = random.Random(1)
    for number in range(PAGES):
        yield page_path(number), _page(rng, number)
    lists = PAGES // ROWS
    for number in range(lists):
        rows = "".join(
            f'<li><a href="{page_path(n)}">关于第{n}号提案的答复</a><span>2024-01-02</span></li>'
            for n in range(number * ROWS, (number + 1) * ROWS)
        )
        following = f'<a tagname="{list_path(number + 1)}">下一页</a>' if number + 1 < lists else ""
        html = f'<div class="xxgk_con clearfix"><ul>{rows}</ul></div><div class="pagesx clearfix">{following}</div>'
        yield list_path(number), f"<!doctype html><html><body>{html}</body></html>".encode()


def _page(rng: random.Random, number: int) -> bytes:
    """Return a page: a template as long as such sites', and a letter that is its own."""
    words = "".join(rng.choices(_CHARACTERS, k=4000))
    text = "".join(f"<p>{words[start : start + 200]}。</p>\n" for start in range(0, len(words), 200))
    template = '<li class="nav-item"><a href="/jyt/gk/zcwj/index.shtml" title="政策文件">政策文件</a></li>\n'
    body = f'<h1>关于第{number}号提案的答复</h1><div class="TRS_Editor">{text}</div>'.encode()
    return (b"<!doctype html><html><body>" + template.encode() * (SIZE // len(template.encode())))[
        : SIZE - len(body)
    ] + body


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
