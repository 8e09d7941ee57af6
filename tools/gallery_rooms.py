"""The safe-room pages, the pages to read and the errors with made-up contexts, for the gallery."""

import json
from base64 import b32decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from tools.gallery_samples import NOW, Sample
from watchword.safeguards.check_up import TRAIL, Facts, check_up, weakest
from watchword.web.qr import otpauth_qr

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CODES = [
    "4f7k-9m2x-q8wd-3hzt", "c6vn-1r5b-y0ps-7jge", "8xw3-kt4h-d2fm-z9qc", "m1yb-6s0j-v5re-4gnp", "9hqz-3c8w-t7kx-1fdm",
    "2rgv-5n0p-j6ys-8bte", "z4mk-7x1q-h3cw-9dvf", "6tbn-0y8s-r2gj-5pek", "1wfd-4z9m-k7vh-3xqc", "p8sj-2e6t-b0ny-9rgm",
]  # fmt: skip


@dataclass(frozen=True)
class Device:
    id: str
    name: str
    country: str | None
    network: str
    bound_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class Event:
    kind: str
    at: datetime
    device: str | None = "d1"
    network: str | None = "203.0.113.0/24"
    facts: Mapping[str, Any] = field(default_factory=lambda: {"country": "PT"})


DEVICES = [
    Device("d1", "Firefox on Windows", "PT", "203.0.113.0/24", NOW - timedelta(days=40), NOW),
    Device("d2", "Mobile Safari on iOS", "PT", "198.51.100.0/24", NOW - timedelta(days=12), NOW - timedelta(hours=5)),
    Device("d3", "Chrome on Linux", None, "2001:db8:7::/64", NOW - timedelta(days=3), NOW - timedelta(days=2)),
]
NAMES = {device.id: device.name for device in DEVICES}
EVENTS = [
    Event("signed_in", NOW - timedelta(minutes=3)),
    Event("passage.rejected", NOW - timedelta(minutes=4), None, facts={"proof": "passphrase", "country": "PT"}),
    Event("authenticator.bound", NOW - timedelta(hours=3)),
    Event("recovery_codes.used", NOW - timedelta(days=1), facts={"left": 9, "country": "PT"}),
    Event("signed_in", NOW - timedelta(days=2), "d3", "2001:db8:7::/64", {"new_device": True}),
]
MORE = [
    Event("identifier.taken", NOW - timedelta(days=5), None, "192.0.2.0/24", {"country": "NZ"}),
    Event("passage.throttled", NOW - timedelta(days=9), None, "192.0.2.0/24", {}),
    Event("passphrase.changed", NOW - timedelta(days=31)),
    Event("account.created", NOW - timedelta(days=40)),
]


SIGNALS = json.dumps({"rp_id": "localhost", "user_id": "YQ", "credential_ids": [], "name": "you@example.org"})


def sign_in_room(*passkeys: Any, **more: Any) -> dict[str, Any]:
    return room("sign-in", overview=overview(passkeys=len(passkeys), **more), passkeys=passkeys, signals=SIGNALS)


def overview(**more: Any) -> dict[str, Any]:
    common: dict[str, Any] = {
        "identifier": "you@example.org", "created_at": NOW - timedelta(days=40), "app_since": NOW - timedelta(days=30),
        "codes_left": 9, "codes_since": NOW - timedelta(days=30), "message_code": False,
        "passphrase_since": NOW - timedelta(days=31), "passphrase_stands_alone": True, "devices": DEVICES,
        "entries": EVENTS, "trading": "open", "trading_since": NOW - timedelta(days=29), "passkeys": 0,
    }  # fmt: skip
    whole = common | more
    return {"second_step": whole["app_since"] is not None or whole["passkeys"] > 0, **whole}


def room(name: str, **more: Any) -> dict[str, Any]:
    return {"room": name, "notice": None, "errors": {}, "values": {}, "rejected": False} | more


def home(*done: str, **more: Any) -> dict[str, Any]:
    """``done``: what of the trail is set up. ``lately``: within these days."""
    trail: dict[str, Any] = {"set_up": {"address", *done}, "look_at_devices": more.pop("lately", False)}
    trail["next_step"] = next((step for step in TRAIL if step not in done), None)
    trail |= {"without_passkey": more.pop("without_passkey", False), "signals": SIGNALS}
    return room("overview", overview=overview(**more), device_names=NAMES, current="d1", **trail)


def check_up_of(**more: Any) -> dict[str, Any]:
    facts = replace(
        Facts(
            passkey="senior",
            app="senior",
            codes_left=10,
            trading_passphrase=True,
            anti_phishing_code=True,
            email=True,
            unfamiliar_devices=0,
        ),
        **more,
    )
    found = check_up(facts)
    return room(
        "overview", findings=found, first=weakest(found), second_step=facts.second_step, codes_left=facts.codes_left
    )


def trading(standing: str, **more: Any) -> dict[str, Any]:
    common = {"confirmed": False, "left": 118, "may_change": True, "identifier": "you@example.org", "issued": None}
    state = {"standing": standing, "since": None if standing == "none" else NOW - timedelta(days=29)}
    return room("trading", state=state, **(common | more))


def enrolment() -> dict[str, Any]:
    uri, svg = otpauth_qr(b32decode(KEY), issuer="Example Door", holder="you@example.org")
    return {"totp_id": "t1", "qr": Markup(svg), "uri": uri, "key": KEY, "expires_at": NOW + timedelta(minutes=15)}


PAPER = {"masked": "y•••@example.org", "made_at": NOW}
FRESH = {
    "app_since": None,
    "codes_left": 0,
    "codes_since": None,
    "trading": "none",
    "trading_since": None,
    "devices": DEVICES[:1],
    "entries": MORE[-1:],
}
DONE = {"tone": "good", "text": "The passphrase is changed. Other devices are signed out."}

ROOMS = {
    "home": Sample("account_home.html", "/account", home(*TRAIL)),
    "home-all-set-up": Sample("account_home.html", "/account", home(*TRAIL, lately=True)),
    "home-on-the-way": Sample("account_home.html", "/account", home(*TRAIL[:2])),
    "check-up": Sample("check_up.html", "/account/check-up", check_up_of()),
    "check-up-new": Sample(
        "check_up.html", "/account/check-up", check_up_of(passkey="none", app="none", trading_passphrase=False)
    ),
    "check-up-poor": Sample(
        "check_up.html",
        "/account/check-up",
        check_up_of(
            passkey="none", app="junior", codes_left=1, anti_phishing_code=False, email=False, unfamiliar_devices=1
        ),
    ),
    "home-fresh": Sample("account_home.html", "/account", home(**FRESH)),
    "home-few": Sample(
        "account_home.html", "/account", home(*TRAIL, codes_left=2, message_code=True) | {"notice": DONE}
    ),
    "room-sign-in": Sample("sign_in_settings.html", "/account/sign-in", sign_in_room()),
    "room-sign-in-fresh": Sample("sign_in_settings.html", "/account", sign_in_room(**FRESH)),
    "room-recovery": Sample("recovery.html", "/account/recovery", room("recovery", overview=overview())),
    "room-recovery-fresh": Sample("recovery.html", "/account/recovery", room("recovery", overview=overview(**FRESH))),
    "app-begin": Sample("app_begin.html", "/account/app", room("sign-in", again=False)),
    "app-enrol": Sample("app_enrol.html", "/account/app/t1", room("sign-in", **enrolment())),
    "app-refused": Sample("app_enrol.html", "/account/app/t1", room("sign-in", **enrolment()) | {"rejected": True}),
    "app-sheet": Sample("app_sheet.html", "/account/app/t1/sheet", {"key": KEY, "back": "/account/app/t1", **PAPER}),
    "codes": Sample("recovery_codes.html", "/account/codes", room("recovery", codes=CODES, came_with="app", **PAPER)),
    "check-app": Sample("check_code.html", "/account/check/totp", room("sign-in", kind="totp", result=True)),
    "check-sheet": Sample("check_code.html", "/account/check/x", room("recovery", kind="recovery_code", result=False)),
    "message-code": Sample(
        "message_code_setting.html", "/account/message-code",
        room("sign-in", on=False, app=False, address="y•••@example.org"),
    ),
    "passphrase-change": Sample("passphrase_change.html", "/account/passphrase", room("sign-in", confirmed=False)),
    "passphrase-changing": Sample(
        "passphrase_change.html", "/account/passphrase",
        room("sign-in", confirmed=True, left=118, identifier="you@example.org", minimum=8),
    ),
    "trading": Sample("trading.html", "/account/trading", trading("open")),
    "trading-none": Sample("trading.html", "/account/trading", trading("none")),
    "trading-closed": Sample("trading.html", "/account/trading", trading("closed")),
    "trading-choosing": Sample(
        "trading.html", "/account/trading",
        trading("none", confirmed=True)
        | {"errors": {"trading-passphrase": "It can be read as a date, and dates are tried first. Choose another."}},
    ),
    "trading-issued": Sample("trading.html", "/account/trading", trading("open", confirmed=True, issued="835192")),
    "activity": Sample(
        "activity.html", "/account/activity",
        room("activity", entries=EVENTS + MORE, kind="", device_names=NAMES, older="/account/activity?before=9"),
    ),
}  # fmt: skip

LETTER = """Your code to sign in to Example Door:

481093

It lives 10 minutes. If you did not begin this, do nothing: without the code nobody comes in.
"""
MESSAGES = [
    {"name": "2.eml", "channel": "email", "to": "you@example.org", "subject": "Your code to sign in", "text": LETTER},
    {"name": "1.sms.json", "channel": "sms", "to": "+351912345678", "subject": "", "text": LETTER},
]
READING = {
    "guide": Sample("guide.html", "/guide", {}),
    "help": Sample("help.html", "/help", {}),
    "mailbox": Sample("dev_mailbox.html", "/dev/mailbox", {"messages": MESSAGES, "directory": "var/mailbox"}),
    **{
        f"error-{status}": Sample("error.html", "/", {"status": status, "retry_at": wait, "signed_in": False})
        for status, wait in ((404, None), (429, NOW + timedelta(minutes=12)), (500, None))
    },
}  # fmt: skip
