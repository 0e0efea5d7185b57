"""What a run asks for: counted at the server."""

from __future__ import annotations

import gzip
import itertools
import socket
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from flows.crawl import transport
from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.crawl.verification import verify
from flows.datasets import Dataset, load_dataset
from flows.errors import BlockedError, SiteUnreachableError, UsageError
from tests.conftest import copy_of_demo
from tests.flows.fault_server import Connection, Fault, Log, moved
from tests.flows.living_site import LivingSite, alive, crawl_once, letter, on_day


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return load_dataset("demo", copy_of_demo(tmp_path))


@pytest.fixture
def site() -> LivingSite:
    found = LivingSite()
    for number in range(35, 0, -1):
        found.add(str(number), at=35)
    for number in range(70, 58, -1):
        found.add(str(number), "2023n", at=35)
    return found


SELDOM = {"revisit_every": 50, "sweep_every": 100}


def asked(log: Log) -> list[str]:
    """Return what was asked since the last call."""
    found = [path for path, _, _ in log.asked]
    log.asked.clear()
    return found


def test_a_run_in_which_nothing_changed_asks_for_robots_and_first_pages_only(
    dataset: Dataset, site: LivingSite
) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        assert len(asked(log)) == 1 + 4 + 2 + 47
        report = crawl_once(live, on_day(1))
        assert asked(log) == ["/robots.txt", site.list_path("2024n"), site.list_path("2023n")]
        assert (report.mode, report.saved, report.requests) == ("incremental", 2, 3)
        crawl_once(live, on_day(1))
        assert asked(log) == [site.list_path("2024n"), site.list_path("2023n")], "robots.txt holds for a day"


def test_new_rows_are_fetched_and_paging_stops_at_what_is_known(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        log.asked.clear()
        new = [site.add(str(number)) for number in (101, 102)]
        crawl_once(live, on_day(1))
    assert asked(log) == ["/robots.txt", site.list_path("2024n"), site.list_path("2023n"), *reversed(new)]


def test_paging_goes_on_until_enough_rows_in_a_row_are_known(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, overlap=3, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        log.asked.clear()
        new = [site.add(str(100 + number)) for number in range(9)]
        crawl_once(live, on_day(1))
    lists = [site.list_path("2024n"), site.list_path("2024n", 2), site.list_path("2023n")]
    assert asked(log) == ["/robots.txt", *lists, *reversed(new)]


def test_a_row_that_is_gone_from_the_middle_is_asked_for_directly(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        log.asked.clear()
        gone = site.lists["2024n"].pop(4)
        crawl_once(live, on_day(1))
        assert asked(log)[3:] == [gone]
        crawl_once(live, on_day(2))
        assert asked(log)[3:] == [], "once is enough"


def test_a_row_that_says_something_new_is_asked_for(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        log.asked.clear()
        path = site.lists["2024n"][2]
        site.titles[path] = "答复（更正）"
        crawl_once(live, on_day(1))
    assert asked(log)[3:] == [path]


def test_what_failed_is_asked_for_again_in_the_next_run(dataset: Dataset, site: LivingSite) -> None:
    path = site.lists["2023n"][11]
    site.answers[path] = lambda c: c.send(status="503 Busy")
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        log.asked.clear()
        del site.answers[path]
        crawl_once(live, on_day(1))
    assert asked(log)[3:] == [path]


def test_a_list_page_that_failed_is_paged_through_again(dataset: Dataset, site: LivingSite) -> None:
    second = site.list_path("2024n", 2)
    site.answers[second] = lambda c: c.send(status="503 Busy")
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        del site.answers[second]
        log.asked.clear()
        crawl_once(live, on_day(1))
        assert len(set(asked(log)) & set(site.pages)) == 25
        catalogue = read_catalogue(Archive(live.archive), live)
    assert len(catalogue.pages) == 47


def test_revisits_are_conditional_and_sweeps_are_not(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, revisit_every=2, sweep_every=3) as (live, log):
        modes = []
        for day in range(4):
            log.asked.clear()
            modes.append(crawl_once(live, on_day(day)).mode)
            conditional = ["if-none-match" in headers for path, _, headers in log.asked if path in site.pages]
            assert conditional == {0: [False] * 47, 1: [True] * 47, 2: [False] * 47, 3: [True] * 47}[day]
    assert modes == ["revisit", "revisit", "sweep", "revisit"]
    files = [entry for entry in Archive(live.archive).entries() if entry.run == 3 and entry.url.endswith("shtml")]
    assert {(entry.outcome, entry.record_type) for entry in files} == {("unchanged", "revisit")}


def test_a_sweep_finds_the_edit_that_a_lying_etag_hides(dataset: Dataset, site: LivingSite) -> None:
    path = site.lists["2024n"][0]
    site.stale.add(path)
    with alive(site, dataset, revisit_every=1, sweep_every=3) as (live, _):
        found = []
        for day in range(3):
            crawl_once(live, on_day(day))
            found.append(Archive(live.archive).captures_of(live.site.base_url + path)[-1].outcome)
            site.pages[path] = letter(35, "我们将办强学校。")
    assert found == ["ok", "unchanged", "ok"]


def test_an_empty_list_is_no_list_and_keeps_its_rows(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, revisit_every=1, sweep_every=9) as (live, _):
        crawl_once(live, on_day(0))
        site.lists["2024n"] = []
        report = crawl_once(live, on_day(1))
        catalogue = read_catalogue(Archive(live.archive), live)
    assert report.outcomes["list_empty"] == 1
    assert [issue.code for issue in catalogue.issues] == ["list_lost_rows"]
    assert len(catalogue.pages) == 47
    assert len(catalogue.orders[live.site.base_url + site.list_path("2024n")]) == 35
    assert verify(live.archive).problems == []


def test_a_pager_that_loops_or_leads_beyond_the_end_ends(dataset: Dataset, site: LivingSite) -> None:
    looping = site.list_page("2024n", 1, 4).replace(site.list_path("2024n", 2), site.list_path("2024n"))
    beyond = site.list_page("2023n", 2, 3)
    with alive(site, dataset, **SELDOM) as (live, log):
        site.answers[site.list_path("2024n")] = lambda c: c.page(looping)
        site.answers[site.list_path("2023n", 2)] = lambda c: c.page(beyond)
        crawl_once(live, on_day(0))
        lists = [path for path in asked(log) if path not in site.pages]
        catalogue = read_catalogue(Archive(live.archive), live)
    assert lists[1:] == [site.list_path("2024n"), *(site.list_path("2023n", n) for n in (1, 2, 3))]
    assert catalogue.unsound == {}
    assert catalogue.issues == ()


def test_duplicated_rows_are_asked_for_once(dataset: Dataset, site: LivingSite) -> None:
    path = site.lists["2024n"][0]
    site.lists["2024n"][3:3] = [path, path]
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
    assert asked(log).count(path) == 1


def test_attachments_are_fetched_under_the_same_limits_and_kept_once(dataset: Dataset, site: LivingSite) -> None:
    names = ["a.docx", "%E9%99%84%E4%BB%B6.pdf", "../../../../etc/c.zip", "big.rar"]
    links = "".join(f'<a href="{name}">附件</a>' for name in [*names, "http://elsewhere.invalid/x.pdf", "page.shtml"])
    for number in ("201", "202"):
        site.add(number, page=letter(int(number)).replace("</body>", links + "</body>"))
    pdf = b"%PDF-1.4 " + bytes(range(256)) * 20
    answers = {
        "a.docx": lambda c: c.send(body=pdf, Content_Type="application/msword"),
        "%E9%99%84%E4%BB%B6.pdf": lambda c: c.send(body=pdf, Content_Type="application/pdf"),
        "big.rar": lambda c: c.send(body=b"x" * 3_000_000),
    }
    for number in ("201", "202"):
        folder = site.path(number).removesuffix("index.shtml")
        site.answers |= {folder + name: answer for name, answer in answers.items()}
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
    archive = Archive(live.archive)
    files = {entry.url.removeprefix(live.site.base_url): entry for entry in archive.entries() if "0020" in entry.url}
    folder = site.path("202").removesuffix("index.shtml")
    first, again = files[folder + "a.docx"], files[folder + names[1]]
    assert (first.media_type, first.record_type, again.record_type) == ("application/pdf", "response", "revisit")
    assert archive.body(first) == archive.body(again) == pdf
    assert files[folder + "big.rar"].outcome == "too_large"
    assert not any("elsewhere" in path or "page.shtml" in path for path in asked(log))
    assert sorted(path.name for path in dataset.archive.iterdir()) == [
        "demo-00001.warc.gz",
        "index.parquet",
        "lock",
        "runs.parquet",
    ]


def test_what_robots_txt_forbids_is_reported_and_not_asked_for(dataset: Dataset, site: LivingSite) -> None:
    forbidden = site.lists["2024n"][0]
    site.robots = f"User-agent: *\nDisallow: {forbidden}\n"
    with alive(site, dataset, **SELDOM) as (live, log):
        report = crawl_once(live, on_day(0))
        assert forbidden not in asked(log)
    assert report.disallowed == [live.site.base_url + forbidden]


CHALLENGE = b"<html><script>$_ts={}</script>"


def with_connections(dataset: Dataset, connections: int, **more: object) -> Dataset:
    politeness = dataset.politeness.model_copy(update={"connections": connections, **more})
    return dataset.model_copy(update={"politeness": politeness})


@pytest.mark.parametrize("interval", [0, 0.01])
def test_a_block_in_the_middle_stops_all_connections_at_once(
    dataset: Dataset, site: LivingSite, interval: float
) -> None:
    """Also when the page that is waited for is a slow one before it, and others wait to ask again."""
    under_way, blocked = threading.Event(), threading.Event()
    told: list[float] = []
    slow, busy, block = (site.lists["2024n"][place] for place in (1, 2, 5))

    def challenge(connection: Connection) -> None:
        under_way.wait(10)
        connection.send(status="412 No", body=CHALLENGE)
        told.append(time.monotonic())
        blocked.set()

    def page(connection: Connection) -> None:
        under_way.set()
        blocked.wait(10)
        time.sleep(0.3)
        connection.page(site.pages[slow])

    site.answers |= {slow: page, busy: lambda c: c.send(status="503 Busy", Retry_After="1"), block: challenge}
    with alive(site, dataset, **SELDOM) as (live, log):
        several = with_connections(live, 4, interval_seconds=interval, retries=2)
        with pytest.raises(BlockedError):
            crawl_once(several, on_day(0))
    assert sum(at > told[0] for _, at, _ in log.asked) <= 4, "one a connection, under way already"
    assert Archive(live.archive).captures_of(live.site.base_url + slow)[-1].outcome == "ok"


@pytest.mark.parametrize("connections", [1, 4])
def test_the_pace_holds_for_the_host_however_many_connections_there_are(
    dataset: Dataset, site: LivingSite, connections: int
) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(with_connections(live, connections, interval_seconds=0.03))
    times = sorted(when for _, when, _ in log.asked)
    assert len(times) == 54
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.03


def test_the_pace_holds_when_connecting_takes_its_time(
    dataset: Dataset, site: LivingSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, turns = transport._Watched._new_conn, itertools.count()

    def slowly(self: transport._Watched) -> socket.socket:
        time.sleep(0.1 * (next(turns) % 2))
        return connect(self)

    monkeypatch.setattr(transport._Watched, "_new_conn", slowly)
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(with_connections(live, 4, interval_seconds=0.06, jitter=0), pages=12)
    times = sorted(when for _, when, _ in log.asked)
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.06


def test_a_slow_answer_does_not_keep_the_other_connections_waiting_for_long(dataset: Dataset, site: LivingSite) -> None:
    slow = site.lists["2024n"][0]

    def late(connection: Connection) -> None:
        time.sleep(4)
        connection.page(site.pages[slow])

    site.answers[slow] = late
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(with_connections(live, 2, interval_seconds=0.02))
    when = next(when for path, when, _ in log.asked if path == slow)
    assert sum(1.02 <= at - when < 3.5 for _, at, _ in log.asked) > 20
    assert not any(0 < at - when < 1.02 for _, at, _ in log.asked), "it may not have arrived yet"


@pytest.mark.parametrize("status", ["403 Forbidden", "500 Broken"])
def test_neighbours_that_fail_for_good_keep_nothing_from_being_asked(
    dataset: Dataset, site: LivingSite, status: str
) -> None:
    dead = site.lists["2024n"][3 : 8 if status.startswith("403") else 10]
    site.answers |= dict.fromkeys(dead, lambda c: c.send(status=status))
    others = set(site.pages) - set(dead)
    with alive(site, dataset, **SELDOM) as (patient, log):
        live = with_connections(patient, 1, failures_in_a_row=5)
        expected = (
            (BlockedError, "with a challenge") if status.startswith("403") else (SiteUnreachableError, "in a row")
        )
        with pytest.raises(expected[0], match=expected[1]):
            crawl_once(live, on_day(0))
        log.asked.clear()
        crawl_once(live, on_day(1))
        pages = [path for path in asked(log) if path in site.pages]
        assert others - set(pages) == set(), "a revisit"
        assert not set(pages[: len(others)]) & set(dead[:3]), "those that gave trouble come last"
        site.pages[site.lists["2024n"][0]] = letter(1, "我们将办强学校。")
        first_asked = []
        for day in range(2, 6):
            report = crawl_once(live, on_day(day))
            assert (report.mode, report.run) == ("incremental", day + 1)
            tail = asked(log)[3:]
            assert set(tail) <= set(dead)
            first_asked += tail[:1]
        archive = Archive(live.archive)
    assert [run.complete for run in archive.runs] == [False, *[True] * 5]
    assert {path for path in others if archive.last_good(live.site.base_url + path)} == others
    assert len({e.url for e in archive.entries() if e.run > 1} & {live.site.base_url + path for path in dead}) == len(
        dead
    )
    if status.startswith("500"):
        assert len(set(first_asked)) > 1, "each comes first in its turn"


def test_the_same_run_gets_past_neighbours_that_fail_when_it_is_resumed(dataset: Dataset, site: LivingSite) -> None:
    dead = site.lists["2024n"][3:8]
    site.answers |= dict.fromkeys(dead, lambda c: c.send(status="500 Broken"))
    with alive(site, dataset, **SELDOM) as (patient, _):
        live = with_connections(patient, 1, failures_in_a_row=5)
        with pytest.raises(SiteUnreachableError):
            crawl_once(live, on_day(0))
        report = crawl_once(live, on_day(0))
        archive = Archive(live.archive)
    assert (report.resumed, archive.runs[0].complete) == (True, True)
    assert sum(archive.last_good(live.site.base_url + path) is not None for path in site.pages) == 42


def test_files_that_fail_for_good_keep_nothing_from_being_asked(dataset: Dataset, site: LivingSite) -> None:
    path = site.lists["2024n"][0]
    files = [path.replace("index.shtml", f"{number}.pdf") for number in range(6)]
    links = "".join(f'<a href="{file}">附件</a>' for file in files)
    site.pages[path] = site.pages[path].replace("</body>", links + "</body>")
    site.answers |= dict.fromkeys(files, lambda c: c.send(status="500 Broken"))
    with alive(site, dataset, **SELDOM) as (patient, _):
        live = with_connections(patient, 1, failures_in_a_row=5)
        with pytest.raises(SiteUnreachableError):
            crawl_once(live, on_day(0))
        for day in (1, 2):
            crawl_once(live, on_day(day))
        archive = Archive(live.archive)
    assert [run.complete for run in archive.runs] == [False, True, True]
    assert sum(archive.last_good(live.site.base_url + page) is not None for page in site.pages) == 47


@pytest.mark.parametrize(
    "moment",
    [
        lambda c: c.page("<html><body>系统繁忙,请稍后再试</body></html>"),
        lambda c: c.send(body=gzip.compress(b"<html>half")[:-9], Content_Type="text/html", Content_Encoding="gzip"),
        lambda c: c.send(Content_Type="text/html"),
        lambda c: c.send(status="403 Forbidden"),
    ],
)
def test_a_listed_page_that_was_not_there_at_first_is_asked_for_again(
    dataset: Dataset, site: LivingSite, moment: Fault
) -> None:
    path = site.lists["2024n"][2]
    site.answers[path] = moment
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        for day in (1, 2):
            if day == 2:
                del site.answers[path]
            log.asked.clear()
            crawl_once(live, on_day(day))
            assert asked(log)[3:] == [path]
        crawl_once(live, on_day(3))
        assert asked(log)[3:] == [], "it has been had"
        assert Archive(live.archive).last_good(live.site.base_url + path) is not None


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize(
    "gone",
    [
        lambda c: c.send(status="404 Not Found"),
        lambda c: c.page("<html><body>您访问的页面不存在</body></html>"),
        lambda c: c.send(status="302 Found", Location="/"),
    ],
)
def test_that_a_listed_page_is_gone_is_believed_when_it_is_said_twice(
    dataset: Dataset, site: LivingSite, gone: Fault, *, there: bool
) -> None:
    path = site.lists["2024n"][2]
    site.answers[path] = gone
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        if there:
            del site.answers[path]
        for day, expected in ((1, [path]), (2, [])):
            log.asked.clear()
            crawl_once(live, on_day(day))
            assert asked(log)[3:] == expected
        assert (Archive(live.archive).last_good(live.site.base_url + path) is not None) == there


@pytest.mark.parametrize("gone", [True, False])
def test_a_row_that_comes_back_is_asked_for(dataset: Dataset, site: LivingSite, *, gone: bool) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        path = site.lists["2024n"].pop(2)
        page = site.pages.pop(path) if gone else site.pages[path]
        crawl_once(live, on_day(1))
        site.lists["2024n"].insert(2, path)
        site.pages[path] = page
        log.asked.clear()
        crawl_once(live, on_day(2))
        assert asked(log)[3:] == [path]
        crawl_once(live, on_day(3))
        assert asked(log)[3:] == []


def test_redirects_of_files_and_lists_are_followed_on_our_host(dataset: Dataset, site: LivingSite) -> None:
    path = site.lists["2023n"][0]
    file = path.replace("index.shtml", "a.pdf")
    site.pages[path] = site.pages[path].replace("</body>", '<a href="a.pdf">附件</a></body>')
    first, new = site.list_path("2024n"), site.list_path("2024n").replace("shtml", "html")
    site.answers |= {
        file: lambda c: c.send(status="302 Found", Location="/files/附件.pdf"),
        "/files/%E9%99%84%E4%BB%B6.pdf": lambda c: c.send(body=b"%PDF-1.4 x"),
        first: lambda c: c.send(status="301 Moved", Location=new),
    }
    with alive(site, dataset, **SELDOM) as (live, log):
        site.answers[new] = lambda c: c.page(site.list_page("2024n", 1, 4))
        crawl_once(live, on_day(0))
        requested = asked(log)
        assert {new, "/files/%E9%99%84%E4%BB%B6.pdf"} <= set(requested)
        assert len(requested) == 1 + 5 + 2 + 47 + 2
        catalogue = read_catalogue(Archive(live.archive), live)
        assert (len(catalogue.pages), catalogue.issues, catalogue.unsound) == (47, (), {})
        added = site.add("300")
        crawl_once(live, on_day(1))
        assert asked(log) == ["/robots.txt", first, new, site.list_path("2023n"), added]


def test_a_list_that_redirects_away_or_in_circles_is_unsound(dataset: Dataset, site: LivingSite) -> None:
    first, other = site.list_path("2024n"), "/other/index.shtml"
    with alive(site, dataset, revisit_every=1, sweep_every=99) as (live, log):
        crawl_once(live, on_day(0))
        for day, target in enumerate((other, "http://elsewhere.invalid/jyt/x.shtml"), 1):
            site.answers[first] = moved(target.encode())
            site.answers[other] = lambda c: c.send(status="302 Found", Location=first)
            crawl_once(live, on_day(day))
        catalogue = read_catalogue(Archive(live.archive), live)
    assert log.count("/x.shtml") == 0
    assert catalogue.unsound == {run: {live.site.base_url + first} for run in (2, 3)}
    assert len(catalogue.orders[live.site.base_url + first]) == 35


@pytest.mark.parametrize("agent", ["*", "dafu"])
def test_a_list_that_robots_txt_forbids_is_an_issue(
    dataset: Dataset, site: LivingSite, agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.list_path("2024n")
    site.robots = f"User-agent: {agent}\nDisallow: {first}\n"
    monkeypatch.setenv("DAFU_REPOSITORY", "https://example.org/copy")
    with alive(site, dataset, **SELDOM) as (live, log):
        report = crawl_once(live, on_day(0))
        assert first not in asked(log)
        assert report.disallowed == [live.site.base_url + first]
        monkeypatch.delenv("DAFU_REPOSITORY")  # who only reads the archive need not say who asks, even of a real site
        real = live.model_copy(
            update={
                "site": live.site.model_copy(update={"folder": None}),
                "politeness": live.politeness.model_copy(update={"repository": None}),
            }
        )
        with pytest.raises(UsageError, match="DAFU_REPOSITORY"):
            real.user_agent()
        issues = read_catalogue(Archive(live.archive), real).issues
    assert [(issue.code, issue.url) for issue in issues] == [("robots_disallowed", live.site.base_url + first)]


NOTHING = "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize(
    ("robots", "requests"),
    [
        (lambda c: c.send(Content_Type="text/plain"), 54),
        (lambda c: c.send(status="302 Found", Location="/"), 54),
        (lambda c: c.send(status="302 Found", Location="/index.html"), 54),
        (lambda c: c.send(body=(NOTHING + "# x\n" * 900_000).encode(), Content_Type="text/plain"), 1),
        (lambda c: c.send(body=("# x\n" * 900_000 + NOTHING).encode(), Content_Type="text/plain"), 54),
    ],
)
def test_what_a_robots_txt_of_any_kind_allows(dataset: Dataset, site: LivingSite, robots: Fault, requests: int) -> None:
    site.answers["/robots.txt"] = robots
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(0))
        assert len(asked(log)) == requests
        crawl_once(live, on_day(0))
        assert "/robots.txt" not in asked(log), "it holds for a day"
    assert verify(live.archive).problems == []


def test_a_robots_txt_that_is_forbidden_forbids_all(dataset: Dataset, site: LivingSite) -> None:
    site.answers["/robots.txt"] = lambda c: c.send(status="403 Forbidden")
    with alive(site, dataset, **SELDOM) as (live, log), pytest.raises(BlockedError):
        crawl_once(live, on_day(0))
    assert len(log.asked) == 1


def test_a_clock_that_was_ahead_for_once_does_not_keep_us_from_robots_txt(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        crawl_once(live, on_day(3650))
        site.robots = NOTHING
        log.asked.clear()
        crawl_once(live, on_day(0))
        assert asked(log) == ["/robots.txt"]


def test_a_run_of_a_clock_that_was_ahead_is_not_gone_on_with(dataset: Dataset, site: LivingSite) -> None:
    with alive(site, dataset, **SELDOM) as (live, _):
        crawl_once(live, on_day(3650), pages=5)
        report = crawl_once(live, on_day(0))
    assert (report.resumed, report.run) == (False, 2)


def test_several_connections_keep_the_same_as_one(dataset: Dataset, site: LivingSite, tmp_path: Path) -> None:
    kept = []
    for connections in (1, 4):
        with alive(site, dataset, **SELDOM) as (live, _):
            politeness = live.politeness.model_copy(update={"connections": connections})
            folder = tmp_path / str(connections)
            crawl_once(live.model_copy(update={"politeness": politeness, "folder": folder}))
        archive = Archive(folder / "archive")
        assert verify(archive.folder).problems == []
        kept.append(sorted((e.url.split("/", 3)[3], e.outcome, e.sha256 or "") for e in archive.entries()))
    assert kept[0] == kept[1]
