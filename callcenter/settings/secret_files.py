"""Secrets in files of their own, as service managers and container platforms hand them over.

A secret in a file stands in no variable, no command line and no settings file, where others would see it.
"""

from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from callcenter.domain.errors import SettingsError


def read_secret(file: Path, key: str, example: str) -> str:
    """The secret in a file, without the white space around it. Raises SettingsError if there is none to be read."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(str(file), key, f"cannot be read: {error.strerror}", example) from error
    except UnicodeDecodeError:  # without its cause, which holds the bytes
        raise SettingsError(str(file), key, "is no text in UTF-8", example) from None
    if not secret:
        raise SettingsError(str(file), key, "is empty", example)
    return secret


def has_password(url: str) -> bool:
    """Whether an address holds a password already."""
    return ":" in urlsplit(url).netloc.rpartition("@")[0]


def with_password(url: str, password: str) -> str:
    """An address with a password in it.

    >>> with_password("postgresql://cc@db/callcenter", "s p")
    'postgresql://cc:s%20p@db/callcenter'
    >>> with_password("redis://valkey:6379/0", "s")
    'redis://:s@valkey:6379/0'
    """
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))
