"""The pages of passkeys with made-up contexts, for the gallery."""

from datetime import timedelta
from typing import Any

from tools.gallery_rooms import SIGNALS, home, overview, room
from tools.gallery_samples import ENGLISH, NOW, PASSKEY, WITHDRAWAL, Sample, passage
from watchword.delivery.messages.spelled import spelled
from watchword.foundation.terms import AuthenticatorId, AuthenticatorKind
from watchword.safeguards.check_up import TRAIL
from watchword.safeguards.overview import AuthenticatorView, PasskeyView
from watchword.safeguards.passkey_only import Missing, PasskeyOnlyView
from watchword.web.confirming import passkey_sheet

NEW_OPTIONS = (
    '{"rp":{"id":"localhost","name":"Example Door"},"user":{"id":"YQ","name":"you@example.org","displayName":"you"},'
    '"challenge":"AAAA","pubKeyCredParams":[{"type":"public-key","alg":-7}]}'
)


def passkey(name: str, *, days: int, used: timedelta | None, synced: bool = True, **more: Any) -> AuthenticatorView:
    return AuthenticatorView(
        id=AuthenticatorId(name.lower().replace(" ", "-")),
        kind=AuthenticatorKind.PASSKEY,
        bound_at=NOW - timedelta(days=days),
        senior=days > 7,
        left=None,
        closed_at=None,
        passkey=PasskeyView(
            name=name,
            synced=synced,
            backed_up=synced,
            aaguid="",
            last_used_at=None if used is None else NOW - used,
            removal_due_at=more.get("due_at"),
            asked=days > 7,
        ),
    )


PHONE = passkey("Phone", days=120, used=timedelta(hours=3))
KEY = passkey("Blue security key", days=2, used=None, synced=False)
LOST = passkey("Old laptop", days=300, used=timedelta(days=40), due_at=NOW + timedelta(days=2, hours=4))


def listed(*passkeys: AuthenticatorView, **more: Any) -> dict[str, Any]:
    account = overview(passkeys=len(passkeys), **more)
    return room("sign-in", overview=account, passkeys=list(passkeys), signals=SIGNALS)


def manage(view: AuthenticatorView, **more: Any) -> dict[str, Any]:
    common = {"view": view, "acts": True, "may_name": True, "slowly": False, "last": False}
    name = "" if view.passkey is None else view.passkey.name
    return room("sign-in", **(common | more)) | {"values": {"name": name}}


def make(**more: Any) -> dict[str, Any]:
    common = {
        "path": "/account/passkey/new/p1",
        "options": NEW_OPTIONS,
        "expires_at": NOW + timedelta(minutes=15),
        "credential": "",
        "taken": "[]",
    }
    return room("sign-in", **common) | {"values": {"name": "Firefox on Windows"}} | more


def only(state: str, missing: Missing | None = None, **more: Any) -> dict[str, Any]:
    found = PasskeyOnlyView(
        lock=None,
        missing=missing,
        passkeys=1 if missing == "two_passkeys" else 2,
        unused=("Blue security key",) if missing == "use_passkeys" else (),
        codes_checked_at=None if missing else NOW - timedelta(days=3),
    )
    return room("sign-in", state=state, effective_at=NOW + timedelta(days=2), found=found, acts=True, **more)


def asked(path: str, **more: Any) -> dict[str, Any]:
    return passage(path, asked="passkey", passkey=PASSKEY, **more)


PASSKEYS = {
    "sign-in-unknown-passkey": Sample(
        "sign_in.html", "/sign-in", passage("/sign-in", passkey=PASSKEY, unknown_passkey="AAAA")
    ),
    "passkey": Sample("passkey.html", "/sign-in", asked("/sign-in", trail=(2, 3), others=("message_code",))),
    "passkey-rejected": Sample(
        "passkey.html",
        "/recover",
        asked("/recover", trail=(3, 4), purpose="recover", rejected=True),
    ),
    "passkey-withdrawal": Sample(
        "passkey.html",
        "/confirm",
        asked(
            "/confirm",
            trail=(1, 2),
            purpose="confirm",
            confirming="Withdraw 1.50250001 BTC",
            sheet=spelled(ENGLISH, WITHDRAWAL),
            others=("totp", "recovery_code"),
        ),
    ),
    "passkey-removal": Sample(
        "passkey.html",
        "/confirm",
        asked(
            "/confirm",
            trail=(2, 3),
            purpose="confirm",
            confirming="Remove a passkey",
            sheet=passkey_sheet(ENGLISH, PHONE),
        ),
    ),
    "room-sign-in-passkeys": Sample("sign_in_settings.html", "/account/sign-in", listed(PHONE, KEY, LOST)),
    "room-sign-in-passkey": Sample("sign_in_settings.html", "/account/sign-in", listed(PHONE, app_since=None)),
    "passkey-begin": Sample("passkey_begin.html", "/account/passkey", room("sign-in", first=True)),
    "passkey-new": Sample("passkey_new.html", "/account/passkey/new/p1", make()),
    "passkey-name": Sample("passkey_new.html", "/account/passkey/new/p1", make(credential="{}")),
    "passkey-name-refused": Sample(
        "passkey_new.html",
        "/account/passkey/new/p1",
        make(credential="{}", errors={"name": "A name has 1 to 64 characters, all of which can be seen."}),
    ),
    "passkey-refused": Sample("passkey_refused.html", "/account/passkey/new/p1", room("sign-in")),
    "passkey-manage": Sample("passkey_manage.html", "/account/passkey/phone", manage(PHONE)),
    "passkey-manage-new": Sample("passkey_manage.html", "/account/passkey/key", manage(KEY, last=True)),
    "passkey-manage-lost": Sample("passkey_manage.html", "/account/passkey/old", manage(LOST)),
    "passkey-manage-slowly": Sample("passkey_manage.html", "/account/passkey/phone", manage(PHONE, slowly=True)),
    "passkey-only": Sample("passkey_only.html", "/account/passkey-only", only("off", "use_passkeys")),
    "passkey-only-ready": Sample("passkey_only.html", "/account/passkey-only", only("off")),
    "passkey-only-begins": Sample("passkey_only.html", "/account/passkey-only", only("begins")),
    "passkey-only-on": Sample("passkey_only.html", "/account/passkey-only", only("on")),
    "home-passkeys": Sample("account_home.html", "/account", home(*TRAIL, passkeys=2, app_since=None)),
    "home-without-passkey": Sample("account_home.html", "/account", home(*TRAIL, passkeys=1, without_passkey=True)),
}
