"""What every table of settings has in common: it refuses unknown names, and keeps values out of errors."""

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A table of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
