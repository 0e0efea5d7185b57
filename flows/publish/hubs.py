"""What is handed to a hub: a folder with exactly what is to be uploaded there, made from a release; nothing is sent."""

from __future__ import annotations

import html
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from flows.errors import DafuError, UsageError
from flows.release.manifest import SUMS, write_json, write_sums
from schemas import RECORDED

_DESCRIPTOR, _CARD = "datapackage.json", "README.md"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of everything in a ZIP file: the same release gives the same bytes."""
_HUGGING_FACE_LICENCES = {"CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "MIT", "ODbL", "PDDL"}
"""SPDX ids that Hugging Face knows, in small letters."""
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)
_TAGS = ["government", "education", "chinese", "parquet", "duckdb"]


def zenodo(release: Path, folder: Path) -> int:
    """Write what a Zenodo deposit is made of: `deposit.json` and `files/`; return the number of files to upload.

    `deposit.json` is the body of the deposit's request, `.zenodo.json` its metadata alone, as a repository holds them.
    Zenodo has no folders, so each folder of the release is one ZIP file.
    """

    def write(staged: Path) -> None:
        metadata = _zenodo_metadata(_described(release))
        write_json(staged / "deposit.json", {"metadata": metadata})
        write_json(staged / ".zenodo.json", metadata)
        files = staged / "files"
        files.mkdir()
        for path in sorted(release.iterdir()):
            if path.is_dir():
                _zip(path, files / f"{path.name}.zip")
            elif path.name != SUMS:
                shutil.copyfile(path, files / path.name)
        write_sums(files)

    _made(folder, write)
    return len(list((folder / "files").iterdir()))


def hugging_face(release: Path, folder: Path) -> int:
    """Write what a dataset repository on Hugging Face holds; return its number of files.

    It is the release with a head to its card, which lets each table be loaded by name, and with SHA256SUMS anew.
    """

    def write(staged: Path) -> None:
        shutil.copytree(release, staged, dirs_exist_ok=True)
        head = yaml.safe_dump(_hugging_face_head(_described(release)), allow_unicode=True, sort_keys=False)
        card = (release / _CARD).read_text(encoding="utf-8")
        (staged / _CARD).write_text(f"---\n{head}---\n\n{card}", encoding="utf-8")
        large = "".join(f"*.{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in ("parquet", "duckdb"))
        (staged / ".gitattributes").write_text(large, encoding="utf-8")
        write_sums(staged)

    _made(folder, write)
    return sum(path.is_file() for path in folder.rglob("*"))


def _zenodo_metadata(said: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata of a deposit; what cannot be said by an SPDX id stands in the notes."""
    licences = [f"{one['name']}: {one['title']}" for one in said["licenses"]]
    known = [one["name"] for one in said["licenses"] if not one["name"].startswith(("LicenseRef-", "other"))]
    creators = [party for party in said["contributors"] if "creator" in party.get("roles", [])]
    if not creators or not known:
        what = "[[contributors]] with the role creator" if not creators else "[[licences]] with an SPDX id"
        raise UsageError(f"Zenodo needs {what}, and dataset.toml of {said['name']} has none; add it and release again")
    return {
        "upload_type": "dataset",
        "title": f"{said['title']} ({said['title_zh']})",
        "version": said["version"],
        "publication_date": "-".join(said["version"].split(".")[:3]),
        "creators": [{"name": party["title"]} for party in creators],
        "description": "".join(f"<p>{html.escape(said[key])}</p>" for key in ("description", "description_zh")),
        "access_right": "open",
        "license": known[0],
        "language": "zho",
        "keywords": ["政协提案", "人大代表建议", "答复", *_TAGS],
        "notes": "; ".join(licences),
        "related_identifiers": [
            {"identifier": source["path"], "relation": "isDerivedFrom", "scheme": "url"} for source in said["sources"]
        ],
    }


def _hugging_face_head(said: dict[str, Any]) -> dict[str, Any]:
    """Return the YAML head of the card: a configuration a table, `replies` the one that is shown first."""
    recorded = {table.about.name for table in RECORDED}  # an index of words would say nothing of the size
    rows = max(table["rows"] for table in said["resources"] if table["name"] in recorded)
    names = [one["name"] for one in said["licenses"]]
    known = names[0] if len(names) == 1 and names[0] in _HUGGING_FACE_LICENCES else None
    unknown = {"license_name": "see-the-card", "license_link": f"{_CARD}"}
    return {
        "pretty_name": f"{said['title']} · {said['title_zh']}",
        "language": ["zh"],
        "license": known.lower() if known else "other",
        **({} if known else unknown),
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "n>100M")],
        "tags": _TAGS,
        "configs": [
            {
                "config_name": table["name"],
                "data_files": [{"split": "train", "path": table["path"]}],
                **({"default": True} if table["name"] == "replies" else {}),
            }
            for table in said["resources"]
        ],
    }


def _described(release: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((release / _DESCRIPTOR).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        raise DafuError(
            f"{release} has no {_DESCRIPTOR}, as releases that were made by an older dafu; choose a newer release"
        ) from None


def _made(folder: Path, write: Callable[[Path], None]) -> None:
    """Write a folder that appears whole; UsageError if there is something by its name."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there and not empty; name a new folder")
    staged = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir(parents=True)
        write(staged)
        staged.replace(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _zip(folder: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.writestr(
                    zipfile.ZipInfo(path.relative_to(folder.parent).as_posix(), _EPOCH),
                    path.read_bytes(),
                    compress_type=zipfile.ZIP_DEFLATED,
                )
