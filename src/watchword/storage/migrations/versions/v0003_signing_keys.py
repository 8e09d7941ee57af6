"""Keys that sign tokens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, Text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signing_keys",
        Column("id", Text(), nullable=False),
        Column("alg", Text(), nullable=False),
        Column("public_jwk", Text(), nullable=False),
        Column("private_sealed", Text()),
        Column("made_at", MOMENT, nullable=False),
        Column("signs_from", MOMENT),
        Column("retired_at", MOMENT),
        Column("leaves_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_signing_keys"),
    )
    _one("uq_signing_keys_alg_next", "signs_from IS NULL AND retired_at IS NULL")
    _one("uq_signing_keys_alg_present", "signs_from IS NOT NULL AND retired_at IS NULL")


def _one(name: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "signing_keys", ["alg"], unique=True, sqlite_where=condition, postgresql_where=condition)
