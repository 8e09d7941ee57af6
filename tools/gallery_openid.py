"""Pages of signing in to an application with made-up contexts, for the gallery."""

from datetime import timedelta

from tools.gallery_rooms import room
from tools.gallery_samples import NOW, Sample
from watchword.handover.openid.clients import ClientId
from watchword.handover.openid.consents import Connected

CONSENT = {
    "name": "Trading desk",
    "site": "trade.example",
    "native": False,
    "scopes": ("openid", "email", "phone", "offline_access", "account"),
    "request_id": "r",
    "who": "you@example.org",
}
DESK = Connected(
    client=ClientId("desk"),
    name="Trading desk",
    scopes=("openid", "email", "account"),
    asked=True,
    given_at=NOW - timedelta(days=40),
)
OWN = Connected(
    client=ClientId("own"), name="Paper trading", scopes=("openid",), asked=False, given_at=NOW - timedelta(days=3)
)
AUTHORIZE, CONTINUE, END = "/openid/authorize", "/openid/continue", "/openid/end-session"
BACK = "https://trade.example/callback"

OPENID = {
    "openid-consent": Sample("openid_consent.html", CONTINUE, CONSENT),
    "openid-consent-app": Sample("openid_consent.html", CONTINUE, {**CONSENT, "native": True, "scopes": ("openid",)}),
    "openid-return": Sample("openid_return.html", CONTINUE, {"address": f"{BACK}?error=access_denied"}),
    "openid-frozen": Sample("openid_frozen.html", AUTHORIZE, {"name": "Trading desk", "address": BACK}),
    "openid-stopped": Sample("openid_stopped.html", AUTHORIZE, {"reason": "unregistered_address"}),
    "openid-over": Sample("openid_stopped.html", CONTINUE, {"reason": "unknown_request"}),
    "openid-no-way-out": Sample("openid_stopped.html", END, {"reason": "sign_out"}),
    "openid-sign-out": Sample("openid_sign_out.html", END, {"name": "Trading desk", "asked": ""}),
    "openid-sign-out-nameless": Sample("openid_sign_out.html", END, {"name": None, "asked": ""}),
    "applications": Sample(
        "applications.html", "/account/applications", room("devices", connected=[DESK, OWN], acts=True)
    ),
    "applications-none": Sample("applications.html", "/account/applications", room("devices", connected=[], acts=True)),
    "forward": Sample(
        "forward.html",
        "/forward",
        {"wish": {"begin": "/forward/begin?return=https%3A%2F%2Ffiles.example%2F&browser=b"}, "host": "files.example"},
    ),
    "forward-stopped": Sample(
        "forward_stopped.html", "/forward", {"origin": "https://files.example", "host": "files.example"}
    ),
}
