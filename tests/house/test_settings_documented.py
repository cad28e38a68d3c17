"""The example file holds every setting, and no other."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from callcenter.settings import Settings, load

EXAMPLE = Path(__file__).parents[2] / "config" / "callcenter.example.toml"

Setting = tuple[str, str]
"""A model's name and its field's: rules that stand in several tables are documented by one of them."""


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that a setting holds: itself, or in a list, a table by name, or an optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := model_in(inner))), None)


def declared(model: type[BaseModel]) -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        yield model.__name__, name
        if inner := model_in(field.annotation):
            yield from declared(inner)


def tables_of(annotation: Any, value: Any) -> list[Any]:
    """The tables that stand under one key: one, a list of them, or one for each name."""
    if isinstance(value, list):
        return value
    by_name = get_origin(annotation) in {dict, Mapping}
    return list(value.values()) if by_name else [value]


def written(model: type[BaseModel], table: Mapping[str, Any]) -> Iterator[Setting]:
    for key, value in table.items():
        yield model.__name__, key
        field = model.model_fields.get(key)
        if field and (inner := model_in(field.annotation)):
            for below in tables_of(field.annotation, value):
                yield from written(inner, below)


def example() -> dict[str, Any]:
    """The example with the settings that it leaves out (`# key = value`) put in."""
    return tomllib.loads(re.sub(r"^# (?=[a-z_]+ = )", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE))


def test_every_setting_stands_in_the_example() -> None:
    assert set(declared(Settings)) - set(written(Settings, example())) == set()


def test_every_key_of_the_example_is_a_setting() -> None:
    assert set(written(Settings, example())) - set(declared(Settings)) == set()


def test_the_example_can_be_loaded() -> None:
    assert load(EXAMPLE).timezone == tomllib.loads(EXAMPLE.read_text("utf-8"))["timezone"]
