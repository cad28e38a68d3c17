"""What follows for calls: rows that are folded from events, each call's in one go.

No foreign key to `pbxs`, as in `heard.py`. ``call`` is the root of the call's legs, ``number`` the place in the fold.
"""

from sqlalchemy import Column, Float, Index, PrimaryKeyConstraint, Table

from adapters.store.tables.columns import (
    big,
    blob,
    flag,
    flagged_index,
    instant,
    integer,
    metadata,
    partial_index,
    pbx,
    text,
)

legs = Table(
    "legs",
    metadata,
    pbx(),
    text("leg"),
    text("root"),
    PrimaryKeyConstraint("pbx_id", "leg"),
    Index("ix_legs_root", "pbx_id", "root"),
    sqlite_with_rowid=False,
)

# `is_open`: still waiting or talking. `is_long`: open, or longer than LONG: what no search by entry time can bound.
# `is_unlinked`: names recordings that nobody has looked at since the row was written.
visits = Table(
    "visits",
    metadata,
    pbx(),
    text("visit_id"),
    text("call"),
    text("leg"),
    text("queue"),
    integer("ordinal"),
    text("legs"),
    big("caller_id", nullable=True),
    instant("entered_at"),
    big("position", nullable=True),
    text("outcome"),
    text("reason", nullable=True),
    text("exit_key", nullable=True),
    big("wait_seconds", nullable=True),
    instant("left_at", nullable=True),
    text("interface", nullable=True),
    text("member", nullable=True),
    text("agent", nullable=True),
    text("agent_leg", nullable=True),
    big("ring_seconds", nullable=True),
    instant("ended_at", nullable=True),
    Column("talk_seconds", Float, nullable=True),
    big("stated_talk_seconds", nullable=True),
    Column("hold_seconds", Float, nullable=False),
    text("ended_by", nullable=True),
    text("transfer", nullable=True),
    text("transfer_target", nullable=True),
    text("recordings"),
    text("sources"),
    blob("evidence"),
    flag("is_open"),
    flag("is_long"),
    flag("is_unlinked"),
    PrimaryKeyConstraint("pbx_id", "visit_id"),
    Index("ix_visits_call", "pbx_id", "call"),
    Index("ix_visits_entered", "pbx_id", "entered_at"),
    Index("ix_visits_queue", "pbx_id", "queue", "entered_at"),
    partial_index("ix_visits_agent", "pbx_id", "agent", "entered_at", where="agent IS NOT NULL"),
    Index("ix_visits_outcome", "pbx_id", "outcome", "entered_at"),
    flagged_index("ix_visits_open", "pbx_id", "entered_at", flag="is_open"),
    flagged_index("ix_visits_long", "pbx_id", "entered_at", flag="is_long"),
    flagged_index("ix_visits_unlinked", "pbx_id", "entered_at", flag="is_unlinked"),
)

ring_attempts = Table(
    "ring_attempts",
    metadata,
    pbx(),
    text("call"),
    integer("number"),
    text("leg"),
    text("queue"),
    text("interface", nullable=True),
    text("member", nullable=True),
    text("agent"),
    text("agent_leg", nullable=True),
    instant("rang_at"),
    text("result"),
    Column("ring_seconds", Float, nullable=True),
    blob("evidence"),
    PrimaryKeyConstraint("pbx_id", "call", "number"),
    Index("ix_ring_attempts_queue", "pbx_id", "queue", "rang_at"),
    Index("ix_ring_attempts_agent", "pbx_id", "agent", "rang_at"),
)

refusals = Table(
    "refusals",
    metadata,
    pbx(),
    text("call"),
    integer("number"),
    text("leg"),
    text("queue"),
    instant("refused_at"),
    text("status"),
    blob("evidence"),
    PrimaryKeyConstraint("pbx_id", "call", "number"),
    Index("ix_refusals_queue", "pbx_id", "queue", "refused_at"),
)

loose_ends = Table(
    "loose_ends",
    metadata,
    pbx(),
    text("call"),
    integer("number"),
    text("kind"),
    text("queue"),
    instant("at"),
    text("leg", nullable=True),
    PrimaryKeyConstraint("pbx_id", "call", "number"),
    Index("ix_loose_ends_queue", "pbx_id", "queue", "at"),
)

anomalies = Table(
    "anomalies",
    metadata,
    pbx(),
    text("call"),
    integer("number"),
    text("kind"),
    instant("at"),
    text("leg", nullable=True),
    text("queue", nullable=True),
    blob("event_id"),
    text("detail"),
    PrimaryKeyConstraint("pbx_id", "call", "number"),
    Index("ix_anomalies_at", "pbx_id", "at"),
    Index("ix_anomalies_kind", "pbx_id", "kind"),
)

disagreements = Table(
    "disagreements",
    metadata,
    pbx(),
    text("call"),
    integer("number"),
    text("visit_id"),
    text("queue"),
    instant("at"),
    text("field"),
    text("ami"),
    text("queue_log"),
    PrimaryKeyConstraint("pbx_id", "call", "number"),
    Index("ix_disagreements_at", "pbx_id", "at"),
)
