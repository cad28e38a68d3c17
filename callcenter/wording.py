"""Sentences for errors, as the command line shows them: what is wrong, where, and how to mend it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from callcenter.domain import errors

SENTENCES: Mapping[type[errors.CallCenterError], Callable[[Any], str]] = {
    errors.SettingsError: lambda e: f"{e.file}: {e.key or 'settings'}: {e.problem}. For example: {e.example}",
    errors.SourceUnreadable: lambda e: f"{e.path}: {e.problem}. Mend it so: {e.remedy}",
    errors.BadRequest: lambda e: f"{e.field}: {e.problem}. For example: {e.example}",
    errors.NotFound: lambda e: f"No {e.kind} is stored under {e.key}.",
}


def sentence(error: errors.CallCenterError) -> str:
    """What to show a person. Errors without a sentence of their own show their name in words, and their values."""
    for kind in type(error).__mro__:
        made = SENTENCES.get(kind)
        if made is not None:
            return str(made(error))
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).capitalize()
    values = ", ".join(f"{f.name.replace('_', ' ')} {getattr(error, f.name)}" for f in fields(error))
    return f"{name}: {values}"
