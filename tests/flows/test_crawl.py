"""Session, archive, catalogue: real sockets, real WARC files."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import article_id
from flows.crawl.frontier import Frontier
from flows.crawl.session import Session
from flows.crawl.site_folder import FolderSite, has_gone_on, serving
from flows.datasets import Dataset, load_dataset
from flows.errors import DafuError, SiteUnreachableError
from tests.conftest import REPOSITORY, ThreeRuns, copy_of_demo


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


Reply = tuple[int, dict[str, str], bytes]


@contextmanager
def site(replies: list[Reply | None]) -> Iterator[tuple[str, list[float]]]:
    """Serve `replies` one after the other (None: close the connection); yield (address, times of the requests)."""
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(time.monotonic())
            reply = replies[min(len(asked), len(replies)) - 1]
            if reply is None:
                self.connection.close()
                return
            status, headers, body = reply
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def open_to_loopback(dataset: Dataset, **settings: object) -> Dataset:
    """Let the dataset's site stand on loopback, where the tests' servers are, and change how it is asked."""
    politeness = dataset.politeness.model_copy(update=settings)
    site = dataset.site.model_copy(update={"private_addresses": True})
    return dataset.model_copy(update={"politeness": politeness, "site": site})


def test_requests_are_an_interval_apart_and_say_who_asks(dataset: Dataset) -> None:
    with site([(200, {}, b"ok")]) as (address, asked):
        session = Session(open_to_loopback(dataset, interval_seconds=0.15), None)
        for _ in range(3):
            sent = session.get(f"{address}/").request_headers
    gaps = [b - a for a, b in pairwise(asked)]
    assert len(asked) == 3
    assert min(gaps) >= 0.14
    assert dict(sent)["User-Agent"].startswith("dafu/")


def test_a_longer_crawl_delay_wins(dataset: Dataset) -> None:
    with site([(200, {}, b"ok")]) as (address, asked):
        session = Session(open_to_loopback(dataset), None)
        session.obey(urlsplit(address).netloc, "User-agent: *\nCrawl-delay: 0.3\nDisallow: /private/\n")
        assert not session.allowed(f"{address}/private/x")
        session.get(f"{address}/a")
        session.get(f"{address}/b")
    assert asked[1] - asked[0] >= 0.28


def test_what_fails_for_a_moment_is_asked_again(dataset: Dataset) -> None:
    with site([None, (503, {}, b"busy"), (200, {}, b"<html>ok</html>")]) as (address, asked):
        found = Session(open_to_loopback(dataset), None).get(f"{address}/")
    assert (found.status, found.failure, len(asked)) == (200, None, 3)


def test_retry_after_is_honoured(dataset: Dataset) -> None:
    with site([(429, {"Retry-After": "1"}, b""), (200, {}, b"ok")]) as (address, asked):
        assert Session(open_to_loopback(dataset), None).get(f"{address}/").status == 200
    assert asked[1] - asked[0] >= 0.95


def test_an_answer_that_breaks_off_is_no_answer(dataset: Dataset) -> None:
    with site([(200, {"Content-Length": "1000"}, b"<html>half")]) as (address, _):
        found = Session(open_to_loopback(dataset, retries=0), None).get(f"{address}/")
    assert (found.status, found.failure, found.body) == (200, "truncated", b"")


def test_a_body_over_the_limit_is_not_kept(dataset: Dataset) -> None:
    with site([(200, {}, b"x" * 300_000)]) as (address, _):
        found = Session(open_to_loopback(dataset, max_bytes=100_000), None).get(f"{address}/")
    assert found.failure == "too_large"


def test_nobody_there_is_an_answer_too(dataset: Dataset) -> None:
    found = Session(open_to_loopback(dataset, retries=0), None).get("http://127.0.0.1:9/")
    assert (found.status, found.failure) == (None, "unreachable")


@pytest.mark.parametrize(
    ("url", "identifier"),
    [
        ("http://s/jyt/szxta/2024n/2024081309440572739/index.shtml", "2024081309440572739"),
        ("http://s/jyt/20212/9f2c41d07be84a63a5d1e0c7f3486b2a/index.shtml", "9f2c41d07be84a63a5d1e0c7f3486b2a"),
        ("http://s/jyt/szxta/2022n/P020220708512347718890.pdf", "P020220708512347718890"),
        ("http://s/jyt/szxta/name/index.shtml", "name"),
    ],
)
def test_article_ids_are_the_sites_own(url: str, identifier: str) -> None:
    assert article_id(url) == identifier


def test_the_folder_site_answers_as_told(tmp_path: Path) -> None:
    (tmp_path / "site/_responses.d").mkdir(parents=True)
    (tmp_path / "later").mkdir()
    (tmp_path / "site/a.html").write_text("old")
    (tmp_path / "later/a.html").write_text("new")
    (tmp_path / "site/_responses.d/x.toml").write_text('["/gone"]\nstatus = 410\nheaders = { X-A = "b" }\n')
    first, both = FolderSite([tmp_path / "site"]), FolderSite([tmp_path / "site", tmp_path / "later"])
    assert (first.answer("/a.html").body, both.answer("/a.html").body) == (b"old", b"new")
    assert (first.answer("/gone").status, first.answer("/gone").headers["X-A"]) == (410, "b")
    assert first.answer("/../../etc/passwd").status == 404
    assert first.answer("/_responses.d/x.toml").status == 404


def test_the_folder_site_is_asked_for_its_own_host_on_any_port(dataset: Dataset) -> None:
    with serving(dataset, later=False) as proxy:
        session = Session(dataset, proxy)
        found = session.get("http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/srddbjy/2024n/index.shtml")
        again = session.get(
            "http://jyt.demo.invalid/jyt/gk/zfxxgk/fdzdgknr/jyta/srddbjy/2024n/index.shtml", etag=found.header("ETag")
        )
    assert (found.status, again.status) == (200, 304)


def test_a_site_that_has_gone_on_does_not_go_back(runs: ThreeRuns, tmp_path: Path) -> None:
    from flows.crawl.flow import crawl  # noqa: PLC0415 - takes seconds

    shutil.copytree(runs.datasets, tmp_path / "datasets", ignore=shutil.ignore_patterns("releases", "records"))
    demo = load_dataset("demo", tmp_path / "datasets")
    kept = Archive(demo.archive).in_order()
    assert not has_gone_on(demo, [entry for entry in kept if entry.run < runs.later["crawl"]["run"]])
    assert has_gone_on(demo, kept)
    culture = load_dataset("demo-culture", REPOSITORY / "datasets")
    assert not has_gone_on(culture, kept)
    report = crawl("demo", str(tmp_path / "datasets"))
    assert report["new_pages"] == 0
    assert set(report["outcomes"]) == {"unchanged", "gone", "gone_soft"}


def test_a_port_in_use_is_said_plainly(dataset: Dataset) -> None:
    with site([(200, {}, b"")]) as (address, _):
        port = int(address.rsplit(":", 1)[1])
        taken = dataset.site.model_copy(update={"folder": dataset.site.folder.model_copy(update={"port": port})})  # type: ignore[union-attr]
        with (
            pytest.raises(DafuError, match=f"port {port} .* cannot be opened"),
            serving(dataset.model_copy(update={"site": taken}), later=False),
        ):
            pass


@pytest.mark.parametrize("status", [429, 503, 302])
def test_a_robots_txt_that_cannot_be_had_allows_nothing(dataset: Dataset, status: int) -> None:
    with site([(status, {"Location": "/elsewhere"} if status == 302 else {}, b"")]) as (address, asked):
        local = open_to_loopback(dataset, retries=0)
        local = local.model_copy(update={"site": local.site.model_copy(update={"base_url": address, "folder": None})})
        local = open_to_loopback(local, repository="https://example.org")
        with Archive(dataset.archive).writing("demo") as archive:
            frontier = Frontier(local, Session(local, None), archive)
            with pytest.raises(SiteUnreachableError, match=r"did not say in .*robots\.txt what may be asked for"):
                frontier.read_robots()
    assert len(asked) <= 2
