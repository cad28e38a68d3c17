"""What was heard: PBXs, callers, events with their wordings, and the state of the feeds.

The first step: every database begins here. On PostgreSQL the parts of monthly tables are made with their first rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pbxs",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wordings", sa.BigInteger(), nullable=False),
        sa.Column("recordings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pbxs"),
        sa.UniqueConstraint("name", name="uq_pbxs_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "callers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False),
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_callers"),
        sa.UniqueConstraint("pbx_id", "number", "name", name="uq_callers_pbx_id_number_name"),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_callers_pbx_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "events",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("interface", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("caller_id", sa.BigInteger(), nullable=True),
        sa.Column("wording", sa.BigInteger(), nullable=False),
        sa.Column("wording_index", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("pbx_id", "occurred_at", "event_id", name="pk_events"),
        postgresql_partition_by="RANGE (occurred_at)",
    )
    op.create_index(
        "ix_events_interface",
        "events",
        ["pbx_id", "interface", "occurred_at"],
        sqlite_where=sa.text("interface IS NOT NULL"),
        postgresql_where=sa.text("interface IS NOT NULL"),
    )
    op.create_index(
        "ix_events_leg",
        "events",
        ["pbx_id", "leg"],
        sqlite_where=sa.text("leg IS NOT NULL"),
        postgresql_where=sa.text("leg IS NOT NULL"),
    )
    op.create_index(
        "ix_events_member",
        "events",
        ["pbx_id", "member", "occurred_at"],
        sqlite_where=sa.text("member IS NOT NULL"),
        postgresql_where=sa.text("member IS NOT NULL"),
    )
    op.create_table(
        "wordings",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("pbx_id", "number", name="pk_wordings"),
    )
    op.create_index(
        "ix_wordings_received",
        "wordings",
        ["pbx_id", "received_at"],
        sqlite_where=sa.text("packed IS NOT NULL"),
        postgresql_where=sa.text("packed IS NOT NULL"),
    )
    op.create_table(
        "feed_sources",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_feed_sources_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "source", name="pk_feed_sources"),
    )
    op.create_table(
        "feed_progress",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("read_until", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("unknown", sa.Text(), nullable=False),
        sa.Column("problems", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_feed_progress_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "source", "connection", name="pk_feed_progress"),
    )
    op.create_table(
        "feed_adapters",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("first_received_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_feed_adapters_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "adapter", name="pk_feed_adapters"),
    )
    op.create_table(
        "feed_holes",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("adapter", sa.Text(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_feed_holes_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "adapter", "first_seq", name="pk_feed_holes"),
    )
    op.create_table(
        "feed_changes",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("is_restored", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_feed_changes_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "event_id", name="pk_feed_changes"),
    )
    op.create_table(
        "pbx_starts",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_pbx_starts_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "started_at", name="pk_pbx_starts"),
    )
    op.create_table(
        "queue_settings",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("service_level_seconds", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_queue_settings_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "queue", name="pk_queue_settings"),
    )
    op.create_table(
        "snapshots",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_snapshots_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "subject", name="pk_snapshots"),
    )


def downgrade() -> None:
    op.drop_table("snapshots")
    op.drop_table("queue_settings")
    op.drop_table("pbx_starts")
    op.drop_table("feed_changes")
    op.drop_table("feed_holes")
    op.drop_table("feed_adapters")
    op.drop_table("feed_progress")
    op.drop_table("feed_sources")
    op.drop_table("wordings")
    op.drop_table("events")
    op.drop_table("callers")
    op.drop_table("pbxs")
