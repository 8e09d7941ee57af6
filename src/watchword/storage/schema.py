"""Every table, in one place to read. Rows marked as trusted carry a keyed digest of their content (policy §11).

A column added later to a trusted table must allow NULL: the digest leaves NULL out, so older rows still match.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps it without its zone, so the zone is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


TRUSTED = {"trusted": True, "witnessed": True}
"""The row carries its digest, and the record's chain keeps the digest of each change."""
TRUSTED_FOR_NOW = {"trusted": True, "witnessed": False}
"""Trusted, but the record keeps only some of its rows, or none: they live for hours at most and come in numbers."""
LOOSE = {"loose": True}
"""A column outside the digest: it changes at every visit and opens nothing. Who can write ``last_seen_at`` of a
session can stretch its idle hour, never its absolute end."""


def _one(name: str, *columns: Column[Any], where: str) -> None:
    """At most one row with these values among those that fulfil the condition: what a lock can't hold, as the
    first of two has no row to lock."""
    condition = text(where)
    Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def _id() -> Column[str]:
    return Column("id", Text, primary_key=True)


def _digest() -> Column[str]:
    return Column("row_digest", Text, nullable=False)


installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("standing", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    _digest(),
    info=TRUSTED,
)

identifiers = Table(
    "identifiers",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("value_sealed", Text, nullable=False),
    Column("lookup_digest", Text, nullable=False),
    Column("bound_at", Moment, nullable=False),
    Column("removed_at", Moment),
    _digest(),
    info=TRUSTED,
)
_one("uq_identifiers_lookup_digest_bound", identifiers.c.lookup_digest, where="removed_at IS NULL")

# passphrase, totp, recovery_codes, message_code
authenticators = Table(
    "authenticators",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, active, removed
    Column("begun_at", Moment, nullable=False),
    Column("bound_at", Moment),
    Column("renews", Boolean, nullable=False),  # replaced a senior one, confirmed by a senior one of its class
    Column("verifier", Text, nullable=False),  # an Argon2id hash, a sealed secret, or empty
    Column("stands_alone", Boolean),  # passphrase: whether it has 15 code points
    Column("last_step", BigInteger),  # totp: the last step accepted
    Column("session_id", Text),  # the session that began a pending one
    Column("expires_at", Moment),  # of a pending one
    Column("removed_at", Moment),
    _digest(),
    info=TRUSTED,
)
_one(
    "uq_authenticators_account_id_kind_active",
    authenticators.c.account_id,
    authenticators.c.kind,
    where="state = 'active'",
)
_one(
    "uq_authenticators_account_id_kind_pending",
    authenticators.c.account_id,
    authenticators.c.kind,
    where="state = 'pending'",
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("authenticator_id", ForeignKey("authenticators.id"), nullable=False, index=True),
    Column("code_digest", Text, nullable=False),
    Column("used_at", Moment),
    _digest(),
    info=TRUSTED,
)

burned_steps = Table(
    "burned_steps",
    metadata,
    Column("authenticator_id", ForeignKey("authenticators.id"), primary_key=True),
    Column("step", BigInteger, primary_key=True, autoincrement=False),
    Column("burned_at", Moment, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("token_digest", Text, nullable=False),
    Column("kind", Text, nullable=False),  # browser, app
    Column("bound_at", Moment, nullable=False),  # when it became known
    Column("forgotten_at", Moment),
    _digest(),
    # Below: what people read of it. It changes at every visit.
    Column("name", Text, nullable=False, info=LOOSE),
    Column("country", Text, info=LOOSE),
    Column("last_network", Text, nullable=False, info=LOOSE),
    Column("last_seen_at", Moment, nullable=False, info=LOOSE),
    Index("uq_devices_token_digest_account_id", "token_digest", "account_id", unique=True),
    info=TRUSTED,
)

# one attempt by one client for one purpose, with the proofs it was given
passages = Table(
    "passages",
    metadata,
    _id(),
    Column("token_digest", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("action", Text),  # canonical JSON, confirm only
    Column("state", Text, nullable=False),  # open, passed, ended
    Column("account_id", Text),  # once proven, or named in recovery
    Column("session_id", Text),  # confirm: the session that began it
    Column("device_digest", Text),  # keyed digest of the device token that came with it
    Column("client_kind", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("identifier_kind", Text),
    Column("identifier_digest", Text),
    Column("identifier_sealed", Text),
    Column("risk", Text),  # low, raised, high: as it was when the credential was proven
    Column("human", Text, nullable=False),  # JSON: asked, difficulty, answers left
    Column("proofs", Text, nullable=False),  # JSON: the proofs accepted, in order
    Column("near_misses", Text, nullable=False),  # JSON: what the clock doctor remembers
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("passed_at", Moment),
    _digest(),
    info=TRUSTED_FOR_NOW,
)
Index("ix_passages_account_id_open", passages.c.account_id, passages.c.state)

message_codes = Table(
    "message_codes",
    metadata,
    _id(),
    Column("passage_id", ForeignKey("passages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", Text, nullable=False),
    Column("code_digest", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("redeemed_at", Moment),
    Column("superseded_at", Moment),
    _digest(),
    info=TRUSTED_FOR_NOW,
)
_one("uq_message_codes_passage_id_newest", message_codes.c.passage_id, where="superseded_at IS NULL")

spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("challenge_digest", Text, primary_key=True),
    Column("expires_at", Moment, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("device_id", ForeignKey("devices.id"), nullable=False, index=True),
    Column("passage_id", Text, nullable=False, unique=True),  # a passage opens one session, ever
    Column("token_digest", Text, nullable=False, unique=True),
    Column("client_kind", Text, nullable=False),
    Column("aal", Integer, nullable=False),
    Column("amr", Text, nullable=False),  # JSON list
    Column("scope", Text, nullable=False),  # full, read
    Column("authenticated_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),  # absolute
    Column("revoked_at", Moment),
    _digest(),
    Column("last_seen_at", Moment, nullable=False, info=LOOSE),
    Column("network", Text, nullable=False, info=LOOSE),
    Column("country", Text, info=LOOSE),
    info=TRUSTED,
)

approvals = Table(
    "approvals",
    metadata,
    _id(),
    Column("token_digest", Text, nullable=False, unique=True),
    Column("passage_id", Text, nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("action", Text, nullable=False),  # canonical JSON
    Column("passphrase_hash", Text),  # a new passphrase given with the action, hashed
    Column("passphrase_stands_alone", Boolean),
    Column("by_senior_class", Boolean, nullable=False),  # confirmed by a senior K or A
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("spent_at", Moment),
    _digest(),
    info=TRUSTED,
)

limits = Table(
    "limits",
    metadata,
    _id(),  # keyed digest of the limit's name and subject
    Column("state", Text, nullable=False),  # JSON: what the limit's arithmetic keeps
    Column("idle_at", Moment, nullable=False, index=True),  # from then on the row says nothing and may go
    _digest(),
    info=TRUSTED_FOR_NOW,
)

second_step_removals = Table(
    "second_step_removals",
    metadata,
    _id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("begun_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),  # done, cancelled
    _digest(),
    info=TRUSTED,
)
_one("uq_second_step_removals_account_id_open", second_step_removals.c.account_id, where="ended_at IS NULL")

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("account_id", Text),
    Column("kind", Text, nullable=False),  # which message of the catalogue
    Column("channel", Text, nullable=False),  # email, sms
    Column("recipient_sealed", Text, nullable=False),
    Column("body_sealed", Text),  # blanked once handed over
    Column("reference", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued, handed_over, deferred, failed, expired, unsent
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
Index("ix_outbox_state_next_attempt_at", outbox.c.state, outbox.c.next_attempt_at)

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account_id", Text),
    Column("passage_id", Text),
    Column("session_id", Text),
    Column("device_id", Text),
    Column("network", Text),
    Column("facts", Text, nullable=False),  # canonical JSON
    Column("witness", Text, nullable=False),  # canonical JSON: [[table, row id, row digest or null], …]
    Column("mac", Text, nullable=False),
)
Index("ix_events_account_id_seq", events.c.account_id, events.c.seq)

record_head = Table(
    "record_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("mac", Text, nullable=False),
)
