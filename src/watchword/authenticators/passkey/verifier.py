"""The two ceremonies of WebAuthn Level 3 as two functions: registration (§7.1), authentication (§7.2). Pure.

Expectations are arguments, the answer is facts. The library reads CBOR and COSE and verifies signatures; which frames,
users, algorithms, counters and backup states are taken is said here. User presence and user verification are always
required: a passkey stands for two factors. ``reason`` of a rejection goes to the record; people see one answer.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import (
    aaguid_to_string,
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    parse_attestation_object,
    parse_authenticator_data,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import AttestedCredentialData, AuthenticatorData

from watchword.authenticators.passkey.facts import ALGORITHMS, Asserted, Known, Registered
from watchword.foundation.proof import Rejection

FORMATS = frozenset({"none", "packed"})
"""No attestation is asked for, so none is believed: ``packed`` only where the credential signs for itself."""
TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "internal", "hybrid")
LONGEST_ID = 1023


def verify_registration(
    *,
    credential: Mapping[str, Any],
    challenge: bytes,
    rp_id: str,
    origin: str,
    algorithms: Sequence[int] = ALGORITHMS,
) -> Registered | Rejection:
    """§7.1, steps 3 to 25 and 28. Whether the id is known already (26) and keeping it (27) are the caller's."""
    try:
        refused = _client_data(credential, "webauthn.create", challenge, origin)
        if refused is not None:
            return refused
        attestation = parse_attestation_object(base64url_to_bytes(credential["response"]["attestationObject"]))
        data, made = attestation.auth_data, attestation.auth_data.attested_credential_data
        refused = _authenticator_data(data, rp_id)
        if refused is not None:
            return refused
        if made is None:
            return Rejection(reason="no_credential")
        algorithm = decode_credential_public_key(made.credential_public_key).alg
        if algorithm not in algorithms:
            return Rejection(reason="algorithm")
        if attestation.fmt not in FORMATS or attestation.att_stmt.x5c:
            return Rejection(reason="attestation_format")
        inside = made.credential_id
        if not 0 < len(inside) <= LONGEST_ID or bytes_to_base64url(inside) != credential["id"]:
            return Rejection(reason="credential_id")
    except Exception:
        return Rejection(reason="malformed")
    try:
        verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=[COSEAlgorithmIdentifier(each) for each in algorithms],
        )
    except Exception:
        return Rejection(reason="attestation")
    return _registered(credential, data, made, int(algorithm))


def verify_authentication(
    *,
    credential: Mapping[str, Any],
    challenge: bytes,
    rp_id: str,
    origin: str,
    known: Known,
) -> Asserted | Rejection:
    """§7.2, steps 3 to 23, for the credential that was found by its id. Keeping the new counter and backup state (24)
    is the caller's, by compare-and-set. The user handle may be missing only where the caller named its credentials.
    """
    try:
        refused = _identity(credential, known) or _client_data(credential, "webauthn.get", challenge, origin)
        if refused is not None:
            return refused
        data = parse_authenticator_data(base64url_to_bytes(credential["response"]["authenticatorData"]))
        refused = _authenticator_data(data, rp_id)
        if refused is not None:
            return refused
    except Exception:
        return Rejection(reason="malformed")
    try:
        verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        return Rejection(reason="signature")
    if data.flags.be is not known.backup_eligible:
        return Rejection(reason="backup_eligibility_changed")
    if (data.sign_count or known.sign_count) and data.sign_count <= known.sign_count:
        return Rejection(reason="counter_went_back")
    return Asserted(credential_id=known.credential_id, sign_count=data.sign_count, backed_up=data.flags.bs)


def _registered(
    credential: Mapping[str, Any], data: AuthenticatorData, made: AttestedCredentialData, algorithm: int
) -> Registered:
    return Registered(
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        algorithm=algorithm,
        sign_count=data.sign_count,
        backup_eligible=data.flags.be,
        backed_up=data.flags.bs,
        aaguid=aaguid_to_string(made.aaguid),
        transports=_transports(credential),
    )


def user_handle_of(credential: Mapping[str, Any]) -> bytes | None:
    """Raises an exception of any kind where there is one that can't be read."""
    given = credential["response"].get("userHandle")
    return None if given is None else base64url_to_bytes(given)


def _identity(credential: Mapping[str, Any], known: Known) -> Rejection | None:
    if credential["type"] != "public-key" or credential["id"] != credential["rawId"]:
        return Rejection(reason="malformed")
    if credential["id"] != known.credential_id:
        return Rejection(reason="unknown_credential")
    handle = user_handle_of(credential)
    return None if handle in (None, known.user_handle) else Rejection(reason="user_handle")


def _client_data(credential: Mapping[str, Any], kind: str, challenge: bytes, origin: str) -> Rejection | None:
    """What the browser saw: the ceremony, our challenge, our page, and no page around it."""
    data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]).decode("utf-8-sig"))
    if data["type"] != kind:
        return Rejection(reason="ceremony")
    if base64url_to_bytes(data["challenge"]) != challenge:
        return Rejection(reason="challenge")
    if data["origin"] != origin:
        return Rejection(reason="origin")
    if data.get("crossOrigin", False) is not False or "topOrigin" in data:
        return Rejection(reason="cross_origin")
    return None


def _authenticator_data(data: AuthenticatorData, rp_id: str) -> Rejection | None:
    """What the authenticator saw: our name, somebody there, and that it knew them."""
    if data.rp_id_hash != hashlib.sha256(rp_id.encode()).digest():
        return Rejection(reason="rp_id")
    if not data.flags.up:
        return Rejection(reason="not_present")
    if not data.flags.uv:
        return Rejection(reason="not_verified")
    if data.flags.bs and not data.flags.be:
        return Rejection(reason="backup_state")
    return None


def _transports(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """Those we know of the browser's list, each once: hints for the next time, nothing more."""
    given = credential["response"].get("transports")
    return tuple(each for each in TRANSPORTS if isinstance(given, list) and each in given)
