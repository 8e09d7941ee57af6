"""What a page does with an approval: the change itself, at once, and then the page that shows it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from watchword.foundation.terms import DeviceId
from watchword.gate.actions import Action
from watchword.gate.grants import ApprovalGrant
from watchword.web.pages.account import AccountPages
from watchword.web.pages.asked import AskedPages
from watchword.web.pages.exits import ExitPages
from watchword.web.pages.frame import Frame, see
from watchword.web.pages.keys import KeyPages
from watchword.web.pages.notices import Done
from watchword.web.pages.own import OwnPages
from watchword.web.pages.passkeys import PasskeyPages

_GOES_ON_AT = {
    "passphrase": "/account/passphrase",
    "trading_passphrase": "/account/trading",
    "anti_phishing_code": "/account/messages/code",
}
"""Changes that take something typed once they are confirmed: the approval waits in a cookie for its two minutes."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    frame: Frame
    rooms: AccountPages

    def __call__(self, request: Request, action: Action, grant: ApprovalGrant) -> Response:
        session = self.frame.session(request)
        if session is None:
            return self.frame.sign_in_first(request)
        followed = ExitPages(frame=self.frame).confirmed(session, action, grant)
        followed = followed or KeyPages(frame=self.frame).confirmed(request, session, action, grant)
        followed = followed or OwnPages(frame=self.frame).confirmed(request, session, action, grant)
        followed = followed or PasskeyPages(frame=self.frame).confirmed(session, action, grant)
        followed = followed or AskedPages(frame=self.frame).confirmed(request, session, action, grant)
        if followed is not None:
            return followed
        door, what = self.frame.door, action["what"]
        if what == "bind_totp":
            pending = door.apps.begin(session, grant.token)
            return see(f"/account/app/{pending.id}")
        if what == "recovery_codes":
            codes = door.apps.make_codes(session, grant.token)
            return self.rooms.show_codes(request, session, codes, came_with=None)
        if what in _GOES_ON_AT:
            response = see(_GOES_ON_AT[what])
            self.frame.cookies.set_approval(response, grant.token, grant.expires_at - door.clock())
            return response
        if what == "thaw":
            door.freezing.thaw(session, grant.token)
            door.sign_out(session)  # it could only read, and a new one can do all
            response = see("/thawed")
            self.frame.cookies.drop_session(response)
            return response
        if what == "remove_device":
            door.devices.remove(session, DeviceId(action["device"]), grant.token)
            return self.frame.see_done("/account/devices", Done.DEVICE_REMOVED)
        if what == "sign_out_others":
            door.sign_out.others(session, grant.token)
            return self.frame.see_done("/account/devices", Done.OTHERS_SIGNED_OUT)
        if what == "remove_totp":
            door.apps.remove(session, grant.token)
            last = not door.overviews.home(session.account).second_step
            return self.frame.see_done("/account/sign-in", Done.APP_REMOVED if last else Done.APP_REMOVED_ALONE)
        door.message_code(session, grant.token, enabled=action["enabled"])
        told = Done.MESSAGE_CODE_ON if action["enabled"] else Done.MESSAGE_CODE_OFF
        return self.frame.see_done("/account/sign-in", told)
