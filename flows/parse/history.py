"""Tellings → letters: which article ids are one letter, and what happened to it, run by run.

Which article ids are one letter is decided as the runs go by, from what was known then, so a later run never takes an
id back:

- An article id that comes to show a letter is another page of a letter that is known if it says the very same as that
  one presently says (or last said), or if a page of that one redirects to it and both answer the same proposal.
  Otherwise it stands for a letter of its own, and does so for good: whatever its pages say from then on is what that
  letter says. Two ids that were two letters stay two, though one day they say the same.
- Of several ids that come to show a letter in one run, the one that was captured first stands for it; so does the id
  that redirected to the letter before anything else led there.
- A copy stays a copy while it answers the same proposal as the letter: posted twice and then edited, on one page or on
  both, is one letter, read where it always was. A copy that is found, in a complete run, to show another letter than
  the one it was taken for was taken so by mistake: from then on it is a letter of its own, which appears that day.
- Two states answer the same proposal if assembly, term, session and number agree. Where the session is not printed, or
  no number, the proposal's title has to agree, or the whole text.

What a run found counts as follows. That a page shows a letter counts at once: the letter appeared, was edited or
returned. That the page where a letter is read is gone counts only if it was told in a complete run, in which every list
that ever led to the letter answered with its rows: a list that is empty for an hour withdraws and moves nothing. The
letter has then moved to a page that still shows it, or is withdrawn if none does; it stays in the dataset and is
flagged. A page that answers without a letter tells nothing (`flows.parse.tellings`): the letter keeps its last text,
and an issue says so.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from flows.crawl.archive import Archive
from flows.crawl.catalogue import Catalogue, redirect_target
from flows.datasets import Dataset
from flows.parse.letters import GroupReading, attachments_of_state, read_state_or_report, redirected_to
from flows.parse.tellings import Telling, Tellings
from schemas.archive import IndexEntry
from schemas.history import Event, HistoryEvent
from schemas.issues import Issue, issue
from schemas.record import Record
from schemas.replies import Reply

_PLACE = frozenset({"url", "column_path"})
_NOT_CONTENT = _PLACE | {"reply_id", "version", "capture_id", "content_sha256", "near_duplicate_group"}
"""Columns of a reply that tell of its place, or of us, rather than what the page says."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter with its history, what is to be reported of it, and the article ids that it was found under."""

    record: Record
    issues: tuple[Issue, ...]
    articles: frozenset[str]


@dataclass
class _Life:
    """A letter as the runs went by: its article ids, that which stands for it first, and where it is read.

    `twins`: the article ids that showed it at one time. `seen`: when it was first and last read.
    """

    reply_id: str
    born: int
    articles: list[str]
    twins: set[str] = field(default_factory=set)
    current: Record | None = None
    alive: bool = False
    version: int = 0
    seen: list[dt.datetime] = field(default_factory=list)
    events: list[HistoryEvent] = field(default_factory=list)

    @property
    def article(self) -> str:
        """The article id that stands for the letter."""
        return self.articles[0]

    def note(self, event: Event, entry: IndexEntry, reply: Reply, changed: Iterable[str] = ()) -> None:
        """Write down what happened, as `entry` tells it; `reply` is the letter after it."""
        self.events.append(
            HistoryEvent(
                reply_id=self.reply_id,
                version=self.version,
                event=event,
                seen_at=entry.fetched_at,
                url=reply.url,
                content_sha256=reply.content_sha256,
                changed_fields=sorted(changed),
                capture_id=entry.capture_id,
            )
        )


def one_letter_each(archive: Archive, dataset: Dataset, catalogue: Catalogue, read: list[GroupReading]) -> list[Letter]:
    """Tell which article ids are one letter and replay each letter's history, in the order of their ids."""
    replay = _Replay(archive, dataset, catalogue, read)
    replay.run_by_run()
    leading = _leading(archive, read, replay)
    lives = sorted(replay.lives.values(), key=lambda life: life.article)
    return [_letter(archive, dataset, replay, life, leading.get(life.article, set())) for life in lives]


def unread(letters: Iterable[Letter], read: list[GroupReading]) -> Iterator[Issue]:
    """Yield the issues of the groups that no letter was found in, nor where they lead."""
    found = {article for letter in letters for article in letter.articles}
    for reading in read:
        if reading.group.article_id not in found and (reading.group.listed or reading.states):
            yield from reading.issues


def alike(one: Reply, other: Reply) -> bool:
    """Tell whether two states answer the same proposal, as far as they say which."""
    if one.content_sha256 == other.content_sha256:
        return True
    same_title = one.proposal_title is not None and one.proposal_title == other.proposal_title
    if one.number and other.number:
        if _answered(one) != _answered(other):
            return False
        return one.session is not None or same_title or one.text == other.text
    return same_title or one.text == other.text


def _answered(reply: Reply) -> tuple[object, ...]:
    return reply.kind, reply.body, reply.term, reply.session, reply.number


class _Evidence:
    """Which runs may say of a page that it is gone."""

    def __init__(self, archive: Archive, catalogue: Catalogue) -> None:
        self._complete = {run.number for run in archive.runs if run.complete}
        self._catalogue = catalogue

    def is_complete(self, run: int) -> bool:
        """Tell whether a run asked for all that it was to ask for."""
        return run in self._complete

    def is_full(self, run: int, urls: Iterable[str]) -> bool:
        """Tell whether a run looked at all there is to see of the pages `urls`."""
        lists = {first for url in urls for first in self._catalogue.listed_by.get(url, ())}
        return run in self._complete and not lists & self._catalogue.unsound.get(run, set())


class _Replay:
    """The letters, after the runs that were gone through so far."""

    def __init__(self, archive: Archive, dataset: Dataset, catalogue: Catalogue, read: list[GroupReading]) -> None:
        self.tellings = Tellings(archive, read, catalogue.lists)
        self.lives: dict[str, _Life] = {}
        self.letter_of: dict[str, str] = {}
        self._dataset = dataset
        self._evidence = _Evidence(archive, catalogue)
        self._pages = {r.group.article_id: tuple(dict.fromkeys(p.url for p in r.group.pages)) for r in read}
        self._captures = sorted(archive.in_order(), key=lambda entry: entry.run)
        self._place = {entry.capture_id: place for place, entry in enumerate(self._captures)}
        self._first = {
            r.group.article_id: min((self._place[entry.capture_id] for entry in r.group.captures), default=0)
            for r in read
        }
        self._leads: dict[str, dict[str, int]] = defaultdict(dict)
        """Where a redirect was ever seen to lead: by target, each source and the place of its first capture."""
        self._says: dict[str, frozenset[str]] = {}
        """What the pages of an article id say, or last said: digests."""
        self._saying: dict[str, set[str]] = defaultdict(set)

    def run_by_run(self) -> None:
        """Go through all runs."""
        captures = [entry for entry in self._captures if self.tellings.concern(entry.url)]
        for run, found in groupby(captures, key=lambda entry: entry.run):
            self._go_through(run, list(found))

    def pages_of(self, life: _Life) -> list[str]:
        """Return the addresses of a letter."""
        return [url for article in life.articles for url in self._pages[article]]

    def showing(self, *articles: str) -> dict[str, Telling]:
        """Return what the pages of article ids show, by address."""
        told = {url: self.tellings.last(url) for article in articles for url in self._pages[article]}
        return {url: telling for url, telling in told.items() if telling and telling.record}

    def article_of(self, url: str) -> str:
        """Return the article id of a page."""
        return self.tellings.group_of(url).article_id

    def _go_through(self, run: int, captures: list[IndexEntry]) -> None:
        for entry in captures:
            target = redirect_target(entry)
            if target and self.tellings.is_page(entry.url):
                self._leads[target].setdefault(entry.url, self._place[entry.capture_id])
        told: dict[str, None] = {}
        for entry in captures:
            told |= dict.fromkeys(self._heard(self.tellings.take(run, entry)))
        told |= dict.fromkeys(self._heard(self.tellings.look_along(run)))
        if self._evidence.is_complete(run):
            for letter in self._letters(told):
                told |= dict.fromkeys(self._part(self.lives[letter]))
        for letter in self._letters(told):
            self._step(self.lives[letter], run)

    def _letters(self, articles: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(self.letter_of[article] for article in articles if article in self.letter_of))

    def _heard(self, urls: Iterable[str]) -> Iterator[str]:
        """Take in what addresses told; yield their article ids."""
        for url in urls:
            article = self.article_of(url)
            says = frozenset(_digest(telling) for telling in self.showing(article).values())
            if says and says != self._says.get(article):
                for digest in self._says.get(article, frozenset()) - says:
                    self._saying[digest].discard(article)
                for digest in says:
                    self._saying[digest].add(article)
                self._says[article] = says
            if says and article not in self.letter_of:
                self._place_letter(article)
            yield article

    # --- which letter

    def _place_letter(self, article: str) -> None:
        """Tell which letter the pages of an article id show: one that is known, or a new one."""
        name = self._said_by(article) or self._led_to(article) or article
        if name not in self.lives:
            self.lives[name] = _Life(f"{self._dataset.name}:{name}", len(self.lives), [name])
            self.letter_of[name] = name
        if name != article:
            self.lives[name].articles.append(article)
            self.letter_of[article] = name

    def _said_by(self, article: str) -> str | None:
        """Return the letter that says the very same; of several, which nobody took for one, the first."""
        others = {other for digest in self._says[article] for other in self._saying[digest]} & self.letter_of.keys()
        return min((self.letter_of[other] for other in others), key=lambda name: self.lives[name].born, default=None)

    def _led_to(self, article: str) -> str | None:
        """Return the letter that redirects to an article id, or the id that led there first and shows no letter."""
        led = self._leading_to(article)
        shown = self._replies(article)
        for other in led:
            name = self.letter_of.get(other)
            if name and any(alike(reply, known) for reply in shown for known in self._states(self.lives[name])):
                return name
        found = [other for other, place in led.items() if other not in self.letter_of and place < self._first[article]]
        return found[0] if found else None

    def _leading_to(self, article: str) -> dict[str, int]:
        """Return the article ids that were seen to redirect to one, along chains, and since when, oldest first."""
        found: dict[str, int] = {}
        urls = list(self._pages[article])
        for url in urls:
            for source, place in self._leads.get(url, {}).items():
                if source in urls:
                    continue
                urls.append(source)
                other = self.article_of(source)
                found[other] = min(place, found.get(other, place))
        found.pop(article, None)
        return dict(sorted(found.items(), key=lambda item: item[1]))

    def _states(self, life: _Life) -> list[Reply]:
        """Return what a letter's pages say, or what they last said."""
        shown = self._replies(*life.articles)
        return shown or ([life.current.reply] if life.current else [])

    def _part(self, life: _Life) -> list[str]:
        """Let the copies go that came to show another letter; return their article ids."""
        here = self._replies(life.article)
        bearer = self.article_of(life.current.reply.url) if life.current else life.article
        known = here or self._replies(bearer) or ([life.current.reply] if life.current else [])
        parting = [
            article
            for article in life.articles[1:]
            if known
            and (here or article != bearer)
            and (shown := self._replies(article))
            and not any(alike(one, other) for one in shown for other in known)
        ]
        for article in parting:
            life.articles.remove(article)
            life.twins.discard(article)
            del self.letter_of[article]
        for article in parting:
            self._place_letter(article)
        return parting

    def _replies(self, *articles: str) -> list[Reply]:
        return [telling.record.reply for telling in self.showing(*articles).values() if telling.record]

    # --- what happened to it

    def _step(self, life: _Life, run: int) -> None:
        """Take in what a run has told of a letter."""
        showing = self.showing(*life.articles)
        seen = [*life.seen, *(telling.entry.fetched_at for telling in showing.values() if telling.run == run)]
        life.seen = [min(seen), max(seen)] if seen else []
        at_once = {self.article_of(url) for url in showing if self.tellings.was_read_last(url)}
        life.twins |= at_once if len(at_once) > 1 else set()
        before = life.current
        if before is None or not life.alive:
            if showing:
                self._shown(life, self._chosen(life, showing), None)
        elif before.reply.url in showing:  # a letter stays where it was as long as it is there
            self._shown(life, showing[before.reply.url], None)
        else:
            left = self.tellings.last(before.reply.url)
            if left is None or not self._may_leave(life, left, run):
                return
            legible = {url: telling for url, telling in showing.items() if self.tellings.was_read_last(url)}
            if legible:
                self._shown(life, self._chosen(life, legible), left)
            elif not showing:
                life.alive = False
                life.note("withdrawn", left.entry, before.reply)

    def _may_leave(self, life: _Life, left: Telling, run: int) -> bool:
        """Tell whether the page where a letter is read is known not to show it any more."""
        if left.record:  # it shows another letter, which it was parted for
            return True
        return left.run == run and self._evidence.is_full(run, self.pages_of(life))

    def _chosen(self, life: _Life, showing: dict[str, Telling]) -> Telling:
        """Return what is to be read of the pages that show a letter: a page rather than a file, the letter's own."""
        own = self._pages[life.article]

        def rank(url: str) -> tuple[bool, bool, object, str]:
            telling = showing[url]
            page = telling.record is not None and telling.record.reply.text_source == "page"
            return page, url in own, telling.entry.fetched_at, url

        return showing[max(showing, key=rank)]

    def _shown(self, life: _Life, telling: Telling, left: Telling | None) -> None:
        """Note what a page shows of a letter, which has just left another page if `left` tells so."""
        before, now, entry = life.current, telling.record, telling.entry
        if now is None:
            raise AssertionError(f"{entry.url} shows no letter")
        changed = _changed(before.reply, now.reply) if before and before is not now else set()
        content = changed - _PLACE
        if before and life.alive and left:
            after = {name: getattr(now.reply, name) for name in _PLACE}
            life.note("moved", left.entry, before.reply.model_copy(update=after), changed & _PLACE)
            if telling.run < left.run:  # it was there before, and is read from now on
                entry = entry.model_copy(update={"fetched_at": left.entry.fetched_at})
        life.version += before is None or bool(content)
        if before is None or changed:  # a page that changed around the letter is in the same state
            life.current = now
        if before is None:
            life.note("appeared", entry, now.reply)
        elif not life.alive:
            life.note("returned", entry, now.reply, changed)
        elif content:
            life.note("edited", entry, now.reply, content)
        life.alive = True


def _digest(telling: Telling) -> str:
    return telling.record.reply.content_sha256 if telling.record else ""


def _changed(before: Reply, now: Reply) -> set[str]:
    """Return the columns in which two states of a letter differ."""
    skipped = (_NOT_CONTENT - _PLACE) | set(Reply.observed_columns()) | {"first_seen_at", "last_seen_at"}
    names = [name for name in Reply.model_fields if name not in skipped]
    return {name for name in names if getattr(before, name) != getattr(now, name)}


def _leading(archive: Archive, read: list[GroupReading], replay: _Replay) -> dict[str, set[str]]:
    """Return, by the article id of each letter, those without a letter of their own that redirect to it."""
    found: dict[str, set[str]] = defaultdict(set)
    for reading in read:
        article = reading.group.article_id
        if article not in replay.letter_of:
            for url in (url for page in reading.group.pages for url in redirected_to(archive, page.url)):
                name = replay.letter_of.get(replay.article_of(url)) if replay.tellings.is_page(url) else None
                if name:
                    found[name].add(article)
    return found


def _letter(archive: Archive, dataset: Dataset, replay: _Replay, life: _Life, leading: set[str]) -> Letter:
    record, found = _final(archive, dataset, replay, life)
    known = {
        "version": life.version,
        "first_seen_at": life.seen[0],
        "last_seen_at": life.seen[-1],
        "flags": sorted(
            {
                *record.reply.flags,
                *(["posted_twice"] if len(life.twins) > 1 else []),
                *([] if life.alive else ["withdrawn"]),
            }
        ),
    }
    record = record.model_copy(
        update={"reply": record.reply.model_copy(update=known), "history": tuple(life.events)},
    )
    return Letter(record, tuple(found), frozenset({*life.articles, *leading}))


def _final(archive: Archive, dataset: Dataset, replay: _Replay, life: _Life) -> tuple[Record, list[Issue]]:
    """Read the state that the letter is in, or was in when it was last seen, under its own id."""
    current, reply_id = life.current, life.reply_id
    if current is None:
        raise AssertionError(f"{reply_id} has a readable state that no capture shows")
    url = current.reply.url
    group = replay.tellings.group_of(url)
    entry = next(entry for entry in group.captures if entry.capture_id == current.reply.capture_id)
    file = replay.tellings.file_of(current)
    record, reports = current, replay.tellings.reports_of(current)
    if record.reply.reply_id != reply_id:
        reading = read_state_or_report(archive, dataset, group, entry, reply_id, file=file)
        if reading.record is None:
            raise AssertionError(f"{url} reads differently the second time")
        record, reports = reading.record, reading.issues
    attachments, found = attachments_of_state(archive, dataset, group, entry, reply_id, file=file)
    issues = [*reports, *found]
    for other, telling in sorted(replay.showing(*life.articles).items()):
        if other != url:
            differs = "" if _digest(telling) == current.reply.content_sha256 else ", in another text"
            detail = f"the same letter as {url}{differs}"
            issues.append(issue("duplicate_page", "parse", detail, url=other, reply_id=reply_id))
    for page in replay.pages_of(life):
        why = replay.tellings.why_mute(page)
        if why:
            issues.append(issue("letter_unreadable", "parse", why, url=page, reply_id=reply_id))
    return record.model_copy(update={"attachments": tuple(attachments)}), issues
