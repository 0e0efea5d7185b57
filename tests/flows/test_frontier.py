"""What a run asks for: counted at the server."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.errors import BlockedError
from tests.conftest import copy_of_demo
from tests.flows.fault_server import Log
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
    assert Archive(live.archive).verify().problems == []


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


def test_a_block_in_the_middle_stops_all_connections(dataset: Dataset, site: LivingSite) -> None:
    site.answers[site.lists["2024n"][5]] = lambda c: c.send(status="412 No", body=b"<html><script>$_ts={}</script>")
    with alive(site, dataset, **SELDOM) as (live, log):
        several = live.model_copy(update={"politeness": live.politeness.model_copy(update={"connections": 4})})
        with pytest.raises(BlockedError):
            crawl_once(several, on_day(0))
    assert len([path for path in asked(log) if path in site.pages]) < 15


@pytest.mark.parametrize("connections", [1, 4])
def test_the_pace_holds_for_the_host_however_many_connections_there_are(
    dataset: Dataset, site: LivingSite, connections: int
) -> None:
    with alive(site, dataset, **SELDOM) as (live, log):
        pace = {"connections": connections, "interval_seconds": 0.03}
        crawl_once(live.model_copy(update={"politeness": live.politeness.model_copy(update=pace)}))
    times = sorted(when for _, when, _ in log.asked)
    assert len(times) == 54
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.025  # what a thread may be late by


def test_several_connections_keep_the_same_as_one(dataset: Dataset, site: LivingSite, tmp_path: Path) -> None:
    kept = []
    for connections in (1, 4):
        with alive(site, dataset, **SELDOM) as (live, _):
            politeness = live.politeness.model_copy(update={"connections": connections})
            folder = tmp_path / str(connections)
            crawl_once(live.model_copy(update={"politeness": politeness, "folder": folder}))
        archive = Archive(folder / "archive")
        assert archive.verify().problems == []
        kept.append(sorted((e.url.split("/", 3)[3], e.outcome, e.sha256 or "") for e in archive.entries()))
    assert kept[0] == kept[1]
