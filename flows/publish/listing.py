"""`latest.json`: which releases are published in a place, and which of them is the latest.

A release that is not listed is not published: it may still be on its way. An object store has no links, so this one
object is what is switched, in one step and last; the digest of each release's SHA256SUMS in it vouches for all its
files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flows.errors import DafuError
from flows.release.versions import version_order
from flows.storage import Place, TakenError

LISTING = "latest.json"


@dataclass(frozen=True)
class Listing:
    """What `latest.json` says; `releases` gives the SHA-256 of each version's SHA256SUMS. `tag` is its state."""

    dataset: str
    releases: dict[str, str]
    tag: str | None = None

    @property
    def latest(self) -> str | None:
        """The newest version, whichever was published last."""
        return max(self.releases, key=version_order, default=None)

    def with_release(self, version: str, digest: str) -> Listing:
        """Return the listing with one release more."""
        ordered = sorted({*self.releases, version}, key=version_order)
        return Listing(self.dataset, {one: {**self.releases, version: digest}[one] for one in ordered}, self.tag)

    def as_bytes(self) -> bytes:
        """Return the object's content."""
        said: dict[str, Any] = {
            "dataset": self.dataset,
            "latest": self.latest,
            "releases": [{"version": version, "sha256sums": digest} for version, digest in self.releases.items()],
        }
        return (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode()


def read_listing(place: Place, dataset: str | None = None) -> Listing:
    """Return what is published in a place: nothing in one that is empty.

    DafuError if the place is another dataset's than the one named, or the object cannot be read.
    """
    found = place.read_json(LISTING)
    if found is None:
        return Listing(dataset or "", {})
    said, tag = found
    try:
        releases = {str(one["version"]): str(one["sha256sums"]) for one in said["releases"]}
        listing = Listing(
            str(said["dataset"]), dict(sorted(releases.items(), key=lambda one: version_order(one[0]))), tag
        )
    except (KeyError, TypeError, ValueError):
        raise DafuError(f"{place.at(LISTING)} is not what dafu writes there; restore it from a copy") from None
    if dataset is not None and listing.dataset != dataset:
        raise DafuError(f"{place.url} holds releases of {listing.dataset}, not of {dataset}; name a place of its own")
    return listing


def switch(place: Place, listing: Listing) -> None:
    """Let `latest.json` say so, in one step; DafuError if somebody else has changed it since it was read."""
    try:
        place.write(LISTING, listing.as_bytes(), over=listing.tag)
    except TakenError:
        raise DafuError(
            f"{place.at(LISTING)} was changed by another writer meanwhile; run the same command again"
        ) from None
