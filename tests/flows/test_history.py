"""Sixty runs over a site that lives by a plan: the history has to be the plan, event for event."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flows.crawl.archive import Archive
from flows.crawl.catalogue import article_id, read_catalogue
from flows.datasets import Dataset, load_dataset
from flows.parse.history import Letter, one_letter_each
from flows.parse.letters import page_groups, read_group
from tests.conftest import copy_of_demo
from tests.flows.living_site import START, LivingSite, alive, crawl_once, letter, on_day

DAYS = 60
TROUBLE = {13: "empty list", 14: "empty list", 27: "cut short", 40: "list fails", 41: "pages fail"}
"""Days on which the site, or the run, fails: nothing is planned then, and nothing may be seen to have happened."""

Event = tuple[str, int, int]
"""What happened, the letter's version after it, the day."""


def letters_of(dataset: Dataset) -> list[Letter]:
    archive = Archive(dataset.archive)
    catalogue = read_catalogue(archive, dataset)
    read = [read_group(archive, dataset, group, None) for group in page_groups(archive, catalogue)]
    return one_letter_each(archive, dataset, catalogue, read)


@dataclass
class Plan:
    """Does things to a site and writes down what its history should say."""

    site: LivingSite
    rng: random.Random
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    where: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Each letter's year and path; it is named by the article id that it appeared under."""
    version: dict[str, int] = field(default_factory=dict)
    gone: dict[str, tuple[str, int]] = field(default_factory=dict)
    quiet_until: dict[str, int] = field(default_factory=dict)
    made: int = 0

    def note(self, name: str, event: str, day: int) -> None:
        self.events[name].append((event, self.version[name], day))
        self.quiet_until[name] = day + 12

    def add(self, day: int) -> None:
        self.made += 1
        year = self.rng.choice(list(self.site.lists))
        path = self.site.add(str(self.made), year)
        name = article_id(path)
        self.where[name], self.version[name] = (year, path), 1
        self.note(name, "appeared", day)

    def edit(self, name: str, day: int) -> None:
        _, path = self.where[name]
        self.version[name] += 1
        number = int(path.split("/")[-2][14:]) % 10000
        self.site.pages[path] = letter(number, f"我们将在第{day}天办好学校。")
        self.note(name, "edited", day)

    def withdraw(self, name: str, day: int) -> None:
        year, path = self.where[name]
        place = self.site.lists[year].index(path)
        self.site.lists[year].remove(path)
        self.gone[name] = (self.site.pages.pop(path), place)
        if self.rng.random() < 0.5:
            self.site.answers[path] = lambda c: c.page("<html><body>您访问的页面不存在或已删除</body></html>")
        self.note(name, "withdrawn", day)

    def bring_back(self, name: str, day: int) -> None:
        year, path = self.where[name]
        page, place = self.gone.pop(name)
        self.site.answers.pop(path, None)
        self.site.pages[path] = page
        self.site.lists[year].insert(place, path)
        self.note(name, "returned", day)

    def move(self, name: str, day: int) -> None:
        """Move to the other year's list, keeping the article id; the old address is gone."""
        year, path = self.where[name]
        other = next(y for y in self.site.lists if y != year)
        self._moved(name, other, path.replace(f"/{year}/", f"/{other}/"), day)

    def rename(self, name: str, day: int) -> None:
        """Give the letter another article id; the old address leads there, or is gone."""
        year, path = self.where[name]
        self.made += 1
        new = self.site.path(str(50000 + self.made), year)
        self._moved(name, year, new, day)
        if self.rng.random() < 0.5:
            self.site.answers[path] = lambda c: c.send(status="301 Moved", Location=new)

    def _moved(self, name: str, year: str, path: str, day: int) -> None:
        before, old = self.where[name]
        self.site.lists[before].remove(old)
        self.site.lists[year].insert(0, path)
        self.site.pages[path] = self.site.pages.pop(old)
        self.where[name] = (year, path)
        self.note(name, "moved", day)

    def live_through(self, day: int) -> None:
        """Let a few things happen, to different letters."""
        for _ in range(self.rng.randint(0, 3)):
            doings: list[Callable[[str, int], None]] = [self.edit, self.edit, self.withdraw, self.move, self.rename]
            calm = sorted(name for name in self.where if self.quiet_until[name] < day)
            away = [name for name in calm if name in self.gone]
            here = [name for name in calm if name not in self.gone]
            if away and self.rng.random() < 0.5:
                self.bring_back(away[0], day)
            elif here and self.rng.random() < 0.7:
                self.rng.choice(doings)(self.rng.choice(here), day)
            else:
                self.add(day)


def crawl_in_trouble(plan: Plan, live: Dataset, day: int, trouble: str) -> None:
    """Run once while the site, or the run, fails; afterwards the site is as it was."""
    site = plan.site
    lists, pages, answers = dict(site.lists), dict(site.pages), dict(site.answers)
    victims = [p for name, (year, p) in sorted(plan.where.items()) if name not in plan.gone and year == "2024n"][:4]
    if trouble == "empty list":
        site.lists["2024n"] = []
    elif trouble == "list fails":
        site.answers[site.list_path("2024n")] = site.answers[site.list_path("2023n")] = lambda c: c.send(
            status="503 Busy"
        )
    elif trouble == "pages fail":
        site.answers |= dict.fromkeys(victims, lambda c: c.send(status="500 Broken"))
    if trouble != "pages fail":
        for path in victims:  # 404 for a moment
            site.pages.pop(path, None)
    crawl_once(live, on_day(day), pages=len(site.pages) - 5 if trouble == "cut short" else None)
    site.lists, site.pages, site.answers = lists, pages, answers


def lived(dataset: Dataset, **schedule: object) -> tuple[Plan, list[Letter], Dataset]:
    site = LivingSite()
    plan = Plan(site, random.Random(7))
    with alive(site, dataset, **schedule) as (live, _):
        for _ in range(24):
            plan.add(0)
        for day in range(DAYS):
            if day in TROUBLE:
                crawl_in_trouble(plan, live, day, TROUBLE[day])
                continue
            if day:
                plan.live_through(day)
            crawl_once(live, on_day(day))
        return plan, letters_of(live), live


def told(of: Letter) -> list[Event]:
    return [(event.event, event.version, (event.seen_at - START).days) for event in of.record.history]


def test_the_history_is_the_plan_event_for_event(tmp_path: Path) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    plan, letters, live = lived(dataset, revisit_every=1, sweep_every=10)
    assert {kind for events in plan.events.values() for kind, _, _ in events} == {
        "appeared",
        "edited",
        "moved",
        "withdrawn",
        "returned",
    }
    assert sum(map(len, plan.events.values())) > 80
    found = {one.record.reply.reply_id.removeprefix("demo:"): told(one) for one in letters}
    assert found == dict(plan.events)
    for record in (found_letter.record for found_letter in letters):
        reply, events = record.reply, record.history
        name = reply.reply_id.removeprefix("demo:")
        assert reply.url == live.site.base_url + plan.where[name][1]
        assert ("withdrawn" in reply.flags) == (name in plan.gone)
        assert reply.version == plan.version[name] == events[-1].version
        assert reply.content_sha256 == events[-1].content_sha256
    edits = [event for one in letters for event in one.record.history if event.event == "edited"]
    assert all("text" in event.changed_fields and "url" not in event.changed_fields for event in edits)
    moves = [event for one in letters for event in one.record.history if event.event == "moved"]
    assert {tuple(event.changed_fields) for event in moves} == {("url",)}


def test_with_rare_revisits_the_same_is_seen_later(tmp_path: Path) -> None:
    every = 5
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    plan, letters, _ = lived(dataset, revisit_every=every, sweep_every=20)
    found = {one.record.reply.reply_id.removeprefix("demo:"): told(one) for one in letters}
    assert found.keys() == plan.events.keys()
    for name, events in found.items():
        planned = plan.events[name][: len(events)]
        assert [event[:2] for event in events] == [event[:2] for event in planned]
        # an edit shows on no list: the next revisit finds it, or the one after days of trouble
        assert all(due <= seen <= due + every + 2 for (_, _, seen), (_, _, due) in zip(events, planned, strict=True))
        assert all(due + every + 2 >= DAYS for _, _, due in plan.events[name][len(events) :])


@pytest.mark.parametrize("trouble", ["the run was cut short", "a list lost its rows", "a list failed"])
def test_nothing_is_withdrawn_on_half_the_evidence(tmp_path: Path, trouble: str) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = LivingSite()
    paths = [site.add(str(number)) for number in range(8)]
    with alive(site, dataset, revisit_every=1, sweep_every=9) as (live, _):
        crawl_once(live, on_day(0))
        for path in paths:
            site.pages.pop(path)
        if trouble == "a list lost its rows":
            site.lists["2024n"] = []
        elif trouble == "a list failed":
            site.answers[site.list_path("2024n")] = lambda c: c.send(status="500 Broken")
        crawl_once(live, on_day(1), pages=7 if trouble == "the run was cut short" else None)
        assert {event[0] for one in letters_of(live) for event in told(one)} == {"appeared"}
        site.answers.clear()
        site.lists["2024n"] = paths
        crawl_once(live, on_day(2))
        assert [told(one)[-1] for one in letters_of(live)] == [("withdrawn", 1, 2)] * 8
