"""What follows for agents: who sat where, the folded days, and the spells."""

from sqlalchemy import Index, PrimaryKeyConstraint, Table

from adapters.store.tables.columns import (
    flag,
    flagged_index,
    instant,
    integer,
    known_pbx,
    metadata,
    partial_index,
    text,
)

# From the first sighting of a name at an interface to its last before another name's; no end for the last stay.
stays = Table(
    "stays",
    metadata,
    known_pbx(),
    text("interface"),
    instant("began_at"),
    text("name"),
    instant("ended_at", nullable=True),
    PrimaryKeyConstraint("pbx_id", "interface", "began_at", "name"),
)

# Interfaces that were told without a name, and the end of the last day on which they were.
unnamed = Table(
    "unnamed",
    metadata,
    known_pbx(),
    text("interface"),
    instant("until_at"),
    PrimaryKeyConstraint("pbx_id", "interface"),
)

# `day` is an ISO date. The state at its end is the beginning of the next day's fold.
agent_days = Table(
    "agent_days",
    metadata,
    known_pbx(),
    text("agent"),
    text("day"),
    text("state"),
    PrimaryKeyConstraint("pbx_id", "agent", "day"),
    Index("ix_agent_days_day", "pbx_id", "day", "agent"),
)

# Closed ones under the day that closed them, open ones under the agent's last day. `is_long` as in `visits`.
spells = Table(
    "spells",
    metadata,
    known_pbx(),
    text("agent"),
    text("day"),
    integer("number"),
    text("kind"),
    instant("started_at"),
    instant("ended_at", nullable=True),
    text("reason", nullable=True),
    flag("is_long"),
    PrimaryKeyConstraint("pbx_id", "agent", "day", "number"),
    Index("ix_spells_agent", "pbx_id", "agent", "started_at"),
    Index("ix_spells_started", "pbx_id", "started_at"),
    flagged_index("ix_spells_long", "pbx_id", "started_at", flag="is_long"),
    partial_index("ix_spells_open", "pbx_id", "agent", where="ended_at IS NULL"),
)
