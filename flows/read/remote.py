"""A release that is read by address: what is needed of it is fetched into a cache, checked, and read there."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.errors import DafuError, UsageError
from flows.publish.fetch import fetch_files
from flows.publish.listing import LISTING, Listing, read_listing
from flows.release.manifest import MANIFEST, SUMS, read_sums
from flows.settings import settings
from flows.storage import Place, place


def is_address(named: str) -> bool:
    """Tell whether what a user named is an address or a path, not a dataset."""
    return "/" in named


def in_the_database(name: str) -> bool:
    """Tell whether a file of a release is wanted by who reads its tables in dafu.duckdb."""
    return not name.endswith(".parquet")


def cached_release(named: str, wanted: Callable[[str], bool] = in_the_database) -> Path:
    """Return a folder with the wanted files of a release: of `ADDRESS` its latest, or of `ADDRESS@VERSION`.

    DafuError if nothing is published there; UsageError if that version is not.
    """
    there, version, digest = _found(named)
    fetch_files(there, version, digest, _cache(there) / version, wanted)
    return _cache(there) / version


def published(address: str) -> list[str]:
    """Return the versions that are published at an address, oldest first."""
    return list(_listed(place(address, reading=True)).releases)


def published_releases(address: str) -> Iterator[tuple[Path, str]]:
    """Yield of every release that is published at an address, oldest first, a folder with its manifest and its address.

    DafuError if nothing is published there.
    """
    there = place(address, reading=True)
    for version, digest in _listed(there).releases.items():
        fetch_files(there, version, digest, _cache(there) / version, MANIFEST.__eq__)
        yield _cache(there) / version, there.at(version)


@contextmanager
def fetched_anew(named: str) -> Iterator[tuple[str, Path]]:
    """Fetch every file of a published release, whatever is in the cache; yield (its address, the folder for a while).

    DafuError at the first file that is not the one that was published, or if there is one more.
    """
    there, version, digest = _found(named)
    _cache(there).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_cache(there), prefix=".fetched-") as temporary:
        folder = Path(temporary) / version
        fetch_files(there, version, digest, folder)
        if there.lists:
            known = {f"{version}/{name}" for name in (*read_sums(folder), SUMS)}
            added = sorted(set(there.names(version)) - known)
            if added:
                raise DafuError(f"{there.at(added[0])} was added after the release; remove it")
        yield there.at(version), folder


def _cache(there: Place) -> Path:
    return settings().cache / hashlib.sha256(there.url.encode()).hexdigest()[:16]


def _listed(there: Place) -> Listing:
    listing = read_listing(there)
    if listing.latest is None and there.read_json(MANIFEST):
        raise DafuError(
            f"{there.url} is one release, not a place where releases are published: name the place above it, with "
            f"@VERSION; `sha256sum -c {SUMS}` in it checks it, and DuckDB reads its Parquet files as they are"
        )
    if listing.latest is None:
        raise DafuError(f"{there.url} holds no release: there is no {LISTING}; `dafu publish` makes one")
    return listing


def _found(named: str) -> tuple[Place, str, str]:
    """Return (place, version, digest of its SHA256SUMS)."""
    parent, slash, last = named.rpartition("/")
    name, _, version = last.partition("@")
    there = place(f"{parent}{slash}{name}", reading=True)
    listing = _listed(there)
    if version in ("", "latest"):
        version = str(listing.latest)
    if version not in listing.releases:
        raise UsageError(f"{there.url} has no release {version}; its releases are: {', '.join(listing.releases)}")
    return there, version, listing.releases[version]
