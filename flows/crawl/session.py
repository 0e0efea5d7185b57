"""How the site is asked: at least an interval apart, honestly named, within limits.

Politeness lives here and nowhere else, so that no way of running the flows can go round it. A fetch never raises for
what the site does: the answer, or the reason why there is none, comes back and is kept. Resets, timeouts, broken-off
bodies, 429 and 5xx are asked again, with backoff, jitter and `Retry-After`; nothing else is. A host that fails again
and again is not asked any more in this run.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import requests
from protego import Protego
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from flows.crawl.transport import ForbiddenAddressError, GuardedAdapter, Watch
from flows.datasets import Dataset, Politeness
from flows.errors import SiteUnreachableError
from schemas.captures import Outcome

_CHUNK = 64 * 1024
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_RETRIED_FAILURES = frozenset({"unreachable", "timeout", "truncated"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. `body` is as sent: its content encoding is not undone.

    `failure` says why there is no complete answer; `status` may be known even then. `attempts` counts the requests
    that were made for it, `seconds` is how long the last of them took. `verdict` is what the caller found the answer to
    be, where the answer itself does not tell: a list page without its rows.
    """

    url: str
    asked_at: dt.datetime
    request_headers: list[tuple[str, str]]
    status: int | None = None
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    failure: Outcome | None = None
    detail: str = ""
    attempts: int = 1
    seconds: float = 0.0
    verdict: Outcome | None = None

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((text for key, text in self.headers if key.lower() == name.lower()), None)

    @property
    def worth_asking_again(self) -> bool:
        """Whether the site may answer better in a moment."""
        return self.failure in _RETRIED_FAILURES or self.status in _RETRIED_STATUS


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Session:
    """Asks the hosts of one dataset."""

    def __init__(self, dataset: Dataset, proxy: str | None, now: Callable[[], dt.datetime] = _utc_now) -> None:
        """Prepare to ask the dataset's site, through `proxy` if it is a folder served on loopback.

        `now` tells the time that answers are dated with.
        """
        self.now = now
        self.agent = dataset.user_agent()
        self._dataset, self._proxy = dataset, proxy
        self._politeness = dataset.politeness
        self._pace = _Pace(dataset.politeness)
        self._robots: dict[str, Protego] = {}
        self._failed_in_a_row: Counter[str] = Counter()
        self._own = threading.local()
        self._retry = Retry(
            total=dataset.politeness.retries,
            backoff_factor=max(0.2, dataset.politeness.interval_seconds),
            backoff_jitter=0.2,
            retry_after_max=int(dataset.politeness.longest_wait_seconds),
        )

    def obey(self, host: str, robots_txt: str) -> None:
        """Follow a host's robots.txt from here on; its Crawl-delay holds when it is longer than our own interval."""
        self._robots[host] = Protego.parse(robots_txt)
        self._pace.slow_down(host, float(self._robots[host].crawl_delay(self.agent) or 0))

    def allowed(self, url: str) -> bool:
        """Tell whether robots.txt lets us ask for an address."""
        robots = self._robots.get(urlsplit(url).netloc)
        return robots is None or robots.can_fetch(url, self.agent)

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """Ask for `url`, conditionally if validators are given; redirects are answers and are not followed.

        SiteUnreachableError, without a request, for a host that has failed too often in a row in this run.
        """
        host = urlsplit(url).netloc
        if self._failed_in_a_row[host] >= self._politeness.failures_in_a_row:
            raise SiteUnreachableError(
                f"{host} failed {self._failed_in_a_row[host]} times in a row and is not asked any more in this run; "
                f"what was kept before stands; run the crawl again later"
            )
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        answer = self._retried(url, {name: text for name, text in conditions.items() if text})
        if answer.worth_asking_again:
            self._failed_in_a_row[host] += 1
        else:
            self._failed_in_a_row[host] = 0
        return answer

    def _retried(self, url: str, conditions: dict[str, str]) -> Answer:
        retry, attempts = self._retry, 0
        host = urlsplit(url).netloc
        while True:
            self._pace.wait_for_turn(host)
            started = time.monotonic()
            answer = self._once(url, conditions)
            attempts += 1
            answer = replace(answer, attempts=attempts, seconds=time.monotonic() - started)
            self._pace.rest(host)
            if not answer.worth_asking_again:
                return answer
            try:
                retry = retry.increment("GET", url)
            except MaxRetryError:
                return answer
            time.sleep(max(retry.get_backoff_time(), self._retry_after(answer)))

    def _retry_after(self, answer: Answer) -> float:
        """Return the seconds that the site asks us to wait, given as seconds or as a date; 0 if it does not."""
        try:
            return self._retry.parse_retry_after(answer.header("Retry-After") or "0")
        except InvalidHeader:
            return 0.0

    def _once(self, url: str, conditions: dict[str, str]) -> Answer:
        line = self._line()
        request = line.session.prepare_request(requests.Request("GET", url, headers=conditions))
        asked_at = self.now()
        sent = list(request.headers.items())
        waits = (self._politeness.connect_seconds, self._politeness.timeout_seconds)
        with line.watch.limited(self._politeness.total_seconds):
            try:
                response = line.session.send(request, timeout=waits, allow_redirects=False, **line.settings)
            except ForbiddenAddressError as error:
                return Answer(url, asked_at, sent, failure="forbidden_address", detail=str(error))
            except requests.RequestException as error:
                late = line.watch.ran_out or isinstance(error, requests.Timeout)
                return Answer(url, asked_at, sent, failure="timeout" if late else "unreachable", detail=_plain(error))
            with response:
                return self._read(response, url, asked_at, sent, line.watch)

    def _read(
        self, response: requests.Response, url: str, asked_at: dt.datetime, sent: list[tuple[str, str]], watch: Watch
    ) -> Answer:
        head = (response.status_code, response.reason or "", list(response.raw.headers.items()))
        body, limit = bytearray(), self._politeness.max_bytes
        failure: Outcome
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > limit:
                    return Answer(url, asked_at, sent, *head, b"", "too_large", f"more than {limit} bytes")
        except (HTTPError, OSError) as error:
            failure = "timeout" if watch.ran_out or "timed out" in str(error) else "truncated"
            return Answer(url, asked_at, sent, *head, b"", failure, f"the body broke off: {_plain(error)}")
        if watch.ran_out:
            return Answer(url, asked_at, sent, *head, b"", "timeout", "the answer did not end in time")
        return Answer(url, asked_at, sent, *head, bytes(body))

    def _line(self) -> _Line:
        """Return this thread's own connection."""
        if not hasattr(self._own, "line"):
            self._own.line = _Line(self._dataset, self.agent, self._proxy)
        line: _Line = self._own.line
        return line


class _Line:
    """One connection a host, the clock over it, and the headers that say who asks."""

    def __init__(self, dataset: Dataset, agent: str, proxy: str | None) -> None:
        self.watch = Watch()
        self.session = requests.Session()
        self.session.proxies = {"http": proxy} if proxy else {}
        # What the environment says of proxies and certificates is read once: only this host is ever asked. A password
        # that ~/.netrc may hold for it is none of its business.
        self.session.trust_env = proxy is None
        self.settings = self.session.merge_environment_settings(
            dataset.site.base_url, {}, stream=True, verify=None, cert=None
        )
        self.session.trust_env = False
        self.session.headers.update({"User-Agent": agent, "Accept-Encoding": "gzip", "Accept": "*/*"})
        if dataset.politeness.contact:
            self.session.headers["From"] = dataset.politeness.contact
        adapter = GuardedAdapter(self.watch, allow_private=dataset.site.private_addresses)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)


class _Pace:
    """When each host may be asked again: an interval after the last request, and after the last answer."""

    def __init__(self, politeness: Politeness) -> None:
        self._interval, self._jitter = politeness.interval_seconds, politeness.jitter
        self._delays: dict[str, float] = {}
        self._next_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def slow_down(self, host: str, delay: float) -> None:
        """Keep to a host's own Crawl-delay if it is longer than our interval."""
        self._delays[host] = max(self._interval, delay)

    def wait_for_turn(self, host: str) -> None:
        """Sleep until it is our turn to ask; a turn is given to one thread."""
        while True:
            with self._lock:
                now = time.monotonic()
                turn = self._next_at.get(host, now)
                if turn <= now:
                    self._next_at[host] = now + self._pause(host)
                    return
            time.sleep(turn - now)

    def rest(self, host: str) -> None:
        """Let the host rest from the end of an answer on."""
        with self._lock:
            self._next_at[host] = max(self._next_at.get(host, 0.0), time.monotonic() + self._pause(host))

    def _pause(self, host: str) -> float:
        """Return the seconds until the next request; the jitter only ever makes them more."""
        jitter = random.uniform(0, self._jitter)  # noqa: S311 - no secret
        return self._delays.get(host, self._interval) * (1 + jitter)


def _plain(error: Exception) -> str:
    """Return what went wrong in a line, without addresses of objects."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return " ".join(str(reason or error).split(" at 0x", 1)[0].split())
