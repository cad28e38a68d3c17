"""What was heard, in which words, and how well: PBXs, events, wordings, and the state of the feeds.

`events` and `wordings` take everything that happens and have no foreign key to `pbxs`: one look-up per row would cost
more than it protects, since every writer reads the row of its PBX first.
"""

from sqlalchemy import Column, Identity, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from adapters.store.tables.columns import (
    SERIAL,
    big,
    blob,
    flag,
    instant,
    integer,
    known_pbx,
    metadata,
    monthly,
    partial_index,
    pbx,
    text,
)

pbxs = Table(
    "pbxs",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    # How many wordings have been numbered. Its row is also what the writers of one PBX queue for.
    big("wordings"),
    # How many transactions have recorded anything: whoever keeps rows in memory sees whether others have written.
    big("recordings"),
    sqlite_autoincrement=True,
)

# Personal data, in one place: a row that is deleted here is a caller who is forgotten, and no fact changes.
callers = Table(
    "callers",
    metadata,
    Column("id", SERIAL, Identity(), primary_key=True),
    known_pbx(),
    text("number"),
    text("name"),
    UniqueConstraint("pbx_id", "number", "name"),
    sqlite_autoincrement=True,
)

# The key begins with the time, so that new rows meet in a few warm pages however many there are; an event that is heard
# again has the same time. `interface` and `member` are those of agent events only.
events = Table(
    "events",
    metadata,
    pbx(),
    instant("occurred_at"),
    blob("event_id"),
    text("type"),
    text("source"),
    text("leg", nullable=True),
    text("queue", nullable=True),
    text("interface", nullable=True),
    text("member", nullable=True),
    big("caller_id", nullable=True),
    big("wording"),
    integer("wording_index"),
    blob("payload"),
    PrimaryKeyConstraint("pbx_id", "occurred_at", "event_id"),
    partial_index("ix_events_leg", "pbx_id", "leg", where="leg IS NOT NULL"),
    partial_index("ix_events_interface", "pbx_id", "interface", "occurred_at", where="interface IS NOT NULL"),
    partial_index("ix_events_member", "pbx_id", "member", "occurred_at", where="member IS NOT NULL"),
    **monthly("occurred_at"),
)

# The words of a whole batch in one compressed block; erased by setting `packed` to NULL.
wordings = Table(
    "wordings",
    metadata,
    pbx(),
    big("number"),
    text("adapter"),
    big("seq"),
    instant("received_at"),
    blob("packed", nullable=True),
    PrimaryKeyConstraint("pbx_id", "number"),
    partial_index("ix_wordings_received", "pbx_id", "received_at", where="packed IS NOT NULL"),
)

feed_sources = Table(
    "feed_sources",
    metadata,
    known_pbx(),
    text("source"),
    big("events"),
    instant("first_at"),
    instant("last_at"),
    PrimaryKeyConstraint("pbx_id", "source"),
)

feed_progress = Table(
    "feed_progress",
    metadata,
    known_pbx(),
    text("source"),
    text("connection"),
    big("read_bytes"),
    big("frames"),
    instant("read_until", nullable=True),
    instant("received_at"),
    text("unknown"),
    text("problems"),
    text("checkpoint", nullable=True),
    PrimaryKeyConstraint("pbx_id", "source", "connection"),
)

# Every seq from first to last has been received, but for what `feed_holes` holds.
feed_adapters = Table(
    "feed_adapters",
    metadata,
    known_pbx(),
    text("adapter"),
    text("source"),
    big("first_seq"),
    instant("first_received_at"),
    big("last_seq"),
    instant("last_received_at"),
    PrimaryKeyConstraint("pbx_id", "adapter"),
)

feed_holes = Table(
    "feed_holes",
    metadata,
    known_pbx(),
    text("adapter"),
    big("first_seq"),
    big("last_seq"),
    instant("started_at"),
    instant("ended_at"),
    PrimaryKeyConstraint("pbx_id", "adapter", "first_seq"),
)

# Connections that began and ended; the gaps follow from these and from `feed_progress` (`gaps.py`).
feed_changes = Table(
    "feed_changes",
    metadata,
    known_pbx(),
    blob("event_id"),
    text("source"),
    text("connection"),
    instant("changed_at"),
    flag("is_restored"),
    text("reason"),
    PrimaryKeyConstraint("pbx_id", "event_id"),
)

pbx_starts = Table(
    "pbx_starts",
    metadata,
    known_pbx(),
    instant("started_at"),
    PrimaryKeyConstraint("pbx_id", "started_at"),
)

queue_settings = Table(
    "queue_settings",
    metadata,
    known_pbx(),
    text("queue"),
    integer("service_level_seconds", nullable=True),
    instant("seen_at"),
    blob("event_id"),
    PrimaryKeyConstraint("pbx_id", "queue"),
)

snapshots = Table(
    "snapshots",
    metadata,
    known_pbx(),
    text("subject"),
    instant("seen_at"),
    blob("event_id"),
    blob("payload"),
    PrimaryKeyConstraint("pbx_id", "subject"),
)
"""The latest complete snapshot of each queue, and of all legs (subject "")."""
