"""All settings of an installation, each with its unit, default and reason."""

from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from callcenter.domain.calendar import Calendar, Weekday
from callcenter.domain.policies import SitePolicies
from callcenter.settings.database import DatabaseLimits
from callcenter.settings.pbx import PbxSettings
from callcenter.settings.rules import (
    AfterCallSettings,
    DatedRules,
    QueueSettings,
    RuleSettings,
    ServiceLevelSettings,
    rising,
    versions,
)
from callcenter.settings.secret_files import has_password, read_secret, with_password
from callcenter.settings.strict import Strict
from callcenter.settings.zones import known_zone

ENV_PREFIX = "CALLCENTER_"
NESTED = "__"


class QaSettings(Strict):
    """How calls are drawn for quality assessment."""

    visits_per_agent_and_day: int = Field(2, ge=0, le=1000, examples=[2])
    seed: str = Field("callcenter", min_length=1, description="makes the draw repeatable", examples=["spring-2027"])


class Settings(BaseSettings):
    """All settings of an installation."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_nested_delimiter=NESTED,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    timezone: str = Field("UTC", description="IANA name; days and hours are cut in it", examples=["Asia/Shanghai"])
    week_starts_on: Weekday = Field(Weekday.MONDAY, description="monday, sunday or saturday", examples=["monday"])
    day_starts_at_hour: int = Field(0, ge=0, le=23, description="of the wall clock, for night shifts", examples=[4])
    data_dir: Path = Field(
        Path("data"), description="journal, embedded Redis, SQLite", examples=["/var/lib/callcenter"]
    )
    # Both may hold a password, and so stay out of any repr. With a password they are `database` and `redis`.
    database_url: str | None = Field(
        None, description="unset: SQLite in data_dir", examples=["postgresql://cc@db/cc"], repr=False
    )
    database_password_file: Path | None = Field(
        None, description="holds the password of database_url", examples=["/run/secrets/database_password"]
    )
    database_limits: DatabaseLimits = DatabaseLimits()
    redis_url: str | None = Field(
        None, description="unset: embedded Valkey", examples=["redis://valkey:6379/0"], repr=False
    )
    redis_password_file: Path | None = Field(
        None, description="holds the password of redis_url", examples=["/run/secrets/redis_password"]
    )
    redis_allow_unsafe: bool = Field(False, description="accept a Redis that can lose what it acknowledged")
    api_host: str = Field("127.0.0.1", description="loopback only until there is log-in", examples=["127.0.0.1"])
    api_published_on_loopback: bool = Field(
        False, description="a container platform publishes the port, on its machine's loopback only"
    )
    api_port: int = Field(8765, ge=0, le=65535, description="0: any free one", examples=[8765])
    stale_after_seconds: float = Field(15, gt=0, description="a feed this old is shown as stale", examples=[15])
    lost_after_seconds: float = Field(60, gt=0, description="a feed this old is shown as lost", examples=[60])
    keep_wordings_days: int = Field(14, ge=0, description="how long the PBX's own words are kept", examples=[14])
    keep_stream_minutes: int = Field(
        60, ge=1, description="how long Redis keeps what is stored; the live floor is rebuilt from it", examples=[60]
    )
    static_members_signed_in: bool = Field(False, description="static queue members count as signed in")
    service_level: ServiceLevelSettings = ServiceLevelSettings()
    after_call: AfterCallSettings = AfterCallSettings()
    rules: tuple[DatedRules, ...] = Field(
        (),
        description="what changes of the two, and from which day on",
        examples=[[{"valid_from": "2026-12-01", "service_level": {"threshold_seconds": 30}}]],
    )
    queues: Mapping[str, QueueSettings] = Field(default_factory=dict, description="exceptions by queue name")
    qa: QaSettings = QaSettings()
    pbx: tuple[PbxSettings, ...] = Field((), examples=[[{"name": "pbx1", "queue_log": "/var/log/asterisk/queue_log"}]])

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return known_zone(name)

    @field_validator("database_password_file", "redis_password_file")
    @classmethod
    def _of_an_address(cls, file: Path | None, info: ValidationInfo) -> Path | None:
        of = str(info.field_name).replace("password_file", "url")
        url = info.data.get(of)
        if file is not None and url is None:
            raise ValueError(f"there is no {of} that it would be for")
        if file is not None and has_password(str(url)):
            raise ValueError(f"{of} holds a password already")
        return file

    @field_validator("rules")
    @classmethod
    def _in_order(cls, rules: tuple[DatedRules, ...]) -> tuple[DatedRules, ...]:
        return rising(rules)

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
    def calendar(self) -> Calendar:
        """How the site's time is cut."""
        return Calendar(zone=self.zone, day_starts_at_hour=self.day_starts_at_hour, week_starts_on=self.week_starts_on)

    @property
    def database(self) -> str:
        """The database's URL, with its password; SQLite in the data folder where none is set. Raises SettingsError."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.absolute() / 'callcenter.db'}"
        return _opened("database_password_file", self.database_url, self.database_password_file)

    @property
    def redis(self) -> str | None:
        """The stream server's URL, with its password; None for the embedded one. Raises SettingsError."""
        return self.redis_url and _opened("redis_password_file", self.redis_url, self.redis_password_file)

    def policies(self) -> SitePolicies:
        """The site's rules as the domain knows them."""
        site = RuleSettings(service_level=self.service_level, after_call=self.after_call)
        default = versions(site, self.rules, QueueSettings())
        queues = {name: versions(site, self.rules, own) for name, own in self.queues.items()}
        return SitePolicies(
            calendar=self.calendar,
            default=default[0],
            default_later=default[1:],
            queues={name: rules[0] for name, rules in queues.items()},
            later={name: rules[1:] for name, rules in queues.items()},
            static_members_signed_in=self.static_members_signed_in,
            names={queue: own.name for queue, own in self.queues.items() if own.name},
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


def _opened(key: str, url: str, file: Path | None) -> str:
    """The address with the password of a file."""
    return url if file is None else with_password(url, read_secret(file, key, f"/run/secrets/{key}"))
