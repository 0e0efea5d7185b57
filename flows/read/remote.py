"""A release that is read by address: what is needed of it is fetched into a cache, checked, and read there."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flows.errors import DafuError, UsageError
from flows.publish.fetch import fetch_files
from flows.publish.listing import LISTING, read_listing
from flows.settings import settings
from flows.storage import Place, place


def is_address(named: str) -> bool:
    """Tell whether what a user named is an address or a path, not a dataset."""
    return "/" in named


def cached_release(named: str) -> Path:
    """Return a folder with a release of `ADDRESS` (its latest) or `ADDRESS@VERSION`, but for its Parquet files.

    The tables are in dafu.duckdb. DafuError if nothing is published there; UsageError if that version is not.
    """
    there, version, digest = _found(named)
    folder = settings().cache / hashlib.sha256(there.url.encode()).hexdigest()[:16] / version
    fetch_files(there, version, digest, folder, lambda name: not name.endswith(".parquet"))
    return folder


def _found(named: str) -> tuple[Place, str, str]:
    """Return (place, version, digest of its SHA256SUMS)."""
    parent, slash, last = named.rpartition("/")
    name, _, version = last.partition("@")
    there = place(f"{parent}{slash}{name}", reading=True)
    listing = read_listing(there)
    if listing.latest is None:
        raise DafuError(f"{there.url} holds no release: there is no {LISTING}; `dafu publish` makes one")
    if version in ("", "latest"):
        version = listing.latest
    if version not in listing.releases:
        raise UsageError(f"{there.url} has no release {version}; its releases are: {', '.join(listing.releases)}")
    return there, version, listing.releases[version]
