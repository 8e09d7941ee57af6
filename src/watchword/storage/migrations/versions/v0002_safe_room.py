"""The safe room: trading passphrases that were, destinations, holds, spent approvals, services; freezes and their
links; stamps, copies of messages, alerts. What replaced addresses and approvals remember besides.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Boolean, Column, ForeignKeyConstraint, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("identifiers", Column("contact_until", MOMENT))
    op.add_column("identifiers", Column("replaced_by", Text()))
    op.add_column("identifiers", Column("app_when_replaced", Text()))
    op.add_column("authenticators", Column("closed_at", MOMENT))
    op.add_column("approvals", Column("from_senior_device", Boolean()))
    op.add_column("approvals", Column("by_second_step", Boolean()))
    op.add_column("message_codes", Column("proof", Text()))
    _sign_burned_steps()
    _create_trading_history()
    _create_destinations()
    _create_holds()
    _create_exit_spendings()
    _create_services()
    _create_locks()
    _create_freezes()
    _create_freeze_links()
    _create_stamps()
    _create_message_copies()
    _create_security_alerts()


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    """At most one row with these values among those that fulfil the condition."""
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _sign_burned_steps() -> None:
    """Those burned before are let go: their codes died with their minutes."""
    op.drop_table("burned_steps")
    op.create_table(
        "burned_steps",
        Column("id", Text(), nullable=False),
        Column("burned_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_burned_steps"),
    )


def _create_trading_history() -> None:
    op.create_table(
        "trading_history",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("passphrase_digest", Text(), nullable=False),
        Column("set_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_trading_history"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_trading_history_account_id"),
    )
    op.create_index("ix_trading_history_account_id", "trading_history", ["account_id"])


def _create_destinations() -> None:
    op.create_table(
        "destinations",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("destination_digest", Text(), nullable=False),
        Column("destination_sealed", Text(), nullable=False),
        Column("named_at", MOMENT, nullable=False),
        Column("named_from_senior_device", Boolean(), nullable=False),
        Column("listed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_destinations"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_destinations_account_id"),
    )
    op.create_index("ix_destinations_account_id", "destinations", ["account_id"])
    op.create_index(
        "uq_destinations_account_id_destination_digest",
        "destinations",
        ["account_id", "destination_digest"],
        unique=True,
    )


def _create_holds() -> None:
    op.create_table(
        "holds",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("cause", Text(), nullable=False),
        Column("reach", Text(), nullable=False),
        Column("begins_at", MOMENT, nullable=False),
        Column("ends_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_holds"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_holds_account_id"),
    )
    op.create_index("ix_holds_account_id", "holds", ["account_id"])


def _create_exit_spendings() -> None:
    op.create_table(
        "exit_spendings",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("service_id", Text(), nullable=False),
        Column("approval_id", Text(), nullable=False),
        Column("key_digest", Text(), nullable=False),
        Column("action", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("asset", Text()),
        Column("amount", Text()),
        Column("under_cap", Boolean(), nullable=False),
        Column("spent_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_exit_spendings"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_exit_spendings_account_id"),
        UniqueConstraint("approval_id", name="uq_exit_spendings_approval_id"),
    )
    op.create_index("ix_exit_spendings_account_id_spent_at", "exit_spendings", ["account_id", "spent_at"])
    op.create_index("uq_exit_spendings_key_digest", "exit_spendings", ["key_digest"], unique=True)


def _create_services() -> None:
    op.create_table(
        "services",
        Column("id", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("made_at", MOMENT, nullable=False),
        Column("revoked_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_services"),
        UniqueConstraint("token_digest", name="uq_services_token_digest"),
    )
    _one("uq_services_name_live", "services", ["name"], "revoked_at IS NULL")


def _create_locks() -> None:
    op.create_table(
        "locks",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("begun_at", MOMENT, nullable=False),
        Column("effective_at", MOMENT, nullable=False),
        Column("ended_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_locks"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_locks_account_id"),
    )
    op.create_index("ix_locks_account_id", "locks", ["account_id"])
    _one("uq_locks_account_id_kind_live", "locks", ["account_id", "kind"], "ended_at IS NULL")


def _create_freezes() -> None:
    op.create_table(
        "freezes",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("by", Text(), nullable=False),
        Column("frozen_at", MOMENT, nullable=False),
        Column("thawed_at", MOMENT),
        Column("thawed_by", Text()),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_freezes"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_freezes_account_id"),
    )
    op.create_index("ix_freezes_account_id", "freezes", ["account_id"])
    _one("uq_freezes_account_id_by_live", "freezes", ["account_id", "by"], "thawed_at IS NULL")


def _create_freeze_links() -> None:
    op.create_table(
        "freeze_links",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("made_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("ended_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_freeze_links"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_freeze_links_account_id"),
        UniqueConstraint("token_digest", name="uq_freeze_links_token_digest"),
    )
    op.create_index("ix_freeze_links_account_id", "freeze_links", ["account_id"])
    op.create_index("ix_freeze_links_expires_at", "freeze_links", ["expires_at"])


def _create_stamps() -> None:
    op.create_table(
        "stamps",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("stamp_sealed", Text(), nullable=False),
        Column("set_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_stamps"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_stamps_account_id"),
        UniqueConstraint("account_id", name="uq_stamps_account_id"),
    )


def _create_message_copies() -> None:
    op.create_table(
        "message_copies",
        Column("id", Text(), nullable=False),
        Column("account_id", Text()),
        Column("address_digest", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("channel", Text(), nullable=False),
        Column("reference", Text(), nullable=False),
        Column("copy_sealed", Text(), nullable=False),
        Column("sent_at", MOMENT, nullable=False),
        PrimaryKeyConstraint("id", name="pk_message_copies"),
    )
    op.create_index("ix_message_copies_account_id_sent_at", "message_copies", ["account_id", "sent_at"])
    op.create_index("ix_message_copies_address_digest", "message_copies", ["address_digest"])
    op.create_index("ix_message_copies_sent_at", "message_copies", ["sent_at"])
    op.create_index("ix_message_copies_reference", "message_copies", ["reference"])


def _create_security_alerts() -> None:
    op.create_table(
        "security_alerts",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("facts_sealed", Text(), nullable=False),
        Column("raised_at", MOMENT, nullable=False),
        Column("acknowledged_at", MOMENT),
        PrimaryKeyConstraint("id", name="pk_security_alerts"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_security_alerts_account_id"),
    )
    op.create_index("ix_security_alerts_account_id", "security_alerts", ["account_id"])
