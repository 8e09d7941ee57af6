"""Clients: the applications that sign people in here. The operator registers, changes and revokes them.

A client proves itself by a secret, kept as a digest, or by a key of its own (``private_key_jwt``); an app on somebody's
device can keep neither and proves nothing, so PKCE and its claimed address are what protects it (RFC 8252).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NewType, get_args

from watchword.crypto.jose import Alg, public_keys
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.handover.openid.addresses import ClientSort, may_be_registered
from watchword.handover.openid.store import ClientStore
from watchword.record.catalogue import EventKind
from watchword.record.journal import Journal
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

ClientId = NewType("ClientId", str)
AuthMethod = Literal["secret", "private_key_jwt", "none"]

SCOPES = ("openid", "email", "phone", "offline_access", "account")
"""``account``, our own id of the account, is for the operator to grant; without it no two clients can tell that they
have the same person before them."""
_AUDIENCE = re.compile(r"[A-Za-z0-9._~:/-]{1,200}")
_NAME = re.compile(r"[^\x00-\x1f\x7f<>]{1,60}")


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What the operator says of a client."""

    name: str
    """As people read it when they are asked for their consent."""
    sort: ClientSort = "web"
    redirect_uris: Sequence[str]
    logout_uris: Sequence[str] = ()
    backchannel_uri: str | None = None
    scopes: Sequence[str] = ("openid",)
    audience: str | None = None
    auth_method: AuthMethod = "secret"
    jwks: str | None = None
    """A JWK Set, for ``private_key_jwt``."""
    id_token_alg: Alg = "ES256"
    first_party: bool = False
    """Nobody is asked for consent: the client is the operator's own."""
    understands_read_only: bool = False
    """It shows, cancels and reduces for a frozen holder, and begins nothing: only then does it get tokens of one."""


@dataclass(frozen=True, kw_only=True)
class Client:
    id: ClientId
    name: str
    sort: ClientSort
    redirect_uris: tuple[str, ...]
    logout_uris: tuple[str, ...]
    backchannel_uri: str | None
    scopes: tuple[str, ...]
    audience: str
    auth_method: AuthMethod
    jwks: tuple[Mapping[str, Any], ...]
    id_token_alg: Alg
    first_party: bool
    understands_read_only: bool
    made_at: datetime
    revoked_at: datetime | None

    def still_has(self, scopes: Sequence[str]) -> tuple[str, ...]:
        """Of these the ones that the operator did not take back since."""
        return tuple(scope for scope in scopes if scope in self.scopes)

    @classmethod
    def of(cls, row: Row) -> "Client":
        return cls(
            id=ClientId(row["id"]),
            name=row["name"],
            sort=row["kind"],
            redirect_uris=tuple(json.loads(row["redirect_uris"])),
            logout_uris=tuple(json.loads(row["logout_uris"])),
            backchannel_uri=row["backchannel_uri"],
            scopes=tuple(row["scopes"].split()),
            audience=row["audience"] or row["id"],
            auth_method=row["auth_method"],
            jwks=tuple(json.loads(row["jwks"] or "[]")),
            id_token_alg=row["id_token_alg"],
            first_party=row["first_party"],
            understands_read_only=bool(row["understands_read_only"]),
            made_at=row["made_at"],
            revoked_at=row["revoked_at"],
        )


@dataclass(frozen=True, kw_only=True)
class MadeClient:
    id: ClientId
    secret: Secret | None
    """Kept nowhere: this once, and never again."""


@dataclass(frozen=True, kw_only=True)
class Clients:
    database: Database
    store: ClientStore
    journal: Journal
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    algorithms: Sequence[Alg]
    development: bool

    def add(self, said: Registration) -> MadeClient:
        """Raises Unacceptable, Conflict when the name is taken."""
        columns, now = self._columns(said), self.clock()
        client = ClientId(self.randomness.id())
        secret = self.randomness.token() if said.auth_method == "secret" else None
        row = {
            "id": client,
            **columns,
            "secret_digest": self._digest(client, secret),
            "made_at": now,
            "revoked_at": None,
        }
        with self.database.begin() as tx:
            self.store.add(tx, row)
            self.journal.record(tx, EventKind.CLIENT_ADDED, at=now, application=client)
        return MadeClient(id=client, secret=secret)

    def change(self, client: ClientId, said: Registration) -> Secret | None:
        """What stood there before is replaced; gives a secret where it had none and needs one now. Raises NotFound,
        Unacceptable, Conflict."""
        columns, now = self._columns(said), self.clock()
        with self.database.begin() as tx:
            row = self._live(tx, client)
            secret = self.randomness.token() if said.auth_method == "secret" and not row["secret_digest"] else None
            if said.auth_method != "secret":
                columns["secret_digest"] = None
            elif secret is not None:
                columns["secret_digest"] = self._digest(client, secret)
            self._write(tx, row, now, EventKind.CLIENT_CHANGED, **columns)
        return secret

    def rotate_secret(self, client: ClientId) -> Secret:
        """A new secret; the old one ends at once. Raises NotFound, Unacceptable where it has none."""
        now, secret = self.clock(), self.randomness.token()
        with self.database.begin() as tx:
            row = self._live(tx, client)
            if row["auth_method"] != "secret":
                raise Unacceptable("no_secret")
            digest = self._digest(client, secret)
            self._write(tx, row, now, EventKind.CLIENT_SECRET_ROTATED, secret_digest=digest)
        return secret

    def revoke(self, client: ClientId) -> None:
        """From now on it is nobody: its tokens end with it. Raises NotFound."""
        now = self.clock()
        with self.database.begin() as tx:
            row = self._live(tx, client)
            self._write(tx, row, now, EventKind.CLIENT_REVOKED, revoked_at=now)

    def list(self) -> list[Client]:
        """The oldest first, revoked ones too."""
        with self.database.read() as tx:
            return [Client.of(row) for row in self.store.list_all(tx)]

    def get(self, name_or_id: str) -> Client:
        """The live client of that id or name. Raises NotFound."""
        with self.database.read() as tx:
            row = self.store.find(tx, name_or_id) or self.store.find_named(tx, name_or_id)
        if row is None or row["revoked_at"] is not None:
            raise NotFound
        return Client.of(row)

    def find(self, tx: Transaction, client: str) -> Client | None:
        """Unless it was revoked. Read anew each time: a revoked one ends at once."""
        row = self.store.find(tx, client)
        return None if row is None or row["revoked_at"] is not None else Client.of(row)

    def secret_matches(self, tx: Transaction, client: Client, secret: Secret) -> bool:
        row = self.store.find(tx, client.id)
        kept = None if row is None else row["secret_digest"]
        return kept is not None and self.keyring.digests_match(kept, self._digest(client.id, secret) or "")

    def _columns(self, said: Registration) -> dict[str, Any]:
        self._check(said)
        scopes = [scope for scope in SCOPES if scope == "openid" or scope in said.scopes]
        jwks = json.dumps(_keys(said.jwks)) if said.jwks is not None else None
        return {
            "name": said.name,
            "kind": said.sort,
            "redirect_uris": json.dumps([*dict.fromkeys(said.redirect_uris)]),
            "logout_uris": json.dumps([*dict.fromkeys(said.logout_uris)]),
            "backchannel_uri": said.backchannel_uri,
            "scopes": " ".join(scopes),
            "audience": said.audience,
            "auth_method": said.auth_method,
            "jwks": jwks,
            "id_token_alg": said.id_token_alg,
            "first_party": said.first_party,
            "understands_read_only": said.understands_read_only,
        }

    def _check(self, said: Registration) -> None:
        if not _NAME.fullmatch(said.name) or said.name != said.name.strip():
            raise Unacceptable("client_name", "name")
        addresses = {"redirect_uri": said.redirect_uris, "logout_uri": said.logout_uris}
        for field, uris in addresses.items():
            if not all(may_be_registered(uri, said.sort, development=self.development) for uri in uris):
                raise Unacceptable("client_address", field)
        if not said.redirect_uris:
            raise Unacceptable("client_address", "redirect_uri")
        told = said.backchannel_uri
        if told is not None and not may_be_registered(told, "web", development=self.development):
            raise Unacceptable("client_address", "backchannel_uri")
        if not set(said.scopes) <= set(SCOPES):
            raise Unacceptable("client_scope", "scopes")
        if said.audience is not None and not _AUDIENCE.fullmatch(said.audience):
            raise Unacceptable("client_audience", "audience")
        if said.auth_method not in get_args(AuthMethod) or (said.auth_method == "private_key_jwt") != bool(said.jwks):
            raise Unacceptable("client_keys", "jwks")
        if said.id_token_alg not in self.algorithms:
            raise Unacceptable("client_algorithm", "id_token_alg")

    def _live(self, tx: Transaction, client: ClientId) -> Row:
        row = self.store.find(tx, client, lock=True)
        if row is None or row["revoked_at"] is not None:
            raise NotFound
        return row

    def _write(self, tx: Transaction, row: Row, now: datetime, what: EventKind, **columns: Any) -> None:
        if self.store.change(tx, row, **columns) is None:
            raise Conflict
        self.journal.record(tx, what, at=now, application=row["id"])

    def _digest(self, client: ClientId, secret: Secret | None) -> str | None:
        return None if secret is None else self.keyring.digest("client_secret", client, secret.reveal())


def _keys(text: str) -> list[dict[str, Any]]:
    try:
        return public_keys(text)
    except ValueError:
        raise Unacceptable("client_keys", "jwks") from None
