"""The pages of a passage. Each purpose has one address, which shows whatever the gate asks next."""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from watchword.accounts.identifiers import read_identifier
from watchword.foundation.errors import Busy, Conflict, Gone, NotAsked, NotFound, Throttled, Unacceptable
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind, PassageId, ProofKind, Purpose
from watchword.gate.answers import (
    Answer,
    HumanAnswer,
    IdentifierAnswer,
    MessageCodeAnswer,
    NewIdentifierCodeAnswer,
    NewPassphraseAnswer,
    PasskeyAnswer,
    PassphraseAnswer,
    RecoveryCodeAnswer,
    TotpAnswer,
    TradingPassphraseAnswer,
)
from watchword.gate.grants import ApprovalGrant, DoneGrant, SessionGrant
from watchword.gate.view import Accepted, PassageView, Rejected
from watchword.web.clients import read_token
from watchword.web.pages import notices
from watchword.web.pages.confirmed import Confirmed
from watchword.web.pages.frame import HOME, Frame, form_of, read_credential, see
from watchword.web.pages.named import named
from watchword.web.pages.steps import NOTHING_SAID, PATHS, Said, Steps, shown_message
from watchword.web.sentences import refusal


@dataclass(frozen=True, kw_only=True)
class Held:
    """The passage this browser is in the middle of."""

    id: PassageId
    token: Secret

    @property
    def cookie(self) -> str:
        return f"{self.id}.{self.token.reveal()}"


@dataclass(frozen=True, kw_only=True)
class PassagePages:
    frame: Frame
    steps: Steps
    confirmed: Confirmed

    def routes(self) -> list[Route]:
        found = []
        for purpose in Purpose:
            path = PATHS[purpose]
            found.append(Route(path, self._look(purpose), methods=["GET"]))
            found.append(Route(path, self._answer(purpose), methods=["POST"]))
            found.append(Route(f"{path}/challenge", self._renewed(purpose, ProofKind.HUMAN), methods=["GET"]))
            found.append(Route(f"{path}/passkey", self._renewed(purpose, ProofKind.PASSKEY), methods=["GET"]))
            found.append(Route(f"{path}/delivery", self._delivery(purpose), methods=["GET"]))
        return found

    # -- GET

    def _look(self, purpose: Purpose) -> Callable[[Request], Awaitable[Response]]:
        async def look(request: Request) -> Response:
            return await run_in_threadpool(self._show_or_begin, request, purpose)

        return look

    def _show_or_begin(self, request: Request, purpose: Purpose) -> Response:
        session = self.frame.session(request)
        waiting = self.frame.waiting(request, session) if purpose is Purpose.SIGN_IN else None
        if session is not None and waiting is None and purpose in (Purpose.SIGN_IN, Purpose.SIGN_UP):
            return self.frame.see_signed_in(request)
        if session is None and purpose is Purpose.CONFIRM:
            return self.frame.sign_in_first(request)
        held = self._held(request, purpose)
        view = None if held is None else self._find(held)
        if held is None or view is None:
            if purpose is Purpose.CONFIRM:
                return self._over(request, purpose)
            begun = self.frame.door.gate.begin(purpose, self.frame.client(request))
            held, view = Held(id=begun.view.id, token=begun.token), begun.view
        late = purpose is Purpose.CONFIRM and self.frame.is_told(request, notices.Done.TOO_LATE)
        said = Said(notice=self.frame.told(request)) if late else NOTHING_SAID
        if waiting is not None and waiting.asked.login_hint:
            said = Said(values={"identifier": waiting.asked.login_hint})
        response = self._step(request, view, said)
        if late:
            self.frame.cookies.drop_notice(response)
        return self._kept(response, purpose, held, view)

    def _renewed(self, purpose: Purpose, kind: ProofKind) -> Callable[[Request], Awaitable[Response]]:
        """A new challenge for a page that lay open too long; where its passage is over too, a new one begins."""

        def renew(request: Request) -> Response:
            held = self._held(request, purpose)
            view = None if held is None else self._find(held)
            if view is None and purpose is not Purpose.CONFIRM:
                begun = self.frame.door.gate.begin(purpose, self.frame.client(request))
                held, view = Held(id=begun.view.id, token=begun.token), begun.view
            asked = () if view is None else view.ask
            found = next((ask.challenge or ask.options for ask in asked if ask.proof is kind), None)
            response = JSONResponse({} if found is None else dict(found), 404 if found is None else 200)
            return response if held is None or view is None else self._kept(response, purpose, held, view)

        async def challenge(request: Request) -> Response:
            return await run_in_threadpool(renew, request)

        return challenge

    def _delivery(self, purpose: Purpose) -> Callable[[Request], Awaitable[Response]]:
        """How far the message came, again, for a page that lies open; nothing where that is not said."""

        def tell(request: Request) -> Response:
            held = self._held(request, purpose)
            view = None if held is None else self._find(held)
            if view is None or view.message is None or view.message.delivery is None:
                return self.frame.error(request, 404)
            message = shown_message(view.message, self._now())
            return self.frame.page(request, "delivery.html", path=PATHS[purpose], message=message)

        async def delivery(request: Request) -> Response:
            return await run_in_threadpool(tell, request)

        return delivery

    # -- POST

    def _answer(self, purpose: Purpose) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            form = await form_of(request)
            return await run_in_threadpool(self._take, request, purpose, form)

        return answer

    def _take(self, request: Request, purpose: Purpose, form: Mapping[str, str]) -> Response:
        if form.get("do") == "start_over":
            return self._start_over(purpose)
        held = self._held(request, purpose)
        view = None if held is None else self._find(held)
        if held is None or view is None:
            return self._over(request, purpose)
        if form.get("shown", view.id) != view.id:
            said = Said(notice=notices.another_begun(self.frame.words(request)))
            return self._step(request, view, said, status=409)
        try:
            if form.get("do") == "send_again":
                return self._send_again(request, held, view, form)
            return self._give(request, held, view, form)
        except Gone:
            return self._over(request, purpose)
        except (NotAsked, Conflict):
            return self._asked_otherwise(request, held, view, form)
        except (NotFound, Throttled, Busy) as stopped:
            return self._stopped(request, held, form, stopped)

    def _start_over(self, purpose: Purpose) -> Response:
        if purpose is Purpose.CONFIRM:
            response = self.frame.see_done(HOME, notices.Done.NOTHING_CHANGED)
        else:
            response = see(PATHS[purpose])
        self.frame.cookies.drop_passage(response, purpose)
        return response

    def _send_again(self, request: Request, held: Held, view: PassageView, form: Mapping[str, str]) -> Response:
        failed = self._human_failed(request, held, view, form)
        if failed is not None:
            return failed
        self.frame.door.gate.send_again(held.id, held.token, self.frame.client(request))
        return see(PATHS[view.purpose])

    def _human_failed(
        self, request: Request, held: Held, view: PassageView, form: Mapping[str, str]
    ) -> Response | None:
        """The check for a human, where it comes first. None: it is not asked, or was good."""
        if ProofKind.HUMAN not in view.asks or form.get("proof") == ProofKind.PASSKEY:
            return None
        shown = HumanAnswer(payload=form.get("payload", ""))
        human = self.frame.door.gate.answer(held.id, held.token, shown, self.frame.client(request))
        if not isinstance(human, Rejected):
            return None
        said = Said(notice=notices.human_failed(self.frame.words(request)), values=_typed(form))
        return self._step(request, human.view, said, status=422)

    def _give(self, request: Request, held: Held, view: PassageView, form: Mapping[str, str]) -> Response:
        client, gate = self.frame.client(request), self.frame.door.gate
        typed = _typed(form)
        try:
            answer = self._read(view, form)
            failed = self._human_failed(request, held, view, form)
            if failed is not None:
                return failed
            if answer is None and ProofKind.HUMAN in view.asks:
                return see(PATHS[view.purpose])
            if answer is None:
                raise NotAsked
            outcome = gate.answer(held.id, held.token, answer, client)
        except Unacceptable as unacceptable:
            return self._say_unacceptable(request, held, view, unacceptable, typed)
        if isinstance(outcome, Rejected):
            return self._refused(request, outcome, answer, form)
        return self._granted(request, outcome)

    def _read(self, view: PassageView, form: Mapping[str, str]) -> Answer | None:
        """The answer in a form; None where the form only held the check for a human."""
        kind = form.get("proof", "")
        if kind == ProofKind.HUMAN:
            return None
        if kind not in view.next_steps:
            raise NotAsked
        field = _FIELDS[ProofKind(kind)]
        if not form.get(field, "").strip(" \t"):
            raise Unacceptable("empty", field)
        if "identifier" in form:
            read_identifier(form["identifier"], self.frame.door.phones)
        return _ANSWERS[ProofKind(kind)](form)

    def _refused(self, request: Request, outcome: Rejected, answer: Answer, form: Mapping[str, str]) -> Response:
        view, typed = outcome.view, _typed(form)
        if isinstance(answer, PasskeyAnswer) and self.steps.begins_with_passphrase(view):
            # Nobody was named yet. Ids are random, so whoever can ask about one has seen it.
            unknown = self.frame.door.passkeys.unknown_id(answer.credential)
            notice = None if unknown else notices.passkey_refused(self.frame.words(request))
            return self._step(request, view, Said(notice=notice, unknown_passkey=unknown), status=422)
        said = Said(rejected=True, hint=outcome.hint, values=typed)
        return self._step(request, view, said, status=422, wished=form.get("proof"))

    def _say_unacceptable(
        self, request: Request, held: Held, view: PassageView, what: Unacceptable, typed: dict[str, str]
    ) -> Response:
        sentence = refusal(self.frame.words(request), what.reason, shortest=view.shortest_passphrase)
        errors = {what.field or "": sentence}
        fresh = self._find(held) or view
        return self._step(request, fresh, Said(errors=errors, values=typed), status=422)

    def _asked_otherwise(self, request: Request, held: Held, view: PassageView, form: Mapping[str, str]) -> Response:
        """The gate asks something else now: mostly because the page was sent twice, or a check was spared too soon."""
        fresh = self._find(held)
        if fresh is None or ProofKind.HUMAN not in fresh.asks:
            return see(PATHS[view.purpose])
        if form.get("proof") == ProofKind.PASSKEY and ProofKind.PASSKEY not in fresh.asks:
            return self._step(request, fresh, NOTHING_SAID, status=409, wished=ProofKind.PASSKEY)
        if ProofKind.HUMAN in view.asks:
            return see(PATHS[view.purpose])
        said = Said(notice=notices.human_after_all(self.frame.words(request)), values=_typed(form))
        return self._step(request, fresh, said, status=409)

    def _stopped(self, request: Request, held: Held, form: Mapping[str, str], stopped: Exception) -> Response:
        view = self._find(held)
        if view is None or isinstance(stopped, NotFound):
            return self.frame.error(request, 404)
        words = self.frame.words(request)
        typed = _typed(form)
        if isinstance(stopped, Throttled):
            wait = max(1, math.ceil((stopped.retry_at - self._now()).total_seconds()))
            soon = form.get("do") == "send_again"
            notice = notices.too_soon(words, wait) if soon else notices.throttled(words, wait)
            said = Said(notice=notice, values=typed)
            response = self._step(request, view, said, status=429, wished=form.get("proof"))
            response.headers["Retry-After"] = str(wait)
            return response
        response = self._step(request, view, Said(notice=notices.busy(words), values=typed), status=503)
        response.headers["Retry-After"] = "2"
        return response

    def _granted(self, request: Request, outcome: Accepted) -> Response:
        grant, purpose = outcome.grant, outcome.view.purpose
        if grant is None:
            return see(PATHS[purpose])
        response: Response
        if isinstance(grant, SessionGrant):
            self._sign_out_another(request, grant)
            response = self.frame.see_signed_in(request)
            now = self._now()
            self.frame.cookies.set_session(response, grant.token, grant.expires_at, now)
            self.frame.cookies.set_device(response, grant.device_token)
            # A sign-in begun before does not know this device yet: the next one begins afresh.
            self.frame.cookies.drop_passage(response, Purpose.SIGN_IN)
        elif isinstance(grant, ApprovalGrant):
            response = self.confirmed(request, dict(outcome.view.action or {}), grant)
        else:
            assert isinstance(grant, DoneGrant)
            response = see("/recover/done")
        self.frame.cookies.drop_passage(response, purpose)
        return response

    def _sign_out_another(self, request: Request, grant: SessionGrant) -> None:
        """Who signs in over somebody else's session in the same browser ends it: nothing else here could any more."""
        before = self.frame.session(request)
        after = self.frame.door.sessions.find(grant.token, ClientKind.BROWSER, self.frame.client(request))
        if before is not None and after is not None and before.account != after.account:
            self.frame.door.sign_out(before)

    # -- parts

    def _now(self) -> datetime:
        return self.frame.door.clock()

    def _step(
        self, request: Request, view: PassageView, said: Said, *, status: int = 200, wished: str | None = None
    ) -> Response:
        kind = self.steps.shown_kind(view, wished or request.query_params.get("use"))
        words = self.frame.words(request)
        context = self.steps.context(
            view, kind, said, words, identifier=self._identifier(request, view), now=self._now()
        )
        session = self.frame.session(request) if view.purpose is Purpose.CONFIRM else None
        context["sheet"] = context["sheet"] or named(self.frame.door, words, session, view.action)
        return self.frame.page(request, self.steps.template(view, kind), http_status=status, **context)

    def _identifier(self, request: Request, view: PassageView) -> str:
        """For the password manager: what was typed in this passage, or the account's inside a session."""
        session = self.frame.session(request) if view.purpose is Purpose.CONFIRM else None
        return view.identifier or "" if session is None else self.frame.door.overviews.identifier(session.account)

    def _over(self, request: Request, purpose: Purpose) -> Response:
        ended = purpose is Purpose.CONFIRM and self.frame.session(request) is None
        path = PATHS[Purpose.SIGN_IN] if ended else HOME if purpose is Purpose.CONFIRM else PATHS[purpose]
        context = {"purpose": str(purpose), "path": path, "ended": ended}
        response = self.frame.page(request, "passage_over.html", http_status=410, **context)
        self.frame.cookies.drop_passage(response, purpose)
        return response

    def _held(self, request: Request, purpose: Purpose) -> Held | None:
        value = request.cookies.get(self.frame.cookies.names.passage(purpose), "")
        passage, _, token = value.partition(".")
        found = read_token(token)
        return None if not passage or found is None else Held(id=PassageId(passage[:40]), token=found)

    def _find(self, held: Held) -> PassageView | None:
        try:
            return self.frame.door.gate.find(held.id, held.token)
        except (NotFound, Gone):
            return None

    def _kept(self, response: Response, purpose: Purpose, held: Held, view: PassageView) -> Response:
        lives = view.expires_at - self._now()
        self.frame.cookies.set_passage(response, purpose, held.cookie, lives)
        return response


_FIELDS = {
    ProofKind.IDENTIFIER: "identifier",
    ProofKind.PASSPHRASE: "passphrase",
    ProofKind.NEW_PASSPHRASE: "new_passphrase",
    ProofKind.MESSAGE_CODE: "code",
    ProofKind.NEW_IDENTIFIER_CODE: "code",
    ProofKind.TOTP: "output",
    ProofKind.RECOVERY_CODE: "code",
    ProofKind.TRADING_PASSPHRASE: "trading-passphrase",
    ProofKind.PASSKEY: "credential",
}
"""Where on its page each kind of proof is typed. An empty one is no answer, and counts as none."""

_ANSWERS: dict[ProofKind, Callable[[Mapping[str, str]], Answer]] = {
    ProofKind.IDENTIFIER: lambda form: IdentifierAnswer(identifier=form.get("identifier", "")),
    ProofKind.PASSPHRASE: lambda form: PassphraseAnswer(
        identifier=form.get("identifier"), passphrase=Secret(form.get("passphrase", ""))
    ),
    ProofKind.NEW_PASSPHRASE: lambda form: NewPassphraseAnswer(passphrase=Secret(form.get("new_passphrase", ""))),
    ProofKind.MESSAGE_CODE: lambda form: MessageCodeAnswer(code=Secret(form.get("code", "")[:64])),
    ProofKind.NEW_IDENTIFIER_CODE: lambda form: NewIdentifierCodeAnswer(code=Secret(form.get("code", "")[:64])),
    ProofKind.TOTP: lambda form: TotpAnswer(output=Secret(form.get("output", "")[:64])),
    ProofKind.RECOVERY_CODE: lambda form: RecoveryCodeAnswer(code=Secret(form.get("code", "")[:64])),
    ProofKind.TRADING_PASSPHRASE: lambda form: TradingPassphraseAnswer(
        passphrase=Secret(form.get("trading-passphrase", "")[:64])
    ),
    ProofKind.PASSKEY: lambda form: PasskeyAnswer(credential=read_credential(form.get("credential", ""))),
}


def _typed(form: Mapping[str, str]) -> dict[str, str]:
    """What a page shows again: never a secret."""
    return {"identifier": form["identifier"][:320]} if "identifier" in form else {}
