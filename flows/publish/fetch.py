"""Files of a published release, fetched and checked: nothing has its name before its digest is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flows import console
from flows.release.digests import file_digest
from flows.release.manifest import SUMS, read_sums
from flows.storage import Place


def fetch_files(
    there: Place, version: str, digest: str, folder: Path, wanted: Callable[[str], bool] = lambda _name: True
) -> None:
    """Fetch into `folder` what is wanted of a release and not there yet; `digest` is its SHA256SUMS'.

    A file that is there with other bytes is fetched anew.
    """
    if not _is(folder / SUMS, digest):
        there.fetch(f"{version}/{SUMS}", folder / SUMS, digest)
    missing = {name: said for name, said in read_sums(folder).items() if wanted(name) and not _is(folder / name, said)}
    if missing:
        with console.stage("storage: fetch release", len(missing), "files") as advance:
            for name, said in missing.items():
                there.fetch(f"{version}/{name}", folder / name, said)
                advance(1, (folder / name).stat().st_size)


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest
