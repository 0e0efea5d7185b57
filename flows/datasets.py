"""A dataset is a folder: `dataset.toml` says what is crawled, how politely, and where on a page things are.

The file is checked as a whole before anything starts; a key that dafu does not know, or a value of the wrong type, is
named in the error, with the file.
"""

from __future__ import annotations

import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin, urlsplit

from cssselect import SelectorError
from lxml.etree import XPathError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from flows.errors import UsageError
from flows.expectations import Expectations
from flows.settings import settings
from parsers.frame import PageSelectors
from parsers.listing import ListSelectors
from parsers.markup import selector
from schemas.replies import Kind

DEFAULT_DATASET = "liaoning-education"
DATASETS_VARIABLE = "DAFU_DATASETS"
ROBOT = "dafu"
"""What a site calls us in robots.txt: the product in the User-Agent, whoever runs it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publisher(_Section):
    """Who publishes the letters."""

    name: str
    name_zh: str
    url: str | None = None


class Licence(_Section):
    """A licence that programs know: SPDX id (or LicenseRef-…), what of the dataset it is for, where its text stands."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+$")]
    title: str
    url: str | None = None


class Contributor(_Section):
    """Who made the dataset, as it is to be cited; `roles` in the words of Data Package: creator, maintainer."""

    name: str
    name_zh: str | None = None
    url: str | None = None
    roles: Annotated[list[str], Field(min_length=1)] = ["creator"]


class SiteFolder(_Section):
    """A site that is a folder of files, served on loopback while a run lasts."""

    path: str
    later: str | None = None
    port: Annotated[int, Field(ge=0, le=65535)] = 0


class Site(_Section):
    """Where the letters are.

    `private_addresses` lets the host stand in a private network, which nothing on the internet should.
    """

    base_url: Annotated[str, Field(pattern=r"^https?://[^/\s]+$")]
    sections: list[str] = Field(min_length=1)
    private_addresses: bool = False
    folder: SiteFolder | None = None


class Politeness(_Section):
    """How the site is asked.

    `jitter` is the part of the interval that chance adds to it. `timeout_seconds` is the wait for the next byte,
    `total_seconds` for a whole answer, `longest_wait_seconds` the most that a Retry-After is waited for: a host that
    wants more, or has failed `failures_in_a_row` times, is not asked any more in the run. `connections` may be used at
    a time; the interval holds for all of them together.
    """

    interval_seconds: Annotated[float, Field(ge=0)]
    jitter: Annotated[float, Field(ge=0, le=1)] = 0.25
    connect_seconds: Annotated[float, Field(gt=0)] = 10
    timeout_seconds: Annotated[float, Field(gt=0)] = 30
    total_seconds: Annotated[float, Field(gt=0)] = 120
    longest_wait_seconds: Annotated[float, Field(gt=0)] = 600
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    failures_in_a_row: Annotated[int, Field(gt=0)] = 5
    max_bytes: Annotated[int, Field(gt=0)] = 50_000_000
    max_redirects: Annotated[int, Field(ge=0, le=20)] = 5
    connections: Annotated[int, Field(ge=1, le=16)] = 1
    repository: str | None = None
    contact: str | None = None


class Schedule(_Section):
    """What a run asks for, and where it is kept.

    A run pages through a list until `overlap` rows in a row are known. Every `revisit_every`th run asks for every known
    page conditionally, every `sweep_every`th in full, since a site's validators can lie. `rotate_bytes` is the size at
    which a WARC file is followed by the next.
    """

    overlap: Annotated[int, Field(gt=0)] = 20
    revisit_every: Annotated[int, Field(gt=0)] = 7
    sweep_every: Annotated[int, Field(gt=0)] = 28
    rotate_bytes: Annotated[int, Field(gt=0)] = 500_000_000


class SiteColumn(_Section):
    """A column of the site: the list pages of its years."""

    name: str
    kind: Kind
    path: str
    lists: list[str] = Field(min_length=1)


def _selector(written: str) -> str:
    try:
        selector(written)
    except (SelectorError, XPathError) as error:
        raise ValueError(f"not a CSS selector: {str(error).splitlines()[0]}") from None
    return written


Selectors = Annotated[list[Annotated[str, AfterValidator(_selector)]], Field(min_length=1)]


class ListHypotheses(_Section):
    """Selectors of a list page, in order."""

    rows: Selectors
    date: Selectors
    pager: Selectors


class PageHypotheses(_Section):
    """Selectors of a detail page, in order."""

    title: Selectors
    byline: Selectors
    body: Selectors


class Hypotheses(_Section):
    """Where on a page things are."""

    list: ListHypotheses
    page: PageHypotheses


class Storage(_Section):
    """Where archive and releases are kept beside this folder, and where releases are published.

    Each is `s3://bucket/prefix` or a folder, in which `{dataset}` stands for the dataset's name.
    """

    url: str | None = None
    publish: str | None = None


class Watch(_Section):
    """When an operator is told; not said here, it is as the environment or the default has it."""

    stale_after_days: Annotated[int | None, Field(gt=0)] = None


DESCRIPTION = "dataset.toml"


class Dataset(_Section):
    """A dataset's description and its folder.

    `queries` is a folder, from the dataset's own, of questions that it shares with others; those in its `queries/` are
    its own.
    """

    name: str
    title: str
    title_zh: str
    description: str
    description_zh: str
    synthetic: bool = False
    province: str
    licence: str
    licences: list[Licence] = []
    queries: str | None = None
    publisher: Publisher
    contributors: Annotated[list[Contributor], Field(min_length=1)] = [
        Contributor(name="the authors of dafu", name_zh="dafu 项目")
    ]
    site: Site
    politeness: Politeness
    crawl: Schedule = Schedule()
    columns: list[SiteColumn] = Field(min_length=1)
    selectors: Hypotheses
    expectations: Expectations = Expectations()
    storage: Storage = Storage()
    watch: Watch = Watch()
    folder: Annotated[Path, Field(exclude=True)]

    @property
    def archive(self) -> Path:
        """Where the captured bytes are kept."""
        return self.folder / "archive"

    @property
    def records(self) -> Path:
        """Where the parsed records are kept."""
        return self.folder / "records"

    @property
    def releases(self) -> Path:
        """Where the releases are."""
        return self.folder / "releases"

    @property
    def lock(self) -> Path:
        """The lock of whoever writes records or releases."""
        return self.folder / ".lock"

    @property
    def run_lock(self) -> Path:
        """The lock of a run through all stages."""
        return self.folder / ".run"

    @property
    def host(self) -> str:
        """The host of the site."""
        return urlsplit(self.site.base_url).netloc

    def ours(self, url: str) -> bool:
        """Tell whether an address is on the host that may be asked, by a scheme that we speak."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc == self.host

    def list_urls(self) -> list[tuple[SiteColumn, str]]:
        """Return (column, address) of every list's first page, in the order of dataset.toml."""
        return [
            (column, urljoin(self.site.base_url, column.path + name))
            for column in self.columns
            for name in column.lists
        ]

    def list_selectors(self) -> ListSelectors:
        """Return the hypotheses for list pages."""
        found = self.selectors.list
        return ListSelectors(tuple(found.rows), tuple(found.date), tuple(found.pager))

    def page_selectors(self) -> PageSelectors:
        """Return the hypotheses for detail pages."""
        found = self.selectors.page
        return PageSelectors(tuple(found.title), tuple(found.byline), tuple(found.body))

    def storage_url(self) -> str | None:
        """Return where archive and releases are kept durably; None if that is the dataset's own folder alone."""
        return self._place(settings(self).storage)

    def publish_url(self) -> str | None:
        """Return where releases are published unless the command says; None if nothing does."""
        return self._place(settings(self).publish)

    def _place(self, url: str | None) -> str | None:
        return url.replace("{dataset}", self.name) if url else None

    def user_agent(self) -> str:
        """Return an honest User-Agent; UsageError if a real site would not learn whom to write to."""
        repository = settings(self).repository
        if not repository and self.site.folder is None:
            raise UsageError(
                f"{self.name}: the site must be able to see who asks; set politeness.repository in "
                f"{self.folder / 'dataset.toml'}, or DAFU_REPOSITORY, to the address of your copy of dafu"
            )
        product = f"{ROBOT}/{version('dafu')}"
        return f"{product} (+{repository})" if repository else product


def datasets_folder(given: Path | None) -> Path:
    """Return the folder of the datasets: as given, else DAFU_DATASETS, else this repository's."""
    usual = settings().datasets  # read in any case: a wrong variable is told by every command
    folder = given or usual
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder; say with --datasets or {DATASETS_VARIABLE} where the datasets are")
    return folder


def dataset_names(folder: Path) -> list[str]:
    """Return the names of the datasets in a folder, sorted."""
    return sorted(path.parent.name for path in folder.glob("*/dataset.toml"))


def load_dataset(name: str, folder: Path) -> Dataset:
    """Read and check a dataset's description; UsageError names what is wrong in it."""
    path = folder / name / "dataset.toml"
    if not path.is_file():
        known = ", ".join(dataset_names(folder)) or "none"
        raise UsageError(f"there is no dataset {name!r} in {folder}; the datasets there are: {known}")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        if "folder" in said:
            raise UsageError(f"{path}: folder: dafu knows no such key; remove it")
        dataset = Dataset.model_validate({**said, "folder": path.parent})
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    except ValidationError as error:
        raise UsageError(f"{path}: {first_fault(error)}") from None
    if dataset.queries and not (path.parent / dataset.queries).is_dir():
        shared = (path.parent / dataset.queries).resolve()
        raise UsageError(f"{path}: queries: {shared} is no folder; copy it there too, correct the path or remove it")
    if dataset.name != name:
        raise UsageError(f"{path}: name is {dataset.name!r} but the folder is {name!r}; make them the same")
    return dataset


def first_fault(error: ValidationError) -> str:
    """Return what is wrong in a file, as 'key: what'; of several faults the one to mend first."""
    # a misspelt key is both unknown and missing: the unknown one is what was written
    fault = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in fault["loc"]) or "the file"
    if fault["type"] == "extra_forbidden":
        return f"{key}: dafu knows no such key; correct its spelling or remove it"
    if fault["type"] == "missing":
        return f"{key} is missing; add it"
    said = f", not {fault['input']!r}" if isinstance(fault["input"], (str, int, float, bool)) else ""
    return f"{key}: {fault['msg'][0].lower()}{fault['msg'][1:]}{said}"
