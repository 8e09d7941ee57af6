"""The OpenID Foundation's plan "Config OP"."""

import re

from tests.support.house import client_of
from watchword.app import House

SECRETS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
"""Members of a key that only its holder may know (RFC 7518 sections 6.2.2, 6.3.2, 6.4.1)."""


def test_oidcc_discovery_endpoint_verification(door: House) -> None:
    http, issuer = client_of(door), door.settings.public_url
    reply = http.get(f"{issuer}/.well-known/openid-configuration")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/json")
    told = reply.json()

    assert told["issuer"] == issuer
    assert re.fullmatch(r"https://[^?#]+", issuer)
    assert "code" in told["response_types_supported"]
    assert set(told["subject_types_supported"]) <= {"pairwise", "public"}
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert "authorization_code" in told["grant_types_supported"]
    assert {"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} <= told.keys()
    addresses = [told[name] for name in told if name.endswith("_endpoint")] + [told["jwks_uri"]]
    assert all(address.startswith(f"{issuer}/") for address in addresses)
    assert told["claims_supported"]
    assert "openid" in told["scopes_supported"]
    assert all(re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope) for scope in told["scopes_supported"])
    assert all(re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?", locale) for locale in told["ui_locales_supported"])
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert (told["request_parameter_supported"], told["request_uri_parameter_supported"]) == (False, False)
    assert told["claims_parameter_supported"] is False

    keys = http.get(told["jwks_uri"])
    assert keys.headers["content-type"].startswith("application/")
    named = [key["kid"] for key in keys.json()["keys"]]
    assert len(set(named)) == len(named)
    for key in keys.json()["keys"]:
        assert key["kty"] in ("EC", "OKP", "RSA")
        assert key["use"] == "sig"
        assert not SECRETS & key.keys()
    assert {key["alg"] for key in keys.json()["keys"]} >= set(told["id_token_signing_alg_values_supported"])
