"""Every setting with its unit, default and reason.

In rising order: the defaults here, a TOML file, `CALLCENTER_…` variables, options of the command line. A wrong one is a
`SettingsError` that names where it stands, what is wrong with it, and what a right one looks like.
`config/callcenter.example.toml` holds them all.
"""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from callcenter.domain.errors import SettingsError
from callcenter.domain.policies import (
    AfterCallPolicy,
    AfterCallRule,
    QueuePolicy,
    ServiceLevelFormula,
    ServiceLevelPolicy,
    SitePolicies,
)

ENV_PREFIX = "CALLCENTER_"
COMMAND_LINE = "command line"

_NESTED = "__"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


M = TypeVar("M", bound=_Strict)


class AmiSettings(_Strict):
    """How to reach a PBX's manager interface. The account needs no write class beyond `reporting`."""

    host: str = Field(examples=["10.0.0.5"])
    port: int = Field(5038, ge=1, le=65535, examples=[5038])
    username: str = Field(examples=["callcenter"])
    secret: SecretStr | None = Field(None, examples=["a long random text"])
    secret_file: Path | None = Field(None, examples=["/run/secrets/ami"])
    tls: bool = Field(False, description="with the server's certificate verified", examples=[True])
    tls_ca_file: Path | None = Field(None, examples=["/etc/ssl/pbx-ca.pem"])

    @model_validator(mode="after")
    def _one_secret(self) -> "AmiSettings":
        if (self.secret is None) == (self.secret_file is None):
            raise ValueError("exactly one of secret and secret_file is needed")
        return self

    def read_secret(self) -> str:
        """The secret itself. Raises SettingsError if its file cannot be read."""
        if self.secret is not None:
            return self.secret.get_secret_value()
        try:
            return Path(str(self.secret_file)).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(str(self.secret_file), "pbx.ami.secret_file", str(error), "/run/secrets/ami") from error


class PbxSettings(_Strict):
    """One PBX: heard by AMI, by its queue_log, or (best) by both."""

    # Folders bear this name: nothing in it leads out of them, or hides them.
    name: str = Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["pbx1"])
    ami: AmiSettings | None = Field(
        None, examples=[{"host": "10.0.0.5", "username": "callcenter", "secret_file": "/run/secrets/ami"}]
    )
    queue_log: Path | None = Field(None, examples=["/var/log/asterisk/queue_log"])

    @model_validator(mode="after")
    def _heard(self) -> "PbxSettings":
        if self.ami is None and self.queue_log is None:
            raise ValueError("a PBX needs ami, queue_log, or both")
        return self


class ServiceLevelSettings(_Strict):
    """Which share of calls counts as answered in time. Seconds are whole, and exactly the threshold is in time."""

    formula: ServiceLevelFormula = Field(ServiceLevelFormula.ANSWERED_OF_OFFERED, examples=["answered_of_offered"])
    threshold_seconds: int = Field(20, ge=0, le=86400, examples=[20])
    threshold_from_pbx: bool = Field(True, description="the queue's own servicelevel wins, where the PBX tells it")
    short_abandon_seconds: int = Field(5, ge=0, le=3600, examples=[5])

    def policy(self) -> ServiceLevelPolicy:
        return ServiceLevelPolicy(
            formula=self.formula,
            threshold_seconds=self.threshold_seconds,
            short_abandon_seconds=self.short_abandon_seconds,
        )


class AfterCallSettings(_Strict):
    """How after-call work is known: `none`, `fixed` seconds after each call, or the pause with a certain reason."""

    rule: AfterCallRule = Field(AfterCallRule.NONE, examples=["pause_reason"])
    fixed_seconds: int = Field(0, ge=0, le=3600, examples=[15])
    pause_reasons: tuple[str, ...] = Field(("wrapup", "acw"), examples=[["wrapup", "acw"]])
    cap_seconds: int = Field(600, ge=0, le=3600, description="the most that one call can claim", examples=[600])

    def policy(self) -> AfterCallPolicy:
        return AfterCallPolicy(
            rule=self.rule,
            fixed_seconds=self.fixed_seconds,
            pause_reasons=self.pause_reasons,
            cap_seconds=self.cap_seconds,
        )


class QueueSettings(_Strict):
    """Rules of one queue, where they differ from the site's; what is not set is as the site has it."""

    service_level: ServiceLevelSettings | None = None
    after_call: AfterCallSettings | None = None


class QaSettings(_Strict):
    """How calls are drawn for quality assessment."""

    visits_per_agent_and_day: int = Field(2, ge=0, le=1000, examples=[2])
    seed: str = Field("callcenter", min_length=1, description="makes the draw repeatable", examples=["spring-2027"])


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=_NESTED,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    timezone: str = Field("UTC", description="IANA name; days and hours are cut in it", examples=["Asia/Shanghai"])
    data_dir: Path = Field(
        Path("data"), description="journal, embedded Redis, SQLite", examples=["/var/lib/callcenter"]
    )
    # Both may hold a password, and so stay out of any repr.
    database_url: str | None = Field(
        None, description="unset: SQLite in data_dir", examples=["postgresql://cc@db/cc"], repr=False
    )
    redis_url: str | None = Field(
        None, description="unset: embedded Valkey", examples=["redis://valkey:6379/0"], repr=False
    )
    redis_allow_unsafe: bool = Field(False, description="accept a Redis that can lose what it acknowledged")
    api_host: str = Field("127.0.0.1", description="loopback only until there is log-in", examples=["127.0.0.1"])
    api_port: int = Field(8765, ge=0, le=65535, description="0: any free one", examples=[8765])
    stale_after_seconds: float = Field(15, gt=0, description="a feed this old is shown as stale", examples=[15])
    lost_after_seconds: float = Field(60, gt=0, description="a feed this old is shown as lost", examples=[60])
    keep_wordings_days: int = Field(14, ge=0, description="how long the PBX's own words are kept", examples=[14])
    static_members_signed_in: bool = Field(False, description="static queue members count as signed in")
    service_level: ServiceLevelSettings = ServiceLevelSettings()
    after_call: AfterCallSettings = AfterCallSettings()
    queues: Mapping[str, QueueSettings] = Field(default_factory=dict, description="exceptions by queue name")
    qa: QaSettings = QaSettings()
    pbx: tuple[PbxSettings, ...] = Field((), examples=[[{"name": "pbx1", "queue_log": "/var/log/asterisk/queue_log"}]])

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder
            raise ValueError("not a time zone of the IANA database") from error
        return name

    @field_validator("pbx")
    @classmethod
    def _named_apart(cls, pbxs: tuple[PbxSettings, ...]) -> tuple[PbxSettings, ...]:
        names = [pbx.name for pbx in pbxs]
        if len(set(names)) != len(names):
            raise ValueError("two PBXs have the same name")
        return pbxs

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The database's URL; SQLite in the data folder where none is set."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'callcenter.db'}"

    def policies(self) -> SitePolicies:
        """The site's rules as the domain knows them."""
        return SitePolicies(
            default=self._queue_policy(None),
            queues={name: self._queue_policy(rules) for name, rules in self.queues.items()},
            static_members_signed_in=self.static_members_signed_in,
        )

    def _queue_policy(self, own: QueueSettings | None) -> QueuePolicy:
        service_level = _overlaid(self.service_level, own.service_level if own else None)
        return QueuePolicy(
            service_level=service_level.policy(),
            threshold_from_pbx=service_level.threshold_from_pbx,
            after_call=_overlaid(self.after_call, own.after_call if own else None).policy(),
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """No hidden files: `load` merges file, environment and options, and knows where each value came from."""
        return (init_settings, env_settings)


def load(file: Path | None = None, options: Mapping[str, Any] | None = None) -> Settings:
    """The settings in force. ``options`` are those of the command line; None values in it were not given.

    Raises SettingsError.
    """
    from_file = _read(file) if file else {}
    from_variables = _read_variables()
    given = {key: value for key, value in (options or {}).items() if value is not None}
    try:
        return Settings.model_validate(_merged(_merged(from_file, from_variables), given))
    except ValidationError as error:
        path = error.errors()[0]["loc"]
        layers = ((COMMAND_LINE, given), (_variable(path), from_variables), (str(file or "settings"), from_file))
        where = max(layers, key=lambda layer: _depth(layer[1], path))[0]
        raise _settings_error(where, error) from error


def _overlaid(site: M, own: M | None) -> M:
    """The site's rule, but for what a queue sets for itself."""
    return site if own is None else site.model_copy(update={name: getattr(own, name) for name in own.model_fields_set})


def _merged(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    """Two layers of settings; tables are merged key by key."""
    merged = dict(low)
    for key, value in high.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


class _Variables(Settings):
    """What the environment says, and nothing else."""


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            str(file), "", f"cannot be read: {error.strerror}", "callcenter up --config FILE"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(file), "", f"is not TOML: {error}", 'timezone = "Asia/Shanghai"') from error


def _read_variables() -> dict[str, Any]:
    try:
        return _Variables().model_dump(exclude_unset=True)
    except ValidationError as error:
        raise _settings_error(_variable(error.errors()[0]["loc"]), error) from error
    except UnreadableVariable as error:
        key = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(_variable([key]), key, "is not JSON", _example([key], as_json=True)) from error


def _variable(path: Sequence[int | str]) -> str:
    """The variable that sets what a path leads to: of itself, or of a table above it that is given as JSON."""
    parts = [str(part).upper() for part in path]
    names = [ENV_PREFIX + _NESTED.join(parts[:length]) for length in range(len(parts), 0, -1)]
    there = {name.upper() for name in os.environ}
    return next((name for name in names if name in there), names[-1] if names else ENV_PREFIX)


def _depth(layer: Any, path: Sequence[int | str]) -> int:
    """How far along a path a layer of settings has something."""
    for depth, part in enumerate(path):
        try:
            layer = layer[part]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(path)


def _settings_error(where: str, error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        problem = "there is no such setting"
    return SettingsError(where, key, problem, _example(first["loc"]))


def _example(path: Sequence[int | str], *, as_json: bool = False) -> str:
    """An example of the setting that a path leads to, or of one beside it, in the words of the file (or as JSON)."""
    model: type[BaseModel] = Settings
    name, chosen = "", None
    for part in path:
        field = model.model_fields.get(str(part))
        if field is not None:
            name, chosen = str(part), field
            model = _model_in(field.annotation) or model
    if chosen is None or not chosen.examples:
        name, chosen = next((name, field) for name, field in model.model_fields.items() if field.examples)
    example = (chosen.examples or [None])[0]
    return json.dumps(example) if as_json else f"{name} = {_toml(example)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
