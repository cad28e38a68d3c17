"""What is counted and drawn from calls and spells: intervals, what is stale in them, links, samples."""

from sqlalchemy import Column, Identity, Index, PrimaryKeyConstraint, Table

from adapters.store.tables.columns import SERIAL, big, instant, integer, known_pbx, metadata, monthly, text

# `token` is drawn anew at each marking: who settles a mark removes it only if nobody has marked it since.
stale_marks = Table(
    "stale_marks",
    metadata,
    known_pbx(),
    text("kind"),
    text("subject"),
    instant("quarter"),
    big("token"),
    PrimaryKeyConstraint("pbx_id", "kind", "subject", "quarter"),
    Index("ix_stale_marks_quarter", "pbx_id", "kind", "quarter", "token"),
)

counting_rules = Table(
    "counting_rules",
    metadata,
    known_pbx(),
    text("rules"),
    PrimaryKeyConstraint("pbx_id"),
)

queue_intervals = Table(
    "queue_intervals",
    metadata,
    known_pbx(),
    text("queue"),
    instant("quarter"),
    text("summary"),
    PrimaryKeyConstraint("pbx_id", "queue", "quarter"),
    Index("ix_queue_intervals_quarter", "pbx_id", "quarter"),
    **monthly("quarter"),
)

agent_intervals = Table(
    "agent_intervals",
    metadata,
    known_pbx(),
    text("agent"),
    instant("quarter"),
    text("summary"),
    PrimaryKeyConstraint("pbx_id", "agent", "quarter"),
    Index("ix_agent_intervals_quarter", "pbx_id", "quarter"),
    **monthly("quarter"),
)

recording_links = Table(
    "recording_links",
    metadata,
    Column("id", SERIAL, Identity(), primary_key=True),
    known_pbx(),
    text("visit_id"),
    text("path"),
    instant("entered_at"),
    Index("ix_recording_links_visit", "pbx_id", "visit_id"),
    Index("ix_recording_links_entered", "pbx_id", "entered_at"),
    sqlite_autoincrement=True,
)

qa_draws = Table(
    "qa_draws",
    metadata,
    known_pbx(),
    text("day"),
    text("agent"),
    text("seed"),
    integer("population"),
    PrimaryKeyConstraint("pbx_id", "day", "agent"),
)

qa_samples = Table(
    "qa_samples",
    metadata,
    known_pbx(),
    text("day"),
    text("agent"),
    integer("position"),
    text("visit_id"),
    PrimaryKeyConstraint("pbx_id", "day", "agent", "position"),
    Index("ix_qa_samples_visit", "pbx_id", "visit_id"),
)
