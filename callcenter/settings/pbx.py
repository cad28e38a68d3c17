"""How each PBX is reached."""

from pathlib import Path

from pydantic import Field, SecretStr, model_validator

from callcenter.settings.secret_files import read_secret
from callcenter.settings.strict import Strict


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


class PbxSettings(Strict):
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
