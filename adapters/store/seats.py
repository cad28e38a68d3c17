"""Who sat at which interface: the sightings at which the name changed, and until when facts told no name."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, delete, select

from adapters.store.bulk import Row, replace
from adapters.store.tables import events, stays, unnamed
from adapters.store.text import key
from adapters.store.visits import instant, read_instant
from callcenter.codec import from_microseconds, to_microseconds
from callcenter.domain.agents.stays import SHOWING, Stay


def known_stays(connection: Connection, number: int) -> dict[str, list[Stay]]:
    """All stays, in order, by interface."""
    found: dict[str, list[Stay]] = defaultdict(list)
    for row in connection.execute(_STAYS, {"pbx": number}):
        found[row.interface].append(Stay(row.name, from_microseconds(row.began_at), read_instant(row.ended_at)))
    return {interface: sorted(its, key=lambda stay: stay.place) for interface, its in found.items()}


def replace_stays(
    connection: Connection, number: int, interface: str, gone: Sequence[Stay], come: Sequence[Stay]
) -> None:
    """Put some stays in the place of others."""
    left = [_row(number, interface, stay) for stay in gone]
    if left:
        connection.execute(
            _FORGET, [dict(zip(("pbx", "interface", "began", "name"), row, strict=False)) for row in left]
        )
    rows = {row[:4]: row for row in (_row(number, interface, stay) for stay in come)}
    replace(connection, stays, list(rows.values()))


def sighted_around(
    connection: Connection, number: int, interface: str, name: str, at: datetime, is_before: bool
) -> tuple[datetime | None, datetime | None]:
    """The last sighting of a name at an interface before an instant and the first after it."""
    instant_at = to_microseconds(at)
    upto = instant_at if is_before else instant_at - 1
    asked = {"pbx": number, "interface": key(interface), "name": key(name), "upto": upto, "after": upto}
    last = connection.execute(_LAST_SIGHTED, asked).scalar()
    following = connection.execute(_NEXT_SIGHTED, asked).scalar()
    return read_instant(last), read_instant(following)


def known_unnamed(connection: Connection, number: int) -> dict[str, datetime]:
    """Until when each interface was told without a name."""
    return {row.interface: from_microseconds(row.until_at) for row in connection.execute(_UNNAMED, {"pbx": number})}


def note_unnamed(connection: Connection, number: int, until: Mapping[str, datetime]) -> None:
    """Remember until when interfaces were told without a name; the latest counts."""
    rows = [(number, interface, to_microseconds(at)) for interface, at in _by_key(until).items()]
    replace(connection, unnamed, rows, only_if="excluded.until_at > unnamed.until_at")


def _by_key(until: Mapping[str, datetime]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for interface, at in until.items():
        found[key(interface)] = max(at, found.get(key(interface), at))
    return found


def _row(number: int, interface: str, stay: Stay) -> Row:
    return number, key(interface), to_microseconds(stay.began_at), key(stay.name), instant(stay.ended_at)


_PBX: BindParameter[int] = bindparam("pbx")
_STAYS = select(stays).where(stays.c.pbx_id == _PBX)
_UNNAMED = select(unnamed).where(unnamed.c.pbx_id == _PBX)
_FORGET = delete(stays).where(
    stays.c.pbx_id == _PBX,
    stays.c.interface == bindparam("interface"),
    stays.c.began_at == bindparam("began"),
    stays.c.name == bindparam("name"),
)
_SIGHTED = (
    events.c.pbx_id == _PBX,
    events.c.interface == bindparam("interface"),
    events.c.member + "" == bindparam("name"),
    events.c.type.in_([kind.TYPE for kind in SHOWING]),
)
# By the index of interface and time: only the way to the next sighting is read.
_LAST_SIGHTED = (
    select(events.c.occurred_at)
    .where(*_SIGHTED, events.c.occurred_at <= bindparam("upto"))
    .order_by(events.c.occurred_at.desc())
    .limit(1)
)
_NEXT_SIGHTED = (
    select(events.c.occurred_at)
    .where(*_SIGHTED, events.c.occurred_at > bindparam("after"))
    .order_by(events.c.occurred_at)
    .limit(1)
)
