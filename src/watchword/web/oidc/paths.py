"""The addresses of the OpenID provider. The guards of the edge read some of them."""

from watchword.handover.openid.room import TOKEN

KEYS = "/.well-known/jwks.json"
CONFIGURATION = "/.well-known/openid-configuration"
SERVER_METADATA = "/.well-known/oauth-authorization-server"

APPLE = "/.well-known/apple-app-site-association"
ANDROID = "/.well-known/assetlinks.json"

AUTHORIZE = "/openid/authorize"
CONTINUE = "/openid/continue"
PUSH = "/openid/par"
INTROSPECT = "/openid/introspect"
REVOKE = "/openid/revoke"
USERINFO = "/openid/userinfo"
END_SESSION = "/openid/end-session"

FROM_ANY_SITE = frozenset({TOKEN, USERINFO, REVOKE})
"""What a page of an app without a server calls."""
NO_COOKIE = frozenset({TOKEN, PUSH, INTROSPECT, REVOKE, USERINFO, AUTHORIZE, END_SESSION})
"""Where a request from another site borrows no authority. Of what other sites post to the last two, nothing is done:
the browser is sent to the same address with GET, and does there what any link does."""

__all__ = [
    "ANDROID",
    "APPLE",
    "AUTHORIZE",
    "CONFIGURATION",
    "CONTINUE",
    "END_SESSION",
    "FROM_ANY_SITE",
    "INTROSPECT",
    "KEYS",
    "NO_COOKIE",
    "PUSH",
    "REVOKE",
    "SERVER_METADATA",
    "TOKEN",
    "USERINFO",
]
