"""By which rules the rows of each PBX were counted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counting_rules",
        sa.Column("pbx_id", sa.Integer(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["pbx_id"], ["pbxs.id"], name="fk_counting_rules_pbx_id"),
        sa.PrimaryKeyConstraint("pbx_id", name="pk_counting_rules"),
    )


def downgrade() -> None:
    op.drop_table("counting_rules")
