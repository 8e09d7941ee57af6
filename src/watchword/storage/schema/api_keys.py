"""API keys, the requests remembered for their few seconds, and what the signature doctor keeps."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from watchword.storage.schema.columns import LOOSE, TRUSTED, Moment, digest, metadata, row_id

api_keys = Table(
    "api_keys",
    metadata,
    row_id(),  # the key that clients send, but for its prefix and checksum
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("profile", Text, nullable=False),  # hmac
    Column("name", Text, nullable=False),
    Column("secret_sealed", Text, nullable=False),
    Column("passphrase_digest", Text, nullable=False),  # keyed, of what clients send for it
    Column("permissions", Text, nullable=False),  # JSON: read, trade, transfer, withdraw
    Column("networks", Text, nullable=False),  # JSON: addresses and ranges; none: from anywhere
    Column("bound_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=False),  # by its owner, at its making or since
    Column("works_from", Moment, nullable=False),
    Column("expires_at", Moment, index=True),
    Column("paused_at", Moment),
    Column("paused_by", Text),  # holder, or the cause
    Column("lapsed_at", Moment),  # lost trading: idle, and open to every network
    Column("deleted_at", Moment),
    # Loose: who can write it stretches the thirty idle days, or sends a reminder again.
    Column("last_used_at", Moment, info=LOOSE),
    Column("last_network", Text, info=LOOSE),
    Column("reminded_days", Integer, info=LOOSE),  # how many days before its end its owner was last told
    digest(),
    info=TRUSTED,
)

# (key, signature) of requests that may change something, until nobody could send them again
request_replays = Table(
    "request_replays",
    metadata,
    row_id(),  # SHA-256 of key and signature
    Column("expires_at", Moment, nullable=False, index=True),
)

# the last requests of each key that were refused: no part of a request but its method
api_key_failures = Table(
    "api_key_failures",
    metadata,
    row_id(),
    Column("key_id", ForeignKey("api_keys.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("code", Text, nullable=False),
    Column("why", Text, nullable=False),  # a word of the doctor's
    Column("milliseconds", Integer),  # how far the client's clock is behind; ahead: below zero
    Column("method", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("own", Boolean, nullable=False),  # from a network of the key, or signed with its secret
)
Index("ix_api_key_failures_key_id_at", api_key_failures.c.key_id, api_key_failures.c.at)
