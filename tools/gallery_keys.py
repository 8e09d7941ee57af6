"""Pages of API keys with made-up contexts, for the gallery."""

from datetime import timedelta
from typing import Any

from tools.gallery_rooms import room
from tools.gallery_samples import NOW, Sample
from watchword.foundation.languages import words_in
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ApiKeyId
from watchword.handover.api_keys.failures import Failure
from watchword.handover.api_keys.key_text import write_key, write_secret
from watchword.handover.api_keys.keys import MadeKey
from watchword.handover.api_keys.view import ApiKeyView, KeyState
from watchword.safeguards.check_up import Facts
from watchword.web.key_examples import Examples
from watchword.web.key_words import first_of, hint, may, paused_because, rights, state_of

ENGLISH = words_in("en")
DAY = timedelta(days=1)


def _key(name: str, state: KeyState = KeyState.WORKS, **more: Any) -> ApiKeyView:
    key = "7k3m9x" * 4 + "0q"
    plain: dict[str, Any] = {
        "id": ApiKeyId(key), "key": write_key(key), "name": name, "profile": "hmac", "permissions": ("read", "trade"),
        "networks": ("203.0.113.0/24", "2001:db8:7::/48"), "state": state, "paused_by": None,
        "bound_at": NOW - 40 * DAY,
        "works_from": NOW - 40 * DAY, "expires_at": NOW + 50 * DAY, "last_used_at": NOW - timedelta(minutes=3),
        "last_network": "203.0.113.0/24",
    }  # fmt: skip
    return ApiKeyView(**{**plain, **more})


WORKS = _key("night bot")
READS = _key("tax report", permissions=("read",), networks=(), expires_at=None, last_used_at=None, last_network=None)
PAUSED = _key("market maker", KeyState.PAUSED, paused_by="passphrase_changed_with")
IDLE = _key("old experiment", KeyState.IDLE, networks=(), last_used_at=NOW - 44 * DAY)
WAITS = _key("treasury", KeyState.WAITS, permissions=("read", "withdraw"), works_from=NOW + 2 * DAY)
ENDED = _key("last year", KeyState.ENDED, expires_at=NOW - 3 * DAY)
NETWORK = "203.0.113.0/24"
FAILURES = [
    Failure(at=NOW - timedelta(minutes=number), code=code, why=why, milliseconds=behind, method=method, network=NETWORK)
    for number, (code, why, behind, method) in enumerate(
        [
            ("400002", "clock_behind", 7240, "GET"),
            ("400005", "hex", None, "POST"),
            ("400005", "query_decoded", None, "GET"),
            ("400004", "passphrase_plain", None, "GET"),
            ("400006", "address", None, "DELETE"),
        ]
    )
]  # fmt: skip


def _listed(*keys: ApiKeyView, **more: Any) -> dict[str, Any]:
    shown = [{"view": each, "state": state_of(ENGLISH, each), "may": may(ENGLISH, each)} for each in keys]
    return room("api-keys", keys=shown, full=False, first=None, may_change=True) | more


def _one(view: ApiKeyView, failures: list[Failure]) -> dict[str, Any]:
    return room(
        "api-keys",
        view=view,
        state=state_of(ENGLISH, view),
        may=may(ENGLISH, view),
        paused=paused_because(ENGLISH, view.paused_by),
        failures=[{"it": each, "hint": hint(ENGLISH, each)} for each in failures],
        may_change=True,
        may_put_out=True,
        values={"name": view.name, "networks": "\n".join(view.networks)},
    )


def _made(view: ApiKeyView) -> dict[str, Any]:
    made = MadeKey(
        view=view,
        key=view.key,
        secret=Secret(write_secret("4dh8w2" * 8 + "rt9c")),
        passphrase=Secret("vQ3-kd81_wPz7mBn2xRt4A"),
    )
    examples = Examples(address="https://api.trade.example/api/v1/accounts", prefix="API")
    return room(
        "api-keys",
        view=view,
        may=may(ENGLISH, view),
        secret=made.secret.reveal(),
        passphrase=made.passphrase.reveal(),
        prefix="API",
        python=examples.python(made),
        curl=examples.curl(made),
        now=NOW,
    )


def _new(**more: Any) -> dict[str, Any]:
    plain = {"permissions": rights(ENGLISH), "chosen": {"read"}, "expiry": "90", "values": {"name": "", "networks": ""}}
    return room("api-keys", **plain) | more


REFUSED = _new(
    chosen={"read", "withdraw"},
    expiry="never",
    values={"name": "night bot", "networks": ""},
    errors={
        "networks": "A key that may withdraw needs at least one address that it is used from.",
        "expiry": "Only a key that just reads may be without an end.",
    },
)
PATH = "/account/api-keys"
BARE = Facts(
    passkey="none",
    app="none",
    codes_left=0,
    trading_passphrase=False,
    anti_phishing_code=False,
    email=True,
    unfamiliar_devices=0,
)
FIRST = first_of(ENGLISH, BARE)

KEYS = {
    "api-keys": Sample("api_keys.html", PATH, _listed(WORKS, READS, PAUSED, IDLE, WAITS, ENDED)),
    "api-keys-none": Sample("api_keys.html", PATH, _listed()),
    "api-keys-first": Sample("api_keys.html", PATH, _listed(first=FIRST)),
    "api-keys-full": Sample("api_keys.html", PATH, _listed(WORKS, full=True)),
    "api-key-new": Sample("api_key_new.html", f"{PATH}/new", _new()),
    "api-key-refused": Sample("api_key_new.html", f"{PATH}/new", REFUSED),
    "api-key-made": Sample("api_key_made.html", "", _made(WORKS)),
    "api-key-made-waits": Sample("api_key_made.html", "", _made(WAITS)),
    "api-key": Sample("api_key.html", f"{PATH}/{WORKS.id}", _one(WORKS, FAILURES)),
    "api-key-paused": Sample("api_key.html", f"{PATH}/{WORKS.id}", _one(PAUSED, [])),
    "api-key-idle": Sample("api_key.html", f"{PATH}/{WORKS.id}", _one(IDLE, [])),
    "api-key-waits": Sample("api_key.html", f"{PATH}/{WORKS.id}", _one(WAITS, [])),
    "api-key-ended": Sample("api_key.html", f"{PATH}/{WORKS.id}", _one(ENDED, FAILURES[:1])),
}
