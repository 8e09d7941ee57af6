"""The tables of the hand-over: what the platform behind the door uses."""

from sqlalchemy import Column, Table, Text

from watchword.storage.schema.columns import TRUSTED, Moment, digest, metadata, one, row_id

# keys that sign tokens: the next one (published, not signing yet), the present one, retired ones
signing_keys = Table(
    "signing_keys",
    metadata,
    row_id(),  # the key's thumbprint (RFC 7638), its kid
    Column("alg", Text, nullable=False),  # ES256, EdDSA, RS256
    Column("public_jwk", Text, nullable=False),  # JSON
    Column("private_sealed", Text),  # JSON, gone once the key is retired
    Column("made_at", Moment, nullable=False),
    Column("signs_from", Moment),
    Column("retired_at", Moment),
    Column("leaves_at", Moment),  # until then a retired key stays in the set: what it signed may be under way
    digest(),
    info=TRUSTED,
)
one("uq_signing_keys_alg_next", signing_keys.c.alg, where="signs_from IS NULL AND retired_at IS NULL")
one("uq_signing_keys_alg_present", signing_keys.c.alg, where="signs_from IS NOT NULL AND retired_at IS NULL")
