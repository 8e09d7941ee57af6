"""What the signature doctor keeps of a key tells the owner's requests from others'. What it kept before goes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Text

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("api_key_failures")
    op.create_table(
        "api_key_failures",
        Column("id", Text(), nullable=False),
        Column("key_id", Text(), nullable=False),
        Column("at", sa.DateTime(timezone=True), nullable=False),
        Column("code", Text(), nullable=False),
        Column("why", Text(), nullable=False),
        Column("milliseconds", Integer()),
        Column("method", Text(), nullable=False),
        Column("network", Text(), nullable=False),
        Column("own", Boolean(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_api_key_failures"),
        ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_api_key_failures_key_id"),
    )
    op.create_index("ix_api_key_failures_key_id_at", "api_key_failures", ["key_id", "at"])
