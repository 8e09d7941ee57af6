"""Passkeys; what devices, sessions, passages, approvals and replaced addresses remember of them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Text
from sqlalchemy import UniqueConstraint as Unique

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("identifiers", Column("passkey_when_replaced", Text()))
    op.add_column("authenticators", Column("checked_at", MOMENT))
    op.add_column("devices", Column("passkey_used_at", MOMENT))
    op.add_column("passages", Column("nonce", Text()))
    op.add_column("passages", Column("without_passkey", Boolean()))
    op.add_column("sessions", Column("without_passkey", Boolean()))
    op.add_column("approvals", Column("passkey_id", Text()))
    _create_passkeys()


def _create_passkeys() -> None:
    op.create_table(
        "passkeys",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("begun_at", MOMENT, nullable=False),
        Column("confirmed_by", Text(), nullable=False),
        Column("session_id", Text()),
        Column("nonce", Text()),
        Column("expires_at", MOMENT),
        Column("bound_at", MOMENT),
        Column("credential_id", Text()),
        Column("public_key", Text()),
        Column("algorithm", Integer()),
        Column("sign_count", BigInteger()),
        Column("backup_eligible", Boolean()),
        Column("backed_up", Boolean()),
        Column("aaguid", Text()),
        Column("transports", Text()),
        Column("last_used_at", MOMENT),
        Column("removal_due_at", MOMENT),
        Column("removed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_passkeys"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_passkeys_account_id"),
        Unique("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    condition = sa.text("state = 'pending'")
    op.create_index(
        "uq_passkeys_account_id_pending",
        "passkeys",
        ["account_id"],
        unique=True,
        sqlite_where=condition,
        postgresql_where=condition,
    )
