"""Sessions of applications on other hosts, children of sessions at the door."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "child_sessions",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("origin", Text(), nullable=False),
        Column("code_digest", Text(), nullable=False),
        Column("browser_digest", Text(), nullable=False),
        Column("return_sealed", Text()),
        Column("begun_at", MOMENT, nullable=False),
        Column("code_expires_at", MOMENT, nullable=False),
        Column("token_digest", Text()),
        Column("redeemed_at", MOMENT),
        Column("ended_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_child_sessions"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_child_sessions_account_id"),
        ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_child_sessions_session_id"),
        UniqueConstraint("code_digest", name="uq_child_sessions_code_digest"),
        UniqueConstraint("token_digest", name="uq_child_sessions_token_digest"),
    )
    op.create_index("ix_child_sessions_session_id", "child_sessions", ["session_id"])
    op.create_index("ix_child_sessions_code_expires_at", "child_sessions", ["code_expires_at"])
