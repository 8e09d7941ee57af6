"""The authorization endpoint: from a client's request to the code, by way of signing in and agreeing where needed.

What waits for somebody is a row of ours, bound to the browser that brought the request; the address of the browser
names the row and nothing more. So nothing can be changed on the way, and a request begun in one browser is nothing in
another.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NewType

from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.client import Client as Caller
from watchword.foundation.clock import Clock
from watchword.foundation.errors import Conflict, Throttled
from watchword.foundation.secret import Secret
from watchword.foundation.terms import Standing
from watchword.gate.gate_limits import GateLimits
from watchword.handover.openid.addresses import answered, is_loopback, matches
from watchword.handover.openid.asking import Asked, Faulty, Fields, Unanswerable, read_request
from watchword.handover.openid.claims import ID_TOKEN
from watchword.handover.openid.clients import Client, Clients
from watchword.handover.openid.consents import Consents
from watchword.handover.openid.grants import Grants
from watchword.handover.openid.needs import SILENTLY, Agreed, Need, Reading, need_of
from watchword.handover.openid.store import RequestStore
from watchword.handover.openid.subjects import Subjects
from watchword.handover.signing_keys import SigningKeys
from watchword.limits.counters import Counters, Refused, Spend
from watchword.sessions.sessions import Session
from watchword.storage.database import Database, Transaction
from watchword.storage.trusted import Row

RequestId = NewType("RequestId", str)

CODE_LIVES = timedelta(seconds=60)
PUSHED_LIVES = timedelta(seconds=90)
PUSHED = "urn:ietf:params:oauth:request_uri:"
"""RFC 9126 section 2.2."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Where the browser goes now: the client's registered address, with a code or an error."""

    address: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Somebody has to do something first. ``browser`` is the token that binds the request to the browser."""

    request: RequestId
    browser: Secret
    asked: Asked
    client: Client


class NeedsSignIn(Waiting):
    pass


class NeedsConsent(Waiting):
    pass


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """The account gives nothing now. ``address`` tells the client so."""

    client: Client
    address: str


@dataclass(frozen=True, kw_only=True)
class Pushed:
    uri: str = field(repr=False)
    lives: timedelta


Outcome = Answer | NeedsSignIn | NeedsConsent | Frozen | Unanswerable


@dataclass(frozen=True, kw_only=True)
class _Taken:
    asked: Asked
    client: Client
    row: Row | None
    begun_at: datetime | None
    """Since when it waits in this browser."""
    seen: bool = True
    """Whether somebody looks; else nobody can be asked."""


@dataclass(frozen=True, kw_only=True)
class Authorization:
    database: Database
    requests: RequestStore
    clients: Clients
    consents: Consents
    grants: Grants
    subjects: Subjects
    keys: SigningKeys
    counters: Counters
    limits: GateLimits
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    issuer: str
    lifetime: timedelta
    """How long a request waits for somebody."""

    def begin(
        self, fields: Fields, browser: Secret | None, session: Session | None, caller: Caller, *, seen: bool = True
    ) -> Outcome:
        """As a browser brought it. ``browser``: the token it already carries, if any. ``seen``: it is no image, frame
        or script of some page, which could let requests wait unseen until a limit is spent. Raises Throttled where too
        many wait in one network, or for one session."""
        now = self.clock()
        with self.database.begin() as tx:
            found = self._brought(tx, fields, browser, now)
            if isinstance(found, Unanswerable):
                return found
            if isinstance(found, Faulty):
                return self._refused(found)
            outcome = self._go_on(tx, replace(found, seen=seen), browser, session, now)
            if isinstance(outcome, NeedsSignIn | NeedsConsent):
                holder = None if session is None else (session.account, session.id)
                self._spend(tx, self.limits.openid_requests(caller, holder), now)
            return outcome

    def push(self, client: Client, fields: Fields, caller: Caller) -> Pushed | Faulty | Unanswerable:
        """RFC 9126: as the client itself brought it, having shown who it is. Throttled where it brought too many:
        of one that shows nothing but a name, as anybody can, counted for the network."""
        if "request_uri" in fields:
            return Faulty(redirect_uri="", state=None, error="invalid_request", why="request_uri is what this gives")
        asked = self._read(fields, client)
        if not isinstance(asked, Asked):
            return asked
        token, now = self.randomness.token(), self.clock()
        with self.database.begin() as tx:
            anybody = client.auth_method == "none"
            spends = self.limits.openid_requests(caller, None) if anybody else self.limits.openid_pushed(client.id)
            self._spend(tx, spends, now)
            self._add(tx, asked, now, now + PUSHED_LIVES, uri_digest=self._digest("openid_pushed", token))
        return Pushed(uri=PUSHED + token.reveal(), lives=PUSHED_LIVES)

    def resume(self, request: str, browser: Secret | None, session: Session | None) -> Outcome:
        """After a step in between."""
        now = self.clock()
        with self.database.begin() as tx:
            found = self._waiting(tx, request, browser, now)
            return self._go_on(tx, found, browser, session, now) if isinstance(found, _Taken) else found

    def look(self, request: str, browser: Secret | None, session: Session | None) -> NeedsSignIn | None:
        """The request, if it waits for a sign-in of this browser; nothing changes."""
        now = self.clock()
        with self.database.read() as tx:
            found = self._waiting(tx, request, browser, now)
            if isinstance(found, Unanswerable) or browser is None:
                return None
            need = self._need(tx, found, session, now)
        if need != "sign_in":
            return None
        return NeedsSignIn(request=RequestId(request), browser=browser, asked=found.asked, client=found.client)

    def agree(self, request: str, browser: Secret | None, session: Session | None) -> Outcome:
        """The holder lets the client know what it asked for."""
        now = self.clock()
        with self.database.begin() as tx:
            found = self._waiting(tx, request, browser, now)
            if isinstance(found, Unanswerable):
                return found
            if session is None or self._need(tx, found, session, now) != "consent":
                return self._go_on(tx, found, browser, session, now)
            self.consents.note(tx, session, found.client, found.asked.scopes, asked=True)
            return self._give(tx, found, session, now)

    def decline(self, request: str, browser: Secret | None) -> Answer | Unanswerable:
        now = self.clock()
        with self.database.begin() as tx:
            found = self._waiting(tx, request, browser, now)
            if isinstance(found, Unanswerable):
                return found
            self._answered(tx, found, now)
            return self._refuse(found.asked, "access_denied", "the holder said no")

    def _brought(
        self, tx: Transaction, fields: Fields, browser: Secret | None, now: datetime
    ) -> _Taken | Faulty | Unanswerable:
        named = fields.get("client_id", ())
        if len(named) > 1:
            return Unanswerable(reason="twice")
        client = self.clients.find(tx, named[0]) if named else None
        if client is None:
            return Unanswerable(reason="unknown_client")
        uri = fields.get("request_uri", ("",))[0]
        if uri.startswith(PUSHED):
            return self._pushed(tx, uri, client, browser, now)
        asked = self._read(fields, client)
        return _Taken(asked=asked, client=client, row=None, begun_at=None) if isinstance(asked, Asked) else asked

    def _pushed(
        self, tx: Transaction, uri: str, client: Client, browser: Secret | None, now: datetime
    ) -> _Taken | Unanswerable:
        """A pushed request serves one browser, once. No address of anybody else's is ever fetched."""
        row = self.requests.find_pushed(tx, self._digest("openid_pushed", Secret(uri.removeprefix(PUSHED))))
        if row is None or row["client_id"] != client.id or not self._is_open(row, browser, now, unbound_too=True):
            return Unanswerable(reason="unknown_request")
        return self._taken(row, client, None if row["browser_digest"] is None else row["begun_at"])

    def _read(self, fields: Fields, client: Client) -> Asked | Faulty | Unanswerable:
        hint = fields.get("id_token_hint", ("",))[0]
        claims = self.keys.verify(ID_TOKEN, hint, expired_too=True) if hint else None
        ours = claims is not None and claims.get("aud") == client.id
        return read_request(fields, client, str(claims["sub"]) if claims is not None and ours else None)

    def _waiting(self, tx: Transaction, request: str, browser: Secret | None, now: datetime) -> _Taken | Unanswerable:
        row = self.requests.find(tx, request)
        if row is None or not self._is_open(row, browser, now, unbound_too=False):
            return Unanswerable(reason="unknown_request")
        client = self.clients.find(tx, row["client_id"])
        if client is None:
            return Unanswerable(reason="unknown_client")
        return self._taken(row, client, row["begun_at"])

    def _taken(self, row: Row, client: Client, begun_at: datetime | None) -> _Taken | Unanswerable:
        """As it was asked, but for what the operator took back from the client since."""
        asked = self._open(row)
        if not matches(asked.redirect_uri, client.redirect_uris, client.sort):
            return Unanswerable(reason="unregistered_address")
        return _Taken(
            asked=replace(asked, scopes=client.still_has(asked.scopes)), client=client, row=row, begun_at=begun_at
        )

    def _is_open(self, row: Row, browser: Secret | None, now: datetime, *, unbound_too: bool) -> bool:
        if row["answered_at"] is not None or now >= row["expires_at"]:
            return False
        bound = row["browser_digest"]
        if bound is None:
            return unbound_too
        return browser is not None and self.keyring.digests_match(bound, self._digest("openid_browser", browser))

    def _spend(self, tx: Transaction, spends: Sequence[Spend], now: datetime) -> None:
        spent = self.counters.spend(tx, spends, now)
        if isinstance(spent, Refused):
            raise Throttled(spent.retry_at)

    def _need(self, tx: Transaction, taken: _Taken, session: Session | None, now: datetime) -> Need | None:
        asked, client = taken.asked, taken.client
        subject = None if session is None else self.subjects.of(client.id, session.account)
        return need_of(
            asked,
            session,
            subject=subject,
            agreed=self._agreed(tx, taken, session),
            begun_at=taken.begun_at,
            now=now,
            reading="refused" if session is None else self._reading(tx, client, session),
        )

    def _agreed(self, tx: Transaction, taken: _Taken, session: Session | None) -> Agreed:
        asked, client = taken.asked, taken.client
        covered = client.first_party or (
            session is not None and self.consents.covers(tx, session.account, client, asked.scopes)
        )
        if not covered:
            return "never"
        # Any program of a device can listen at a loopback address, so it never gets an answer that nobody saw asked
        # for (RFC 8252 section 8.6).
        return "again" if "consent" in asked.prompts or is_loopback(asked.redirect_uri) else "settled"

    def _reading(self, tx: Transaction, client: Client, session: Session) -> Reading:
        if session.scope == "full":
            return "refused"
        standing = self.grants.accounts.get(tx, session.account).standing
        if standing is Standing.OPEN:
            return "over"
        return "taken" if standing is Standing.FROZEN and client.understands_read_only else "refused"

    def _go_on(
        self, tx: Transaction, taken: _Taken, browser: Secret | None, session: Session | None, now: datetime
    ) -> Outcome:
        need = self._need(tx, taken, session, now)
        if need is None and session is not None:
            return self._give(tx, taken, session, now)
        if taken.asked.silent or not taken.seen or need in ("level", "somebody_else"):
            self._answered(tx, taken, now)
            return self._refuse(taken.asked, SILENTLY[need or "sign_in"], "somebody would have to be asked")
        if need == "frozen":
            refused = self._refuse(taken.asked, "access_denied", "the account gives nothing now")
            return Frozen(client=taken.client, address=refused.address)
        token = browser or self.randomness.token()
        request = self._kept(tx, taken, token, now)
        kind = NeedsSignIn if need == "sign_in" else NeedsConsent
        return kind(request=request, browser=token, asked=taken.asked, client=taken.client)

    def _kept(self, tx: Transaction, taken: _Taken, browser: Secret, now: datetime) -> RequestId:
        """The row that waits, bound to this browser."""
        digest, until = self._digest("openid_browser", browser), now + self.lifetime
        if taken.row is None:
            return self._add(tx, taken.asked, now, until, browser_digest=digest)
        if taken.row["browser_digest"] is None:
            bound = self.requests.change(tx, taken.row, browser_digest=digest, begun_at=now, expires_at=until)
            if bound is None:
                raise Conflict
        return RequestId(taken.row["id"])

    def _give(self, tx: Transaction, taken: _Taken, session: Session, now: datetime) -> Answer:
        asked, client = taken.asked, taken.client
        self._answered(tx, taken, now)
        if client.first_party:
            self.consents.note(tx, session, client, asked.scopes, asked=False)
        grant, code = self.grants.open(tx, client, session, asked.scopes, now), self.randomness.token()
        self.grants.store.add_code(
            tx,
            {
                "id": self.randomness.id(),
                "code_digest": self._digest("openid_code", code),
                "grant_id": grant,
                "client_id": client.id,
                "redirect_uri": asked.redirect_uri,
                "challenge": asked.challenge,
                "nonce": asked.nonce,
                "expires_at": now + CODE_LIVES,
                "redeemed_at": None,
            },
        )
        answer = {"code": code.reveal(), "state": asked.state, "iss": self.issuer}
        return Answer(address=answered(asked.redirect_uri, answer))

    def _answered(self, tx: Transaction, taken: _Taken, now: datetime) -> None:
        """Once, whoever asks at the same time. Raises Conflict."""
        if taken.row is not None and self.requests.change(tx, taken.row, answered_at=now) is None:
            raise Conflict

    def _refuse(self, asked: Asked, error: str, why: str) -> Answer:
        return self._refused(Faulty(redirect_uri=asked.redirect_uri, state=asked.state, error=error, why=why))

    def _refused(self, fault: Faulty) -> Answer:
        """With ``iss``, so that no answer can be taken for another provider's (RFC 9207)."""
        answer = {"error": fault.error, "error_description": fault.why, "state": fault.state, "iss": self.issuer}
        return Answer(address=answered(fault.redirect_uri, answer))

    def _add(self, tx: Transaction, asked: Asked, now: datetime, until: datetime, **digests: str) -> RequestId:
        request = RequestId(self.randomness.id())
        content = json.dumps(asked.content()).encode()
        row = {
            "id": request,
            "client_id": asked.client,
            "uri_digest": None,
            "browser_digest": None,
            "content_sealed": self.keyring.seal(content, "openid_request", request),
            "begun_at": now,
            "expires_at": until,
            "answered_at": None,
            **digests,
        }
        self.requests.add(tx, row)
        return request

    def _open(self, row: Row) -> Asked:
        return Asked.of(json.loads(self.keyring.unseal(row["content_sealed"], "openid_request", row["id"])))

    def _digest(self, label: str, token: Secret) -> str:
        return self.keyring.digest(label, token.reveal())
