"""What is said of a wrong setting: where it stands, what is wrong with it, and what a right one looks like."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from callcenter.domain.errors import SettingsError
from callcenter.settings.site import ENV_PREFIX, NESTED, Settings


def settings_error(where: str, error: ValidationError) -> SettingsError:
    """The first of the errors, as a person can mend it; ``where`` is the layer that holds the wrong value."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    problem = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        problem = "there is no such setting"
    return SettingsError(where, key, problem, example(first["loc"]))


def variable(path: Sequence[int | str]) -> str:
    """The variable that sets what a path leads to: of itself, or of a table above it that is given as JSON."""
    parts = [str(part).upper() for part in path]
    names = [ENV_PREFIX + NESTED.join(parts[:length]) for length in range(len(parts), 0, -1)]
    there = {name.upper() for name in os.environ}
    return next((name for name in names if name in there), names[-1] if names else ENV_PREFIX)


def example(path: Sequence[int | str], *, as_json: bool = False) -> str:
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
    value = (chosen.examples or [None])[0]
    return json.dumps(value) if as_json else f"{name} = {_toml(value)}"


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
