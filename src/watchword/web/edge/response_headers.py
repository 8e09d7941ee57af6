"""What every reply carries: a content security policy without exceptions, no framing, no sniffing, no storing.

CSP Level 3; HSTS (RFC 6797); OWASP ASVS 5.0, V3.4. Whatever a handler sets of these is replaced: there is one place.
"""

from dataclasses import dataclass

from watchword.web.edge.asgi import App, Message, Receive, Scope, Send
from watchword.web.oidc.paths import CONFIGURATION, KEYS, SERVER_METADATA

ASSETS = "/assets/"
"""What lies under it carries a hash of its content in its name, so browsers may keep it for ever."""

KEPT = frozenset({KEYS, CONFIGURATION, SERVER_METADATA})
"""What programs may keep for as long as their handlers say."""

NO_STORE = (b"cache-control", b"no-store")

_SELF = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_TURNSTILE = "https://challenges.cloudflare.com"
_HCAPTCHA = "https://hcaptcha.com https://*.hcaptcha.com"
_WIDER = {
    "turnstile": {"script-src": _TURNSTILE, "frame-src": _TURNSTILE},
    "hcaptcha": dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), _HCAPTCHA),
}
"""What a provider of human verification needs; ours needs nothing."""

_NO_FEATURES = (
    "accelerometer, autoplay, browsing-topics, camera, display-capture, encrypted-media, fullscreen, "
    "geolocation, gyroscope, hid, identity-credentials-get, idle-detection, local-fonts, magnetometer, microphone, "
    "midi, payment, picture-in-picture, screen-wake-lock, serial, storage-access, usb, xr-spatial-tracking"
)
_OWN_FEATURES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")


def content_policy(*, human: str, https: bool) -> str:
    """``human`` is who verifies people: ``altcha``, ``turnstile`` or ``hcaptcha``."""
    policy = dict(_SELF)
    for directive, sources in _WIDER.get(human, {}).items():
        policy[directive] = f"{policy[directive]} {sources}" if directive in policy else sources
    written = [f"{directive} {sources}" for directive, sources in policy.items()]
    if https:
        written.append("upgrade-insecure-requests")
    return "; ".join(written)


def permissions_policy() -> str:
    return ", ".join([f"{name}=()" for name in _NO_FEATURES.split(", ")] + [f"{name}=(self)" for name in _OWN_FEATURES])


def fixed_headers(*, human: str, https: bool) -> tuple[tuple[bytes, bytes], ...]:
    named = {
        "content-security-policy": content_policy(human=human, https=https),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "origin-agent-cluster": "?1",
        "permissions-policy": permissions_policy(),
    }
    if https:
        named["strict-transport-security"] = "max-age=63072000; includeSubDomains"
    return tuple((name.encode(), value.encode()) for name, value in named.items())


@dataclass(frozen=True, kw_only=True)
class ResponseHeaders:
    app: App
    fixed: tuple[tuple[bytes, bytes], ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = {name for name, _ in self.fixed}
        may_be_kept = scope["path"].startswith(ASSETS) or scope["path"] in KEPT

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = may_be_kept and message["status"] in (200, 304)
                theirs = [
                    (name, value)
                    for name, value in message.get("headers", ())
                    if name.lower() not in ours and (kept or name.lower() != b"cache-control")
                ]
                caching = () if kept else (NO_STORE,)
                message["headers"] = [*theirs, *caching, *self.fixed]
            await send(message)

        await self.app(scope, receive, sending)
