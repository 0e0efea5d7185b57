"""What a crawl did, in figures."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from flows.crawl.session import Answer
from schemas.archive import IndexEntry, Run

_SLOWEST = 5


@dataclass
class CrawlReport:
    """Counts of one crawl; `requests` counts every request that went out, retries too, `outcomes` every address.

    `saved` are the addresses that answered 304, `saved_bytes` what they would have sent. `bytes` came over the line.
    """

    run: int = 0
    mode: str = ""
    resumed: bool = False
    outcomes: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    bytes: int = 0
    saved: int = 0
    saved_bytes: int = 0
    new_pages: int = 0
    seconds: float = 0.0
    disallowed: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def begin(self, run: Run, *, resumed: bool) -> None:
        """Note which run this is."""
        self.run, self.mode, self.resumed = run.number, run.mode, resumed

    def add(self, answer: Answer, entry: IndexEntry, good: IndexEntry | None) -> None:
        """Count an answer; `good` is what was kept of the address before."""
        self.outcomes[entry.outcome] += 1
        self.requests += answer.attempts
        self.bytes += len(answer.body)
        self.new_pages += entry.outcome == "ok" and good is None
        if entry.status == 304 and good is not None:
            self.saved += 1
            self.saved_bytes += good.bytes or 0
        heapq.heappush(self.slowest, (answer.seconds, entry.url))
        if len(self.slowest) > _SLOWEST:
            heapq.heappop(self.slowest)

    def as_data(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "run": self.run,
            "mode": self.mode,
            "resumed": self.resumed,
            "requests": self.requests,
            "bytes": self.bytes,
            "new_pages": self.new_pages,
            "outcomes": dict(sorted(self.outcomes.items())),
            "saved_requests": self.saved,
            "saved_bytes": self.saved_bytes,
            "seconds": round(self.seconds, 3),
            "slowest": [
                {"url": url, "seconds": round(seconds, 3)} for seconds, url in sorted(self.slowest, reverse=True)
            ],
            "disallowed": sorted(set(self.disallowed)),
        }
