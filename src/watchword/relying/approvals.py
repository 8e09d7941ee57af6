"""What may leave an account. The door confirms it with the holder and holds it where it must; you send it.

The order for a withdrawal: ``preview`` when the form is filled in, ``request`` and send the browser to ``address``,
``consume`` once it is confirmed, and ``recheck`` just before you broadcast. Consume and recheck are safe to repeat
with the same idempotency key: after ``Unavailable`` ask again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, final

from watchword.relying.connection import Answer, Connection, as_described
from watchword.relying.errors import ExitHeld, ExitRefused, ExitStopped, NotConfirmed, Unavailable

Action = Mapping[str, object]
"""``{"kind": "withdraw", "asset", "network", "address", "memo": None, "amount"}``, and so on; amounts are canonical
decimal strings, never numbers."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    cause: str
    reach: str
    ends_at: datetime
    still_works: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What would happen if the holder confirmed it now; for an API key, whether it may go by it. Spends nothing."""

    allowed: bool
    reason: str | None
    opens_at: datetime | None
    holds: Sequence[Hold]
    still_works: str | None


@dataclass(frozen=True, kw_only=True)
class ExitRequest:
    """Send the holder's browser to ``address``, and keep ``approval`` to consume with."""

    approval: str = field(repr=False)
    address: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Exit:
    """One exit, exactly as it was asked for. ``idempotency_key`` is yours: the number of the withdrawal, say."""

    approval: str = field(repr=False)
    account: str
    session: str
    action: Action
    idempotency_key: str


@dataclass(frozen=True, kw_only=True)
class Spent:
    """It may go, from ``works_from`` on."""

    approval: str
    """Its id, for your books; no token."""
    spent_at: datetime
    works_from: datetime


@final
@dataclass(frozen=True)
class Approvals:
    connection: Connection

    def preview(self, account: str, action: Action, *, key: str | None = None) -> Decision:
        """``key``: the id of the API key whose signed request asks for it (``ApiCaller.key``). Nobody is there to
        confirm, so this is all there is: let it go only where it is allowed, and ask again just before you broadcast.

        Raises NotKnown, CallRefused, Unavailable."""
        body: dict[str, Any] = {"account": account, "action": dict(action)} | ({} if key is None else {"key": key})
        found = self.connection.post("/api/v1/exits/decide", body).expected(200)
        with as_described():
            return Decision(
                allowed=found["allowed"] is True,
                reason=found.get("reason"),
                opens_at=_moment(found.get("opens_at")),
                holds=_holds(found),
                still_works=found.get("still_works"),
            )

    def request(self, account: str, session: str, action: Action, *, return_to: str | None = None) -> ExitRequest:
        """Asks the holder, in the browser of that session. ``return_to``: where the page leads back to, an address that
        the operator listed for you. Raises NotKnown where the session is not live, CallRefused, Unavailable."""
        body: dict[str, Any] = {"account": account, "session": session, "action": dict(action)}
        if return_to is not None:
            body["return_to"] = return_to
        found = self.connection.post("/api/v1/exits/request", body).expected(201)
        with as_described():
            return ExitRequest(
                approval=found["approval"],
                address=found["address"],
                expires_at=datetime.fromisoformat(found["expires_at"]),
            )

    def state(self, request: ExitRequest) -> Literal["waiting", "confirmed", "spent", "over"]:
        """Whether asking to consume is worth it. Raises CallRefused, Unavailable."""
        found = self.connection.post("/api/v1/exits/request/state", {"approval": request.approval}).expected(200)
        with as_described():
            state: Literal["waiting", "confirmed", "spent", "over"] = found["state"]
            return state

    def consume(self, leaving: Exit) -> Spent:
        """Spends the approval. Returning means that it may go; nothing else does.

        Raises NotConfirmed, ExitHeld, ExitRefused, ExitStopped, CallRefused; Unavailable when it can't be said: ask
        again with the same key, and send nothing before it is answered.
        """
        answer = self.connection.post(
            "/api/v1/approvals/consume",
            {
                "approval": leaving.approval,
                "account": leaving.account,
                "session": leaving.session,
                "action": dict(leaving.action),
                "idempotency_key": leaving.idempotency_key,
            },
        )
        with as_described():
            found = _let_out(answer)
            return Spent(
                approval=found["approval"],
                spent_at=datetime.fromisoformat(found["spent_at"]),
                works_from=datetime.fromisoformat(found["works_from"]),
            )

    def recheck(self, leaving: Exit) -> Spent:
        """Just before it is broadcast: ExitStopped if the account was frozen or closed since it was consumed.

        It is the same question with the same key, and raises as ``consume`` does.
        """
        return self.consume(leaving)


def _let_out(answer: Answer) -> dict[str, Any]:
    """Only 200 with a plain yes lets anything out."""
    body = answer.body
    if answer.code == "not_confirmed":
        raise NotConfirmed("no approval fits this exit")
    if answer.code == "held":
        raise ExitHeld(_moment(body.get("opens_at")), _holds(body))
    if answer.code == "exit_refused":
        raise ExitRefused(body.get("reason"))
    if answer.code == "stop":
        raise ExitStopped(body.get("reason"))
    found = answer.expected(200)
    if found.get("allowed") is not True:
        raise Unavailable("an answer that says neither yes nor no")
    return found


def _holds(found: Mapping[str, Any]) -> tuple[Hold, ...]:
    return tuple(
        Hold(
            cause=each["cause"],
            reach=each["reach"],
            ends_at=datetime.fromisoformat(each["ends_at"]),
            still_works=each["still_works"],
        )
        for each in found.get("holds", ())
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
