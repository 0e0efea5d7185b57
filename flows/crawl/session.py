"""How the site is asked: at least an interval apart, honestly named, within limits.

Politeness lives here and in `pace`, and nowhere else, so that no way of running the flows can go round it. A fetch
never raises for what the site does: the answer, or the reason why there is none, comes back and is kept. Resets,
timeouts, broken-off bodies, 429 and 5xx are asked again, with backoff and jitter; nothing else is. `Retry-After` holds
for the host, whatever is asked next; a host that asks for more time than we wait is not asked any more in this run, nor
is one that fails again and again.
"""

from __future__ import annotations

import datetime as dt
import re
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import requests
from protego import Protego
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry

from flows.crawl.pace import Pace, Turn
from flows.crawl.transport import ForbiddenAddressError, GuardedAdapter, Watch
from flows.datasets import ROBOT, Dataset
from flows.errors import DafuError, SiteUnreachableError
from flows.settings import settings
from schemas.captures import Outcome

_CHUNK = 64 * 1024
_RETRIED_STATUS = frozenset({429, 500, 502, 503, 504})
_RETRIED_FAILURES = frozenset({"unreachable", "timeout", "truncated"})
_FOLDED = re.compile(r"[ \t]*[\r\n]+[ \t]*")
_SENDABLE = re.compile(r"[\x21-\x7e\xa1-\xff][\t\x20-\x7e\x80-\xff]*")
"""What may stand in a header, in the form in which it goes over the line (RFC 9110, 5.5)."""


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
        self._pace = Pace(dataset.politeness)
        self._robots: dict[str, Protego] = {}
        self._own = threading.local()
        self._retry = Retry(
            total=dataset.politeness.retries,
            backoff_factor=max(0.2, dataset.politeness.interval_seconds),
            backoff_jitter=0.2,
            retry_after_max=sys.maxsize,
        )

    def obey(self, host: str, robots_txt: str) -> None:
        """Follow a host's robots.txt from here on; its Crawl-delay holds when it is longer than our own interval."""
        self._robots[host] = Protego.parse(robots_txt)
        self._pace.slow_down(host, float(self._robots[host].crawl_delay(ROBOT) or 0))

    def allowed(self, url: str) -> bool:
        """Tell whether robots.txt lets us ask for an address."""
        robots = self._robots.get(urlsplit(url).netloc)
        return robots is None or robots.can_fetch(url, ROBOT)

    def stop(self, url: str, reason: DafuError) -> None:
        """Ask the host of `url` nothing more in this run, in no thread: whoever wants to gets the first reason."""
        self._pace.stop(urlsplit(url).netloc, reason)

    def get(
        self, url: str, etag: str | None = None, last_modified: str | None = None, at_most: int | None = None
    ) -> Answer:
        """Ask for `url`, conditionally if validators are given; redirects are answers and are not followed.

        Of a body longer than `at_most` bytes that much is kept. A host that is stopped, or has failed too often in a
        row, or has asked for more time than we wait, is not asked: the reason is raised, for the latter two a
        SiteUnreachableError.
        """
        host = urlsplit(url).netloc
        conditions = {"If-None-Match": _to_send(etag), "If-Modified-Since": _to_send(last_modified)}
        answer = self._retried(url, {name: text for name, text in conditions.items() if text}, at_most)
        failed = answer.worth_asking_again or answer.failure == "untrusted"
        times = self._pace.failures(host, failed=failed)
        if times >= self._politeness.failures_in_a_row:
            self._give_up(host, f"failed {times} times in a row")
        return answer

    def _give_up(self, host: str, why: str) -> None:
        reason = f"{host} {why} and is not asked any more in this run; what was kept before stands"
        self._pace.stop(host, SiteUnreachableError(f"{reason}; run the crawl again later"))

    def _retried(self, url: str, conditions: dict[str, str], at_most: int | None) -> Answer:
        retry, attempts, rest = self._retry, 0, 0.0
        host = urlsplit(url).netloc
        answer = None
        while True:
            try:
                turn = self._pace.turn(host, rest)
            except DafuError:
                if answer is None:
                    raise
                return answer  # the host was stopped while we waited to ask again
            started = time.monotonic()
            try:
                answer = self._once(url, conditions, turn, at_most)
            finally:
                self._pace.ended(turn)
            attempts += 1
            answer = replace(answer, attempts=attempts, seconds=time.monotonic() - started)
            if not answer.worth_asking_again:
                return answer
            wanted = self._retry_after(answer)
            if wanted > self._politeness.longest_wait_seconds:
                self._give_up(host, f"wants to be left alone for {wanted:.0f} seconds")
                return answer
            self._pace.hold(host, wanted)
            try:
                retry = retry.increment("GET", url)
            except MaxRetryError:
                return answer
            rest = retry.get_backoff_time()

    def _retry_after(self, answer: Answer) -> float:
        """Return the seconds that the site asks us to wait, given as seconds or as a date; 0 if it does not."""
        try:
            return self._retry.parse_retry_after(answer.header("Retry-After") or "0")
        except (InvalidHeader, ValueError, OverflowError):
            return 0.0

    def _once(self, url: str, conditions: dict[str, str], turn: Turn, at_most: int | None) -> Answer:
        line = self._line()
        request = line.session.prepare_request(requests.Request("GET", url, headers=conditions))
        asked_at = self.now()
        sent = list(request.headers.items())
        waits = (self._politeness.connect_seconds, self._politeness.timeout_seconds)
        with line.watch.limited(self._politeness.total_seconds, lambda: self._pace.sent(turn)):
            try:
                response = line.session.send(request, timeout=waits, allow_redirects=False, **line.settings)
            except ForbiddenAddressError as error:
                return Answer(url, asked_at, sent, failure="forbidden_address", detail=str(error))
            except requests.RequestException as error:
                return Answer(url, asked_at, sent, failure=_why(error, line.watch), detail=_plain(error))
            self._pace.answered(turn)
            with response:
                return self._read(response, url, asked_at, sent, line.watch, at_most)

    def _read(
        self,
        response: requests.Response,
        url: str,
        asked_at: dt.datetime,
        sent: list[tuple[str, str]],
        watch: Watch,
        at_most: int | None,
    ) -> Answer:
        head = (response.status_code, response.reason or "", _headers(response))
        body, limit = bytearray(), at_most or self._politeness.max_bytes
        failure: Outcome
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > limit:
                    begun = bytes(body[:at_most]) if at_most else b""
                    return Answer(url, asked_at, sent, *head, begun, "too_large", f"more than {limit} bytes")
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
        self.session = _OneAnswer()
        self.session.proxies = {"http": proxy} if proxy else {}
        # What the environment says of proxies and certificates is read once: only this host is ever asked. A password
        # that ~/.netrc may hold for it is none of its business.
        self.session.trust_env = proxy is None
        self.settings = self.session.merge_environment_settings(
            dataset.site.base_url, {}, stream=True, verify=None, cert=None
        )
        self.session.trust_env = False
        self.session.headers.update({"User-Agent": agent, "Accept-Encoding": "gzip", "Accept": "*/*"})
        if contact := settings(dataset).contact:
            self.session.headers["From"] = contact
        adapter = GuardedAdapter(self.watch, allow_private=dataset.site.private_addresses)
        for scheme in ("http://", "https://"):
            self.session.mount(scheme, adapter)


class _OneAnswer(requests.Session):
    """A session to which a redirect is an answer like any other.

    Even when told not to follow, `requests` reads a redirect's whole body, without any limit, and builds the request
    that would follow from whatever stands in its Location.
    """

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - requests' own signature
        """Return that it leads nowhere."""
        return None


def _headers(response: requests.Response) -> list[tuple[str, str]]:
    """Return an answer's headers as they came, in Latin-1; one that was folded over several lines as one line."""
    return [(name, _FOLDED.sub(" ", text).strip(" \t\r\n")) for name, text in response.raw.headers.items()]


def _to_send(validator: str | None) -> str | None:
    """Return a validator as it goes over the line, which is how it came; None for one that cannot be sent."""
    if not validator:
        return None
    try:
        validator.encode("latin-1")
    except UnicodeEncodeError:
        validator = validator.encode("utf-8").decode("latin-1")
    return validator if _SENDABLE.fullmatch(validator) else None


def _why(error: requests.RequestException, watch: Watch) -> Outcome:
    """Return the reason why no answer came."""
    if watch.ran_out or isinstance(error, requests.Timeout):
        return "timeout"
    untrusted = any(isinstance(one, ssl.SSLCertVerificationError) for one in _causes(error))
    return "untrusted" if untrusted else "unreachable"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that led to it, however the libraries between have wrapped it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _plain(error: Exception) -> str:
    """Return what went wrong in a line, without addresses of objects."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return " ".join(str(reason or error).split(" at 0x", 1)[0].split())
