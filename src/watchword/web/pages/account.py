"""The safe room: pages for those signed in. A change begins with a confirmation, which does the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import ConfirmationRequired, Gone, Unacceptable
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AuthenticatorId
from watchword.gate.actions import Action, change
from watchword.record.activity import Group
from watchword.safeguards.check_up import TRAIL, set_up
from watchword.sessions.sessions import Session
from watchword.web.pages.frame import see
from watchword.web.pages.inside import Inside, RoomPages
from watchword.web.pages.notices import Done
from watchword.web.pages.passkeys import signals_of
from watchword.web.qr import otpauth_qr
from watchword.web.sentences import refusal

_LATELY = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class AccountPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [
            ("/account", self._home),
            ("/account/sign-in", self._sign_in_settings),
            ("/account/app", self._app_begin),
            ("/account/app/{totp_id}", self._app_enrol),
            ("/account/app/{totp_id}/sheet", self._app_sheet),
            ("/account/recovery", self._recovery),
            ("/account/check/{kind}", self._check_form),
            ("/account/message-code", self._message_code),
            ("/account/passphrase", self._passphrase),
            ("/account/activity", self._activity),
        ]
        taken: list[tuple[str, Inside]] = [
            ("/account/app", self._confirm("bind_totp")),
            ("/account/app/remove", self._confirm("remove_totp")),
            ("/account/app/{totp_id}", self._app_activate),
            ("/account/codes", self._confirm("recovery_codes")),
            ("/account/check/{kind}", self._check),
            ("/account/message-code", self._choose_message_code),
            ("/account/passphrase", self._choicepassphrase),
            ("/sign-out", self._sign_out),
        ]
        return self._routes(shown, taken)

    # -- what is shown

    def _home(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        done = set_up(self.frame.door.check_ups.facts(session.account, device=session.device))
        next_step = next((step for step in TRAIL if step not in done), None)
        since = [each for each in (overview.app_since, overview.codes_since) if each is not None]
        lately = bool(since) and self.frame.door.clock() - max(since) < _LATELY
        return self._room(
            request,
            "account_home.html",
            "overview",
            overview=overview,
            set_up=done,
            next_step=next_step,
            look_at_devices=next_step is None and lately,
            without_passkey=session.without_passkey,
            **signals_of(self, session),
            **self._names(session),
        )

    def _sign_in_settings(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        facts = {"passkeys": self.frame.door.overviews.list_passkeys(session.account), **signals_of(self, session)}
        return self._room(request, "sign_in_settings.html", "sign-in", overview=overview, **facts)

    def _recovery(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        return self._room(request, "recovery.html", "recovery", overview=overview)

    def _activity(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        before, kind = request.query_params.get("before", ""), request.query_params.get("kind", "")
        group = next((each for each in Group if each == kind), None)
        page = self.frame.door.overviews.activity(
            session.account, before=int(before) if before.isdecimal() and len(before) < 16 else None, group=group
        )
        shown = {} if group is None else {"kind": str(group)}
        older = None if page.next is None else f"/account/activity?{urlencode({**shown, 'before': page.next})}"
        facts = {"entries": page.entries, "older": older, "kind": group or "", **self._names(session)}
        return self._room(request, "activity.html", "activity", **facts)

    def _app_begin(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        return self._room(request, "app_begin.html", "sign-in", again=overview.app_since is not None)

    def _app_enrol(
        self, request: Request, session: Session, _: Mapping[str, str], *, rejected: bool = False
    ) -> Response:
        totp = AuthenticatorId(request.path_params["totp_id"])
        try:
            pending = self.frame.door.apps.pending(session, totp)
        except Gone:
            return see("/account/app")
        holder = self.frame.door.overviews.identifier(session.account)
        uri, svg = otpauth_qr(pending.key, issuer=self.frame.door.brand, holder=holder)
        return self._room(
            request,
            "app_enrol.html",
            "sign-in",
            status=422 if rejected else 200,
            totp_id=pending.id,
            qr=Markup(svg),  # nosec B704 -- drawn by us from our own secret
            uri=uri,
            key=pending.secret.reveal(),
            expires_at=pending.expires_at,
            rejected=rejected,
            errors={},
            values={},
        )

    def _app_sheet(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        totp = AuthenticatorId(request.path_params["totp_id"])
        try:
            pending = self.frame.door.apps.pending(session, totp)
        except Gone:
            return see("/account/app")
        return self.frame.page(
            request,
            "app_sheet.html",
            key=pending.secret.reveal(),
            masked=self._masked(session),
            made_at=self.frame.door.clock(),
            back=f"/account/app/{totp}",
        )

    def _check_form(
        self, request: Request, session: Session, _: Mapping[str, str], *, result: bool | None = None
    ) -> Response:
        kind = request.path_params["kind"]
        if kind not in ("totp", "recovery_code"):
            return self.frame.error(request, 404)
        room = "sign-in" if kind == "totp" else "recovery"
        overview = self.frame.door.overviews.home(session.account)
        if overview.app_since is None and (kind == "totp" or not overview.second_step):
            return see(f"/account/{room}")
        context = {"kind": kind, "result": result, "errors": {}, "values": {}, "rejected": False}
        return self._room(request, "check_code.html", room, **context)

    def _message_code(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        return self._room(
            request,
            "message_code_setting.html",
            "sign-in",
            on=overview.message_code,
            app=overview.second_step,
            address=self._masked(session),
        )

    def _passphrase(
        self, request: Request, session: Session, _: Mapping[str, str], *, errors: dict[str, str] | None = None
    ) -> Response:
        choice = self.frame.door.passphrase_change
        return self._room(
            request,
            "passphrase_change.html",
            "sign-in",
            status=422 if errors else 200,
            **self._time_left(choice.confirmed_until(session, self._approval(request))),
            identifier=self.frame.door.overviews.identifier(session.account),
            minimum=choice.shortest(session),
            rejected=False,
            errors=errors or {},
            values={},
        )

    # -- what is done

    def _confirm(self, what: str) -> Inside:
        def begin(request: Request, session: Session, _: Mapping[str, str]) -> Response:
            return self._begin_confirm(request, session, change(what))

        return begin

    def _begin_confirm(self, request: Request, session: Session, action: Action) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        there = {"remove_totp": overview.app_since is not None, "recovery_codes": overview.second_step}
        if not there.get(action.get("what", ""), True):
            return see("/account/sign-in")
        return super()._begin_confirm(request, session, action)

    def _app_activate(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        totp = AuthenticatorId(request.path_params["totp_id"])
        try:
            done = self.frame.door.apps.activate(session, totp, form.get("output", "")[:64])
        except Gone:
            return see("/account/app")
        if isinstance(done, Rejection):
            return self._app_enrol(request, session, form, rejected=True)
        if not done.codes:
            return self.frame.see_done("/account/sign-in", Done.APP_RENEWED)
        return self.show_codes(request, session, done.codes, came_with="app")

    def _check(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        apps = self.frame.door.apps
        if request.path_params["kind"] == "totp":
            result = apps.check_app(session, form.get("output", "")[:64])
        else:
            result = apps.check_code(session, form.get("code", "")[:64])
        return self._check_form(request, session, form, result=result)

    def _choose_message_code(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        action = change("message_code", enabled=form.get("enabled") == "yes")
        return self._begin_confirm(request, session, action)

    def _choicepassphrase(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        if "new_passphrase" not in form:
            return self._begin_confirm(request, session, change("passphrase"))
        try:
            self.frame.door.passphrase_change(session, self._approval(request), Secret(form["new_passphrase"]))
        except ConfirmationRequired:
            return self._confirm_again(request, session, change("passphrase"))
        except Unacceptable as unacceptable:
            shortest = self.frame.door.passphrase_change.shortest(session)
            sentence = refusal(self.frame.words(request), unacceptable.reason, shortest=shortest)
            return self._passphrase(request, session, form, errors={"new_passphrase": sentence})
        response = self.frame.see_done("/account/sign-in", Done.PASSPHRASE_CHANGED)
        self.frame.cookies.drop_approval(response)
        return response

    def _sign_out(self, _: Request, session: Session, __: Mapping[str, str]) -> Response:
        self.frame.door.sign_out(session)
        response = see("/signed-out")
        self.frame.cookies.drop_session(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response
