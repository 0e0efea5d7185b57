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
from tests.flows.fault_server import Fault
from tests.flows.living_site import COLUMN, START, LivingSite, alive, crawl_once, letter, on_day

DAYS, SEED = 60, 1
MAINTENANCE = "<!doctype html><html><body><p>网站正在升级维护，请稍后访问。</p></body></html>"
TROUBLE = {
    8: "redesign",
    13: "empty list",
    14: "empty list",
    20: "maintenance",
    27: "cut short",
    33: "maintenance everywhere",
    36: "redesign",
    40: "list fails",
    41: "pages fail",
    48: "nothing",
    50: "redesign",
}
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
    number: dict[str, int] = field(default_factory=dict)
    copies: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Where letters are posted a second time."""
    twice: set[str] = field(default_factory=set)
    """Letters that ever were."""
    later: list[tuple[int, Callable[[int], None]]] = field(default_factory=list)
    """What is put right, and from which day on."""
    stuck: list[str] = field(default_factory=list)
    """Letters whose pages fail (the first), or answer without them, for good."""
    gone: dict[str, tuple[str, int]] = field(default_factory=dict)
    quiet_until: dict[str, int] = field(default_factory=dict)
    made: int = 0
    quiet: int = 12
    """For how many days after an event nothing else happens to a letter."""

    def note(self, name: str, event: str, day: int) -> None:
        self.events[name].append((event, self.version[name], day))
        self.quiet_until[name] = day + self.quiet

    def add(self, day: int) -> None:
        self.made += 1
        year = self.rng.choice(list(self.site.lists))
        path = self.site.add(str(self.made), year)
        name = article_id(path)
        self.appear(name, (year, path), self.made, day)

    def appear(self, name: str, place: tuple[str, str], number: int, day: int) -> None:
        self.where[name], self.version[name], self.number[name] = place, 1, number
        self.note(name, "appeared", day)

    def edit(self, name: str, day: int) -> None:
        """Edit the letter, wherever it is posted."""
        self.version[name] += 1
        for _, path in (self.where[name], self.copies.get(name, self.where[name])):
            self.site.pages[path] = letter(self.number[name], f"我们将在第{day}天办好学校。")
        self.note(name, "edited", day)

    # --- posted twice

    def add_twice(self, day: int) -> None:
        """Post a new letter on both lists: the id that is asked for first stands for it."""
        self.made += 1
        path = self.site.add(str(self.made), "2024n")
        copy = self.site.add(str(90000 + self.made), "2023n", self.site.pages[path])
        self.appear(article_id(path), ("2024n", path), self.made, day)
        self._copied(article_id(path), ("2023n", copy))

    def copy(self, name: str, day: int) -> None:
        """Post a letter again, under an article id that can be lower or higher."""
        year, path = self.where[name]
        self.made += 1
        number, other = self.rng.choice([0, 90000]), next(y for y in self.site.lists if y != year)
        copy = self.site.add(f"{number + self.made:05}", other, self.site.pages[path])
        self._copied(name, (other, copy))
        self.quiet_until[name] = day + 3

    def _copied(self, name: str, place: tuple[str, str]) -> None:
        self.copies[name] = place
        self.twice.add(name)

    def edit_copy(self, name: str, day: int) -> None:
        """Edit only the second page, where nobody reads the letter."""
        self.site.pages[self.copies[name][1]] = letter(self.number[name], f"我们将在第{day}天另办学校。")
        self.quiet_until[name] = day + 3

    def drop_copy(self, name: str, day: int) -> None:
        year, path = self.copies.pop(name)
        self.site.lists[year].remove(path)
        self.site.pages.pop(path)
        self.quiet_until[name] = day + 3

    def drop_first(self, name: str, day: int) -> None:
        """Remove the page on which the letter is read: it is read on the other one, as it stands there."""
        (year, path), (_, copy) = self.where[name], self.copies[name]
        self.where[name] = self.copies.pop(name)
        self.site.lists[year].remove(path)
        before, now = self.site.pages.pop(path), self.site.pages[copy]
        self.note(name, "moved", day)
        if now != before:
            self.version[name] += 1
            self.note(name, "edited", day)

    # --- one letter's text on another's page

    def add_mistaken(self, name: str, day: int) -> None:
        """Post a new letter, but with the text of `name`, until somebody sees it."""
        self.made += 1
        number = self.made
        path = self.site.add(str(number), "2023n", self.site.pages[self.where[name][1]])
        before = set(self.twice)
        self.twice.add(name)

        def put_right(day: int) -> None:
            self.twice -= {name} - before
            self.site.pages[path] = letter(number)
            self.appear(article_id(path), ("2023n", path), number, day)

        self.later.append((day + 1, put_right))
        self.quiet_until[name] = day + self.quiet

    def mistake(self, name: str, day: int) -> None:
        """Put another letter's text on the page of `name`, until somebody sees it."""
        _, path = self.where[name]
        right = self.site.pages[path]
        calm = self._calm(day) - self.gone.keys() - self.copies.keys() - {name}
        if not calm:
            return
        other = self.rng.choice(sorted(calm))
        self.site.pages[path] = self.site.pages[self.where[other][1]]
        self.version[name] += 1
        self.note(name, "edited", day)

        def put_right(day: int) -> None:
            self.site.pages[path] = right
            self.version[name] += 1
            self.note(name, "edited", day)

        self.later.append((day + self.rng.randint(1, 3), put_right))
        self.quiet_until[other] = day + self.quiet

    # --- for good

    def break_pages(self, day: int) -> None:
        """Let a few letters' pages fail, or answer without them, from now on; and list a page that never answers."""
        alone = sorted(self._calm(day) - self.gone.keys() - self.copies.keys())
        answers: list[Fault] = [
            lambda c: c.send(status="500 Broken"),
            lambda c: c.page(MAINTENANCE),
            lambda c: c.page(letter(1).replace("TRS_Editor", "letter-of-today")),
            lambda c: c.send(status="302 Found", Location=f"{COLUMN}weihu.html"),
        ]
        self.stuck = self.rng.sample(alone, len(answers))
        self.site.answers |= {self.where[name][1]: answer for name, answer in zip(self.stuck, answers, strict=True)}
        self.site.answers[f"{COLUMN}weihu.html"] = lambda c: c.page(MAINTENANCE)
        self.site.answers[self.site.add("80000", "2023n")] = lambda c: c.send(status="500 Broken")

    def _calm(self, day: int) -> set[str]:
        return {name for name in self.where if self.quiet_until[name] < day} - set(self.stuck)

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
            calm = sorted(self._calm(day) - self.copies.keys())
            away = [name for name in calm if name in self.gone]
            here = [name for name in calm if name not in self.gone]
            if away and self.rng.random() < 0.5:
                self.bring_back(away[0], day)
            elif here and self.rng.random() < 0.7:
                self.rng.choice(doings)(self.rng.choice(here), day)
            else:
                self.add(day)

    def live_wildly(self, day: int) -> None:
        """Let things happen that look like others: copies, and letters in each other's place."""
        for due, put_right in [item for item in self.later if item[0] <= day]:
            self.later.remove((due, put_right))
            put_right(day)
        if day == 23:
            self.break_pages(day)
        copied = sorted(self._calm(day) & self.copies.keys())
        alone = sorted(self._calm(day) - self.copies.keys() - self.gone.keys())
        with_copy = [self.edit, self.edit_copy, self.drop_copy, self.drop_first, self.drop_first]
        without: list[Callable[[str, int], None]] = [self.copy, self.copy, self.add_mistaken, self.mistake]
        if copied and self.rng.random() < 0.5:
            self.rng.choice(with_copy)(self.rng.choice(copied), day)
        if alone and self.rng.random() < 0.7:
            self.rng.choice(without)(self.rng.choice(alone), day)
        if day % 10 == 5:
            self.add_twice(day)


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
    elif trouble == "redesign":
        site.pages = {path: page.replace("TRS_Editor", "letter-of-today") for path, page in pages.items()}
    elif trouble == "nothing":
        site.answers = dict.fromkeys(pages, lambda c: c.send(Content_Type="text/html")) | answers
    elif trouble.startswith("maintenance"):
        site.answers = dict.fromkeys(pages, lambda c: c.page(MAINTENANCE)) | answers
        if trouble == "maintenance everywhere":
            site.answers |= dict.fromkeys(map(site.list_path, site.lists), lambda c: c.page(MAINTENANCE))
    if trouble in ("empty list", "cut short", "list fails"):
        for path in victims:  # 404 for a moment
            site.pages.pop(path, None)
    crawl_once(live, on_day(day), pages=len(site.pages) - 5 if trouble == "cut short" else None)
    site.lists, site.pages, site.answers = lists, pages, answers


def lived(
    dataset: Dataset,
    *,
    wild: bool = False,
    after: Callable[[Plan, Dataset, int], None] | None = None,
    **schedule: object,
) -> tuple[Plan, list[Letter], Dataset]:
    """Live through all days; `after` is called at the end of each."""
    site = LivingSite()
    plan = Plan(site, random.Random(SEED), quiet=5 if wild else 12)
    with alive(site, dataset, **schedule) as (live, _):
        for _ in range(18):
            plan.add(0)
        for day in range(DAYS):
            if day in TROUBLE:
                crawl_in_trouble(plan, live, day, TROUBLE[day])
            else:
                if day and wild:
                    plan.live_wildly(day)
                if day:
                    plan.live_through(day)
                crawl_once(live, on_day(day))
            if after:
                after(plan, live, day)
        return plan, letters_of(live), live


def told(of: Letter) -> list[Event]:
    return [(event.event, event.version, (event.seen_at - START).days) for event in of.record.history]


def by_name(letters: list[Letter]) -> dict[str, list[Event]]:
    return {one.record.reply.reply_id.removeprefix("demo:"): told(one) for one in letters}


def test_the_history_is_the_plan_event_for_event(tmp_path: Path) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))

    def as_planned_so_far(plan: Plan, live: Dataset, day: int) -> None:
        if day in (8, 25, 36):  # what is told one day is not taken back by what the next days tell
            assert by_name(letters_of(live)) == dict(plan.events)

    plan, letters, live = lived(dataset, wild=True, after=as_planned_so_far, revisit_every=1, sweep_every=10)
    assert {kind for events in plan.events.values() for kind, _, _ in events} == {
        "appeared",
        "edited",
        "moved",
        "withdrawn",
        "returned",
    }
    assert sum(map(len, plan.events.values())) > 80
    assert by_name(letters) == dict(plan.events)
    for record in (found_letter.record for found_letter in letters):
        reply, events = record.reply, record.history
        name = reply.reply_id.removeprefix("demo:")
        assert reply.url == live.site.base_url + plan.where[name][1]
        assert ("withdrawn" in reply.flags) == (name in plan.gone)
        assert ("posted_twice" in reply.flags) == (name in plan.twice)
        assert reply.version == plan.version[name] == events[-1].version
        assert reply.content_sha256 == events[-1].content_sha256
    unreadable = {one.record.reply.url for one in letters if "letter_unreadable" in {i.code for i in one.issues}}
    assert unreadable == {live.site.base_url + plan.where[name][1] for name in plan.stuck[1:]}
    edits = [event for one in letters for event in one.record.history if event.event == "edited"]
    assert all("text" in event.changed_fields and "url" not in event.changed_fields for event in edits)
    moves = [event for one in letters for event in one.record.history if event.event == "moved"]
    assert {tuple(event.changed_fields) for event in moves} == {("url",)}


def test_with_rare_revisits_the_same_is_seen_later(tmp_path: Path) -> None:
    every = 5
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    plan, letters, _ = lived(dataset, revisit_every=every, sweep_every=20)
    found = by_name(letters)
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


def test_a_letter_leaves_its_page_in_the_run_that_told_so(tmp_path: Path) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = LivingSite()
    path = site.add("1", "2024n")
    copy = site.add("2", "2023n", site.pages[path])
    with alive(site, dataset, revisit_every=50, sweep_every=90) as (live, _):
        crawl_once(live, on_day(0))
        site.pages.pop(path)
        site.lists["2024n"] = [site.add("3")]
        assert crawl_once(live, on_day(5)).mode == "incremental"  # which does not ask for the copy
        one, _ = letters_of(live)
        assert (told(one), one.record.reply.url) == (
            [("appeared", 1, 0), ("moved", 1, 5)],
            live.site.base_url + copy,
        )


@pytest.mark.parametrize("trouble", ["the run was cut short", "a list lost its rows", "a list failed"])
def test_nothing_moves_on_half_the_evidence(tmp_path: Path, trouble: str) -> None:
    dataset = load_dataset("demo", copy_of_demo(tmp_path))
    site = LivingSite()
    path, other = site.add("1", "2024n"), site.add("3", "2024n", at=1)
    site.add("2", "2023n", site.pages[path])
    with alive(site, dataset, revisit_every=1, sweep_every=90) as (live, _):
        crawl_once(live, on_day(0))
        page = site.pages.pop(path)
        if trouble == "a list lost its rows":
            site.lists["2024n"] = []
        elif trouble == "a list failed":
            site.answers[site.list_path("2024n")] = lambda c: c.send(status="500 Broken")
        crawl_once(live, on_day(5), pages=2 if trouble == "the run was cut short" else None)
        site.answers.clear()
        site.lists["2024n"], site.pages[path] = [path, other], page
        for day in (5, 8):
            one, _ = letters_of(live)
            assert (told(one), one.record.reply.url) == ([("appeared", 1, 0)], live.site.base_url + path)
            crawl_once(live, on_day(day + 3))  # where it is back, and simply shows again
