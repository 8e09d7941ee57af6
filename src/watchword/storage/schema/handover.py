"""The tables of the hand-over: what the platform behind the door uses."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from watchword.storage.schema.columns import TRUSTED, TRUSTED_FOR_NOW, Moment, digest, metadata, one, row_id

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

# applications that sign people in here (OpenID Connect: relying parties)
clients = Table(
    "clients",
    metadata,
    row_id(),  # the client_id
    Column("name", Text, nullable=False),  # what people read when they are asked
    Column("kind", Text, nullable=False),  # web, native
    Column("redirect_uris", Text, nullable=False),  # JSON
    Column("logout_uris", Text, nullable=False),  # JSON: where a browser may go after signing out
    Column("backchannel_uri", Text),  # is told when a session ends
    Column("scopes", Text, nullable=False),  # what it may ask for, with spaces between
    Column("audience", Text),  # of its access tokens; NULL: its id
    Column("auth_method", Text, nullable=False),  # secret, private_key_jwt, none
    Column("secret_digest", Text),  # keyed
    Column("jwks", Text),  # JSON: its public keys
    Column("id_token_alg", Text, nullable=False),
    Column("first_party", Boolean, nullable=False),  # nobody is asked for consent
    Column("understands_read_only", Boolean),  # frozen holders may enter it; NULL: they may not
    Column("made_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    digest(),
    info=TRUSTED,
)
one("uq_clients_name_live", clients.c.name, where="revoked_at IS NULL")

# requests to sign somebody in: pushed by a client, or waiting for somebody to sign in or to agree
openid_requests = Table(
    "openid_requests",
    metadata,
    row_id(),
    Column("client_id", Text, nullable=False),
    Column("uri_digest", Text, unique=True),  # keyed, of the request_uri of a pushed one
    Column("browser_digest", Text),  # keyed: the browser it is bound to
    Column("content_sealed", Text, nullable=False),  # JSON; a login_hint is somebody's address
    Column("begun_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("answered_at", Moment),
    digest(),
    info=TRUSTED_FOR_NOW,
)

# what one sign-in at one client gave: everything of it ends together
openid_grants = Table(
    "openid_grants",
    metadata,
    row_id(),
    Column("client_id", Text, nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("session_id", Text, nullable=False, index=True),
    Column("scopes", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),  # with the session, at the latest
    Column("ended_at", Moment),
    Column("end_reason", Text),
    digest(),
    info=TRUSTED_FOR_NOW,
)
Index("ix_openid_grants_account_id_client_id", openid_grants.c.account_id, openid_grants.c.client_id)

openid_codes = Table(
    "openid_codes",
    metadata,
    row_id(),
    Column("code_digest", Text, nullable=False, unique=True),
    Column("grant_id", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("challenge", Text, nullable=False),  # PKCE, S256
    Column("nonce", Text),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("redeemed_at", Moment),
    digest(),
    info=TRUSTED_FOR_NOW,
)

openid_refresh_tokens = Table(
    "openid_refresh_tokens",
    metadata,
    row_id(),
    Column("token_digest", Text, nullable=False, unique=True),
    Column("grant_id", Text, nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("used_at", Moment),  # by a second use the whole grant ends
    digest(),
    info=TRUSTED_FOR_NOW,
)

# what a holder agreed that a client may know
openid_consents = Table(
    "openid_consents",
    metadata,
    row_id(),
    Column("account_id", ForeignKey("accounts.id"), nullable=False, index=True),
    Column("client_id", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("asked", Boolean, nullable=False),  # False: a first-party client, for which nobody is asked
    Column("given_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    digest(),
    info=TRUSTED,
)
one(
    "uq_openid_consents_account_id_client_id_live",
    openid_consents.c.account_id,
    openid_consents.c.client_id,
    where="withdrawn_at IS NULL",
)

# assertions of clients that were taken, so that none serves twice (RFC 7523)
openid_assertions = Table(
    "openid_assertions",
    metadata,
    row_id(),  # keyed digest of client and jti
    Column("expires_at", Moment, nullable=False, index=True),
    digest(),
    info=TRUSTED_FOR_NOW,
)

# logout tokens on their way (OpenID Connect Back-Channel Logout 1.0)
openid_logouts = Table(
    "openid_logouts",
    metadata,
    row_id(),  # the jti, the same at every try
    Column("client_id", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("session_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued, delivered, failed; refused: not as it was written
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    digest(),
    info=TRUSTED_FOR_NOW,
)
Index("ix_openid_logouts_state_next_attempt_at", openid_logouts.c.state, openid_logouts.c.next_attempt_at)
