"""Names of time zones."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def known_zone(name: str) -> str:
    """The same name. Raises ValueError if the IANA database has none of it."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder
        raise ValueError("not a time zone of the IANA database") from error
    return name
