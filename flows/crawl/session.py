"""How the site is asked: one request at a time, at least an interval apart, honestly named, within limits.

Politeness lives here and nowhere else, so that no way of running the flows can go round it. A fetch never raises for
what the site does: the answer, or the reason why there is none, comes back and is kept. Resets, timeouts, broken-off
bodies, 429 and 5xx are asked again, with backoff, jitter and `Retry-After`; nothing else is. A host that fails again
and again is not asked any more in this run.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import requests
from protego import Protego
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from flows.crawl.transport import ForbiddenAddressError, GuardedAdapter, Watch
from flows.datasets import Dataset
from flows.errors import SiteUnreachableError
from schemas.captures import Outcome

_CHUNK = 64 * 1024
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_RETRIED_FAILURES = frozenset({"unreachable", "timeout", "truncated"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. `body` is as sent: its content encoding is not undone.

    `failure` says why there is no complete answer; `status` may be known even then. `attempts` counts the requests
    that were made for it, `seconds` is how long the last of them took.
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

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((text for key, text in self.headers if key.lower() == name.lower()), None)

    @property
    def worth_asking_again(self) -> bool:
        """Whether the site may answer better in a moment."""
        return self.failure in _RETRIED_FAILURES or self.status in _RETRIED_STATUS


class Session:
    """Asks the hosts of one dataset."""

    def __init__(self, dataset: Dataset, proxy: str | None) -> None:
        """Prepare to ask the dataset's site, through `proxy` if it is a folder served on loopback."""
        self._politeness = dataset.politeness
        self._next_at: dict[str, float] = {}
        self._robots: dict[str, Protego] = {}
        self._failed_in_a_row: Counter[str] = Counter()
        self.agent = dataset.user_agent()
        self._watch = Watch()
        self._session = requests.Session()
        self._session.trust_env = proxy is None
        self._session.proxies = {"http": proxy} if proxy else {}
        self._session.headers.update({"User-Agent": self.agent, "Accept-Encoding": "gzip", "Accept": "*/*"})
        if dataset.politeness.contact:
            self._session.headers["From"] = dataset.politeness.contact
        adapter = GuardedAdapter(self._watch, allow_private=dataset.site.private_addresses)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        self._retry = Retry(
            total=dataset.politeness.retries,
            backoff_factor=max(0.2, dataset.politeness.interval_seconds),
            backoff_jitter=0.2,
            retry_after_max=int(dataset.politeness.longest_wait_seconds),
        )

    def obey(self, host: str, robots_txt: str) -> None:
        """Follow a host's robots.txt from here on; its Crawl-delay holds when it is longer than our own interval."""
        self._robots[host] = Protego.parse(robots_txt)

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
        while True:
            self._wait(url)
            started = time.monotonic()
            answer = self._once(url, conditions)
            attempts += 1
            answer = replace(answer, attempts=attempts, seconds=time.monotonic() - started)
            self._pause(url)
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
        request = self._session.prepare_request(requests.Request("GET", url, headers=conditions))
        asked_at = dt.datetime.now(dt.UTC)
        sent = list(request.headers.items())
        settings = self._session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
        waits = (self._politeness.connect_seconds, self._politeness.timeout_seconds)
        with self._watch.limited(self._politeness.total_seconds):
            try:
                response = self._session.send(request, timeout=waits, allow_redirects=False, **settings)
            except ForbiddenAddressError as error:
                return Answer(url, asked_at, sent, failure="forbidden_address", detail=str(error))
            except requests.RequestException as error:
                late = self._watch.ran_out or isinstance(error, requests.Timeout)
                return Answer(url, asked_at, sent, failure="timeout" if late else "unreachable", detail=_plain(error))
            with response:
                return self._read(response, url, asked_at, sent)

    def _read(
        self, response: requests.Response, url: str, asked_at: dt.datetime, sent: list[tuple[str, str]]
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
            failure = "timeout" if self._watch.ran_out or "timed out" in str(error) else "truncated"
            return Answer(url, asked_at, sent, *head, b"", failure, f"the body broke off: {_plain(error)}")
        if self._watch.ran_out:
            return Answer(url, asked_at, sent, *head, b"", "timeout", "the answer did not end in time")
        return Answer(url, asked_at, sent, *head, bytes(body))

    def _wait(self, url: str) -> None:
        """Sleep until it is our turn to ask the host again."""
        time.sleep(max(0.0, self._next_at.get(urlsplit(url).netloc, 0.0) - time.monotonic()))

    def _pause(self, url: str) -> None:
        """Let the host rest from the end of an answer on; the jitter only ever makes the pause longer."""
        host = urlsplit(url).netloc
        robots = self._robots.get(host)
        delay = robots.crawl_delay(self.agent) if robots else None
        pause = max(self._politeness.interval_seconds, float(delay or 0))
        jitter = random.uniform(0, self._politeness.jitter)  # noqa: S311 - no secret
        self._next_at[host] = time.monotonic() + pause * (1 + jitter)


def _plain(error: Exception) -> str:
    """Return what went wrong in a line, without addresses of objects."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return " ".join(str(reason or error).split(" at 0x", 1)[0].split())
