"""The manifest: what a release is made of, so that anyone can check that this file is that file.

A table has two digests of its rows beside those of its files: `rows_sha256` over all columns, which a new version of
the Parquet writer does not change, and `content_sha256` over what the source says, without the columns that only tell
when and how we looked and without derived tables. A release that has the same content as the last one is not made. How
they are computed stands in `flows.release.digests`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from flows.errors import DafuError
from flows.release.digests import file_digest
from flows.release.tables import file_names
from parsers import PARSER_VERSION
from parsers.words import dictionary_sha256
from schemas import SCHEMA_VERSION

MANIFEST, SUMS, CITATION = "manifest.json", "SHA256SUMS", "CITATION.cff"
_LIBRARIES = (
    "beautifulsoup4",
    "cn2an",
    "duckdb",
    "jieba",
    "lxml",
    "pyarrow",
    "pydantic",
    "pypdfium2",
    "python-docx",
    "rensa",
    "warcio",
)


def made_with() -> dict[str, Any]:
    """Return the versions of all that a release's content and bytes depend on, the archive apart."""
    return {
        "schema_version": SCHEMA_VERSION,
        "parser_version": PARSER_VERSION,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "dictionary_sha256": dictionary_sha256(),
    }


def manifest(
    *,
    dataset: str,
    release: str,
    previous: Path | None,
    tables: Mapping[str, Mapping[str, Any]],
    captures: Mapping[str, Any],
    gate: list[Any],
) -> dict[str, Any]:
    """Return the manifest; nothing in it is read from a clock.

    `previous`: the release that this one follows, and was compared with. `captures`: how many, the time of the first
    and of the last, and in `archive` how many bytes of each WARC file were read (null if the records do not say).
    """
    return {
        "dataset": dataset,
        "version": release,
        "previous": previous and {"version": previous.name, "sha256sums": file_digest(previous / SUMS)},
        **made_with(),
        "captures": dict(captures),
        "tables": {name: dict(entry) for name, entry in tables.items()},
        "gate": gate,
    }


def write_json(path: Path, said: object) -> None:
    """Write JSON as it is read best: indented, Chinese as it is."""
    path.write_text(json.dumps(said, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def read_manifest(release: Path) -> dict[str, Any]:
    """Return a release's manifest; DafuError if it is not there, not readable, or does not describe tables."""
    path = release / MANIFEST
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DafuError(f"{path} cannot be read ({error}); restore the release or remove it") from None
    tables = said.get("tables") if isinstance(said, dict) else None
    if not isinstance(tables, dict) or not all(_is_entry(entry) for entry in tables.values()):
        raise DafuError(f"{path} does not say of what tables it is the manifest; restore the release or remove it")
    return dict(said)


def _is_entry(said: Any) -> bool:  # noqa: ANN401 - as JSON has it
    try:
        return isinstance(said["rows"], int) and all(isinstance(name, str) for name in file_names(said))
    except (KeyError, TypeError):
        return False


def write_sums(folder: Path, known: Mapping[str, str] | None = None) -> None:
    """Write SHA256SUMS over every other file of a folder, as `sha256sum -c` reads it; some digests are `known`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    names = {path.relative_to(folder).as_posix(): path for path in files}
    said = {name: (known or {}).get(name) or file_digest(path) for name, path in names.items()}
    (folder / SUMS).write_text(_sums(said), encoding="utf-8")


def _sums(said: Mapping[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in said.items())


def read_sums(folder: Path) -> dict[str, str]:
    """Return what SHA256SUMS says: the digest of each file by its name.

    OSError if it cannot be read; DafuError if it is not as it is written, or names what is no file of a release.
    """
    path = folder / SUMS
    text = path.read_text(encoding="utf-8", errors="replace")
    found = {name: digest for digest, _, name in (line.partition("  ") for line in text.split("\n") if line)}
    for name in found:
        if not name or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise DafuError(f"{path} names {name!r}, which is no file of a release; restore it from a copy")
    if text != _sums(found):
        raise DafuError(f"{path} is not written as dafu writes it; restore it from a copy")
    return found


def differences(release: Path) -> list[str]:
    """Return how a release differs from what was released: a changed, missing or added file, each as a sentence.

    A link is not what was released, whatever it leads to: what is behind it can change.
    """
    try:
        said = read_sums(release)
    except OSError:
        return [f"{SUMS} is missing or not readable"]
    except DafuError as error:
        return [f"{SUMS} is not the file that was released ({str(error).partition(';')[0]})"]
    found = []
    for name, digest in said.items():
        path = release / name
        if path.is_symlink():
            found.append(f"{name} is a link, not the file that was released")
        elif not path.is_file():
            found.append(f"{name} is missing")
        elif file_digest(path) != digest:
            found.append(f"{name} is not the file that was released")
    known = {SUMS, *said, *(str(folder) for name in said for folder in PurePosixPath(name).parents)}
    present = {path.relative_to(release).as_posix() for path in release.rglob("*")}
    found += [f"{name} was added" for name in sorted(present - known)]
    return found
