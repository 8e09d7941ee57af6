"""Every page with made-up contexts, for the gallery: name -> (template, path, context)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from watchword.delivery.messages.spelled import spelled
from watchword.foundation.languages import words_in
from watchword.web.confirming import why_not

NOW = datetime(2026, 11, 23, 14, 5, 12, tzinfo=UTC)
CHALLENGE = (
    '{"parameters":{"algorithm":"PBKDF2/SHA-256","nonce":"00000000000000000000000000000000",'
    '"salt":"00000000000000000000000000000000","cost":1000,"keyLength":32,"keyPrefix":"00"},"signature":"00"}'
)
HUMAN = {"kind": "altcha", "challenge": CHALLENGE, "renew": "/sign-in/challenge"}


PASSKEY = {
    "options": '{"challenge":"AAAA","rpId":"localhost","allowCredentials":[],"userVerification":"required"}',
    "rp": "localhost",
    "renew": "/sign-in/passkey",
}


@dataclass(frozen=True)
class Sample:
    template: str
    path: str
    context: dict[str, Any]


def passage(path: str, **more: Any) -> dict[str, Any]:
    common: dict[str, Any] = {
        "path": path, "trail": None, "confirming": None, "rejected": False, "notice": None, "errors": {}, "values": {},
        "others": (), "human": None, "phones": True, "sheet": None, "shown": None, "asked": "message_code",
        "purpose": "sign_in", "passkey": None, "unknown_passkey": None,
    }  # fmt: skip
    return common | more


def message(**more: Any) -> dict[str, Any]:
    common: dict[str, Any] = {
        "channel": "email", "recipient": "y•••@example.org", "sender": "no-reply@door.example", "sent": True,
        "wait": 41, "expires_at": NOW + timedelta(minutes=10), "delivery": None, "new_device": True,
    }  # fmt: skip
    return common | more


CONFIRMING = "Set up an authenticator app"
WITHDRAWAL = {
    "kind": "withdraw",
    "asset": "BTC",
    "network": "Bitcoin",
    "address": "bc1qxy2kgdygjrsqtzq2n0yrf2493p83kkfjhx0wlh",
    "memo": None,
    "amount": "1.50250001",
}
KEY = {
    "kind": "create_api_key",
    "name": "night bot",
    "permissions": ["read", "trade"],
    "networks": ["192.0.2.0/24", "198.51.100.7/32"],
    "expiry": 90,
    "public_key": None,
}
ENGLISH = words_in("en")

ENTRY = {
    "sign-in": Sample("sign_in.html", "/sign-in", passage("/sign-in", human=HUMAN, passkey=PASSKEY)),
    "sign-in-passkey-later": Sample("sign_in.html", "/sign-in", passage("/sign-in", human=HUMAN, passkey_waits=True)),
    "sign-in-rejected": Sample(
        "sign_in.html",
        "/sign-in",
        passage("/sign-in", rejected=True, values={"identifier": "you@example.org"}, passkey=PASSKEY),
    ),
    "sign-up": Sample("sign_up_identifier.html", "/sign-up", passage("/sign-up", trail=(1, 3), human=HUMAN)),
    "sign-up-refused": Sample(
        "sign_up_identifier.html",
        "/sign-up",
        passage(
            "/sign-up",
            trail=(1, 3),
            values={"identifier": "you@exämple"},
            errors={"identifier": "That is not a whole e-mail address. It looks like name@example.org."},
        ),
    ),
    "code-sign-up": Sample(
        "message_code.html", "/sign-up", passage("/sign-up", trail=(2, 3), purpose="sign_up", message=message())
    ),
    "code-unsent": Sample(
        "message_code.html",
        "/confirm",
        passage("/confirm", trail=(2, 3), purpose="confirm", confirming=CONFIRMING, message=message(sent=False)),
    ),
    "human": Sample("human.html", "/sign-in", passage("/sign-in", trail=(2, 3), human=HUMAN)),
    "human-passkey": Sample("human.html", "/sign-in", passage("/sign-in", asked="passkey", human=HUMAN)),
    "code-sign-in": Sample(
        "message_code.html",
        "/sign-in",
        passage(
            "/sign-in",
            trail=(2, 3),
            purpose="sign_in",
            others=("recovery_code",),
            message=message(delivery={"state": "handed_over", "at": NOW}),
        ),
    ),
    "code-rejected": Sample(
        "message_code.html",
        "/sign-in",
        passage(
            "/sign-in",
            trail=(2, 3),
            purpose="sign_in",
            rejected=True,
            message=message(wait=0, delivery={"state": "deferred", "at": NOW}),
        ),
    ),
    "code-confirm": Sample(
        "message_code.html",
        "/confirm",
        passage(
            "/confirm",
            trail=(2, 2),
            purpose="confirm",
            confirming=CONFIRMING,
            message=message(wait=0, delivery={"state": "queued", "at": NOW}),
        ),
    ),
    "passphrase-new": Sample(
        "new_passphrase.html",
        "/sign-up",
        passage("/sign-up", trail=(3, 3), purpose="sign_up", identifier="you@example.org", minimum=15),
    ),
    "passphrase-refused": Sample(
        "new_passphrase.html",
        "/recover",
        passage(
            "/recover",
            trail=(3, 3),
            purpose="recover",
            identifier="you@example.org",
            minimum=8,
            errors={"new_passphrase": "That one is among the most common, so it is tried first. Choose another."},
        ),
    ),
    "totp": Sample(
        "totp.html",
        "/sign-in",
        passage("/sign-in", trail=(3, 3), others=("recovery_code",), clock=None),
    ),
    "totp-clock": Sample(
        "totp.html",
        "/sign-in",
        passage(
            "/sign-in",
            trail=(3, 3),
            others=("recovery_code",),
            rejected=True,
            clock={"way": "behind", "by": timedelta(seconds=150)},
        ),
    ),
    "recovery-code": Sample(
        "recovery_code.html",
        "/sign-in",
        passage("/sign-in", trail=(3, 3), others=("totp",), stands_for="totp", rejected=True),
    ),
    "recover": Sample("recover_identifier.html", "/recover", passage("/recover", trail=(1, 3), human=HUMAN)),
    "recover-done": Sample("recover_done.html", "/recover", {}),
    "passage-over": Sample("passage_over.html", "/sign-in", {"purpose": "sign_in", "path": "/sign-in", "ended": False}),
    "passage-ended": Sample("passage_over.html", "/confirm", {"purpose": "confirm", "path": "/sign-in", "ended": True}),
    "confirm-withdrawal": Sample(
        "totp.html",
        "/confirm",
        passage(
            "/confirm",
            trail=(1, 3),
            confirming="Withdraw 1.50250001 BTC",
            sheet=spelled(ENGLISH, WITHDRAWAL),
            others=("recovery_code",),
            clock=None,
        ),
    ),
    "trading-passphrase": Sample(
        "trading_passphrase.html",
        "/confirm",
        passage(
            "/confirm",
            trail=(2, 3),
            confirming="Withdraw 1.50250001 BTC",
            sheet=spelled(ENGLISH, WITHDRAWAL),
            identifier="you@example.org",
            rejected=True,
        ),
    ),
    "confirm-key": Sample(
        "message_code.html",
        "/confirm",
        passage(
            "/confirm",
            trail=(2, 3),
            purpose="confirm",
            confirming="Make an API key",
            sheet=spelled(ENGLISH, KEY),
            message=message(wait=0),
        ),
    ),
    "not-possible": Sample(
        "not_possible.html",
        "/confirm",
        {"why": why_not(ENGLISH, "app_too_young"), "until": NOW + timedelta(hours=20)},
    ),
    "not-possible-without": Sample(
        "not_possible.html", "/confirm", {"why": why_not(ENGLISH, "no_trading_passphrase"), "until": None}
    ),
    "confirm-passphrase": Sample(
        "confirm_passphrase.html",
        "/confirm",
        passage("/confirm", trail=(1, 3), confirming=CONFIRMING, identifier="you@example.org"),
    ),
}
