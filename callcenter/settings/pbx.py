"""How each PBX is reached."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator

from callcenter.settings.secret_files import read_secret, with_password
from callcenter.settings.strict import Strict
from callcenter.settings.zones import known_zone


class AmiSettings(Strict):
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
        return read_secret(Path(str(self.secret_file)), "pbx.ami.secret_file", "/run/secrets/ami")


class QueueLogTableSettings(Strict):
    """The realtime table `queue_log` of a PBX, in MySQL, MariaDB or PostgreSQL. An account that may read suffices."""

    # May hold a password, and so stays out of any repr.
    url: str = Field(examples=["mysql://callcenter@10.0.0.5/asterisk"], repr=False)
    password_file: Path | None = Field(None, examples=["/run/secrets/pbx1_queue_log"])
    table: str = Field("queue_log", examples=["queue_log"])
    timezone: str | None = Field(
        None,
        description="of its times; unset: the site's",
        examples=["Asia/Shanghai"],
    )
    window_minutes: float = Field(10, gt=0, le=1440, description="so much is read again and again", examples=[10])
    poll_seconds: float = Field(5, gt=0, le=600, examples=[5])

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        return None if name is None else known_zone(name)

    def address(self) -> str:
        """The URL with the password in it. Raises SettingsError if its file cannot be read."""
        if self.password_file is None:
            return self.url
        password = read_secret(self.password_file, "pbx.queue_log_table.password_file", "/run/secrets/pbx1_queue_log")
        return with_password(self.url, password)


class PbxSettings(Strict):
    """One PBX: heard by AMI, by its queue_log, or (best) by both."""

    # Folders bear this name: nothing in it leads out of them, or hides them.
    name: str = Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", examples=["pbx1"])
    ami: AmiSettings | None = Field(
        None, examples=[{"host": "10.0.0.5", "username": "callcenter", "secret_file": "/run/secrets/ami"}]
    )
    queue_log: Path | None = Field(None, examples=["/var/log/asterisk/queue_log"])
    queue_log_table: QueueLogTableSettings | None = Field(
        None, examples=[{"url": "mysql://callcenter@10.0.0.5/asterisk", "timezone": "Asia/Shanghai"}]
    )

    @model_validator(mode="after")
    def _heard(self) -> "PbxSettings":
        if self.ami is None and self.queue_log is None and self.queue_log_table is None:
            raise ValueError("a PBX needs ami, queue_log, or both")
        return self
