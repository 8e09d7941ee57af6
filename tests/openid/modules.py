"""The test modules of the OpenID Foundation's conformance suite for a provider, plan by plan.

The names are those of the plans Basic, Config, RP-Initiated Logout and Back-Channel Logout. Each has a test here
that is named for it and asks what the module asks.
"""

from collections.abc import Mapping, Sequence

PLANS: Mapping[str, Sequence[str]] = {
    "basic": (
        "oidcc-server",
        "oidcc-response-type-missing",
        "oidcc-idtoken-signature",
        "oidcc-idtoken-unsigned",
        "oidcc-userinfo-get",
        "oidcc-userinfo-post-header",
        "oidcc-userinfo-post-body",
        "oidcc-ensure-request-without-nonce-succeeds-for-code-flow",
        "oidcc-scope-profile",
        "oidcc-scope-email",
        "oidcc-scope-address",
        "oidcc-scope-phone",
        "oidcc-scope-all",
        "oidcc-ensure-other-scope-order-succeeds",
        "oidcc-display-page",
        "oidcc-display-popup",
        "oidcc-prompt-login",
        "oidcc-prompt-none-not-logged-in",
        "oidcc-prompt-none-logged-in",
        "oidcc-max-age-1",
        "oidcc-max-age-10000",
        "oidcc-ensure-request-with-unknown-parameter-succeeds",
        "oidcc-id-token-hint",
        "oidcc-login-hint",
        "oidcc-ui-locales",
        "oidcc-claims-locales",
        "oidcc-ensure-request-with-acr-values-succeeds",
        "oidcc-codereuse",
        "oidcc-codereuse-30seconds",
        "oidcc-ensure-registered-redirect-uri",
        "oidcc-ensure-post-request-succeeds",
        "oidcc-server-client-secret-post",
        "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported",
        "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported",
        "oidcc-claims-essential",
        "oidcc-ensure-request-object-with-redirect-uri",
        "oidcc-refresh-token",
        "oidcc-ensure-request-with-valid-pkce-succeeds",
    ),
    "config": ("oidcc-discovery-endpoint-verification",),
    "rp_initiated_logout": (
        "oidcc-rp-initiated-logout-discovery-endpoint-verification",
        "oidcc-rp-initiated-logout",
        "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri",
        "oidcc-rp-initiated-logout-modified-id-token-hint",
        "oidcc-rp-initiated-logout-no-id-token-hint",
        "oidcc-rp-initiated-logout-no-params",
        "oidcc-rp-initiated-logout-no-post-logout-redirect-uri",
        "oidcc-rp-initiated-logout-no-state",
        "oidcc-rp-initiated-logout-only-state",
        "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri",
        "oidcc-rp-initiated-logout-bad-id-token-hint",
    ),
    "back_channel_logout": (
        "oidcc-backchannel-logout-discovery-endpoint-verification",
        "oidcc-backchannel-rp-initiated-logout",
    ),
}

NOT_APPLICABLE: Mapping[str, str] = {
    "oidcc-idtoken-unsigned": "no ID token goes out unsigned: `none` is not announced, and no client can register it",
    "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported": (
        "no request is fetched from anywhere: `request_uri_not_supported`, as the module allows"
    ),
    "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported": (
        "no request objects are taken: `request_not_supported`, as the module allows"
    ),
    "oidcc-ensure-request-object-with-redirect-uri": (
        "no request objects are taken, so the address beside one is all there is, and it is not registered"
    ),
    "oidcc-claims-essential": "no parameter `claims` is announced, nobody is asked for a name, and it changes nothing",
}
"""What the suite leaves out for a provider that announces what ours does, and why. A test of the same name holds the
reason to be true."""
