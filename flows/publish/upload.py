"""A release's way into a place: its files, then its manifest and SHA256SUMS, everything read back, `latest` last.

    PLACE/2026.11.23/…              the files of the release, as they are; manifest.json and SHA256SUMS come last
    PLACE/latest.json               switched when all that was read back is what was sent
    PLACE/latest                    in a folder also a link to the newest

What is there with the same digest is not sent again; what is there with other bytes is never overwritten. So whenever a
publish is cut off, `latest.json` names complete releases only, and the next one goes on where it ended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows.errors import DafuError
from flows.publish.listing import Listing, read_listing, switch
from flows.release.digests import file_digest
from flows.release.manifest import MANIFEST, SUMS, read_sums
from flows.release.versions import point_latest
from flows.storage import Place, TakenError

_LEFT_OVER = re.compile(r"#\d+$")
"""How obstore names a file of a folder while it is written."""


@dataclass(frozen=True)
class Shipment:
    """A release that is to be published: its folder, and the digest of every file in the order of sending."""

    release: Path
    digests: dict[str, str]

    @property
    def version(self) -> str:
        """The version of the release."""
        return self.release.name

    def object_name(self, file: str) -> str:
        """Return the name in a place of a file of the release."""
        return f"{self.version}/{file}"


def shipment(release: Path) -> Shipment:
    """Return what is to be sent of a release."""
    digests = dict(sorted(read_sums(release).items(), key=lambda said: (said[0] == MANIFEST, said[0])))
    return Shipment(release, {**digests, SUMS: file_digest(release / SUMS)})


def accepted(place: Place, sending: Shipment, dataset: str) -> Listing:
    """Return what is published in a place; DafuError if it has this version with other bytes."""
    listing = read_listing(place, dataset)
    there = listing.releases.get(sending.version) or place.digest(sending.object_name(SUMS))
    if there not in (None, sending.digests[SUMS]):
        raise DafuError(
            f"{place.at(sending.version)} is published with other bytes than {sending.release} has, and no release "
            "ever changes; make a new version, or restore the folder from what is published"
        )
    return listing


def send(place: Place, sending: Shipment, advance: Callable[[int, int], None]) -> tuple[int, int]:
    """Send every file that is not there; return (files, bytes) that were sent."""
    if place.folder is not None:
        _sweep(place.folder / sending.version)
    files = size = 0
    for name, digest in sending.digests.items():
        path = sending.release / name
        try:
            sent = place.send(path, sending.object_name(name), digest)
        except TakenError as error:
            raise DafuError(f"{error}; remove what is there if nobody has published it, and publish again") from None
        if sent:
            files, size = files + 1, size + path.stat().st_size
        advance(1, path.stat().st_size if sent else 0)
    return files, size


def read_back(place: Place, sending: Shipment, advance: Callable[[int, int], None]) -> int:
    """Read everything back from a place; return how many bytes. DafuError names what is not what was sent."""
    size = 0
    for name, digest in sending.digests.items():
        there = sending.object_name(name)
        if place.folder is not None:
            _on_disk(place.folder / there)
        if place.read_digest(there) != digest:
            raise DafuError(
                f"{place.at(there)} is not what was sent; remove it there and publish again, latest was not switched"
            )
        size += (sending.release / name).stat().st_size
        advance(1, (sending.release / name).stat().st_size)
    return size


def list_release(place: Place, sending: Shipment, listing: Listing) -> Listing:
    """List a release that was read back; the newest one becomes `latest`."""
    listed = listing.with_release(sending.version, sending.digests[SUMS])
    if listed.releases != listing.releases:
        switch(place, listed)
    if place.folder is not None and listed.latest is not None:
        point_latest(place.folder / listed.latest)
    return listed


def _sweep(folder: Path) -> None:
    """Remove what a publish that was killed left half written in a folder."""
    for path in folder.rglob("*"):
        if _LEFT_OVER.search(path.name):
            path.unlink()


def _on_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
