"""How the site is asked: one request at a time, at least an interval apart, honestly named, within limits.

Politeness lives here and nowhere else, so that no way of running the flows can go round it. A fetch never raises for
what the site does: the answer, or the reason why there is none, comes back and is kept. Resets, timeouts, 429 and 5xx
are asked again by urllib3's Retry, with backoff, jitter and `Retry-After`.
"""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass, field

import requests
from protego import Protego
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from flows.datasets import Dataset
from schemas.captures import Outcome

_CHUNK = 64 * 1024
_RETRIED = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. `body` is as sent: its content encoding is not undone.

    `failure` says why there is no complete answer; `status` may be known even then.
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

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case."""
        return next((text for key, text in self.headers if key.lower() == name.lower()), None)


class Session:
    """Asks one site."""

    def __init__(self, dataset: Dataset, proxy: str | None) -> None:
        """Prepare to ask the dataset's site, through `proxy` if it is a folder served on loopback."""
        self._politeness = dataset.politeness
        self._next_at = 0.0
        self._robots: Protego | None = None
        self.agent = dataset.user_agent()
        self._session = requests.Session()
        self._session.trust_env = proxy is None
        self._session.proxies = {"http": proxy} if proxy else {}
        self._session.headers.update({"User-Agent": self.agent, "Accept-Encoding": "gzip", "Accept": "*/*"})
        if dataset.politeness.contact:
            self._session.headers["From"] = dataset.politeness.contact
        retry = Retry(
            total=dataset.politeness.retries,
            backoff_factor=max(0.2, dataset.politeness.interval_seconds),
            backoff_jitter=0.2,
            status_forcelist=_RETRIED,
            raise_on_status=False,
            redirect=False,
        )
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry, pool_maxsize=1))

    def obey(self, robots_txt: str) -> None:
        """Follow a robots.txt from here on; its Crawl-delay holds when it is longer than our own interval."""
        self._robots = Protego.parse(robots_txt)

    def allowed(self, url: str) -> bool:
        """Tell whether robots.txt lets us ask for an address."""
        return self._robots is None or self._robots.can_fetch(url, self.agent)

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> Answer:
        """Ask for `url`, conditionally if validators are given; redirects are answers and are not followed."""
        self._wait()
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        request = self._session.prepare_request(
            requests.Request("GET", url, headers={name: text for name, text in conditions.items() if text})
        )
        asked_at = dt.datetime.now(dt.UTC)
        sent = list(request.headers.items())
        settings = self._session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
        try:
            response = self._session.send(
                request, timeout=self._politeness.timeout_seconds, allow_redirects=False, **settings
            )
        except requests.Timeout as error:
            return Answer(url, asked_at, sent, failure="timeout", detail=_plain(error))
        except requests.RequestException as error:
            return Answer(url, asked_at, sent, failure="unreachable", detail=_plain(error))
        with response:
            return self._read(response, url, asked_at, sent)

    def _read(
        self, response: requests.Response, url: str, asked_at: dt.datetime, sent: list[tuple[str, str]]
    ) -> Answer:
        head = (response.status_code, response.reason or "", list(response.raw.headers.items()))
        body, limit = bytearray(), self._politeness.max_bytes
        ends = time.monotonic() + 4 * self._politeness.timeout_seconds
        try:
            for chunk in response.raw.stream(_CHUNK, decode_content=False):
                body += chunk
                if len(body) > limit:
                    return Answer(url, asked_at, sent, *head, b"", "too_large", f"more than {limit} bytes")
                if time.monotonic() > ends:
                    return Answer(url, asked_at, sent, *head, b"", "timeout", "the answer did not end in time")
        except HTTPError as error:
            return Answer(url, asked_at, sent, *head, b"", "unreachable", f"the body broke off: {_plain(error)}")
        return Answer(url, asked_at, sent, *head, bytes(body))

    def _wait(self) -> None:
        delay = max(0.0, self._next_at - time.monotonic())
        if delay:
            time.sleep(delay)
        crawl_delay = self._robots.crawl_delay(self.agent) if self._robots else None
        self._next_at = time.monotonic() + max(self._politeness.interval_seconds, crawl_delay or 0.0)


def _plain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
