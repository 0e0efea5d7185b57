"""Archive and releases by URL: the store keeps them, a machine's dataset folder is the copy that is worked on.

    URL/archive.json                 which files the archive has, each with its digest and its object; switched last
    URL/archive/NAME-00001.SHA.warc.gz
    URL/archive/index.SHA.parquet    SHA is the beginning of the file's digest: no object is ever written twice
    URL/releases/…                   as `dafu publish` writes it

Before a stage what is missing here is fetched, its digest checked; after it what is new here is sent. A WARC file that
is in the store is never added to, a run goes on in the next. So a machine with an empty folder goes on where another
ended, and two that kept different answers under one name are told so: nothing is merged in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flows import console
from flows.crawl.archive import COPIES, warc_files
from flows.datasets import Dataset
from flows.errors import DafuError
from flows.lease import sole_writer
from flows.publish.fetch import fetch_files
from flows.publish.listing import read_listing
from flows.release.digests import file_digest
from flows.release.manifest import SUMS
from flows.release.versions import note_version, point_latest, version_order, versions
from flows.storage import Place, TakenError, place

_ARCHIVE = "archive.json"
_SEEN = ".stored.json"
"""In the archive's folder: what `archive.json` said when this machine last fetched or sent."""
_RELEASES = "releases"


@dataclass(frozen=True, slots=True)
class _Stored:
    name: str
    object: str
    sha256: str
    bytes: int


@contextmanager
def archive_kept(dataset: Dataset) -> Iterator[frozenset[str]]:
    """Have the archive as the store has it, alone; yield the files that are not to be added to, send what is new after.

    Without a store nothing is done. What a crawl that failed has kept is sent as well.
    """
    url = dataset.storage_url()
    if url is None:
        yield frozenset()
        return
    there = place(url)
    with sole_writer(there):
        try:
            yield frozenset(_fetched(dataset, there))
        except Exception:
            with suppress(DafuError):  # the error that ended the block is the one that is told
                _send_new(dataset, there)
            raise
        _send_new(dataset, there)


def fetch_archive(dataset: Dataset) -> None:
    """Fetch what the store's archive has and this machine's has not."""
    url = dataset.storage_url()
    if url is not None:
        _fetched(dataset, place(url))


def _fetched(dataset: Dataset, there: Place) -> dict[str, _Stored]:
    """Fetch what is missing of the archive; return what the store has."""
    stored, _ = _read(dataset, there)
    folder, seen = dataset.archive, _seen(dataset.archive)
    missing = [one for one in stored.values() if _is_wanted(folder / one.name, one, seen.get(one.name))]
    if missing:
        with console.stage("storage: fetch", len(missing), "files") as advance:
            for one in missing:
                there.fetch(one.object, folder / one.name, one.sha256)
                advance(1, one.bytes)
    if stored:
        _note(folder, stored)
    return stored


def _is_wanted(path: Path, there: _Stored, seen: _Stored | None) -> bool:
    """Tell whether a file is to be fetched; DafuError if this machine has kept other answers under its name."""
    if not path.is_file():
        return True
    if seen == there and path.stat().st_size == there.bytes:
        return False
    here = file_digest(path)
    if path.name in COPIES:
        # an index that is as it was sent is behind the store's; any other knows of answers that were not sent yet
        return here != there.sha256 and seen is not None and here == seen.sha256
    if here != there.sha256:
        raise DafuError(
            f"{path} is not the file of that name in the store: this machine and another have both kept answers; move "
            "it away with the index files beside it and run again, the store's is then fetched"
        )
    return False


def _send_new(dataset: Dataset, there: Place) -> None:
    """Send what the store has not, and switch `archive.json` last."""
    stored, tag = _read(dataset, there)
    now, new = dict(stored), []
    for path in [*warc_files(dataset.archive), *(dataset.archive / name for name in COPIES)]:
        if not path.is_file() or (path.name in stored and path.name not in COPIES):
            continue
        digest = file_digest(path)
        one = _Stored(path.name, _object(path.name, digest), digest, path.stat().st_size)
        if stored.get(path.name) != one:
            now[path.name] = one
            new.append(one)
    if not new:
        return
    with console.stage("storage: send", len(new), "files") as advance:
        for one in new:
            there.send(dataset.archive / one.name, one.object, one.sha256)
            if there.read_digest(one.object) != one.sha256:
                raise DafuError(f"{there.at(one.object)} is not what was sent; remove it and run again")
            advance(1, one.bytes)
    said = {"dataset": dataset.name, "files": [asdict(one) for one in now.values()]}
    try:
        there.write(_ARCHIVE, (json.dumps(said, ensure_ascii=False, indent=2) + "\n").encode(), over=tag)
    except TakenError:
        raise DafuError(f"{there.at(_ARCHIVE)} was changed by another machine meanwhile; run again") from None
    _note(dataset.archive, now)
    for name in COPIES:
        if name in stored and stored[name].object != now[name].object:
            there.remove(stored[name].object)


def _object(name: str, digest: str) -> str:
    stem, dot, kind = name.partition(".")
    return f"archive/{stem}.{digest[:16]}{dot}{kind}"


def _read(dataset: Dataset, there: Place) -> tuple[dict[str, _Stored], str | None]:
    found = there.read_json(_ARCHIVE)
    if found is None:
        return {}, None
    said, tag = found
    if said.get("dataset") != dataset.name:
        raise DafuError(
            f"{there.url} keeps the archive of {said.get('dataset')}, not of {dataset.name}; name a place of its own, "
            "or write {dataset} where its name is to stand"
        )
    return _files(said), tag


def _files(said: dict[str, Any]) -> dict[str, _Stored]:
    try:
        found = [_Stored(one["name"], one["object"], one["sha256"], one["bytes"]) for one in said["files"]]
    except (KeyError, TypeError):
        raise DafuError(f"{_ARCHIVE} is not what dafu writes; restore it from a copy") from None
    unsafe = [one.name for one in found if Path(one.name).name != one.name]
    if unsafe:
        raise DafuError(f"{_ARCHIVE} names {unsafe[0]!r}, which is no file of an archive; restore it from a copy")
    return {one.name: one for one in found}


def _seen(folder: Path) -> dict[str, _Stored]:
    try:
        return _files(json.loads((folder / _SEEN).read_text(encoding="utf-8")))
    except (OSError, ValueError, DafuError):
        return {}  # only spares reading the files again


def _note(folder: Path, stored: dict[str, _Stored]) -> None:
    staged = folder / f"{_SEEN}.new"
    staged.write_text(json.dumps({"files": [asdict(one) for one in stored.values()]}), encoding="utf-8")
    staged.replace(folder / _SEEN)


# --- releases

Publish = Callable[[Place, Path, str], Any]
"""publish(place, release, dataset): as `dafu publish` does."""


@contextmanager
def releases_kept(dataset: Dataset, publish: Publish) -> Iterator[None]:
    """Have the store's last release here, alone, and publish there after what it has not, `latest` last."""
    url = dataset.storage_url()
    if url is None:
        yield
        return
    with sole_writer(place(url)):
        there = place(f"{url}/{_RELEASES}")
        listing = read_listing(there, dataset.name)
        if listing.latest is not None:
            fetch_release(there, listing.latest, listing.releases[listing.latest], dataset.releases)
            for version in listing.releases:
                note_version(dataset.releases, version)
        yield
        for version in versions(dataset.releases):
            digest = file_digest(dataset.releases / version / SUMS)
            if listing.releases.get(version) != digest:
                publish(there, dataset.releases / version, dataset.name)


def fetch_missing_release(dataset: Dataset, version: str | None) -> None:
    """Fetch a release that is asked for, the latest unless named, from the store if this machine has it not."""
    url = dataset.storage_url()
    if url is None:
        return
    there = place(f"{url}/{_RELEASES}")
    listing = read_listing(there, dataset.name)
    wanted = version or listing.latest
    if wanted in listing.releases:
        fetch_release(there, str(wanted), listing.releases[str(wanted)], dataset.releases)


def fetch_release(there: Place, version: str, digest: str, releases: Path) -> None:
    """Fetch a release unless it is here: every file is checked, and only a whole release gets its name."""
    if (releases / version).is_dir():
        return
    staged = releases / f".fetching-{version}"
    fetch_files(there, version, digest, staged)
    for path in staged.rglob(".*.fetched"):
        path.unlink()  # of a run that was killed while it fetched
    staged.rename(releases / version)
    note_version(releases, version)
    point_latest(releases / max(versions(releases), key=version_order))
