"""What requests for interval rows have in common: which stretch, cut into which intervals, how much of it at most."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Literal, TypeVar

from pydantic import ConfigDict, Field

from callcenter.api.models import Asked, Id, Instant, Names, Shown
from callcenter.api.periods import cut_period
from callcenter.domain.errors import BadRequest
from callcenter.domain.periods import QUARTER, Interval, Period, quarter_of
from callcenter.metrics.definitions import Definition
from callcenter.metrics.summaries import AgentSummary, QueueSummary

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
S = TypeVar("S", QueueSummary, AgentSummary)

MOST_ROWS = 20_000


class IntervalsAsked(Asked):
    """Which stretch of time, and into which intervals it is cut."""

    since: Instant = Field(alias="from", description="Start; widened to a quarter hour")
    until: Instant = Field(alias="to", description="End, not included; widened to a quarter hour")
    interval: Literal["15m", "30m", "hour", "day", "week", "month"] = Field(
        default="30m", description="Length, by the site's calendar"
    )
    pbx: Id | None = None
    across: Literal["pbxs"] | None = Field(
        default=None, description="pbxs: add up PBXs; the sums bear the PBX name *. Left out, each stands for itself"
    )
    measures: Names | None = Field(
        default=None,
        description="Further figures for each row: names of definitions, with commas between",
        examples=["longest_wait_lost,abandon_ratio_without_short"],
    )

    def chosen(self) -> Period:
        """The stretch in whole quarters. Raises BadRequest if it is empty or too long."""
        period = cut_period(self.since, self.until, Interval(self.interval))
        start, end = quarter_of(period.start), quarter_of(period.end)
        return Period(start, end if end == period.end else end + QUARTER)


def wanted(names: str | None, table: Iterable[Definition[S]]) -> tuple[Definition[S], ...]:
    """The definitions that a request names. Raises BadRequest for one that is not in the table."""
    known = {row.name: row for row in table}
    asked = names.split(",") if names else []
    for name in asked:
        if name not in known:
            raise BadRequest("measures", f"knows no {name}", f"measures={next(reversed(known))}")
    return tuple(known[name] for name in dict.fromkeys(asked))


class IntervalsShown(Shown):
    """What an answer with interval rows says of itself; ``from`` and ``to`` are the stretch that is in the rows."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    since: datetime = Field(alias="from")
    until: datetime = Field(alias="to")
    interval: str
    timezone: str


def added(rows: Iterable[tuple[K, S]]) -> dict[K, S]:
    """Summaries added up by key."""
    sums: dict[K, S] = {}
    for key, summary in rows:
        known = sums.get(key)
        sums[key] = summary if known is None else known + summary
    return sums


def bounded(rows: Mapping[K, V]) -> Mapping[K, V]:
    """The rows, if one answer can hold them. Raises BadRequest if not."""
    if len(rows) > MOST_ROWS:
        problem = f"gives {len(rows)} rows, and one answer holds {MOST_ROWS}"
        raise BadRequest("interval", problem, "a longer interval, a shorter period or a single queue")
    return rows
