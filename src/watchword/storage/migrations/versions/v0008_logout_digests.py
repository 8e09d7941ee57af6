"""Logout tokens on their way carry a keyed digest. Those that wait at the upgrade have none, and are dropped."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Text

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("openid_logouts")
    op.create_table(
        "openid_logouts",
        Column("id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("next_attempt_at", MOMENT, nullable=False),
        Column("leased_until", MOMENT),
        Column("created_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_logouts"),
    )
    op.create_index("ix_openid_logouts_state_next_attempt_at", "openid_logouts", ["state", "next_attempt_at"])
