"""A site that is a folder: the demo's pages, served over real HTTP on loopback for as long as a run lasts.

The server is asked as an HTTP proxy for the site's own host, so that captured addresses are the same in every run,
whatever port was free. Statuses and headers that differ from the default stand in `_responses.d/*.toml` of the folder:

    ["/jyt/index.shtml"]
    status = 404
    headers = { "Content-Type" = "text/html; charset=gb2312" }

A later state of the site is a second folder laid over the first. A site does not go back: an archive that has seen the
later state sees it in every run from then on.
"""

from __future__ import annotations

import hashlib
import mimetypes
import threading
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flows.datasets import Dataset
from flows.errors import DafuError, UsageError
from schemas.archive import IndexEntry

_PAGES = {".shtml", ".html", ".htm"}


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    headers: dict[str, str]
    body: bytes


class FolderSite:
    """The answers of a folder and the folders laid over it."""

    def __init__(self, folders: list[Path]) -> None:
        """Take `folders` from the lowest to the topmost; DafuError if one is missing or its responses are not TOML."""
        self._folders = folders
        self._said: dict[str, dict[str, Any]] = {}
        for folder in folders:
            if not folder.is_dir():
                raise UsageError(f"{folder} is no folder; the dataset's site is to be served from it")
            for path in sorted(folder.glob("_responses.d/*.toml")):
                self._said.update(tomllib.loads(path.read_text(encoding="utf-8")))

    def answer(self, path: str) -> _Response:
        """Return what the site answers to a GET of `path`."""
        said = self._said.get(path, {})
        file = self._file(path)
        status = int(said.get("status", 200 if file else 404))
        body = file.read_bytes() if file else b"<html><head><title>404</title></head><body>404 Not Found</body></html>"
        guessed = "text/html" if not file or file.suffix in _PAGES else mimetypes.guess_type(file.name)[0]
        headers = {"Content-Type": guessed or "application/octet-stream", "ETag": _etag(body)}
        return _Response(status, headers | said.get("headers", {}), body)

    def _file(self, path: str) -> Path | None:
        parts = [part for part in unquote(path).split("/") if part]
        if ".." in parts or any(part.startswith("_") for part in parts):
            return None
        for folder in reversed(self._folders):
            file = folder.joinpath(*parts)
            if file.is_dir():
                file = file / "index.shtml"
            if file.is_file():
                return file
        return None


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def has_gone_on(dataset: Dataset, kept: Iterable[IndexEntry]) -> bool:
    """Tell whether what is kept of a dataset holds a page of the later state of its site."""
    folder = dataset.site.folder
    if folder is None or folder.later is None:
        return False
    pages = (path for path in (dataset.folder / folder.later).rglob("*") if path.is_file() and path.suffix in _PAGES)
    later = {hashlib.sha256(path.read_bytes()).hexdigest() for path in pages}
    return any(entry.sha256 in later for entry in kept)


@contextmanager
def serving(dataset: Dataset, *, later: bool) -> Iterator[str | None]:
    """Serve the dataset's folder and yield the address to use as proxy; yield None for a dataset with a real site.

    UsageError if the port of dataset.toml is taken, or if `later` is asked of a site that has no later state.
    """
    folder = dataset.site.folder
    if folder is None or (later and folder.later is None):
        if later:
            raise UsageError(f"{dataset.name} has no later state of its site; run it without --later")
        yield None
        return
    site = FolderSite([dataset.folder / part for part in (folder.path, folder.later if later else None) if part])
    server = _bound(dataset, site, folder.port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bound(dataset: Dataset, site: FolderSite, port: int) -> ThreadingHTTPServer:
    class Handler(_Handler):
        folder_site = site

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise DafuError(
            f"port {port} on 127.0.0.1 cannot be opened for the site of {dataset.name} ({error.strerror}); "
            f"set site.folder.port to 0 in {dataset.folder / 'dataset.toml'} to use any free port"
        ) from None
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    folder_site: FolderSite
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: sent apart, the second waits 40 ms for the first one's receipt

    def do_GET(self) -> None:
        """Answer a request in proxy form (`GET http://host/path`) or in the usual one."""
        response = self.folder_site.answer(urlsplit(self.path).path)
        if response.status == 200 and self.headers.get("If-None-Match") == response.headers["ETag"]:
            self._send(304, {"ETag": response.headers["ETag"]}, b"")
        else:
            self._send(response.status, response.headers, response.body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the signature of http.server
        """Say nothing: the crawl's own report tells what was fetched."""
