"""API keys, the requests remembered against replay, and what the signature doctor keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_api_keys()
    _create_request_replays()
    _create_api_key_failures()


def _create_api_keys() -> None:
    op.create_table(
        "api_keys",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("profile", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("secret_sealed", Text(), nullable=False),
        Column("passphrase_digest", Text(), nullable=False),
        Column("permissions", Text(), nullable=False),
        Column("networks", Text(), nullable=False),
        Column("bound_at", MOMENT, nullable=False),
        Column("confirmed_at", MOMENT, nullable=False),
        Column("works_from", MOMENT, nullable=False),
        Column("expires_at", MOMENT),
        Column("paused_at", MOMENT),
        Column("paused_by", Text()),
        Column("lapsed_at", MOMENT),
        Column("deleted_at", MOMENT),
        Column("last_used_at", MOMENT),
        Column("last_network", Text()),
        Column("reminded_days", Integer()),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_api_keys"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_api_keys_account_id"),
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])
    op.create_index("ix_api_keys_expires_at", "api_keys", ["expires_at"])


def _create_request_replays() -> None:
    op.create_table(
        "request_replays",
        Column("id", Text(), nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        PrimaryKeyConstraint("id", name="pk_request_replays"),
    )
    op.create_index("ix_request_replays_expires_at", "request_replays", ["expires_at"])


def _create_api_key_failures() -> None:
    op.create_table(
        "api_key_failures",
        Column("id", Text(), nullable=False),
        Column("key_id", Text(), nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("code", Text(), nullable=False),
        Column("why", Text(), nullable=False),
        Column("milliseconds", Integer()),
        Column("method", Text(), nullable=False),
        Column("network", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_api_key_failures"),
        ForeignKeyConstraint(["key_id"], ["api_keys.id"], name="fk_api_key_failures_key_id"),
    )
    op.create_index("ix_api_key_failures_key_id_at", "api_key_failures", ["key_id", "at"])
