"""Each service that freezes an account makes a freeze of its own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, Text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("freezes", Column("service_id", Text()))
    op.drop_index("uq_freezes_account_id_by_live", table_name="freezes")
    _one("uq_freezes_account_id_by_live", ["account_id", "by"], "thawed_at IS NULL AND service_id IS NULL")
    _one("uq_freezes_account_id_service_id_live", ["account_id", "service_id"], "thawed_at IS NULL")


def _one(name: str, columns: list[str], where: str) -> None:
    """At most one row with these values among those that fulfil the condition."""
    condition = sa.text(where)
    op.create_index(name, "freezes", columns, unique=True, sqlite_where=condition, postgresql_where=condition)
