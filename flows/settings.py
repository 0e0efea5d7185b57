"""One settings object: the environment (`DAFU_…`), then the dataset's `dataset.toml`, then defaults.

What a machine decides stands in the environment, what a dataset decides in its file. A secret is read from the
environment alone, and is never printed.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from flows.errors import UsageError

if TYPE_CHECKING:
    from flows.datasets import Dataset

PREFIX = "DAFU_"
Engine = Literal["one", "processes", "dask"]


class InDataset(str):
    """Marks a setting that `dataset.toml` may make, by its key there."""

    __slots__ = ()


class Settings(BaseSettings):
    """What can be set from outside, typed; a field's description is what `dafu config` and the reference page say."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    datasets: Path = Field(Path(__file__).parents[1] / "datasets", description="Folder of the datasets.")
    repository: Annotated[str | None, InDataset("politeness.repository")] = Field(
        None, description="Address of your copy of dafu, which the site sees in the User-Agent."
    )
    contact: Annotated[str | None, InDataset("politeness.contact")] = Field(
        None, description="Mail address that the site may write to, sent in the From header."
    )
    stale_after_days: Annotated[int, InDataset("watch.stale_after_days")] = Field(
        3, gt=0, description="Days without a successful run after which a dataset counts as neglected."
    )
    pseudonym_key: SecretStr | None = Field(
        None, description="Key of `dafu export --pseudonymous`, of 32 bytes or more: the same key, the same digests."
    )
    engine: Engine = Field(
        "one", description="Who reads archived pages: one process, processes (one a core), or a dask cluster."
    )
    dask_address: str | None = Field(
        None,
        pattern=r"^(tcp|tls|ucx|ws|wss)://.",
        description="Scheduler of a Dask cluster, tcp://host:port; without it one is made on this machine.",
    )
    storage: Annotated[str | None, InDataset("storage.url")] = Field(
        None,
        description="Where archive and releases are kept beside the dataset's folder: s3://bucket/prefix or a folder, "
        "{dataset} in it for the dataset's name.",
    )
    publish: Annotated[str | None, InDataset("storage.publish")] = Field(
        None, description="Where releases are published: s3://bucket/prefix or a folder, {dataset} for the name."
    )
    cache: Path = Field(
        Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dafu",
        description="Folder of what was fetched of releases that are read by address.",
    )
    storage_timeout_seconds: float = Field(
        60, gt=0, description="How long a store may take for the next byte before a request counts as lost."
    )
    webhook_url: SecretStr | None = Field(None, description="Where notifications are posted.")
    webhook_body: str = Field(
        '{"text": "MESSAGE"}',
        pattern="MESSAGE",
        description="JSON that is posted, the sentence in place of MESSAGE.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment go before what is given, which is the dataset's."""
        return env_settings, init_settings


@dataclass(frozen=True, slots=True)
class Value:
    """One value, as it may be shown, and where it came from."""

    setting: str
    value: str
    source: str

    def row(self) -> dict[str, str]:
        """Return it as plain data."""
        return {"setting": self.setting, "from": self.source, "value": self.value}


def settings(dataset: Dataset | None = None) -> Settings:
    """Return the settings for a dataset, or those of the machine; UsageError names the variable that is wrong."""
    _refuse_unknown()
    try:
        return Settings(**(_said(dataset) if dataset else {}))
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]  # the value may be a secret
        raise UsageError(f"{_variable(str(fault['loc'][0]))}: {fault['msg'].lower()}; correct it or unset it") from None


def hand_down(datasets: Path) -> None:
    """Let the processes that this one starts know the folder of the datasets that it was given."""
    os.environ[_variable("datasets")] = str(datasets.resolve())


def values(dataset: Dataset) -> Iterator[Value]:
    """Yield every value that holds for a dataset and where it came from: the settings, then the rest of its file."""
    found, said, folder = settings(dataset), _said(dataset), dataset.folder.parent
    for name in Settings.model_fields:
        value, source = getattr(found, name), "default"
        if name == "datasets" and value != folder:
            value, source = folder, "--datasets"
        elif os.environ.get(_variable(name)):
            source = _variable(name)
        elif name in said:
            source = "dataset.toml"
        yield Value(name, "set, not shown" if isinstance(value, SecretStr) else _shown(value), source)
    yield from _leaves(dataset, "", set(_places().values()))


def reference() -> Iterator[tuple[str, str, str, str]]:
    """Yield (variable, key in dataset.toml or "", default as shown, description) of every setting."""
    for name, field in Settings.model_fields.items():
        default = "this repository's" if name == "datasets" else _shown(field.default)
        yield _variable(name), _places().get(name, ""), default, str(field.description)


def _leaves(model: BaseModel, prefix: str, without: set[str]) -> Iterator[Value]:
    for name, field in type(model).model_fields.items():
        key, value = f"{prefix}{name}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{key}.", without)
        elif key not in without and not field.exclude:
            yield Value(key, _shown(value), "dataset.toml" if name in model.model_fields_set else "default")


def _shown(value: Any) -> str:  # noqa: ANN401 - a value of any field
    if value is None:
        return "not set"
    if isinstance(value, list):
        return "; ".join(_shown(item) for item in value)
    if isinstance(value, BaseModel):
        return " ".join(f"{name}={_shown(getattr(value, name))}" for name in type(value).model_fields)
    return str(value)


def _places() -> dict[str, str]:
    """Return, by setting, its key in dataset.toml."""
    return {
        name: str(mark)
        for name, field in Settings.model_fields.items()
        for mark in field.metadata
        if isinstance(mark, InDataset)
    }


def _said(dataset: Dataset) -> dict[str, Any]:
    """Return the settings that dataset.toml makes."""
    found: dict[str, Any] = {}
    for name, place in _places().items():
        section, _, key = place.partition(".")
        held = getattr(dataset, section)
        if getattr(held, key) is not None:
            found[name] = getattr(held, key)
    return found


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _refuse_unknown() -> None:
    """Refuse a variable that looks like ours and is none: a misspelt one would be without effect, in silence."""
    known = [_variable(name) for name in Settings.model_fields]
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}."
            raise UsageError(f"the environment variable {name} is no setting of dafu; {hint} Correct it or unset it")
