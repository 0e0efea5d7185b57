"""How one letter is cited: the release it was read in, where it stood, and the bytes that were captured there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import yaml

from flows.release.database import DATABASE
from flows.release.manifest import CITATION, read_manifest


def cite_as(letter: dict[str, Any], release: Path) -> str:
    """Return the line by which a letter of a release is cited; `letter` is as `flows.read.show` finds it.

    Whoever has it finds the letter in that release, and can check a page of the site, or of an archive, by its digest.
    """
    reply, manifest = letter["reply"], read_manifest(release)
    with duckdb.connect(str(release / DATABASE), read_only=True) as con:
        con.execute("SET TimeZone = 'UTC'")
        captured = con.execute(
            "SELECT strftime(fetched_at, '%Y-%m-%d %H:%M UTC'), sha256 FROM captures WHERE capture_id = $1",
            [reply["capture_id"]],
        ).fetchone()
    assert captured is not None  # the gate lets no release pass whose references lead nowhere
    moment, digest = captured
    return (
        f"{_title(release, manifest)}, release {manifest['version']}, letter {reply['reply_id']}, {reply['url']}, "
        f"captured {moment}, sha256 {digest}"
    )


def _title(release: Path, manifest: dict[str, Any]) -> str:
    file = release / CITATION
    if not file.is_file():  # as in releases of before
        return str(manifest["dataset"])
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    return ", ".join([*(author["name"] for author in said["authors"]), said["title"]])
