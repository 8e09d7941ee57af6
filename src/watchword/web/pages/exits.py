"""Trading, what may leave: holds, destinations and the allow-list, and what would happen to a withdrawal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.exits.decide import still_works
from watchword.exits.destinations import Destination
from watchword.foundation.errors import Unacceptable
from watchword.gate.actions import Action, change, read_action
from watchword.gate.grants import ApprovalGrant
from watchword.sessions.sessions import Session
from watchword.web.exit_words import told, waiting, works
from watchword.web.pages.inside import NOWHERE, Inside, RoomPages
from watchword.web.pages.notices import Done

HOLDS, PLACES, PREVIEW = "/account/trading/holds", "/account/trading/destinations", "/account/trading/withdrawal"
_ROOM = "trading"
_FIELDS = {"asset": 32, "network": 64, "address": 256, "memo": 256, "amount": 64}


@dataclass(frozen=True, kw_only=True)
class ExitPages(RoomPages):
    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [(HOLDS, self._holds), (PLACES, self._places), (PREVIEW, self._ask)]
        taken: list[tuple[str, Inside]] = [
            (PLACES, self._allow),
            (f"{PLACES}/remove", self._remove),
            (f"{PLACES}/list", self._switch),
            (PREVIEW, self._preview),
        ]
        return self._routes(shown, taken)

    # -- what is shown

    def _holds(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        words = self.frame.words(request)
        found = self.frame.door.destinations.waiting(session)
        left = works(words, still_works(tuple(hold.reach for hold in found))) if found else None
        return self._room(request, "holds.html", _ROOM, waits=[waiting(words, each) for each in found], works=left)

    def _places(
        self,
        request: Request,
        session: Session,
        form: Mapping[str, str],
        *,
        refused: bool = False,
    ) -> Response:
        found = self.frame.door.destinations.read(session)
        return self._room(
            request,
            "destinations.html",
            _ROOM,
            status=422 if refused else 200,
            listed=[each for each in found.destinations if each.listed_at is not None],
            others=[each for each in found.destinations if each.listed_at is None],
            allow_list=found.allow_list,
            now=found.now,
            may_change=session.scope == "full",
            **self._typed(request, form, refused=refused),
        )

    def _ask(self, request: Request, _: Session, form: Mapping[str, str]) -> Response:
        return self._room(request, "withdrawal.html", _ROOM, told=None, **self._typed(request, form, refused=False))

    # -- what is done

    def _preview(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        """Shows what would happen; nothing is named, and nothing is kept of what was asked."""
        try:
            action = read_action({"kind": "withdraw", **_place_in(form), "amount": form.get("amount", "").strip()})
        except Unacceptable:
            typed = self._typed(request, form, refused=True)
            return self._room(request, "withdrawal.html", _ROOM, status=422, told=None, **typed)
        door = self.frame.door
        decision = told(self.frame.words(request), door.exits.preview(session, action, door.clock()))
        typed = self._typed(request, form, refused=False)
        return self._room(request, "withdrawal.html", _ROOM, told=decision, **{**typed, "here": NOWHERE})

    def _allow(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        try:
            action = read_action({"kind": "allow_destination", **_place_in(form)})
        except Unacceptable:
            return self._places(request, session, form, refused=True)
        return self._begin_confirm(request, session, action)

    def _remove(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        destination = self.frame.door.destinations.get(session, form.get("destination", "")[:64])
        return self._begin_confirm(request, session, change("remove_destination", destination=destination.id))

    def _switch(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("allow_list", enabled=form.get("enabled") == "yes"))

    def confirmed(self, session: Session, action: Action, grant: ApprovalGrant) -> Response | None:
        """What an approval for one of these does at once; None: it is none of these."""
        choices = self.frame.door.destinations
        if action["kind"] == "allow_destination":
            done = choices.allow(session, grant.token, action)
            if isinstance(done, Destination):
                return self.frame.see_done(PLACES, Done.DESTINATION_LISTED)
            return self.frame.see_done(HOLDS, Done.ENTRY_WAITS)
        if action.get("what") == "remove_destination":
            choices.remove(session, grant.token, action["destination"])
            return self.frame.see_done(PLACES, Done.DESTINATION_REMOVED)
        if action.get("what") == "allow_list":
            choices.switch_list(session, grant.token, enabled=action["enabled"])
            return self.frame.see_done(PLACES, Done.ALLOW_LIST_BEGINS if action["enabled"] else Done.ALLOW_LIST_OFF)
        return None

    def _typed(self, request: Request, form: Mapping[str, str], *, refused: bool) -> dict[str, Any]:
        """The fields as they were typed, and what is wrong with them."""
        words = self.frame.words(request)
        problem = words.gettext("Something here can't be read. Use plain letters, digits and signs.")
        return {
            "values": {name: form.get(name, "")[:most] for name, most in _FIELDS.items()},
            "errors": {"address": problem} if refused else {},
            "rejected": False,
        }


def _place_in(form: Mapping[str, str]) -> dict[str, str | None]:
    """An empty field is no memo: forms can't tell it from an empty one, and no network asks for that."""
    typed = {name: form.get(name, "").strip() for name in ("asset", "network", "address")}
    return {**typed, "memo": form.get("memo", "").strip() or None}
