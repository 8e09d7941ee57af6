"""The tables of the door: accounts, the gate, sessions, approvals, delivery, limits, the record.

Rows marked as trusted carry a keyed digest of their content (policy §11).
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text

from watchword.storage.schema.columns import LOOSE, TRUSTED, TRUSTED_FOR_NOW, Moment, digest, metadata, one, row_id

installation = Table(
    "installation",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    row_id(),
    Column("standing", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("closed_at", Moment),
    digest(),
    info=TRUSTED,
)

identifiers = Table(
    "identifiers",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("value_sealed", Text, nullable=False),
    Column("lookup_digest", Text, nullable=False),
    Column("bound_at", Moment, nullable=False),
    Column("removed_at", Moment),
    digest(),
    Column("contact_until", Moment),  # replaced: gets the notices until then, and may undo the replacement
    Column("replaced_by", Text),  # the identifier that took its place
    Column("app_when_replaced", Text),  # none, junior, senior: what an undo asks
    Column("passkey_when_replaced", Text),  # the same
    info=TRUSTED,
)
one("uq_identifiers_lookup_digest_bound", identifiers.c.lookup_digest, where="removed_at IS NULL")

# passphrase, totp, recovery_codes, message_code, trading_passphrase
authenticators = Table(
    "authenticators",
    metadata,
    row_id(),
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
    digest(),
    Column("checked_at", Moment),  # recovery_codes: one of the sheet was typed and was right
    Column("closed_at", Moment),  # trading_passphrase: too many failures in a row; only a new one opens it
    info=TRUSTED,
)
one(
    "uq_authenticators_account_id_kind_active",
    authenticators.c.account_id,
    authenticators.c.kind,
    where="state = 'active'",
)
one(
    "uq_authenticators_account_id_kind_pending",
    authenticators.c.account_id,
    authenticators.c.kind,
    where="state = 'pending'",
)

passkeys = Table(
    "passkeys",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),  # pending, active, removed
    Column("begun_at", Moment, nullable=False),
    Column("confirmed_by", Text, nullable=False),  # passkey, app, nothing: which senior class confirmed its binding
    Column("session_id", Text),  # the session that began a pending one
    Column("nonce", Text),  # of the challenge of a pending one
    Column("expires_at", Moment),  # of a pending one
    Column("bound_at", Moment),
    Column("credential_id", Text, unique=True),  # URL-safe Base64
    Column("public_key", Text),  # COSE, URL-safe Base64
    Column("algorithm", Integer),  # COSE
    Column("sign_count", BigInteger),
    Column("backup_eligible", Boolean),  # synced, if backed up as well; never changes
    Column("backed_up", Boolean),
    Column("aaguid", Text),
    Column("transports", Text),  # JSON list
    Column("last_used_at", Moment),
    Column("removal_due_at", Moment),  # begun by the app: until then its use calls it off
    Column("removed_at", Moment),
    digest(),
    Column("name", Text, nullable=False, info=LOOSE),
    info=TRUSTED,
)
one("uq_passkeys_account_id_pending", passkeys.c.account_id, where="state = 'pending'")

recovery_codes = Table(
    "recovery_codes",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("authenticator_id", ForeignKey("authenticators.id"), nullable=False, index=True),
    Column("code_digest", Text, nullable=False),
    Column("used_at", Moment),
    digest(),
    info=TRUSTED,
)

# steps of an app whose codes were near misses, and serve no more
burned_steps = Table(
    "burned_steps",
    metadata,
    row_id(),  # authenticator and step
    Column("burned_at", Moment, nullable=False),
    digest(),
    info=TRUSTED,
)

devices = Table(
    "devices",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("token_digest", Text, nullable=False),
    Column("kind", Text, nullable=False),  # browser, app
    Column("bound_at", Moment, nullable=False),  # when it became known
    Column("forgotten_at", Moment),
    digest(),
    Column("passkey_used_at", Moment),  # since when a passkey of the account is known to work here
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
    row_id(),
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
    digest(),
    Column("nonce", Text),  # what the next challenge for a passkey is made of; new after each answer
    Column("without_passkey", Boolean),  # confirm: the session was opened by the app, though there was a passkey
    info=TRUSTED_FOR_NOW,
)
Index("ix_passages_account_id_open", passages.c.account_id, passages.c.state)

message_codes = Table(
    "message_codes",
    metadata,
    row_id(),
    Column("passage_id", ForeignKey("passages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", Text, nullable=False),
    Column("code_digest", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("redeemed_at", Moment),
    Column("superseded_at", Moment),
    digest(),
    Column("proof", Text),  # new_identifier_code: sent to an address that is to be bound; else NULL
    info=TRUSTED_FOR_NOW,
)
one("uq_message_codes_passage_id_newest", message_codes.c.passage_id, where="superseded_at IS NULL")

spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("challenge_digest", Text, primary_key=True),
    Column("expires_at", Moment, nullable=False, index=True),
)

sessions = Table(
    "sessions",
    metadata,
    row_id(),
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
    digest(),
    Column("without_passkey", Boolean),  # opened by the app, though there was a passkey
    Column("last_seen_at", Moment, nullable=False, info=LOOSE),
    Column("network", Text, nullable=False, info=LOOSE),
    Column("country", Text, info=LOOSE),
    info=TRUSTED,
)

approvals = Table(
    "approvals",
    metadata,
    row_id(),
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
    digest(),
    Column("from_senior_device", Boolean),  # whether the device it was confirmed on was senior then
    Column("by_second_step", Boolean),  # confirmed by K or A, of any age
    Column("passkey_id", Text),  # the passkey that confirmed it
    info=TRUSTED,
)

limits = Table(
    "limits",
    metadata,
    row_id(),  # keyed digest of the limit's name and subject
    Column("state", Text, nullable=False),  # JSON: what the limit's arithmetic keeps
    Column("idle_at", Moment, nullable=False, index=True),  # from then on the row says nothing and may go
    digest(),
    info=TRUSTED_FOR_NOW,
)

second_step_removals = Table(
    "second_step_removals",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("begun_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", Text),  # done, cancelled
    digest(),
    info=TRUSTED,
)
one("uq_second_step_removals_account_id_open", second_step_removals.c.account_id, where="ended_at IS NULL")

outbox = Table(
    "outbox",
    metadata,
    row_id(),
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
