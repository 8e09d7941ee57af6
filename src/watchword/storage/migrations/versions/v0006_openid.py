"""OpenID Connect: clients, requests, grants with their codes and tokens, consents, logouts to be told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Boolean, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Text, UniqueConstraint

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_clients()
    _create_openid_requests()
    _create_openid_grants()
    _create_openid_codes()
    _create_openid_refresh_tokens()
    _create_openid_consents()
    _create_openid_assertions()
    _create_openid_logouts()


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    """At most one row with these values among those that fulfil the condition."""
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _create_clients() -> None:
    op.create_table(
        "clients",
        Column("id", Text(), nullable=False),
        Column("name", Text(), nullable=False),
        Column("kind", Text(), nullable=False),
        Column("redirect_uris", Text(), nullable=False),
        Column("logout_uris", Text(), nullable=False),
        Column("backchannel_uri", Text()),
        Column("scopes", Text(), nullable=False),
        Column("audience", Text()),
        Column("auth_method", Text(), nullable=False),
        Column("secret_digest", Text()),
        Column("jwks", Text()),
        Column("id_token_alg", Text(), nullable=False),
        Column("first_party", Boolean(), nullable=False),
        Column("made_at", MOMENT, nullable=False),
        Column("revoked_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_clients"),
    )
    _one("uq_clients_name_live", "clients", ["name"], "revoked_at IS NULL")


def _create_openid_requests() -> None:
    op.create_table(
        "openid_requests",
        Column("id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("uri_digest", Text()),
        Column("browser_digest", Text()),
        Column("content_sealed", Text(), nullable=False),
        Column("begun_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("answered_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_requests"),
        UniqueConstraint("uri_digest", name="uq_openid_requests_uri_digest"),
    )
    op.create_index("ix_openid_requests_expires_at", "openid_requests", ["expires_at"])


def _create_openid_grants() -> None:
    op.create_table(
        "openid_grants",
        Column("id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("session_id", Text(), nullable=False),
        Column("scopes", Text(), nullable=False),
        Column("made_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("ended_at", MOMENT),
        Column("end_reason", Text()),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_grants"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_openid_grants_account_id"),
    )
    op.create_index("ix_openid_grants_account_id_client_id", "openid_grants", ["account_id", "client_id"])
    op.create_index("ix_openid_grants_expires_at", "openid_grants", ["expires_at"])
    op.create_index("ix_openid_grants_session_id", "openid_grants", ["session_id"])


def _create_openid_codes() -> None:
    op.create_table(
        "openid_codes",
        Column("id", Text(), nullable=False),
        Column("code_digest", Text(), nullable=False),
        Column("grant_id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("redirect_uri", Text(), nullable=False),
        Column("challenge", Text(), nullable=False),
        Column("nonce", Text()),
        Column("expires_at", MOMENT, nullable=False),
        Column("redeemed_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_codes"),
        UniqueConstraint("code_digest", name="uq_openid_codes_code_digest"),
    )
    op.create_index("ix_openid_codes_expires_at", "openid_codes", ["expires_at"])


def _create_openid_refresh_tokens() -> None:
    op.create_table(
        "openid_refresh_tokens",
        Column("id", Text(), nullable=False),
        Column("token_digest", Text(), nullable=False),
        Column("grant_id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("issued_at", MOMENT, nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("used_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_refresh_tokens"),
        UniqueConstraint("token_digest", name="uq_openid_refresh_tokens_token_digest"),
    )
    op.create_index("ix_openid_refresh_tokens_expires_at", "openid_refresh_tokens", ["expires_at"])
    op.create_index("ix_openid_refresh_tokens_grant_id", "openid_refresh_tokens", ["grant_id"])


def _create_openid_consents() -> None:
    op.create_table(
        "openid_consents",
        Column("id", Text(), nullable=False),
        Column("account_id", Text(), nullable=False),
        Column("client_id", Text(), nullable=False),
        Column("scopes", Text(), nullable=False),
        Column("asked", Boolean(), nullable=False),
        Column("given_at", MOMENT, nullable=False),
        Column("withdrawn_at", MOMENT),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_consents"),
        ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_openid_consents_account_id"),
    )
    op.create_index("ix_openid_consents_account_id", "openid_consents", ["account_id"])
    _one(
        "uq_openid_consents_account_id_client_id_live",
        "openid_consents",
        ["account_id", "client_id"],
        "withdrawn_at IS NULL",
    )


def _create_openid_assertions() -> None:
    op.create_table(
        "openid_assertions",
        Column("id", Text(), nullable=False),
        Column("expires_at", MOMENT, nullable=False),
        Column("row_digest", Text(), nullable=False),
        PrimaryKeyConstraint("id", name="pk_openid_assertions"),
    )
    op.create_index("ix_openid_assertions_expires_at", "openid_assertions", ["expires_at"])


def _create_openid_logouts() -> None:
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
        PrimaryKeyConstraint("id", name="pk_openid_logouts"),
    )
    op.create_index("ix_openid_logouts_state_next_attempt_at", "openid_logouts", ["state", "next_attempt_at"])
