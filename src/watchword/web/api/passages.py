"""Passages over JSON: begin, look, answer, send again. An app keeps its tokens itself."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from watchword.foundation.errors import NotFound, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId, ProofKind, Purpose
from watchword.gate.actions import read_action
from watchword.gate.answers import (
    Answer,
    HumanAnswer,
    IdentifierAnswer,
    MessageCodeAnswer,
    NewPassphraseAnswer,
    PasskeyAnswer,
    PassphraseAnswer,
    RecoveryCodeAnswer,
    TotpAnswer,
    TradingPassphraseAnswer,
)
from watchword.gate.grants import ApprovalGrant, Grant, SessionGrant
from watchword.gate.opening import Holder
from watchword.gate.view import Ask, PassageView, Rejected
from watchword.web.api import problems, shapes
from watchword.web.api.callers import Callers
from watchword.web.api.problems import problem
from watchword.web.api.quick import QuickJson
from watchword.web.clients import app_client, read_token
from watchword.web.door import Door

PassageToken = Annotated[str | None, Header(max_length=128)]


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(prefix="/passages", tags=["passages"], route_class=QuickJson, responses=problems.DOCUMENTED)
    gate = door.gate

    @routes.post("", status_code=201, response_model=shapes.BegunShape, response_model_exclude_none=True)
    def begin(request: Request, new: shapes.NewPassage) -> Any:
        """Begin a passage for one purpose. `ask` lists what the gate takes next: any one of them."""
        purpose = Purpose(new.purpose)
        holder, action = None, None
        if purpose is Purpose.CONFIRM:
            session = callers.require_putting_out(request)
            holder = Holder(account=session.account, session=session.id, without_passkey=session.without_passkey)
            action = read_action(new.action)
        elif new.action is not None:
            raise Unacceptable("unknown_action", "action")
        begun = gate.begin(purpose, app_client(request), action=action, holder=holder)
        return _written(shapes.BegunShape(**view(begun.view), token=begun.token.reveal()), 201)

    @routes.get("/{passage_id}", response_model=shapes.PassageShape, response_model_exclude_none=True)
    def look(passage_id: str, passage_token: PassageToken = None) -> Any:
        """The passage as it stands."""
        return view(gate.find(PassageId(passage_id), _token(passage_token)))

    @routes.post("/{passage_id}/proofs", response_model=shapes.AnsweredShape, response_model_exclude_none=True)
    def answer(request: Request, passage_id: str, given: shapes.ProofGiven, passage_token: PassageToken = None) -> Any:
        """Hand over one proof. A wrong one is 422 `rejected`, whatever was wrong with it."""
        client, token = app_client(request), _token(passage_token)
        try:
            outcome = gate.answer(PassageId(passage_id), token, _answer(given), client)
        except Unacceptable as unacceptable:
            passage = view(gate.find(PassageId(passage_id), token))
            why: dict[str, Any] = {"reason": unacceptable.reason} if unacceptable.field == "new_passphrase" else {}
            return problem("rejected", passage=_plain(passage), **why)
        if isinstance(outcome, Rejected):
            hint: dict[str, Any] = {} if outcome.hint is None else {"hint": outcome.hint}
            return problem("rejected", passage=_plain(view(outcome.view)), **hint)
        grant = None if outcome.grant is None else _grant(outcome.grant)
        return _written(shapes.AnsweredShape(**view(outcome.view), grant=grant))

    @routes.post("/{passage_id}/messages", response_model=shapes.PassageShape, response_model_exclude_none=True)
    def send_again(request: Request, passage_id: str, passage_token: PassageToken = None) -> Any:
        """Send the message code again; 429 inside the cooldown."""
        return view(gate.send_again(PassageId(passage_id), _token(passage_token), app_client(request)))

    return routes


def _written(shape: BaseModel, status: int = 200) -> Response:
    """Here, on the use case's own thread; FastAPI would take another one for it."""
    return Response(shape.model_dump_json(exclude_none=True), status, media_type="application/json")


def view(passage: PassageView) -> dict[str, Any]:
    return {
        "id": passage.id,
        "purpose": passage.purpose,
        "state": passage.state,
        "expires_at": passage.expires_at,
        "ask": [_ask(ask) for ask in passage.ask],
    }


def _ask(ask: Ask) -> dict[str, Any]:
    named = ProofKind.MESSAGE_CODE if ask.proof is ProofKind.NEW_IDENTIFIER_CODE else ask.proof
    needed = {"challenge": ask.challenge, "options": ask.options}
    return {"proof": str(named), **{name: dict(value) for name, value in needed.items() if value is not None}}


def _plain(passage: dict[str, Any]) -> dict[str, Any]:
    return {**passage, "expires_at": passage["expires_at"].isoformat().replace("+00:00", "Z")}


def _grant(grant: Grant) -> shapes.GrantShape:
    if isinstance(grant, SessionGrant):
        return shapes.GrantShape(
            kind="session",
            token=grant.token.reveal(),
            device_token=grant.device_token.reveal(),
            expires_at=grant.expires_at,
        )
    if isinstance(grant, ApprovalGrant):
        return shapes.GrantShape(kind="approval", token=grant.token.reveal(), expires_at=grant.expires_at)
    return shapes.GrantShape(kind="done")


def _answer(given: Any) -> Answer:
    match given:
        case shapes.HumanProof():
            return HumanAnswer(payload=given.payload)
        case shapes.IdentifierProof():
            return IdentifierAnswer(identifier=given.identifier)
        case shapes.PassphraseProof():
            return PassphraseAnswer(passphrase=Secret(given.passphrase), identifier=given.identifier)
        case shapes.NewPassphraseProof():
            return NewPassphraseAnswer(passphrase=Secret(given.passphrase))
        case shapes.MessageCodeProof():
            return MessageCodeAnswer(code=Secret(given.code))
        case shapes.PasskeyProof():
            return PasskeyAnswer(credential=given.credential)
        case shapes.TotpProof():
            return TotpAnswer(output=Secret(given.output))
        case shapes.RecoveryCodeProof():
            return RecoveryCodeAnswer(code=Secret(given.code))
        case shapes.TradingPassphraseProof():
            return TradingPassphraseAnswer(passphrase=Secret(given.passphrase))
    raise NotFound


def _token(text: str | None) -> Secret:
    token = read_token(text)
    if token is None:
        raise NotFound
    return token
