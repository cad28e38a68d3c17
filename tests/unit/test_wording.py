"""Errors as sentences: every error has one, and those that a person can mend say how."""

import dataclasses
from typing import Any, get_type_hints

import pytest

from callcenter.domain import errors
from callcenter.domain.errors import (
    BadRequest,
    CallCenterError,
    GroupLost,
    NotFound,
    SettingsError,
    SourceUnreadable,
    StoreUnavailable,
)
from callcenter.wording import sentence

CONCRETE = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CallCenterError) and dataclasses.fields(kind)
]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            SettingsError("cc.toml", "timezone", "not a time zone", 'timezone = "UTC"'),
            'cc.toml: timezone: not a time zone. For example: timezone = "UTC"',
        ),
        (
            SettingsError("cc.toml", "", "cannot be read", "callcenter up --config FILE"),
            "cc.toml: settings: cannot be read. For example: callcenter up --config FILE",
        ),
        (SourceUnreadable("/day", "is no folder", "name a folder"), "/day: is no folder. Mend it so: name a folder"),
        (BadRequest("--from", "is after --to", "09:00"), "--from: is after --to. For example: 09:00"),
        (NotFound("PBX", "pbx1"), "No PBX is stored under pbx1."),
        (GroupLost("pbx1", "recorder"), "Group lost: pbx pbx1, group recorder"),
        (StoreUnavailable("db", "disk full"), "Store unavailable: address db, problem disk full"),
    ],
)
def test_sentences(error: CallCenterError, said: str) -> None:
    assert sentence(error) == said


@pytest.mark.parametrize("kind", CONCRETE, ids=lambda kind: kind.__name__)
def test_every_error_says_all_that_it_knows(kind: type[CallCenterError]) -> None:
    hints = get_type_hints(kind)
    values: dict[str, Any] = {
        field.name: 4711 if hints[field.name] is int else f"<{field.name}>" for field in dataclasses.fields(kind)
    }
    said = sentence(kind(**values))
    assert "\n" not in said
    assert "(" not in said  # no repr
    assert all(str(value) in said for value in values.values())
