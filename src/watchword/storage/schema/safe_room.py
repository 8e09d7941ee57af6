"""The tables of the safe room: destinations, holds, what was spent; freezes; stamps, copies of messages, alerts."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from watchword.storage.schema.columns import TRUSTED, TRUSTED_FOR_NOW, Moment, digest, metadata, one, row_id

# the last trading passphrases of an account, so that none is used again
trading_history = Table(
    "trading_history",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("passphrase_digest", Text, nullable=False),  # keyed, with the account in it
    Column("set_at", Moment, nullable=False),
    digest(),
    info=TRUSTED,
)

# where value may go: (kind, asset, network, address, memo), a counterparty, an account
destinations = Table(
    "destinations",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # withdraw, transfer, p2p_release
    Column("destination_digest", Text, nullable=False),  # keyed, of the canonical destination
    Column("destination_sealed", Text, nullable=False),  # canonical JSON, for the holder to read
    Column("named_at", Moment, nullable=False),  # by the first confirmed action that names it: its binding
    Column("named_from_senior_device", Boolean, nullable=False),
    Column("listed_at", Moment),  # on the allow-list since
    digest(),
    Index("uq_destinations_account_id_destination_digest", "account_id", "destination_digest", unique=True),
    info=TRUSTED,
)

holds = Table(
    "holds",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("cause", Text, nullable=False),
    Column("reach", Text, nullable=False),  # all, new, all_but_listed
    Column("begins_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    digest(),
    info=TRUSTED,
)

# an approval that a service spent: the answer is the same when it asks again with its key
exit_spendings = Table(
    "exit_spendings",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("service_id", Text, nullable=False),
    Column("approval_id", Text, nullable=False, unique=True),
    Column("key_digest", Text, nullable=False),  # keyed, of the service and its idempotency key
    Column("action", Text, nullable=False),  # canonical JSON
    Column("session_id", Text, nullable=False),
    Column("asset", Text),
    Column("amount", Text),  # canonical decimal
    Column("under_cap", Boolean, nullable=False),  # counts towards the day's sum to new destinations
    Column("spent_at", Moment, nullable=False),
    digest(),
    info=TRUSTED,
)
Index("uq_exit_spendings_key_digest", exit_spendings.c.key_digest, unique=True)
Index("ix_exit_spendings_account_id_spent_at", exit_spendings.c.account_id, exit_spendings.c.spent_at)

# the platform's own programs
services = Table(
    "services",
    metadata,
    row_id(),
    Column("name", Text, nullable=False),
    Column("token_digest", Text, nullable=False, unique=True),
    Column("made_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    digest(),
    info=TRUSTED,
)
one("uq_services_name_live", services.c.name, where="revoked_at IS NULL")

# what shuts others out, and begins only some days after its notice: the allow-list
locks = Table(
    "locks",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),  # allow_list
    Column("begun_at", Moment, nullable=False),
    Column("effective_at", Moment, nullable=False),
    Column("ended_at", Moment),
    digest(),
    info=TRUSTED,
)
one("uq_locks_account_id_kind_live", locks.c.account_id, locks.c.kind, where="ended_at IS NULL")

freezes = Table(
    "freezes",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("by", Text, nullable=False),  # holder, link, operator, platform
    Column("service_id", Text),  # platform: which of its services, the one that thaws; NULL: not noted, long ago
    Column("frozen_at", Moment, nullable=False),
    Column("thawed_at", Moment),
    Column("thawed_by", Text),  # second_step, message_code, operator, platform
    digest(),
    info=TRUSTED,
)
one(
    "uq_freezes_account_id_by_live",
    freezes.c.account_id,
    freezes.c.by,
    where="thawed_at IS NULL AND service_id IS NULL",
)
one("uq_freezes_account_id_service_id_live", freezes.c.account_id, freezes.c.service_id, where="thawed_at IS NULL")

freeze_links = Table(
    "freeze_links",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("token_digest", Text, nullable=False, unique=True),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("ended_at", Moment),
    digest(),
    info=TRUSTED_FOR_NOW,
)

# anti-phishing codes: what stands at the top of every mail
stamps = Table(
    "stamps",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, unique=True),
    Column("stamp_sealed", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
    digest(),
    info=TRUSTED,
)

# what the holder can read of a message sent: code, stamp and link are blank
message_copies = Table(
    "message_copies",
    metadata,
    row_id(),  # that of the message
    Column("account_id", Text),  # NULL: sent while nobody had the address
    Column("address_digest", Text, nullable=False, index=True),  # keyed, of the address it went to
    Column("kind", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("reference", Text, nullable=False, index=True),
    Column("copy_sealed", Text, nullable=False),
    Column("sent_at", Moment, nullable=False, index=True),
)
Index("ix_message_copies_account_id_sent_at", message_copies.c.account_id, message_copies.c.sent_at)

security_alerts = Table(
    "security_alerts",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("facts_sealed", Text, nullable=False),  # JSON: what the notice told
    Column("raised_at", Moment, nullable=False),
    Column("acknowledged_at", Moment),
)
