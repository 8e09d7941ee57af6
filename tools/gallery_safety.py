"""Freezing, devices and alerts with made-up contexts, for the gallery."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from tools.gallery_samples import HUMAN, NOW, Sample

DAY = timedelta(days=1)


def _room(name: str, **more: Any) -> dict[str, Any]:
    common: dict[str, Any] = {"room": name, "notice": None, "errors": {}, "values": {}, "rejected": False}
    return {**common, "unread": 2, "frozen": None, **more}


def _device(number: int, name: str, kind: str = "browser", **more: Any) -> SimpleNamespace:
    device = SimpleNamespace(
        id=f"d{number}", name=name, kind=kind, country="PT", network="203.0.113.0/24",
        bound_at=NOW - number * 9 * DAY, last_seen_at=NOW - number * timedelta(hours=5),
    )  # fmt: skip
    common: dict[str, Any] = {
        "device": device,
        "this_one": False,
        "senior": True,
        "sessions": [None],
        "older": True,
        "stands_out": False,
    }
    return SimpleNamespace(**{**common, **more})


DEVICES = [
    _device(1, "Firefox on Windows", this_one=True, older=False),
    _device(0, "Chrome on Linux", senior=False, stands_out=True, older=False),
    _device(2, "Mobile Safari on iOS", sessions=[]),
    _device(3, "App", "app", sessions=[None, None]),
]
FROZEN = SimpleNamespace(since=NOW - DAY, by="link", thawed_by_holder=True, also_by_holder=True)
OURS = SimpleNamespace(since=NOW - DAY, by="operator", thawed_by_holder=False, also_by_holder=False)


def _alert(number: int, title: str, opening: str, **more: Any) -> SimpleNamespace:
    told = SimpleNamespace(title=title, opening=(opening,))
    common: dict[str, Any] = {"device": "Chrome on Linux", "country": "PT", "acknowledged_at": None}
    return SimpleNamespace(id=f"a{number}", at=NOW - number * DAY, told=told, **{**common, **more})


ALERTS = [
    _alert(0, "A sign-in on a new device", "Your account was signed in to on a device it had not been used on before."),
    _alert(1, "Wrong codes were given", "Within a day 3 wrong codes were given.", device=None),
    _alert(8, "Your passphrase was changed", "From now on only the new one opens your account.", acknowledged_at=NOW),
]
LINK: dict[str, Any] = {
    "path": "/freeze/made-up", "human": HUMAN, "already": False, "asks_passphrase": False, "rejected": False,
    "errors": {}, "values": {}, "notice": None,
}  # fmt: skip

SAFETY = {
    "devices": Sample("devices.html", "/account/devices", _room("devices", devices=DEVICES, acts=True)),
    "devices-closed": Sample("devices.html", "/account/devices", _room("devices", devices=DEVICES, acts=False)),
    "not-me": Sample("not_me.html", "/account/not-me", _room("devices", view=None, path="/account/not-me")),
    "not-me-device": Sample(
        "not_me.html", "/account/devices/d0/not-me",
        _room("devices", view=DEVICES[1], path="/account/devices/d0/not-me"),
    ),
    "freeze": Sample("freeze.html", "/account/freeze", _room("overview")),
    "freeze-frozen": Sample("freeze.html", "/account/freeze", _room("overview", frozen=FROZEN)),
    "freeze-ours": Sample("freeze.html", "/account/freeze", _room("overview", frozen=OURS)),
    "frozen-elsewhere": Sample(
        "devices.html", "/account/devices", _room("devices", devices=DEVICES, acts=True, frozen=FROZEN)
    ),
    "alerts": Sample(
        "alerts.html", "/account/alerts", _room("alerts", alerts=ALERTS, older="/account/alerts?before=a8")
    ),
    "alerts-none": Sample("alerts.html", "/account/alerts", _room("alerts", alerts=[], older=None, unread=0)),
    "frozen": Sample("frozen.html", "/frozen", {}),
    "thawed": Sample("thawed.html", "/thawed", {}),
    "freeze-link": Sample("freeze_link.html", "/freeze/made-up", LINK),
    "freeze-link-wary": Sample(
        "freeze_link.html", "/freeze/made-up", {**LINK, "asks_passphrase": True, "rejected": True}
    ),
    "freeze-link-already": Sample("freeze_link.html", "/freeze/made-up", {**LINK, "already": True}),
    "freeze-link-over": Sample("freeze_link_over.html", "/freeze/made-up", {}),
    "signed-out": Sample("signed_out.html", "/signed-out", {"known": True}),
    "signed-out-forgotten": Sample("signed_out.html", "/signed-out", {"known": False}),
}  # fmt: skip
