"""The directory of people, what members were called, and corrections that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_people"),
    )
    op.create_table("assignments", sa.Column("assignment_id", sa.Text(), nullable=False), *_assignment())
    op.create_index("ix_assignments_pbx", "assignments", ["pbx"])
    op.create_table("pending_corrections", _number(), *_assignment("number"), sqlite_autoincrement=True)
    op.create_index("ix_pending_corrections_pbx", "pending_corrections", ["pbx"])
    op.create_table(
        "directory_changes",
        _number(),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_directory_changes"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "told_members",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_told_members_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", "interface", "name", name="pk_told_members"),
    )
    for table in ("events", "visits", "ring_attempts"):
        op.execute(_TOLD.format(table=table))


def downgrade() -> None:
    for table in ("told_members", "directory_changes", "pending_corrections", "assignments", "people"):
        op.drop_table(table)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sa.Identity(), nullable=False)


def _assignment(key: str = "assignment_id") -> list[sa.Column[object] | sa.Constraint]:
    table = {"assignment_id": "assignments", "number": "pending_corrections"}[key]
    return [
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("pbx", sa.Text(), nullable=False),
        sa.Column("interface", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(key, name=f"pk_{table}"),
    ]


# What was recorded before this step told members, too.
_TOLD = (
    "INSERT INTO told_members (pbx_id, interface, name)"
    " SELECT DISTINCT pbx_id, coalesce(interface, ''), coalesce(member, '') FROM {table}"
    " WHERE (interface IS NOT NULL OR member IS NOT NULL) ON CONFLICT DO NOTHING"
)
