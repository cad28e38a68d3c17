"""Database addresses, as people write and mistake them."""

from pathlib import Path

import pytest

from adapters.store.urls import database_url
from callcenter.domain.errors import SettingsError


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("sqlite:///calls.db", "sqlite:///calls.db"),
        ("sqlite:////var/lib/a b/呼叫.db", "sqlite:////var/lib/a b/%E5%91%BC%E5%8F%AB.db"),
        (" sqlite+aiosqlite:///calls.db\n", "sqlite:///calls.db"),
        ("sqlite:///~/calls.db", f"sqlite:///{Path.home()}/calls.db"),
        ("postgresql://ann:s%40cret@db:5433/cc", "postgresql+asyncpg://ann:s%40cret@db:5433/cc"),
        ("postgres://db/cc", "postgresql+asyncpg://db/cc"),
        ("postgresql+psycopg://db/cc?sslmode=require", "postgresql+asyncpg://db/cc?ssl=require"),
        ("postgresql:///cc?host=/run/postgresql", "postgresql+asyncpg:///cc?host=%2Frun%2Fpostgresql"),
    ],
)
def test_addresses(written: str, used: str) -> None:
    assert database_url(written).render_as_string(hide_password=False) == used


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "is no database address"),
        ("calls.db", "is no database address"),
        ("postgresql://db:port/cc", "is no database address"),
        ("mysql://ann:secret@db/cc", "mysql is none of sqlite, postgresql"),
        ("sqlite://calls.db", "three slashes"),
        ("sqlite://", "in memory would forget"),
        ("sqlite:///:memory:", "in memory would forget"),
        ("sqlite:////tmp", "is a folder"),
        ("postgresql://ann:secret@db", "names no database"),
    ],
)
def test_mistakes_are_told_with_an_example_and_without_secrets(written: str, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        database_url(written)
    assert problem in raised.value.problem
    assert raised.value.key == "database_url"
    assert database_url(raised.value.example)
    assert "secret" not in raised.value.problem
