"""What every table of settings has in common: it refuses unknown names, and keeps values out of errors."""

import json
from typing import Any

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Strict(BaseModel):
    """A table of settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _read(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError("is not JSON") from error


ALSO_JSON = BeforeValidator(_read)
"""For a list in a table that stands under a name of its own: there a variable still gives it as JSON."""
