"""The account over JSON, for those signed in. A change answers 403 ``confirmation_required`` without an approval."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AuthenticatorId
from watchword.record.activity import Group
from watchword.safeguards.overview import PasskeyView
from watchword.sessions.sessions import Session
from watchword.web.api import problems, shapes
from watchword.web.api.bodies import PlainJson
from watchword.web.api.callers import Callers
from watchword.web.api.problems import problem
from watchword.web.door import Door
from watchword.web.qr import otpauth_qr

Before = Annotated[int | None, Query(ge=1, le=2**53)]


def router(door: Door, callers: Callers) -> APIRouter:
    routes = APIRouter(tags=["account"], route_class=PlainJson, responses=problems.DOCUMENTED)

    @routes.get("/session", response_model=shapes.SessionShape)
    def session(request: Request) -> Any:
        """Who is signed in; 401 without a session."""
        return session_body(callers.require(request))

    @routes.delete("/session", status_code=204)
    def sign_out(request: Request) -> Response:
        door.sign_out(callers.require(request))
        return Response(status_code=204, headers={"Clear-Site-Data": '"cache"'})

    _add_reading(routes, door, callers)
    _add_changes(routes, door, callers)
    _add_passphrases(routes, door, callers)
    return routes


def _add_reading(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.get("/activity", response_model=shapes.Events)
    def activity(request: Request, before: Before = None, kind: Annotated[Group | None, Query()] = None) -> Any:
        """The newest first; `next` is the `before` of the next page. `kind`: one group of events alone; messages are in
        none of the others, nor in the whole."""
        page = door.overviews.activity(callers.require(request).account, before=before, group=kind)
        items = [
            {
                "seq": entry.seq,
                "at": entry.at,
                "kind": entry.kind,
                "device": entry.device,
                "network": entry.network,
                "facts": dict(entry.facts),
            }
            for entry in page.entries
        ]
        return {"items": items, "next": None if page.next is None else str(page.next)}

    @routes.get("/authenticators", response_model=shapes.Authenticators)
    def authenticators(request: Request) -> Any:
        found = door.overviews.authenticators(callers.require(request).account)
        return {
            "items": [
                {
                    "id": each.id,
                    "kind": each.kind,
                    "bound_at": each.bound_at,
                    "standing": "senior" if each.senior else "junior",
                    "left": each.left,
                    "closed_at": each.closed_at,
                    **_of_passkey(each.passkey),
                }
                for each in found
            ]
        }


def _of_passkey(passkey: PasskeyView | None) -> dict[str, Any]:
    return {} if passkey is None else vars(passkey)


def _add_changes(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.post("/authenticators/totp", status_code=201, response_model=shapes.TotpShape)
    def begin_totp(request: Request) -> Any:
        """A secret for an authenticator app; it is bound by its first code within 15 minutes."""
        session = callers.require_full(request)
        pending = door.apps.begin(session, callers.approval(request))
        holder = door.overviews.identifier(session.account)
        uri, svg = otpauth_qr(pending.key, issuer=door.brand, holder=holder)
        return {
            "id": pending.id,
            "secret": pending.secret.reveal(),
            "uri": uri,
            "qr_svg": svg,
            "expires_at": pending.expires_at,
        }

    @routes.post("/authenticators/totp/{totp_id}/activate", response_model=shapes.CodesShape)
    def activate_totp(request: Request, totp_id: str, first: shapes.FirstOutput) -> Any:
        """The first code binds the app; the first recovery codes come with it."""
        done = door.apps.activate(callers.require_full(request), AuthenticatorId(totp_id), first.output)
        if isinstance(done, Rejection):
            return problem("rejected")
        return {"codes": [code.reveal() for code in done.codes]}

    @routes.delete("/authenticators/totp", status_code=204)
    def remove_totp(request: Request) -> Response:
        """In a frozen account too, if it was junior when that froze."""
        door.apps.remove(callers.require_putting_out(request), callers.approval(request))
        return Response(status_code=204)

    @routes.post("/authenticators/recovery-codes", status_code=201, response_model=shapes.CodesShape)
    def make_codes(request: Request) -> Any:
        """Ten new codes; the old ones end."""
        made = door.apps.make_codes(callers.require_full(request), callers.approval(request))
        return {"codes": [code.reveal() for code in made]}

    @routes.put("/authenticators/message-code", status_code=204)
    def choose_message_code(request: Request, choice: shapes.Choice) -> Response:
        door.message_code(callers.require_full(request), callers.approval(request), enabled=choice.enabled)
        return Response(status_code=204)


def _add_passphrases(routes: APIRouter, door: Door, callers: Callers) -> None:
    @routes.put("/passphrase", status_code=204)
    def change_passphrase(request: Request, new: shapes.Passphrase) -> Response:
        door.passphrase_change(callers.require_full(request), callers.approval(request), Secret(new.passphrase))
        return Response(status_code=204)

    @routes.put("/trading-passphrase", status_code=204)
    def set_trading_passphrase(request: Request, new: shapes.TradingPassphrase) -> Response:
        """Six digits: the first, another, or a new one after the last was closed."""
        session = callers.require_full(request)
        door.trading_passphrase.set(session, callers.approval(request), Secret(new.passphrase))
        return Response(status_code=204)

    @routes.delete("/sessions/others", status_code=204)
    def sign_out_others(request: Request) -> Response:
        door.sign_out.others(callers.require_putting_out(request), callers.approval(request))
        return Response(status_code=204)


def session_body(session: Session) -> dict[str, Any]:
    return {
        "account": session.account,
        "session": session.id,
        "device": session.device,
        "aal": int(session.aal),
        "amr": list(session.amr),
        "authenticated_at": session.authenticated_at,
        "expires_at": session.expires_at,
    }
