"""Clients that understand read-only."""

from alembic import op
from sqlalchemy import Boolean, Column

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clients", Column("understands_read_only", Boolean()))
