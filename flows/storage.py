"""A place that files are kept in by name: a folder, or a prefix in an S3-compatible store; obstore speaks to both.

A place is named by `s3://bucket/prefix`, a folder or `file:///folder`; `https://host/path` can be read only. Endpoint
and credentials come from the usual variables (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,
AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3, AWS_SKIP_SIGNATURE); they are never part of an address or of a message.

Whatever goes wrong is a DafuError of one sentence. An object appears whole or not at all, in a folder too.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import HTTPStore, LocalStore, S3Store

from flows.errors import DafuError, UsageError
from flows.settings import settings

_PART = 8 * 1024 * 1024
"""A file up to twice this size is sent in one request, on the condition that it is not there; a larger one in parts."""
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_DIGEST = "sha256"


class TakenError(DafuError):
    """What was to be made is there already, or what was to be changed is not what it was. Exit code 1."""


@dataclass(frozen=True)
class Place:
    """A folder or a prefix in a store; `url` is how it is named to people."""

    url: str
    store: S3Store | LocalStore | HTTPStore

    @property
    def folder(self) -> Path | None:
        """The folder that the place is, None for a store."""
        return Path(str(self.store.prefix)) if isinstance(self.store, LocalStore) else None

    @property
    def lists(self) -> bool:
        """Whether it can be asked which names there are; a web server cannot."""
        return not isinstance(self.store, HTTPStore)

    def at(self, name: str) -> str:
        """Return the address of a name, for people."""
        return f"{self.url}/{name}"

    def read(self, name: str) -> tuple[bytes, str | None] | None:
        """Return (content, tag of this state) of a small object, None if there is none."""
        with _told(self.at(name)):
            try:
                got = self.store.get(name)
                return bytes(got.bytes()), got.meta["e_tag"]
            except FileNotFoundError as error:
                _unless_bucket(error)
                return None

    def read_json(self, name: str) -> tuple[dict[str, Any], str | None] | None:
        """Return (what a JSON object says, tag of this state), None if there is none."""
        found = self.read(name)
        if found is None:
            return None
        try:
            said = json.loads(found[0])
        except ValueError:
            said = None
        if not isinstance(said, dict):
            raise DafuError(f"{self.at(name)} is not what dafu writes there; restore it, or name another place")
        return said, found[1]

    def write(self, name: str, content: bytes, *, over: str | None) -> str | None:
        """Write a small object in one step and return the tag of its state.

        `over` is the tag of the state that it replaces, None if there must be none; TakenError if that is not so. A
        folder cannot tell states apart: there whoever writes holds its lock.
        """
        mode: Any = "create" if over is None else "overwrite"
        if over is not None and self.folder is None:
            mode = {"e_tag": over}
        with _told(self.at(name)):
            return self.store.put(name, content, mode=mode, use_multipart=False)["e_tag"]

    def remove(self, name: str) -> None:
        """Remove an object; one that is not there is removed already."""
        with _told(self.at(name)):
            try:
                self.store.delete(name)
            except FileNotFoundError:
                return

    def names(self, under: str = "") -> Iterator[str]:
        """Return the names that begin with the folder `under`."""
        with _told(self.at(under)):
            for batch in self.store.list(under or None):
                yield from (found["path"] for found in batch)

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 that an object was sent with, or else of its bytes; None if it is not there."""
        with _told(self.at(name)):
            try:
                said = self.store.get(name, options={"head": True}).attributes.get(_DIGEST)
            except FileNotFoundError as error:
                _unless_bucket(error)
                return None
        return said or self.read_digest(name)

    def read_digest(self, name: str) -> str:
        """Read an object back, whole, and return the SHA-256 of its bytes."""
        digest = hashlib.sha256()
        with _told(self.at(name)):
            for chunk in self.store.get(name).stream(min_chunk_size=_PART):
                digest.update(chunk)
        return digest.hexdigest()

    def send(self, file: Path, name: str, digest: str) -> bool:
        """Bring a file of the given SHA-256 there unless it is there; return whether it was sent.

        TakenError if other bytes are there by that name: nothing is ever overwritten.
        """
        there = self.digest(name)
        if there is None:
            try:
                self._put(file, name, digest)
            except TakenError:
                there = self.digest(name)
            else:
                return True
        if there != digest:
            raise TakenError(f"{self.at(name)} is there with other bytes than {file}")
        return False

    def _put(self, file: Path, name: str, digest: str) -> None:
        with _told(self.at(name)):
            whole = file.stat().st_size <= 2 * _PART
            self.store.put(
                name,
                file,
                attributes=None if self.folder else {_DIGEST: digest},
                mode="create" if whole else "overwrite",
                use_multipart=not whole,
                chunk_size=_PART,
                max_concurrency=4,
            )

    def fetch(self, name: str, file: Path, digest: str) -> None:
        """Fetch an object into a file in one step; DafuError if its bytes have not the given SHA-256."""
        staged = file.with_name(f".{file.name}.{os.getpid()}.fetched")
        file.parent.mkdir(parents=True, exist_ok=True)
        found = hashlib.sha256()
        try:
            with _told(self.at(name), file), staged.open("wb") as out:
                for chunk in self.store.get(name).stream(min_chunk_size=_PART):
                    found.update(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            if found.hexdigest() != digest:
                raise DafuError(f"{self.at(name)} has not the digest that is said of it; restore it from a copy")
            staged.replace(file)
        finally:
            staged.unlink(missing_ok=True)


def place(url: str, *, reading: bool = False) -> Place:
    """Return the place that an address or a folder's path names; UsageError if it names none.

    No connection is made. Only to be read, a folder has to exist, and http(s) will do.
    """
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and reading:
        return Place(url.rstrip("/"), HTTPStore(url.rstrip("/"), client_options=_client(url), retry_config=_retries()))
    if parts.scheme == "s3":
        if not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
            raise UsageError("an address in a store is s3://bucket/prefix, without credentials or options in it")
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), "")
        prefix = parts.path.strip("/")
        with _told(url):
            store = S3Store(
                parts.netloc, prefix=prefix or None, client_options=_client(endpoint), retry_config=_retries()
            )
        return Place(f"s3://{parts.netloc}/{prefix}".rstrip("/"), store)
    if parts.scheme not in ("", "file"):
        readable = ", https://host/path" if reading else ""
        raise UsageError(f"{parts.scheme}:// is no place for dafu; give s3://bucket/prefix{readable} or a folder")
    folder = Path(parts.path if parts.scheme else url).expanduser().absolute()
    if not folder.is_dir():
        if reading:
            raise UsageError(f"{folder} is no folder")
        with _told(str(folder), folder):
            folder.mkdir(parents=True, exist_ok=True)
    return Place(str(folder), LocalStore(folder))


def is_address(named: str) -> bool:
    """Tell whether what a user named is an address, not the name of a dataset."""
    return "://" in named


def _client(endpoint: str) -> Any:  # noqa: ANN401 - a TypedDict of obstore's that exists for type checkers only
    seconds = settings().storage_timeout_seconds
    return {
        "allow_http": endpoint.startswith("http://"),
        "connect_timeout": timedelta(seconds=min(10, seconds)),
        "read_timeout": timedelta(seconds=seconds),
        # of a whole request: a part of a file at 2 kB/s
        "timeout": timedelta(hours=1),
    }


def _retries() -> Any:  # noqa: ANN401 - a TypedDict of obstore's that exists for type checkers only
    return {"max_retries": 4, "retry_timeout": timedelta(minutes=3)}


_STATUS = re.compile(r"status code: (\d{3})")
_ADVICE = "what was kept or released before is untouched; run the same command again to go on"


@contextmanager
def _told(where: str, local: Path | None = None) -> Iterator[None]:
    """Say in one sentence what a store does not do; the library's message, which quotes the server, is not shown."""
    try:
        yield
    except (exceptions.AlreadyExistsError, exceptions.PreconditionError):
        raise TakenError(f"{where} was written by somebody else at the same time") from None
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError):
        raise DafuError(
            f"{where}: the store refuses; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and their rights; {_ADVICE}"
        ) from None
    except NotImplementedError:
        raise DafuError(f"{where} cannot be written by dafu; name s3://bucket/prefix or a folder") from None
    except (exceptions.BaseError, FileNotFoundError, OSError) as error:
        raise DafuError(f"{_sentence(where, local, error)}; {_ADVICE}") from None


def _sentence(where: str, local: Path | None, error: Exception) -> str:
    said = str(error)
    status = _STATUS.search(said)
    if "NoSuchBucket" in said:
        return f"{where}: there is no such bucket; create it, or correct the address"
    if isinstance(error, OSError) and error.strerror and not isinstance(error, exceptions.BaseError):
        return f"{error.filename or local or where}: {error.strerror}"
    if isinstance(error, FileNotFoundError):
        return f"{where} is not there"
    if "No space left" in said:
        return f"{where}: no space left on the device"
    if "169.254.169.254" in said or "credential" in said.lower():
        return f"{where}: there are no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    if status:
        return f"{where}: the store failed (HTTP {status[1]})"
    if "timed out" in said or "TimedOut" in said:
        waited = settings().storage_timeout_seconds
        return f"{where}: the store did not answer within {waited:g} s, the setting storage_timeout_seconds"
    return f"{where}: the store cannot be reached or broke off; check AWS_ENDPOINT_URL and the network"


def _unless_bucket(error: FileNotFoundError) -> None:
    """Raise an error that says that the bucket is missing, not only the object."""
    if "NoSuchBucket" in str(error):
        raise error
