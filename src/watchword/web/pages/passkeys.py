"""Pages of the safe room: passkeys, added, named, removed; and passkey-only."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import Gone, Unacceptable
from watchword.foundation.present import present
from watchword.foundation.proof import Rejection
from watchword.foundation.terms import AuthenticatorId
from watchword.gate.actions import Action, change
from watchword.gate.grants import ApprovalGrant
from watchword.safeguards.overview import AuthenticatorView
from watchword.sessions.sessions import Session
from watchword.web.pages.frame import read_credential, see
from watchword.web.pages.inside import Inside, RoomPages
from watchword.web.pages.notices import Done
from watchword.web.sentences import refusal

PASSKEY, SETTINGS, ONLY = "/account/passkey", "/account/sign-in", "/account/passkey-only"
_LONGEST = 12_000
"""Characters of a new credential: they are about a thousand."""


@dataclass(frozen=True, kw_only=True)
class PasskeyPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [
            (PASSKEY, self._begin),
            (f"{PASSKEY}/new/{{passkey}}", self._make),
            (f"{PASSKEY}/{{passkey}}", self._manage),
            (ONLY, self._only),
        ]
        taken: list[tuple[str, Inside]] = [
            (PASSKEY, self._confirm_new),
            (f"{PASSKEY}/new/{{passkey}}", self._bind),
            (f"{PASSKEY}/{{passkey}}", self._rename),
            (f"{PASSKEY}/{{passkey}}/remove", self._confirm_removal),
            (ONLY, self._confirm_only),
        ]
        return self._routes(shown, taken)

    def confirmed(self, session: Session, action: Action, grant: ApprovalGrant) -> Response | None:
        """What follows a confirmation of these pages; None for any other action."""
        door = self.frame.door
        match action.get("what"):
            case "bind_passkey":
                return see(f"{PASSKEY}/new/{door.passkeys.begin(session, grant.token).id}")
            case "remove_passkey":
                due_at = door.passkeys.remove(session, AuthenticatorId(action["passkey"]), grant.token)
                told = Done.PASSKEY_REMOVED if due_at is None else Done.PASSKEY_REMOVAL_BEGUN
                return self.frame.see_done(SETTINGS, told)
            case "passkey_only":
                begun = door.passkey_only.switch(session, grant.token, enabled=action["enabled"])
                return self.frame.see_done(ONLY, Done.PASSKEY_ONLY_OFF if begun is None else Done.PASSKEY_ONLY_BEGINS)
        return None

    # -- a new one

    def _begin(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        overview = self.frame.door.overviews.home(session.account)
        return self._room(request, "passkey_begin.html", "sign-in", first=not overview.second_step)

    def _confirm_new(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("bind_passkey"))

    def _make(
        self, request: Request, session: Session, form: Mapping[str, str], *, errors: dict[str, str] | None = None
    ) -> Response:
        """``errors``: the passkey is made, and only its name can't be used."""
        passkey = AuthenticatorId(request.path_params["passkey"])
        try:
            pending = self.frame.door.passkeys.pending(session, passkey)
        except Gone:
            return see(PASSKEY)
        bound = self.frame.door.overviews.list_passkeys(session.account)
        return self._room(
            request,
            "passkey_new.html",
            "sign-in",
            status=422 if errors else 200,
            path=f"{PASSKEY}/new/{passkey}",
            options=json.dumps(dict(pending.options)),
            expires_at=pending.expires_at,
            credential=form.get("credential", "")[:_LONGEST] if errors else "",
            taken=json.dumps([_name(each) for each in bound]),
            errors=errors or {},
            values={"name": form.get("name", "")[:256] if errors else self._proposed(request, session)},
            rejected=False,
        )

    def _proposed(self, request: Request, session: Session) -> str:
        """The browser it is made with: its script may know better who keeps it."""
        devices = self.frame.door.overviews.devices(session.account)
        name = next((device.name for device in devices if device.id == session.device), "")
        return self.frame.words(request).device(name)

    def _bind(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        passkey = AuthenticatorId(request.path_params["passkey"])
        credential = read_credential(form.get("credential", "")[:_LONGEST])
        try:
            done = self.frame.door.passkeys.activate(session, passkey, credential, form.get("name", "")[:256])
        except Gone:
            return see(PASSKEY)
        except Unacceptable as unacceptable:
            sentence = refusal(self.frame.words(request), unacceptable.reason)
            return self._make(request, session, form, errors={"name": sentence})
        if isinstance(done, Rejection):
            return self._room(request, "passkey_refused.html", "sign-in", status=422)
        if not done.codes:
            return self.frame.see_done(SETTINGS, Done.PASSKEY_ADDED)
        return self.show_codes(request, session, done.codes, came_with="passkey")

    # -- one that is there

    def _manage(
        self, request: Request, session: Session, form: Mapping[str, str], *, errors: dict[str, str] | None = None
    ) -> Response:
        view = self._find(request, session)
        overview = self.frame.door.overviews.home(session.account)
        return self._room(
            request,
            "passkey_manage.html",
            "sign-in",
            status=422 if errors else 200,
            view=view,
            acts=self._acts(session),
            may_name=session.scope == "full",
            slowly=session.without_passkey and present(view.passkey).asked,
            last=overview.passkeys == 1 and overview.app_since is None,
            errors=errors or {},
            values={"name": form.get("name", _name(view))[:256]},
            rejected=False,
        )

    def _find(self, request: Request, session: Session) -> AuthenticatorView:
        """Raises NotFound."""
        return self.frame.door.overviews.get_passkey(session.account, request.path_params["passkey"])

    def _rename(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        view = self._find(request, session)
        if session.scope != "full":
            return self._read_only(request, session)
        try:
            self.frame.door.passkeys.rename(session, view.id, form.get("name", "")[:256])
        except Unacceptable as unacceptable:
            sentence = refusal(self.frame.words(request), unacceptable.reason)
            return self._manage(request, session, form, errors={"name": sentence})
        return self.frame.see_done(SETTINGS, Done.PASSKEY_RENAMED)

    def _confirm_removal(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        view = self._find(request, session)
        return self._begin_confirm(request, session, change("remove_passkey", passkey=view.id))

    # -- passkey-only

    def _only(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        found, now = self.frame.door.passkey_only.view(session.account), self.frame.door.clock()
        lock = found.lock
        state = "off" if lock is None else "on" if lock.is_in_effect(now) else "begins"
        return self._room(
            request,
            "passkey_only.html",
            "sign-in",
            state=state,
            effective_at=None if lock is None else lock.effective_at,
            found=found,
            acts=self._acts(session),
        )

    def _confirm_only(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("passkey_only", enabled=form.get("enabled") == "yes"))


def signals_of(pages: RoomPages, session: Session) -> dict[str, Any]:
    """What a page tells the browser's password manager: the script passes it on."""
    return {"signals": json.dumps(asdict(pages.frame.door.passkeys.signals(session.account)))}


def _name(view: AuthenticatorView) -> str:
    return "" if view.passkey is None else view.passkey.name
