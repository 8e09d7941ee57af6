"""The room "Devices": which there are, putting one out, "this wasn't me"."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from watchword.foundation.errors import ConfirmationRequired
from watchword.foundation.terms import DeviceId
from watchword.gate.actions import change
from watchword.sessions.sessions import Session
from watchword.web.clients import read_token
from watchword.web.pages.frame import see
from watchword.web.pages.freezing import FreezePages
from watchword.web.pages.inside import Inside, RoomPages
from watchword.web.pages.notices import Done

PATH = "/account/devices"


@dataclass(frozen=True, kw_only=True)
class DevicePages(RoomPages):
    freezing: FreezePages

    def routes(self) -> list[Route]:
        shown: list[tuple[str, Inside]] = [
            (PATH, self._show),
            ("/account/not-me", self._not_me),
            (f"{PATH}/{{device}}/not-me", self._not_me),
        ]
        taken: list[tuple[str, Inside]] = [
            (f"{PATH}/sign-out-others", self._sign_out_others),
            (f"{PATH}/forget", self._forget),
            (f"{PATH}/{{device}}/remove", self._remove),
            ("/account/not-me", self._disown),
            (f"{PATH}/{{device}}/not-me", self._disown),
        ]
        return [
            *self._routes(shown, taken),
            Route("/signed-out", self._signed_out, methods=["GET"]),
            Route("/signed-out/forget", self._forget_signed_out, methods=["POST"]),
        ]

    def _show(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        devices = self.frame.door.devices.list(session)
        return self._room(request, "devices.html", "devices", devices=devices, acts=self._acts(session))

    def _sign_out_others(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        return self._begin_confirm(request, session, change("sign_out_others"))

    def _remove(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        device = DeviceId(request.path_params["device"])
        if not self._acts(session):
            return self._read_only(request, session)
        try:
            self.frame.door.devices.remove(session, device, None)
        except ConfirmationRequired as required:
            return self._begin_confirm(request, session, required.action)
        return self.frame.see_done(PATH, Done.DEVICE_REMOVED)

    def _forget(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        """This one: signed out, and known no more."""
        if not self._acts(session):
            return self._read_only(request, session)
        self.frame.door.devices.remove(session, session.device, None)
        response = see("/signed-out")
        self.frame.cookies.drop_session(response)
        self.frame.cookies.drop_device(response)
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    def _not_me(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        device = request.path_params.get("device")
        view = None if device is None else self.frame.door.devices.find(session, DeviceId(device))
        return self._room(request, "not_me.html", "devices", view=view, path=request.url.path)

    def _disown(self, request: Request, session: Session, _: Mapping[str, str]) -> Response:
        device = request.path_params.get("device")
        self.frame.door.devices.disown(session, None if device is None else DeviceId(device))
        return self.freezing.after_freezing()

    async def _signed_out(self, request: Request) -> Response:
        known = self.frame.cookies.names.device in request.cookies
        return self.frame.page(request, "signed_out.html", known=known)

    async def _forget_signed_out(self, request: Request) -> Response:
        """After signing out: whoever holds the device may have it forgotten, by every account that knows it."""
        token = read_token(request.cookies.get(self.frame.cookies.names.device))
        if token is not None:
            await run_in_threadpool(self.frame.door.devices.forget_token, token)
        response = see("/signed-out")
        self.frame.cookies.drop_device(response)
        self.frame.cookies.drop_session(response)
        return response
