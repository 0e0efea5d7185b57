"""Each way in which a site misbehaves: what is recorded of it, how often it was asked, what else it must not cost."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.utils import formatdate
from itertools import pairwise
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.frontier import Frontier
from flows.crawl.session import Session
from flows.crawl.verification import verify
from flows.datasets import Dataset, load_dataset
from flows.errors import BlockedError, SiteUnreachableError
from tests.conftest import copy_of_demo
from tests.flows.fault_server import (
    GOOD,
    Connection,
    Fault,
    after,
    bomb,
    endless,
    endless_redirect,
    faulty,
    garbage,
    moved,
    raw,
    reset_in_body,
    silent,
    site_at,
    trickle,
    trickle_head,
)

RETRIES = 2
_WHOLE = (
    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n"
    % len(GOOD.encode())
) + GOOD.encode()
_EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def _page(connection: Connection) -> None:
    connection.page()


def _hints(connection: Connection) -> None:
    while True:
        connection.out.write(_EARLY)
        connection.out.flush()
        time.sleep(0.01)


def _much(connection: Connection) -> None:
    connection.out.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 200000000\r\n\r\n")
    for _ in range(200):
        connection.out.write(b"x" * 1_000_000)


# fault → (what the server does, the outcome that is recorded, requests made)
FAULTS: dict[str, tuple[Fault, str, int]] = {
    "good": (lambda c: c.page(), "ok", 1),
    "reset before the answer": (lambda c: c.reset(), "unreachable", 1 + RETRIES),
    "reset in the body": (reset_in_body, "truncated", 1 + RETRIES),
    "reset once, then good": (after(1, reset_in_body, lambda c: c.page()), "ok", 2),
    "no protocol": (garbage, "unreachable", 1 + RETRIES),
    "silence": (silent, "timeout", 1 + RETRIES),
    "a byte now and then": (trickle, "timeout", 1 + RETRIES),
    "headers without end": (trickle_head, "timeout", 1 + RETRIES),
    "a body without end": (endless, "too_large", 1),
    "a body over the limit": (lambda c: c.send(body=b"x" * 3_000_000, Content_Type="text/html"), "too_large", 1),
    "longer than it says": (
        lambda c: c.send(body=GOOD.encode() + b"more", length=len(GOOD.encode()), Content_Type="text/html"),
        "ok",
        1,
    ),
    "shorter than it says": (
        lambda c: c.send(body=GOOD.encode(), length=90_000, Content_Type="text/html"),
        "truncated",
        1 + RETRIES,
    ),
    "gzip": (
        lambda c: c.send(body=gzip.compress(GOOD.encode()), Content_Type="text/html", Content_Encoding="gzip"),
        "ok",
        1,
    ),
    "gzip that is none": (
        lambda c: c.send(body=GOOD.encode(), Content_Type="text/html", Content_Encoding="gzip"),
        "undecodable",
        1,
    ),
    "gzip cut short": (
        lambda c: c.send(body=gzip.compress(GOOD.encode())[:-20], Content_Type="text/html", Content_Encoding="gzip"),
        "undecodable",
        1,
    ),
    "an encoding nobody asked for": (
        lambda c: c.send(body=b"\x8b\x00", Content_Type="text/html", Content_Encoding="br"),
        "undecodable",
        1,
    ),
    "a gzip bomb": (bomb, "too_large", 1),
    "moved to itself": (
        lambda c: c.send(status="302 Found", Location="/moved_to_itself", Set_Cookie="a=b"),
        "redirect_loop",
        1,
    ),
    "moved in a circle": (lambda c: c.send(status="301 Moved", Location="/circle"), "redirected", 1),
    "moved to another host": (
        lambda c: c.send(status="302 Found", Location="http://example.invalid/x"),
        "redirected",
        1,
    ),
    "moved to another port here": (
        lambda c: c.send(status="302 Found", Location="http://127.0.0.1:1/"),
        "redirected",
        1,
    ),
    "moved to a file": (lambda c: c.send(status="302 Found", Location="file:///etc/passwd"), "redirected", 1),
    "moved to the home page": (lambda c: c.send(status="302 Found", Location="/index.shtml"), "redirected_home", 1),
    "too many requests, then good": (
        after(1, lambda c: c.send(status="429 Too Many", Retry_After="1"), lambda c: c.page()),
        "ok",
        2,
    ),
    "busy twice, then good": (after(2, lambda c: c.send(status="503 Busy"), lambda c: c.page()), "ok", 3),
    "always broken": (lambda c: c.send(status="500 Broken", body=b"<html>x</html>"), "server_error", 1 + RETRIES),
    "not found": (lambda c: c.send(status="404 Not Found"), "gone", 1),
    "gone for good": (lambda c: c.send(status="410 Gone"), "gone", 1),
    "login wanted": (lambda c: c.send(status="401 Unauthorized"), "client_error", 1),
    "a page that says it is gone": (lambda c: c.page("<html><body>您访问的页面不存在</body></html>"), "gone_soft", 1),
    "a page that reports an error": (lambda c: c.page("<html><body>系统繁忙,请稍后</body></html>"), "error_page", 1),
    "UTF-8 that says gb2312": (lambda c: c.page(said="gb2312"), "ok", 1),
    "GB18030 that says UTF-8": (lambda c: c.page(encoding="gb18030"), "ok", 1),
    "not text at all": (lambda c: c.send(body=bytes(range(256)) * 40, Content_Type="text/html"), "ok", 1),
    "an empty page": (lambda c: c.send(Content_Type="text/html"), "no_page", 1),
    "200 MB": (_much, "too_large", 1),
    "moved, in GBK": (moved("/附件.html".encode("gbk")), "redirected", 1),
    "moved, in UTF-8": (moved("/附件.html".encode()), "redirected", 1),
    "moved to no address": (moved(b"http://[bad/"), "redirected", 1),
    "moved to a host of no encoding": (moved(b"http://\xff\xfe/"), "redirected", 1),
    "moved, with a body without end": (endless_redirect, "too_large", 1),
    "moved, with a bomb": (moved(b"/good", gzip.compress(b"\0" * 1_000_000)), "redirected", 1),
    "moved, with a body that does not inflate": (
        lambda c: c.send(status="302 Found", Location="/good", body=b"none", Content_Encoding="gzip"),
        "redirected",
        1,
    ),
    "early hints, then good": (raw(_EARLY + _WHOLE), "ok", 1),
    "hints without end": (_hints, "timeout", 1 + RETRIES),
    "accepted": (lambda c: c.page(status="202 Accepted"), "no_page", 1),
    "no content": (lambda c: c.send(status="204 No Content"), "no_page", 1),
    "half of it": (lambda c: c.page(GOOD[:300], status="206 Partial Content"), "no_page", 1),
    "not the site's own words": (lambda c: c.page(status="203 Non-Authoritative"), "ok", 1),
    "a reason in GBK": (raw(_WHOLE.replace(b"OK", "成功".encode("gbk"))), "ok", 1),
    "a header in GBK": (raw(_WHOLE.replace(b"\r\n\r\n", "\r\nX-附: 件\r\n\r\n".encode("gbk"), 1)), "ok", 1),
    "a folded header": (raw(_WHOLE.replace(b"\r\n\r\n", b'\r\nETag: "x\r\n  y"\r\n\r\n', 1)), "ok", 1),
    "spaces after gzip": (
        lambda c: c.send(body=gzip.compress(GOOD.encode()), Content_Type="text/html ", Content_Encoding="gzip "),
        "ok",
        1,
    ),
    "a Retry-After of no sense": (
        after(1, lambda c: c.send(status="503 Busy", Retry_After="9" * 5000), lambda c: c.page()),
        "ok",
        2,
    ),
    "a Retry-After beyond the calendar": (
        after(1, lambda c: c.send(status="503 Busy", Retry_After=f"Fri, 31 Dec {'9' * 20} 23:59:59 GMT"), _page),
        "ok",
        2,
    ),
    "forbidden": (lambda c: c.send(status="403 Forbidden"), "forbidden", 1),
    "maintenance": (lambda c: c.page("<html><body>网站正在升级维护，请稍后访问</body></html>"), "error_page", 1),
}

BLOCKS: dict[str, Fault] = {
    "412 with a script": lambda c: c.send(
        status="412 Precondition Failed", body=b"<html><script>$_ts={}</script></html>"
    ),
    "521 with a cookie script": lambda c: c.send(status="521 Down", body=b"<script>__jsl_clearance</script>"),
    "403 with a captcha": lambda c: c.page("<html><body>请输入验证码</body></html>", status="403 Forbidden"),
    "$_ts in the body of a redirect": moved(b"/next", b"<html><script>$_ts={};</script>moved</html>"),
    "$_ts of 25 KB with status 202": lambda c: c.page(
        f"<html><script>$_ts={{}};$_ts.cd='{'q' * 25_000}'</script></html>", status="202 Accepted"
    ),
    "a captcha with status 200": lambda c: c.page("<html><body>请输入验证码</body></html>"),
    "$_ts with status 200": lambda c: c.page("<html><head><script>$_ts=window['$_ts'];</script></head></html>"),
}


def path_of(fault: str) -> str:
    return "/" + "".join(letter for letter in fault.replace(" ", "_") if letter.isalnum() or letter in "_-")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


Crawled = dict[str, tuple[Archive, str, int]]
"""By fault: the archive, the address that was asked, and how often it was."""


def crawl_faults(folder: Path, faults: list[str], connections: int) -> Crawled:
    """Crawl each fault once."""
    dataset = load_dataset("demo", copy_of_demo(folder))
    served = {path_of(name): FAULTS[name][0] for name in faults}
    with faulty(served) as (address, log):
        asked = site_at(address, dataset, connections=connections)
        with Archive(dataset.archive).writing("demo") as archive:
            frontier = Frontier(asked, Session(asked, None), archive)
            assert len(list(frontier.fetch(address + path for path in served))) == len(faults)
        assert verify(dataset.archive).problems == []
        assert Archive(dataset.archive).entries() == Archive(dataset.archive, use_index=False).entries()
        kept = Archive(dataset.archive)
        return {name: (kept, address + path_of(name), log.count(path_of(name))) for name in faults}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Crawl every fault, one after the other; but meanwhile, all at once, those that only let us wait."""
    waiting = [name for name, (_, outcome, _) in FAULTS.items() if outcome == "timeout"]
    others = [name for name in FAULTS if name not in waiting]
    with ThreadPoolExecutor() as both:
        parts = [
            both.submit(crawl_faults, tmp_path_factory.mktemp("faults"), faults, connections)
            for faults, connections in ((others, 1), (waiting, len(waiting)))
        ]
        return {name: found for part in parts for name, found in part.result().items()}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_recorded_for_what_it_is(crawled: Crawled, fault: str) -> None:
    archive, url, requests = crawled[fault]
    _, expected, count = FAULTS[fault]
    (entry,) = archive.captures_of(url)
    assert (entry.outcome, requests) == (expected, count)
    assert bool(archive.body(entry)) == bool(entry.sha256)


def test_no_fault_costs_what_was_kept(crawled: Crawled) -> None:
    for archive, url, _ in crawled.values():
        assert url in {entry.url for entry in archive.entries()}
    for name in ("good", "gzip", "UTF-8 that says gb2312", "GB18030 that says UTF-8"):
        archive, url, _ = crawled[name]
        (entry,) = archive.captures_of(url)
        assert "您提出的提案收悉。" in archive.page(entry).text


@pytest.mark.parametrize("block", BLOCKS)
def test_a_challenge_ends_the_run_and_is_never_read(dataset: Dataset, block: str) -> None:
    with faulty({"/challenge": BLOCKS[block], "/next": lambda c: c.page()}) as (address, log):
        asked = site_at(address, dataset)
        with Archive(dataset.archive).writing("demo") as archive:
            frontier = Frontier(asked, Session(asked, None), archive)
            with pytest.raises(BlockedError, match="with a challenge"):
                list(frontier.fetch([f"{address}/challenge", f"{address}/next"]))
    assert log.count("/next") == 0
    assert [entry.outcome for entry in Archive(dataset.archive).entries()] == ["blocked"]
    assert Archive(dataset.archive).last_good(f"{address}/challenge") is None


def test_a_host_that_fails_again_and_again_is_left_alone(dataset: Dataset) -> None:
    with faulty({f"/{n}": lambda c: c.send(status="503 Busy") for n in range(9)}) as (address, log):
        asked = site_at(address, dataset, retries=0, failures_in_a_row=4)
        with Archive(dataset.archive).writing("demo") as archive:
            frontier = Frontier(asked, Session(asked, None), archive)
            with pytest.raises(SiteUnreachableError, match="failed 4 times in a row"):
                list(frontier.fetch(f"{address}/{n}" for n in range(9)))
    assert len(log.asked) == 4


def test_retry_after_may_be_a_date(dataset: Dataset) -> None:
    def busy_until(seconds: float) -> Fault:
        return lambda c: c.send(status="503 Busy", Retry_After=formatdate(time.time() + seconds, usegmt=True))

    with faulty({"/": after(1, busy_until(2), lambda c: c.page())}) as (address, log):
        assert Session(site_at(address, dataset), None).get(f"{address}/").status == 200
    assert log.asked[1][1] - log.asked[0][1] >= 0.9  # a date has whole seconds


def crawl(dataset: Dataset, address: str, paths: list[str]) -> list[tuple[str, str]]:
    """Fetch `paths`; return (path, outcome) of what was kept, also when the run ended early."""
    with Archive(dataset.archive).writing("demo") as archive:
        frontier = Frontier(dataset, Session(dataset, None), archive)
        with suppress(BlockedError, SiteUnreachableError):
            list(frontier.fetch(address + path for path in paths))
        return [(entry.url.removeprefix(address), entry.outcome) for entry in archive.entries()]


@pytest.mark.parametrize("connections", [1, 3])
def test_retry_after_holds_for_whatever_is_asked_next(dataset: Dataset, connections: int) -> None:
    faults: dict[str, Fault] = {f"/{n}": _page for n in range(6)}
    faults["/busy"] = after(1, lambda c: c.send(status="429 Too Many", Retry_After="1"), _page)
    with faulty(faults) as (address, log):
        asked = site_at(address, dataset, retries=1, connections=connections, interval_seconds=0.02)
        kept = crawl(asked, address, ["/busy", *(f"/{n}" for n in range(6))])
    assert sorted(kept) == sorted([("/busy", "ok"), *((f"/{n}", "ok") for n in range(6))])
    busy = log.asked[0][1]
    assert all(not 0.02 * connections < when - busy < 1 for _, when, _ in log.asked[connections:])


def test_retry_after_is_honoured_after_the_last_attempt_too(dataset: Dataset) -> None:
    faults: dict[str, Fault] = {"/busy": lambda c: c.send(status="503 Busy", Retry_After="1"), "/next": _page}
    with faulty(faults) as (address, log):
        crawl(site_at(address, dataset, retries=0), address, ["/busy", "/next"])
    assert log.asked[1][1] - log.asked[0][1] >= 1


def test_a_host_that_wants_more_time_than_we_wait_is_not_asked_any_more(dataset: Dataset) -> None:
    faults: dict[str, Fault] = {"/busy": lambda c: c.send(status="503 Busy", Retry_After="3600"), "/next": _page}
    with faulty(faults) as (address, log):
        asked = site_at(address, dataset, longest_wait_seconds=60)
        session = Session(asked, None)
        assert session.get(f"{address}/busy").attempts == 1
        with pytest.raises(SiteUnreachableError, match="wants to be left alone for 3600 seconds and is not asked any"):
            session.get(f"{address}/next")
    assert [path for path, _, _ in log.asked] == ["/busy"]


def test_three_403_in_a_row_are_a_block_and_fewer_are_not(dataset: Dataset) -> None:
    def forbidden(connection: Connection) -> None:
        connection.send(status="403 Forbidden")

    faults: dict[str, Fault] = {f"/{n}": forbidden for n in range(1, 6)}
    faults |= dict.fromkeys(("/a", "/b", "/c"), _page)
    with faulty(faults) as (address, log):
        asked = site_at(address, dataset)
        kept = crawl(asked, address, ["/a", "/1", "/2", "/b", "/3", "/4", "/5", "/c"])
    outcomes = ["ok", "forbidden", "forbidden", "ok", "forbidden", "forbidden", "blocked"]
    assert kept == list(zip(["/a", "/1", "/2", "/b", "/3", "/4", "/5"], outcomes, strict=True))
    assert log.count("/c") == 0
    assert Archive(dataset.archive, use_index=False).entries() == Archive(dataset.archive).entries()


def test_a_certificate_that_proves_nothing_is_not_asked_for_again(dataset: Dataset, tmp_path: Path) -> None:
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {tmp_path}/key -out {tmp_path}/cert -subj /CN=elsewhere",
        shell=True,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    connections: list[str] = []

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                connections.append("")
                with suppress(OSError):
                    context.wrap_socket(connection, server_side=True)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server,), daemon=True).start()
        address = f"https://127.0.0.1:{server.getsockname()[1]}"
        found = Session(site_at(address, dataset), None).get(f"{address}/")
    assert (found.failure, found.status, found.attempts, len(connections)) == ("untrusted", None, 1, 1)


def test_the_pace_holds_over_retries_too(dataset: Dataset) -> None:
    faults: dict[str, Fault] = {"/a": lambda c: c.send(status="503 Busy"), "/b": lambda c: c.page()}
    with faulty(faults) as (address, log):
        session = Session(site_at(address, dataset, interval_seconds=0.2), None)
        for path in ("/b", "/a", "/b"):
            session.get(address + path)
    gaps = [later - earlier for (_, earlier, _), (_, later, _) in pairwise(log.asked)]
    assert len(gaps) == 4
    assert min(gaps) >= 0.2


def test_a_name_that_leads_into_a_private_network_is_not_asked(dataset: Dataset) -> None:
    with faulty({"/": lambda c: c.page()}) as (address, log):
        site = site_at(address, dataset)
        guarded = site.model_copy(update={"site": site.site.model_copy(update={"private_addresses": False})})
        session = Session(guarded, None)
        port = address.rsplit(":", 1)[1]
        found = [session.get(f"http://{host}:{port}/") for host in ("127.0.0.1", "localhost")]
    assert [answer.failure for answer in found] == ["forbidden_address", "forbidden_address"]
    assert log.asked == []


def test_cookies_end_with_the_session(dataset: Dataset) -> None:
    with faulty({"/": lambda c: c.page(Set_Cookie="seen=1")}) as (address, log):
        for _ in range(2):
            Session(site_at(address, dataset), None).get(f"{address}/")
    assert ["cookie" in headers for _, _, headers in log.asked] == [False, False]
