"""The first schema: accounts, the gate, sessions, delivery, limits, the record.

Written out rather than made from ``storage.schema``: that moves on, a migration stays what it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Text,
    UniqueConstraint,
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_accounts()
    _create_authenticators()
    _create_devices_and_removals()
    _create_passages()
    _create_bounds()
    _create_sessions()
    _create_approvals()
    _create_outbox()
    _create_record()


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    """At most one row with these values among those that fulfil the condition."""
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _create_accounts() -> None:
    op.create_table(
        "installation",
        Column("name", Text(), nullable=False),
        Column("value", Text(), nullable=False),
        PrimaryKeyConstraint("name", name="pk_installation"),
    )
    op.create_table(
        "accounts",
        Column("id", Text(), nullable=False),
        Column("standing", Text(), nullable=False),
        Column("language", Text(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("closed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_table(
        "identifiers",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("value_sealed", Text(), nullable=False),
        Column("lookup_digest", Text(), nullable=False),
        Column("bound_at", MOMENT, nullable=False),
        Column("removed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_identifiers_account_id"),
        PrimaryKeyConstraint("id", name="pk_identifiers"),
    )
    op.create_index("ix_identifiers_account_id", "identifiers", ["account_id"])
    _one("uq_identifiers_lookup_digest_bound", "identifiers", ["lookup_digest"], "removed_at IS NULL")


def _create_authenticators() -> None:
    op.create_table(
        "authenticators",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("begun_at", MOMENT, nullable=False),
        Column("bound_at", MOMENT),
        Column("renews", Boolean(), nullable=False),
        Column("verifier", Text(), nullable=False),
        Column("stands_alone", Boolean()),
        Column("last_step", BigInteger()),
        Column("session_id", Text()),
        Column("expires_at", MOMENT),
        Column("removed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_authenticators_account_id"),
        PrimaryKeyConstraint("id", name="pk_authenticators"),
    )
    op.create_index("ix_authenticators_account_id", "authenticators", ["account_id"])
    columns = ["account_id", "kind"]
    _one("uq_authenticators_account_id_kind_active", "authenticators", columns, "state = 'active'")
    _one("uq_authenticators_account_id_kind_pending", "authenticators", columns, "state = 'pending'")
    op.create_table(
        "recovery_codes",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("authenticator_id", Text(), nullable=False),
        Column("code_digest", Text(), nullable=False),
        Column("used_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recovery_codes_account_id"),
        ForeignKeyConstraint(["authenticator_id"], ["authenticators.id"], name="fk_recovery_codes_authenticator_id"),
        PrimaryKeyConstraint("id", name="pk_recovery_codes"),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])
    op.create_index("ix_recovery_codes_authenticator_id", "recovery_codes", ["authenticator_id"])
    op.create_table(
        "burned_steps",
        Column("authenticator_id", Text(), nullable=False),
        Column("step", BigInteger(), autoincrement=False, nullable=False),
        Column("burned_at", MOMENT, nullable=False),
        ForeignKeyConstraint(["authenticator_id"], ["authenticators.id"], name="fk_burned_steps_authenticator_id"),
        PrimaryKeyConstraint("authenticator_id", "step", name="pk_burned_steps"),
    )


def _create_devices_and_removals() -> None:
    op.create_table(
        "devices",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("bound_at", MOMENT, nullable=False),
        Column("forgotten_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("country", Text()),
        Column("last_network", Text(), nullable=False),
        Column("last_seen_at", MOMENT, nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_devices_account_id"),
        PrimaryKeyConstraint("id", name="pk_devices"),
    )
    op.create_index("ix_devices_account_id", "devices", ["account_id"])
    op.create_index("uq_devices_token_digest_account_id", "devices", ["token_digest", "account_id"], unique=True)
    op.create_table(
        "second_step_removals",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("begun_at", MOMENT, nullable=False),
        Column("due_at", MOMENT, nullable=False),
        Column("ended_at", MOMENT),
        Column("outcome", Text()),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_second_step_removals_account_id"),
        PrimaryKeyConstraint("id", name="pk_second_step_removals"),
    )
    op.create_index("ix_second_step_removals_account_id", "second_step_removals", ["account_id"])
    _one("uq_second_step_removals_account_id_open", "second_step_removals", ["account_id"], "ended_at IS NULL")


def _create_passages() -> None:
    op.create_table(
        "passages",
        Column("id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("purpose", Text(), nullable=False),
        Column("action", Text()),
        Column("state", Text(), nullable=False),
        Column("account_id", Text()),
        Column("session_id", Text()),
        Column("device_digest", Text()),
        Column("client_kind", Text(), nullable=False),
        Column("network", Text(), nullable=False),
        Column("language", Text(), nullable=False),
        Column("identifier_kind", Text()),
        Column("identifier_digest", Text()),
        Column("identifier_sealed", Text()),
        Column("risk", Text()),
        Column("human", Text(), nullable=False),
        Column("proofs", Text(), nullable=False),
        Column("near_misses", Text(), nullable=False),
        Column("created_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("passed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_passages"),
    )
    op.create_index("ix_passages_account_id_open", "passages", ["account_id", "state"])
    op.create_index("ix_passages_expires_at", "passages", ["expires_at"])
    op.create_table(
        "message_codes",
        Column("id", Text(), nullable=False),
        Column("passage_id", Text(), nullable=False),
        Column("message_id", Text(), nullable=False),
        Column("code_digest", Text(), nullable=False),
        Column("tries", Integer(), nullable=False),
        Column("issued_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("redeemed_at", MOMENT),
        Column("superseded_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["passage_id"], ["passages.id"], name="fk_message_codes_passage_id", ondelete="CASCADE"),
        PrimaryKeyConstraint("id", name="pk_message_codes"),
    )
    op.create_index("ix_message_codes_passage_id", "message_codes", ["passage_id"])
    _one("uq_message_codes_passage_id_newest", "message_codes", ["passage_id"], "superseded_at IS NULL")


def _create_bounds() -> None:
    op.create_table(
        "spent_challenges",
        Column("challenge_digest", Text(), nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        PrimaryKeyConstraint("challenge_digest", name="pk_spent_challenges"),
    )
    op.create_index("ix_spent_challenges_expires_at", "spent_challenges", ["expires_at"])
    op.create_table(
        "limits",
        Column("id", Text(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("idle_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_limits"),
    )
    op.create_index("ix_limits_idle_at", "limits", ["idle_at"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("device_id", Text(), nullable=False),
        Column("passage_id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("client_kind", Text(), nullable=False),
        Column("aal", Integer(), nullable=False),
        Column("amr", Text(), nullable=False),
        Column("scope", Text(), nullable=False),
        Column("authenticated_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("revoked_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        Column("last_seen_at", MOMENT, nullable=False),
        Column("network", Text(), nullable=False),
        Column("country", Text()),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_sessions_account_id"),
        ForeignKeyConstraint(["device_id"], ["devices.id"], name="fk_sessions_device_id"),
        PrimaryKeyConstraint("id", name="pk_sessions"),
        UniqueConstraint("passage_id", name="uq_sessions_passage_id"),
        UniqueConstraint("token_digest", name="uq_sessions_token_digest"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_device_id", "sessions", ["device_id"])


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        Column("id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("passage_id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("action", Text(), nullable=False),
        Column("passphrase_hash", Text()),
        Column("passphrase_stands_alone", Boolean()),
        Column("by_senior_class", Boolean(), nullable=False),
        Column("issued_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("spent_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_approvals_account_id"),
        ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_approvals_session_id"),
        PrimaryKeyConstraint("id", name="pk_approvals"),
        UniqueConstraint("passage_id", name="uq_approvals_passage_id"),
        UniqueConstraint("token_digest", name="uq_approvals_token_digest"),
    )
    op.create_index("ix_approvals_account_id", "approvals", ["account_id"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        Column("id", Text(), nullable=False),
        Column("account_id", Text()),
        Column("kind", Text(), nullable=False),
        Column("channel", Text(), nullable=False),
        Column("recipient_sealed", Text(), nullable=False),
        Column("body_sealed", Text()),
        Column("reference", Text(), nullable=False),
        Column("state", Text(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("next_attempt_at", MOMENT, nullable=False),
        Column("leased_until", MOMENT),
        Column("created_at", MOMENT, nullable=False),
        Column("changed_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        PrimaryKeyConstraint("id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_state_next_attempt_at", "outbox", ["state", "next_attempt_at"])


def _create_record() -> None:
    op.create_table(
        "events",
        Column("seq", BigInteger(), autoincrement=False, nullable=False),
        Column("at", MOMENT, nullable=False),
        Column("kind", Text(), nullable=False),
        Column("account_id", Text()),
        Column("passage_id", Text()),
        Column("session_id", Text()),
        Column("device_id", Text()),
        Column("network", Text()),
        Column("facts", Text(), nullable=False),
        Column("witness", Text(), nullable=False),
        Column("mac", Text(), nullable=False),
        PrimaryKeyConstraint("seq", name="pk_events"),
    )
    op.create_index("ix_events_account_id_seq", "events", ["account_id", "seq"])
    op.create_table(
        "record_head",
        Column("id", Integer(), autoincrement=False, nullable=False),
        Column("seq", BigInteger(), nullable=False),
        Column("mac", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_record_head"),
    )
    op.execute("INSERT INTO record_head (id, seq, mac) VALUES (1, 0, '')")
