"""What a relying party reads before anything else: the provider's metadata (OpenID Connect Discovery 1.0; RFC 8414) and
its keys (RFC 7517). No secret in it, so any page may read it.
"""

from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from watchword.foundation.languages import LANGUAGES
from watchword.handover.openid.asking import ACR, PROMPTS
from watchword.handover.openid.client_auth import ALGORITHMS
from watchword.handover.openid.clients import SCOPES
from watchword.handover.signing_keys import SET_KEPT, SigningKeys
from watchword.web.oidc import paths


@dataclass(frozen=True, kw_only=True)
class Discovery:
    keys: SigningKeys

    def routes(self) -> list[BaseRoute]:
        return [
            Route(paths.KEYS, self._keys, methods=["GET"]),
            Route(paths.CONFIGURATION, self._configuration, methods=["GET"]),
            Route(paths.SERVER_METADATA, self._configuration, methods=["GET"]),
        ]

    async def _keys(self, _: Request) -> Response:
        return _readable(await run_in_threadpool(self.keys.jwks))

    async def _configuration(self, _: Request) -> Response:
        return _readable(metadata(self.keys.issuer, self.keys.algorithms))


def metadata(issuer: str, algorithms: Any) -> dict[str, Any]:
    ways = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + paths.AUTHORIZE,
        "token_endpoint": issuer + paths.TOKEN,
        "userinfo_endpoint": issuer + paths.USERINFO,
        "jwks_uri": issuer + paths.KEYS,
        "end_session_endpoint": issuer + paths.END_SESSION,
        "introspection_endpoint": issuer + paths.INTROSPECT,
        "revocation_endpoint": issuer + paths.REVOKE,
        "pushed_authorization_request_endpoint": issuer + paths.PUSH,
        "require_pushed_authorization_requests": False,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": [*ways, "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": ways,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": [*ways, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "scopes_supported": list(SCOPES),
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "read_only"),
            *("email", "email_verified", "phone_number", "phone_number_verified", "account"),
        ],
        "acr_values_supported": list(ACR),
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": list(LANGUAGES),
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "service_documentation": issuer + "/help",
    }


def _readable(content: dict[str, Any]) -> Response:
    """For programs and for pages of any site, to be kept for a while."""
    response = JSONResponse(content)
    response.headers["Cache-Control"] = f"public, max-age={int(SET_KEPT.total_seconds())}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
