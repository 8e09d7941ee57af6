"""The room "API keys": which there are, making one, one key with its doctor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.exits.decide import Held, Refused
from watchword.foundation.errors import Conflict, Unacceptable
from watchword.gate.actions import Action, change, read_action
from watchword.gate.fields import network
from watchword.gate.grants import ApprovalGrant
from watchword.handover.api_keys.changes import Wish
from watchword.handover.api_keys.keys import MOST, MadeKey
from watchword.sessions.sessions import Session
from watchword.web.key_words import first_of, hint, may, paused_because, rights, state_of
from watchword.web.pages.exits import HOLDS
from watchword.web.pages.inside import NOWHERE, Inside, RoomPages
from watchword.web.pages.notices import Done

KEYS, NEW = "/account/api-keys", "/account/api-keys/new"
_ROOM = "api-keys"
_PERMISSIONS = ("read", "trade", "transfer", "withdraw")
_EXPIRIES = ("30", "90", "180", "360", "never")
_LONGEST = {"name": 64, "networks": 2000}


@dataclass(frozen=True, kw_only=True)
class KeyPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(KEYS, self._list), (NEW, self._form), (f"{KEYS}/{{key}}", self._one)]
        taken: list[tuple[str, Inside]] = [
            (NEW, self._begin),
            (f"{KEYS}/{{key}}/name", self._rename),
            (f"{KEYS}/{{key}}/networks", self._bind),
            (f"{KEYS}/{{key}}/pause", self._pause),
            (f"{KEYS}/{{key}}/unpause", self._resume),
            (f"{KEYS}/{{key}}/delete", self._delete),
        ]
        return self._routes(shown, taken)

    # -- what is shown

    def _list(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        found = self.frame.door.platform.api_keys.list(session.account)
        words = self.frame.words(request)
        return self._room(
            request,
            "api_keys.html",
            _ROOM,
            keys=[{"view": each, "state": state_of(words, each), "may": may(words, each)} for each in found],
            full=len(found) >= MOST,
            first=first_of(words, self.frame.door.check_ups.facts(session.account, device=session.device)),
            may_change=session.scope == "full",
        )

    def _form(
        self, request: Request, session: Session, form: Mapping[str, str], *, errors: dict[str, str] | None = None
    ) -> Response:
        if session.scope != "full":
            return self._read_only(request, session)
        return self._room(
            request,
            "api_key_new.html",
            _ROOM,
            status=422 if errors else 200,
            permissions=rights(self.frame.words(request)),
            chosen={each for each in _PERMISSIONS if form.get(each)} if form else {"read"},
            expiry=form.get("expiry", "90"),
            values={name: form.get(name, "")[:most] for name, most in _LONGEST.items()},
            errors=errors or {},
            rejected=False,
        )

    def _one(self, request: Request, session: Session, form: Mapping[str, str], *, errors: Any = None) -> Response:
        door, words = self.frame.door.platform, self.frame.words(request)
        view = door.api_keys.get(session.account, request.path_params["key"])
        failures = door.api_key_failures.list(session.account, view.id)
        return self._room(
            request,
            "api_key.html",
            _ROOM,
            status=422 if errors else 200,
            view=view,
            state=state_of(words, view),
            may=may(words, view),
            paused=paused_because(words, view.paused_by),
            failures=[{"it": each, "hint": hint(words, each)} for each in failures],
            may_change=session.scope == "full",
            may_put_out=self._acts(session),
            values={
                "name": view.name,
                "networks": form.get("networks", "\n".join(view.networks))[: _LONGEST["networks"]],
            },
            errors=errors or {},
            rejected=False,
        )

    # -- what is done

    def _begin(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        action, errors = self._read(request, form)
        if action is None:
            return self._form(request, session, form, errors=errors)
        return self._begin_confirm(request, session, action)

    def _read(self, request: Request, form: Mapping[str, str]) -> tuple[Action | None, dict[str, str]]:
        """The new key as it is to be confirmed, or what is wrong with it."""
        _ = self.frame.words(request).gettext
        chosen = [each for each in _PERMISSIONS if form.get(each)]
        expiry, errors = form.get("expiry", ""), {}
        networks, problem = self._networks(request, form, withdraws="withdraw" in chosen)
        if not chosen:
            errors["permissions"] = _("Choose at least one.")
        if problem:
            errors["networks"] = problem
        if expiry not in _EXPIRIES or (expiry == "never" and chosen != ["read"]):
            errors["expiry"] = _("Only a key that just reads may be without an end.")
        days = expiry if expiry == "never" else int(expiry) if expiry in _EXPIRIES else 0
        fields = {"permissions": chosen, "networks": networks, "expiry": days, "public_key": None}
        try:
            return read_action({"kind": "create_api_key", "name": form.get("name", "").strip(), **fields}), errors
        except Unacceptable:
            return None, errors or {"name": _("Use 1 to 64 plain letters, digits and signs.")}

    def _rename(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        key, name = request.path_params["key"], form.get("name", "").strip()
        if session.scope != "full":
            return self._read_only(request, session)
        try:
            self.frame.door.platform.api_key_changes.change(session, None, key, Wish(name=name))
        except Unacceptable:
            problem = self.frame.words(request).gettext("Use 1 to 64 plain letters, digits and signs.")
            return self._one(request, session, form, errors={"name": problem})
        return self.frame.see_done(f"{KEYS}/{key}", Done.API_KEY_RENAMED)

    def _networks(self, request: Request, form: Mapping[str, str], *, withdraws: bool) -> tuple[list[str], str]:
        """What was written there, and what is wrong with it."""
        _ = self.frame.words(request).gettext
        networks = form.get("networks", "").replace(",", " ").split()
        if not all(_is_network(each) for each in networks) or len(networks) > 20:
            return networks, _(
                "Write addresses or ranges, one a line, at most 20, none wider than /8 (IPv6: /16): 203.0.113.0/24."
            )
        if withdraws and not networks:
            return networks, _("A key that may withdraw needs at least one address that it is used from.")
        return networks, ""

    def _bind(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        """To fewer networks at once, to others as soon as it is confirmed."""
        key, platform = request.path_params["key"], self.frame.door.platform
        if session.scope != "full":
            return self._read_only(request, session)
        view = platform.api_keys.get(session.account, key)
        networks, problem = self._networks(request, form, withdraws="withdraw" in view.permissions)
        if problem:
            return self._one(request, session, form, errors={"networks": problem})
        wish = Wish(networks=networks)
        try:
            action = platform.api_key_changes.to_confirm(session.account, key, wish)
        except Unacceptable:  # one of them twice
            problem = self.frame.words(request).gettext("Write each address once.")
            return self._one(request, session, form, errors={"networks": problem})
        if action is not None:
            return self._begin_confirm(request, session, action)
        platform.api_key_changes.change(session, None, key, wish)
        return self.frame.see_done(f"{KEYS}/{key}", Done.API_KEY_BOUND)

    def _pause(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        if not self._acts(session):
            return self._read_only(request, session)
        key = self.frame.door.platform.api_keys.pause(session, request.path_params["key"])
        return self.frame.see_done(f"{KEYS}/{key.id}", Done.API_KEY_PAUSED)

    def _resume(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        key = self.frame.door.platform.api_keys.get(session.account, request.path_params["key"])
        return self._begin_confirm(request, session, change("unpause_api_key", key=key.id, name=key.name))

    def _delete(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        if not self._acts(session):
            return self._read_only(request, session)
        self.frame.door.platform.api_keys.delete(session, request.path_params["key"])
        return self.frame.see_done(KEYS, Done.API_KEY_DELETED)

    def confirmed(self, request: Request, session: Session, action: Action, grant: ApprovalGrant) -> Response | None:
        """What an approval for one of these does at once; None: it is none of these."""
        platform = self.frame.door.platform
        if action["kind"] == "create_api_key":
            try:
                made = platform.api_keys.make(session, grant.token, action)
            except Conflict:
                return self.frame.see_done(KEYS, Done.API_KEYS_FULL)
            if isinstance(made, Held | Refused):
                return self.frame.see_done(HOLDS, Done.API_KEY_WAITS)
            return self._made(request, made)
        if action.get("what") == "widen_api_key":
            wish = Wish(**{name: action[name] for name in ("name", "permissions", "networks", "expiry")})
            changed = platform.api_key_changes.change(session, grant.token, action["key"], wish)
            if isinstance(changed, Held | Refused):
                return self.frame.see_done(HOLDS, Done.API_KEY_STAYS)
            return self.frame.see_done(f"{KEYS}/{changed.id}", Done.API_KEY_BOUND)
        if action.get("what") == "unpause_api_key":
            key = platform.api_key_changes.resume(session, grant.token, action["key"])
            return self.frame.see_done(f"{KEYS}/{key.id}", Done.API_KEY_RESUMED)
        return None

    def _made(self, request: Request, made: MadeKey) -> Response:
        """The one time the secret can be read: in the answer to the POST that made it, and nowhere after."""
        examples = self.frame.door.platform.examples
        return self._room(
            request,
            "api_key_made.html",
            _ROOM,
            view=made.view,
            may=may(self.frame.words(request), made.view),
            secret=made.secret.reveal(),
            passphrase=made.passphrase.reveal(),
            prefix=examples.prefix,
            python=examples.python(made),
            curl=examples.curl(made),
            now=self.frame.door.clock(),
            here=NOWHERE,
        )


def _is_network(text: str) -> bool:
    try:
        network(text)
    except ValueError:
        return False
    return True
