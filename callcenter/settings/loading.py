"""The settings in force: a file, then the environment, then the command line, each over the one before."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError as UnreadableVariable

from callcenter.domain.errors import SettingsError
from callcenter.settings.site import Settings
from callcenter.settings.wrong import example, settings_error, variable

COMMAND_LINE = "command line"


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
        layers = ((COMMAND_LINE, given), (variable(path), from_variables), (str(file or "settings"), from_file))
        where = max(layers, key=lambda layer: _depth(layer[1], path))[0]
        raise settings_error(where, error) from error


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
        raise settings_error(variable(error.errors()[0]["loc"]), error) from error
    except UnreadableVariable as error:
        key = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(variable([key]), key, "is not JSON", example([key], as_json=True)) from error


def _depth(layer: Any, path: Sequence[int | str]) -> int:
    """How far along a path a layer of settings has something."""
    for depth, part in enumerate(path):
        try:
            layer = layer[part]
        except (KeyError, IndexError, TypeError):
            return depth
    return len(path)
