"""Pages of the safe room: addresses, copies of one's data, closing the account."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import ConfirmationRequired, Unacceptable
from watchword.foundation.terms import IdentifierKind
from watchword.gate.actions import Action, change
from watchword.gate.grants import ApprovalGrant
from watchword.safeguards.addresses import AddressView
from watchword.sessions.sessions import Session
from watchword.web.copies import Format, Of, copy_file
from watchword.web.pages.frame import see
from watchword.web.pages.inside import RoomPages
from watchword.web.pages.notices import Done
from watchword.web.sentences import refusal

_OF: dict[str, Of] = {"account": "account", "activity": "activity"}
_FORMATS: dict[str, Format] = {"json": "json", "csv": "csv"}


@dataclass(frozen=True, kw_only=True)
class OwnPages(RoomPages):
    def routes(self) -> list[Route]:
        return self._routes(
            shown=[
                ("/account/address", self._addresses),
                ("/account/address/{kind}", self._address),
                ("/account/data", self._data),
                ("/account/close", self._close),
            ],
            taken=[
                ("/account/address/{kind}", self._change_address),
                ("/account/data", self._confirm_data),
                ("/account/data/file", self._file),
                ("/account/close", self._confirm_close),
            ],
        )

    def confirmed(self, request: Request, session: Session, action: Action, grant: ApprovalGrant) -> Response | None:
        """What follows a confirmation of these pages; None for any other action."""
        door, what = self.frame.door, action.get("what")
        if what == "replace_identifier":
            kind = IdentifierKind(action["identifier_kind"])
            had = self._bound(session).get(kind)
            door.addresses(session, grant.token, kind, action["identifier"])
            return self.frame.see_done("/account/address", Done.ADDRESS_ADDED if had is None else Done.ADDRESS_CHANGED)
        if what == "close_account":
            door.closing(session, grant.token)
            response: Response = self.frame.page(request, "account_closed.html")
            self.frame.cookies.drop_session(response)
            response.headers["Clear-Site-Data"] = '"cache"'
            return response
        if what == "export":
            response = see(f"/account/data?ready={action['of']}")
            self.frame.cookies.set_approval(response, grant.token, grant.expires_at - door.clock())
            return response
        return None

    # -- addresses

    def _addresses(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        listed, bound = self.frame.door.addresses.list(session.account), self._bound(session)
        kinds = {str(kind): bound.get(kind) for kind in IdentifierKind if kind in bound or self._takes(kind)}
        return self._room(request, "addresses.html", "sign-in", addresses=listed, kinds=kinds)

    def _address(
        self,
        request: Request,
        session: Session,
        form: Mapping[str, str],
        *,
        errors: dict[str, str] | None = None,
    ) -> Response:
        kind = self._kind(request)
        if kind is None:
            return self.frame.error(request, 404)
        return self._room(
            request,
            "address_change.html",
            "sign-in",
            status=422 if errors else 200,
            kind=str(kind),
            bound=self._bound(session).get(kind),
            errors=errors or {},
            values={"identifier": form.get("identifier", "")[:320]},
        )

    def _change_address(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        kind, text = self._kind(request), form.get("identifier", "")
        if kind is None:
            return self.frame.error(request, 404)
        try:
            if not text.strip():
                raise Unacceptable("empty", "identifier")
            return self._begin_confirm(request, session, self.frame.door.addresses.action(kind, text))
        except Unacceptable as unacceptable:
            sentence = refusal(self.frame.words(request), unacceptable.reason)
            return self._address(request, session, form, errors={"identifier": sentence})

    def _kind(self, request: Request) -> IdentifierKind | None:
        found = request.path_params["kind"]
        return next((kind for kind in IdentifierKind if kind == found and self._takes(kind)), None)

    def _takes(self, kind: IdentifierKind) -> bool:
        return kind is IdentifierKind.EMAIL or self.frame.door.phones.enabled

    def _bound(self, session: Session) -> dict[IdentifierKind, AddressView]:
        listed = self.frame.door.addresses.list(session.account)
        return {each.kind: each for each in reversed(listed) if each.contact_until is None}

    # -- copies of one's data

    def _data(self, request: Request, _: Session, __: Mapping[str, str]) -> Response:
        confirmed = self._approval(request) is not None
        ready = _OF.get(request.query_params.get("ready", "")) if confirmed else None
        return self._room(request, "own_data.html", "activity", ready=ready)

    def _confirm_data(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        of = _OF.get(form.get("of", ""))
        if of is None:
            return self.frame.error(request, 404)
        return self._begin_confirm(request, session, change("export", of=of))

    def _file(self, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        of, kind = _OF.get(form.get("of", "")), _FORMATS.get(form.get("format", ""))
        if of is None or kind is None or (of == "account" and kind != "json"):
            return self.frame.error(request, 404)
        try:
            response = copy_file(self.frame.door, session, self._approval(request), of, kind)
        except ConfirmationRequired:
            return self._begin_confirm(request, session, change("export", of=of))
        self.frame.cookies.drop_approval(response)
        return response

    # -- closing

    def _close(self, request: Request, _: Session, __: Mapping[str, str]) -> Response:
        return self._room(request, "account_close.html", "sign-in")

    def _confirm_close(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("close_account"))
