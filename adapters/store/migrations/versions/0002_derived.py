"""What follows from it: calls, agents, intervals, links and samples.

All of it can be made again from what step 0001 holds.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "legs",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "leg", name="pk_legs"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_legs_root", "legs", ["pbx_id", "root"])
    op.create_table(
        "visits",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("legs", sa.Text(), nullable=False),
        sa.Column("caller_id", sa.BigInteger(), nullable=True),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("exit_key", sa.Text(), nullable=True),
        sa.Column("wait_seconds", sa.BigInteger(), nullable=True),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("interface", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.Column("agent_leg", sa.Text(), nullable=True),
        sa.Column("ring_seconds", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("talk_seconds", sa.Float(), nullable=True),
        sa.Column("stated_talk_seconds", sa.BigInteger(), nullable=True),
        sa.Column("hold_seconds", sa.Float(), nullable=False),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("transfer", sa.Text(), nullable=True),
        sa.Column("transfer_target", sa.Text(), nullable=True),
        sa.Column("recordings", sa.Text(), nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("is_long", sa.Boolean(), nullable=False),
        sa.Column("is_unlinked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "visit_id", name="pk_visits"),
    )
    op.create_index(
        "ix_visits_agent",
        "visits",
        ["pbx_id", "agent", "entered_at"],
        sqlite_where=sa.text("agent IS NOT NULL"),
        postgresql_where=sa.text("agent IS NOT NULL"),
    )
    op.create_index("ix_visits_call", "visits", ["pbx_id", "call"])
    op.create_index("ix_visits_entered", "visits", ["pbx_id", "entered_at"])
    op.create_index(
        "ix_visits_long",
        "visits",
        ["pbx_id", "entered_at"],
        sqlite_where=sa.text("is_long = 1"),
        postgresql_where=sa.text("is_long"),
    )
    op.create_index(
        "ix_visits_open",
        "visits",
        ["pbx_id", "entered_at"],
        sqlite_where=sa.text("is_open = 1"),
        postgresql_where=sa.text("is_open"),
    )
    op.create_index("ix_visits_outcome", "visits", ["pbx_id", "outcome", "entered_at"])
    op.create_index("ix_visits_queue", "visits", ["pbx_id", "queue", "entered_at"])
    op.create_index(
        "ix_visits_unlinked",
        "visits",
        ["pbx_id", "entered_at"],
        sqlite_where=sa.text("is_unlinked = 1"),
        postgresql_where=sa.text("is_unlinked"),
    )
    op.create_table(
        "ring_attempts",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("agent_leg", sa.Text(), nullable=True),
        sa.Column("rang_at", sa.BigInteger(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("ring_seconds", sa.Float(), nullable=True),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "call", "number", name="pk_ring_attempts"),
    )
    op.create_index("ix_ring_attempts_agent", "ring_attempts", ["pbx_id", "agent", "rang_at"])
    op.create_index("ix_ring_attempts_queue", "ring_attempts", ["pbx_id", "queue", "rang_at"])
    op.create_table(
        "refusals",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "call", "number", name="pk_refusals"),
    )
    op.create_index("ix_refusals_queue", "refusals", ["pbx_id", "queue", "refused_at"])
    op.create_table(
        "loose_ends",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pbx_id", "call", "number", name="pk_loose_ends"),
    )
    op.create_index("ix_loose_ends_queue", "loose_ends", ["pbx_id", "queue", "at"])
    op.create_table(
        "anomalies",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "call", "number", name="pk_anomalies"),
    )
    op.create_index("ix_anomalies_at", "anomalies", ["pbx_id", "at"])
    op.create_index("ix_anomalies_kind", "anomalies", ["pbx_id", "kind"])
    op.create_table(
        "disagreements",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("call", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("ami", sa.Text(), nullable=False),
        sa.Column("queue_log", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "call", "number", name="pk_disagreements"),
    )
    op.create_index("ix_disagreements_at", "disagreements", ["pbx_id", "at"])
    op.create_table(
        "stays",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_stays_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "interface", "began_at", "name", name="pk_stays"),
    )
    op.create_table(
        "unnamed",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_unnamed_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "interface", name="pk_unnamed"),
    )
    op.create_table(
        "agent_days",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_agent_days_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "agent", "day", name="pk_agent_days"),
    )
    op.create_index("ix_agent_days_day", "agent_days", ["pbx_id", "day", "agent"])
    op.create_table(
        "spells",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("is_long", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_spells_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "agent", "day", "number", name="pk_spells"),
    )
    op.create_index("ix_spells_agent", "spells", ["pbx_id", "agent", "started_at"])
    op.create_index(
        "ix_spells_long",
        "spells",
        ["pbx_id", "started_at"],
        sqlite_where=sa.text("is_long = 1"),
        postgresql_where=sa.text("is_long"),
    )
    op.create_index(
        "ix_spells_open",
        "spells",
        ["pbx_id", "agent"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_spells_started", "spells", ["pbx_id", "started_at"])
    op.create_table(
        "stale_marks",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_stale_marks_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "kind", "subject", "quarter", name="pk_stale_marks"),
    )
    op.create_index("ix_stale_marks_quarter", "stale_marks", ["pbx_id", "kind", "quarter", "token"])
    op.create_table(
        "queue_intervals",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_queue_intervals_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "queue", "quarter", name="pk_queue_intervals"),
        postgresql_partition_by="RANGE (quarter)",
    )
    op.create_index("ix_queue_intervals_quarter", "queue_intervals", ["pbx_id", "quarter"])
    op.create_table(
        "agent_intervals",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_agent_intervals_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "agent", "quarter", name="pk_agent_intervals"),
        postgresql_partition_by="RANGE (quarter)",
    )
    op.create_index("ix_agent_intervals_quarter", "agent_intervals", ["pbx_id", "quarter"])
    op.create_table(
        "recording_links",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_recording_links_pbx_id"),
        sa.PrimaryKeyConstraint("id", name="pk_recording_links"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recording_links_entered", "recording_links", ["pbx_id", "entered_at"])
    op.create_index("ix_recording_links_visit", "recording_links", ["pbx_id", "visit_id"])
    op.create_table(
        "qa_draws",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_qa_draws_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "day", "agent", name="pk_qa_draws"),
    )
    op.create_table(
        "qa_samples",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_qa_samples_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "day", "agent", "position", name="pk_qa_samples"),
    )
    op.create_index("ix_qa_samples_visit", "qa_samples", ["pbx_id", "visit_id"])


def downgrade() -> None:
    op.drop_table("qa_samples")
    op.drop_table("qa_draws")
    op.drop_table("recording_links")
    op.drop_table("agent_intervals")
    op.drop_table("queue_intervals")
    op.drop_table("stale_marks")
    op.drop_table("spells")
    op.drop_table("agent_days")
    op.drop_table("unnamed")
    op.drop_table("stays")
    op.drop_table("disagreements")
    op.drop_table("anomalies")
    op.drop_table("loose_ends")
    op.drop_table("refusals")
    op.drop_table("ring_attempts")
    op.drop_table("visits")
    op.drop_table("legs")
