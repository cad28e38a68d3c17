"""The directory of people, and what members were called.

A PBX is named here, not numbered: people may speak of one that nobody has heard yet.
"""

from sqlalchemy import Column, Identity, Index, PrimaryKeyConstraint, Table

from adapters.store.tables.columns import SERIAL, instant, known_pbx, metadata, text

people = Table("people", metadata, text("person"), text("name"), PrimaryKeyConstraint("person"))

# One row for each subject and beginning: `assignment_id` is made of them.
assignments = Table(
    "assignments",
    metadata,
    text("assignment_id"),
    text("person"),
    text("pbx"),
    text("interface", nullable=True),
    text("name", nullable=True),
    instant("since", nullable=True),
    instant("until", nullable=True),
    PrimaryKeyConstraint("assignment_id"),
    Index("ix_assignments_pbx", "pbx"),
)

# What came or went and has not taken effect yet.
pending_corrections = Table(
    "pending_corrections",
    metadata,
    Column("number", SERIAL, Identity(), primary_key=True),
    text("person"),
    text("pbx"),
    text("interface", nullable=True),
    text("name", nullable=True),
    instant("since", nullable=True),
    instant("until", nullable=True),
    Index("ix_pending_corrections_pbx", "pbx"),
    sqlite_autoincrement=True,
)

# Never changed, never deleted. `before` and `after` are JSON.
directory_changes = Table(
    "directory_changes",
    metadata,
    Column("number", SERIAL, Identity(), primary_key=True),
    instant("changed_at"),
    text("made_by"),
    text("before", nullable=True),
    text("after", nullable=True),
    sqlite_autoincrement=True,
)

# Each pair of interface and name that any fact told; empty where it told only the other.
told_members = Table(
    "told_members",
    metadata,
    known_pbx(),
    text("interface"),
    text("name"),
    PrimaryKeyConstraint("pbx_id", "interface", "name"),
)
