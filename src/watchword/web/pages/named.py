"""What the action of a confirmation only names by its id, for the page to show: which device, which saved address."""

from collections.abc import Mapping
from typing import Any

from watchword.delivery.messages.spelled import Spelled
from watchword.foundation.errors import NotFound
from watchword.foundation.languages import Words
from watchword.foundation.terms import DeviceId
from watchword.sessions.sessions import Session
from watchword.web.confirming import device_sheet, passkey_sheet, place_sheet
from watchword.web.door import Door


def named(door: Door, words: Words, session: Session | None, action: Mapping[str, Any] | None) -> Spelled | None:
    """None where the action says it all by itself, or what it names is gone."""
    if session is None or action is None:
        return None
    try:
        match action.get("what"):
            case "remove_device":
                return device_sheet(words, door.devices.find(session, DeviceId(action["device"])).device)
            case "remove_passkey":
                return passkey_sheet(words, door.overviews.get_passkey(session.account, action["passkey"]))
            case "remove_destination":
                return place_sheet(words, door.destinations.get(session, action["destination"]))
    except NotFound:
        return None
    return None
