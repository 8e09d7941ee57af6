"""WebAuthn Level 3 §7.1 and §7.2: each of the 29 steps of registration and the 25 of authentication, by a named test.

What the relying party has to do between browser and verifier (steps 1, 2, 26, 27, 29; 1, 2, 5, 6, 24, 25) is tested
where it happens: against a running house, in ``tests/flows/test_passkeys.py`` and ``tests/attacks/test_passkeys.py``;
here stands which test that is, and that it exists.
"""

from pathlib import Path
from typing import Any

import cbor2
import pytest

from tests.support.passkeys import AT, BE, BS, UP, UV, Authenticator, Bent, b64
from watchword.authenticators.passkey.facts import Asserted, Known, Registered
from watchword.authenticators.passkey.verifier import verify_authentication, verify_registration
from watchword.foundation.proof import Rejection

ORIGIN, RP_ID, HANDLE, CHALLENGE = "https://door.example.org", "door.example.org", b"account-1", bytes(range(32))
CREATION = {"rp": {"id": RP_ID}, "user": {"id": b64(HANDLE)}, "challenge": b64(CHALLENGE)}
REQUEST = {"rpId": RP_ID, "challenge": b64(CHALLENGE), "allowCredentials": []}
TESTS = Path(__file__).parent.parent


def register(bent: Bent | None = None, *, authenticator: Authenticator | None = None) -> Registered | Rejection:
    made = (authenticator or Authenticator(origin=ORIGIN)).create(CREATION, bent or Bent())
    return verify_registration(credential=made, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN)


def registered(authenticator: Authenticator) -> Known:
    done = register(authenticator=authenticator)
    assert isinstance(done, Registered)
    return Known(
        credential_id=done.credential_id,
        user_handle=HANDLE,
        public_key=done.public_key,
        sign_count=done.sign_count,
        backup_eligible=done.backup_eligible,
    )


def sign_in(bent: Bent | None = None, *, synced: bool = True, counts: bool = False) -> Asserted | Rejection:
    authenticator = Authenticator(origin=ORIGIN, synced=synced, counts=counts)
    known = registered(authenticator)
    shown = authenticator.get(REQUEST, bent or Bent())
    return verify_authentication(credential=shown, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN, known=known)


def refused(reason: str) -> Rejection:
    return Rejection(reason=reason)


def there_is(test: str, *, where: str) -> None:
    assert f"def {test}(" in (TESTS / where).read_text(), f"{where} has no {test}"


# ---------------------------------------------------------------- §7.1, registration


def test_registration_01_options_ask_for_what_policy_needs() -> None:
    there_is("test_what_a_browser_is_asked_to_make", where="flows/test_passkeys.py")


def test_registration_02_the_browser_makes_it() -> None:
    there_is("test_a_passkey_is_registered_and_signs_in", where="flows/test_passkeys.py")


@pytest.mark.parametrize("response", [{"attestationObject": None}, {"clientDataJSON": 7}, {"attestationObject": "!"}])
def test_registration_03_a_response_that_is_no_attestation(response: dict[str, Any]) -> None:
    assert register(Bent(response=response)) == refused("malformed")


@pytest.mark.parametrize("results", [{}, {"credProps": {"rk": True}}, {"unheardOf": [1]}])
def test_registration_04_client_extension_results_are_taken_and_ignored(results: dict[str, Any]) -> None:
    assert isinstance(register(Bent(top={"clientExtensionResults": results})), Registered)


def test_registration_05_client_data_is_utf_8_and_may_begin_with_a_mark() -> None:
    assert register(Bent(raw_client=b"\xff\xfe{}")) == refused("malformed")
    marked = b'\xef\xbb\xbf{"type":"webauthn.create","challenge":"AAAA","origin":"x"}'
    assert register(Bent(raw_client=marked)) == refused("challenge"), "it was read"


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'"webauthn.create"', b"{}"])
def test_registration_06_client_data_is_a_json_object(text: bytes) -> None:
    assert register(Bent(raw_client=text)) == refused("malformed")


@pytest.mark.parametrize("kind", ["webauthn.get", "payment.get", "WEBAUTHN.CREATE", ""])
def test_registration_07_the_type_is_create(kind: str) -> None:
    assert register(Bent(client={"type": kind})) == refused("ceremony")


@pytest.mark.parametrize("challenge", [b64(bytes(32)), b64(CHALLENGE[:31]), b64(CHALLENGE + b"0"), ""])
def test_registration_08_the_challenge_is_ours(challenge: str) -> None:
    assert register(Bent(client={"challenge": challenge})) == refused("challenge")


@pytest.mark.parametrize(
    "origin",
    [
        "http://door.example.org",
        "https://door.example.org:8443",
        "https://evil.example.org",
        "https://door.example.org.evil.example",
        "https://DOOR.example.org",
        "https://example.org",
        "",
        "android:apk-key-hash:x",
    ],
)
def test_registration_09_the_origin_is_ours_to_the_letter(origin: str) -> None:
    assert register(Bent(client={"origin": origin})) == refused("origin")


@pytest.mark.parametrize("value", [True, "false", 0, 1])
def test_registration_10_not_made_in_a_frame_of_another_site(value: Any) -> None:
    assert register(Bent(client={"crossOrigin": value})) == refused("cross_origin")
    assert isinstance(register(Bent(client={"crossOrigin": None})), Registered), "left out means no"


def test_registration_11_no_top_origin() -> None:
    assert register(Bent(client={"topOrigin": "https://evil.example"})) == refused("cross_origin")
    assert register(Bent(client={"topOrigin": ORIGIN})) == refused("cross_origin")


def test_registration_12_what_is_signed_is_the_hash_of_the_client_data() -> None:
    honest = Authenticator(origin=ORIGIN).create(CREATION, Bent(self_attested=True))
    other = Authenticator(origin=ORIGIN).create(CREATION, Bent(client={"more": 1}))
    honest["response"]["clientDataJSON"] = other["response"]["clientDataJSON"]
    done = verify_registration(credential=honest, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN)
    assert done == refused("attestation")


@pytest.mark.parametrize("attestation", [b"", b"\xff", cbor2.dumps([1]), cbor2.dumps({"fmt": "none"}), b"\xa1\x61"])
def test_registration_13_the_attestation_object_is_cbor(attestation: bytes) -> None:
    assert register(Bent(response={"attestationObject": b64(attestation)})) == refused("malformed")


@pytest.mark.parametrize("rp_id", ["example.org", "evil.example", "door.example.org.", "DOOR.example.org"])
def test_registration_14_the_hash_is_that_of_our_id(rp_id: str) -> None:
    assert register(Bent(rp_id=rp_id)) == refused("rp_id")


def test_registration_15_somebody_was_present() -> None:
    assert register(Bent(drop=UP)) == refused("not_present")


def test_registration_16_somebody_was_verified() -> None:
    assert register(Bent(drop=UV)) == refused("not_verified")


def test_registration_17_what_can_not_be_backed_up_is_not() -> None:
    assert register(Bent(add=BS, drop=BE)) == refused("backup_state")


@pytest.mark.parametrize("synced", [True, False])
def test_registration_18_whether_it_can_be_backed_up_is_told(synced: bool) -> None:
    done = register(authenticator=Authenticator(origin=ORIGIN, synced=synced))
    assert isinstance(done, Registered)
    assert done.backup_eligible is synced


def test_registration_19_whether_it_is_backed_up_is_told() -> None:
    done = [register(), register(Bent(drop=BS))]
    assert [isinstance(each, Registered) and each.backed_up for each in done] == [True, False]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_registration_20_the_algorithm_is_one_we_asked_for(algorithm: Any) -> None:
    done = register(authenticator=Authenticator(origin=ORIGIN, algorithm=algorithm))
    assert isinstance(done, Registered)
    assert done.algorithm == {"ES256": -7, "EdDSA": -8, "RS256": -257}[algorithm]


@pytest.mark.parametrize("algorithm", [-35, -65535, -37, 7])
def test_registration_20_another_algorithm(algorithm: int) -> None:
    done = register(Bent(cose=lambda key: {**key, 3: algorithm}))
    assert done in (refused("algorithm"), refused("malformed"))


@pytest.mark.parametrize("fmt", ["tpm", "apple", "fido-u2f", "android-key", "android-safetynet", "nonsense", "NONE"])
def test_registration_21_a_format_nobody_asked_for(fmt: str) -> None:
    assert register(Bent(fmt=fmt)) == refused("attestation_format")


def test_registration_22_a_statement_must_be_right() -> None:
    assert register(Bent(statement={"sig": b"more"})) == refused("attestation"), "none says nothing"
    assert isinstance(register(Bent(self_attested=True)), Registered)
    spoilt = Bent(self_attested=True, statement={"sig": bytes(70)})
    assert register(spoilt) == refused("attestation")
    assert register(Bent(self_attested=True, statement={"alg": -257})) == refused("attestation")


def test_registration_23_no_trust_anchors_are_taken() -> None:
    assert register(Bent(self_attested=True, statement={"x5c": [b"a certificate"]})) == refused("attestation_format")


def test_registration_24_an_attestation_raises_nothing() -> None:
    plain, attested = register(), register(Bent(self_attested=True))
    assert isinstance(plain, Registered)
    assert isinstance(attested, Registered)
    assert plain.aaguid == attested.aaguid, "a claim, shown as one"


@pytest.mark.parametrize(("length", "good"), [(1, True), (1023, True), (1024, False)])
def test_registration_25_an_id_of_at_most_1023_bytes(length: int, *, good: bool) -> None:
    done = register(Bent(credential_id=bytes(length)))
    assert isinstance(done, Registered) if good else done == refused("credential_id")


def test_registration_25_the_id_outside_is_the_id_inside() -> None:
    other = b64(bytes(32))
    assert register(Bent(top={"id": other, "rawId": other})) == refused("credential_id")


def test_registration_26_not_registered_by_anybody() -> None:
    there_is("test_a_credential_is_registered_once_for_all_accounts", where="attacks/test_passkeys.py")


def test_registration_27_what_is_kept() -> None:
    there_is("test_what_is_kept_of_a_passkey", where="flows/test_passkeys.py")
    assert register(Bent(drop=AT)) == refused("no_credential"), "nothing to keep"


def test_registration_28_extensions_of_the_authenticator_are_read_over() -> None:
    assert isinstance(register(Bent(extensions={"credProtect": 2})), Registered)
    there_is("test_what_a_browser_is_asked_to_make", where="flows/test_passkeys.py")


def test_registration_29_then_it_serves() -> None:
    there_is("test_a_passkey_is_registered_and_signs_in", where="flows/test_passkeys.py")


# ---------------------------------------------------------------- §7.2, authentication


def test_authentication_01_options_ask_for_what_policy_needs() -> None:
    there_is("test_what_a_browser_is_asked_to_show", where="flows/test_passkeys.py")


def test_authentication_02_the_browser_shows_it() -> None:
    there_is("test_a_passkey_is_registered_and_signs_in", where="flows/test_passkeys.py")


@pytest.mark.parametrize("response", [{"authenticatorData": None}, {"signature": 7}, {"clientDataJSON": "!"}])
def test_authentication_03_a_response_that_is_no_assertion(response: dict[str, Any]) -> None:
    assert isinstance(sign_in(Bent(response=response)), Rejection)


def test_authentication_04_client_extension_results_are_taken_and_ignored() -> None:
    assert isinstance(sign_in(Bent(top={"clientExtensionResults": {"appid": True}})), Asserted)


def test_authentication_05_one_of_those_that_were_named() -> None:
    other = b64(bytes(32))
    assert sign_in(Bent(top={"id": other, "rawId": other})) == refused("unknown_credential")
    assert sign_in(Bent(top={"rawId": other})) == refused("malformed")
    there_is("test_a_passkey_that_is_too_young_is_not_named_and_not_taken", where="attacks/test_passkeys.py")


def test_authentication_06_the_user_is_the_one_who_owns_it() -> None:
    assert sign_in(Bent(handle=b"account-2")) == refused("user_handle")
    assert sign_in(Bent(handle=b"")) == refused("user_handle")
    assert isinstance(sign_in(Bent(no_handle=True)), Asserted), "where its credentials were named"
    there_is("test_without_a_user_handle_nobody_signs_in_by_a_passkey_alone", where="attacks/test_passkeys.py")


@pytest.mark.parametrize("data", [b"", bytes(36), bytes(37) + b"more"])
def test_authentication_07_authenticator_data_is_whole(data: bytes) -> None:
    assert isinstance(sign_in(Bent(response={"authenticatorData": b64(data)})), Rejection)


def test_authentication_08_client_data_is_utf_8() -> None:
    assert sign_in(Bent(raw_client=b"\xff\xfe{}")) == refused("malformed")


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"null"])
def test_authentication_09_client_data_is_a_json_object(text: bytes) -> None:
    assert sign_in(Bent(raw_client=text)) == refused("malformed")


@pytest.mark.parametrize("kind", ["webauthn.create", "payment.get", ""])
def test_authentication_10_the_type_is_get(kind: str) -> None:
    assert sign_in(Bent(client={"type": kind})) == refused("ceremony")


@pytest.mark.parametrize("challenge", [b64(bytes(32)), b64(CHALLENGE[:31]), ""])
def test_authentication_11_the_challenge_is_ours(challenge: str) -> None:
    assert sign_in(Bent(client={"challenge": challenge})) == refused("challenge")


@pytest.mark.parametrize("origin", ["http://door.example.org", "https://door.example.org:444", "https://evil.example"])
def test_authentication_12_the_origin_is_ours(origin: str) -> None:
    assert sign_in(Bent(client={"origin": origin})) == refused("origin")


@pytest.mark.parametrize("value", [True, "false", 1])
def test_authentication_13_not_shown_in_a_frame_of_another_site(value: Any) -> None:
    assert sign_in(Bent(client={"crossOrigin": value})) == refused("cross_origin")


def test_authentication_14_no_top_origin() -> None:
    assert sign_in(Bent(client={"topOrigin": "https://evil.example"})) == refused("cross_origin")


@pytest.mark.parametrize("rp_id", ["example.org", "evil.example"])
def test_authentication_15_the_hash_is_that_of_our_id(rp_id: str) -> None:
    assert sign_in(Bent(rp_id=rp_id)) == refused("rp_id")


def test_authentication_16_somebody_was_present() -> None:
    assert sign_in(Bent(drop=UP)) == refused("not_present")


def test_authentication_17_somebody_was_verified() -> None:
    assert sign_in(Bent(drop=UV)) == refused("not_verified")


def test_authentication_18_what_can_not_be_backed_up_is_not() -> None:
    assert sign_in(Bent(add=BS), synced=False) == refused("backup_state")


def test_authentication_19_whether_it_can_be_backed_up_never_changes() -> None:
    assert sign_in(Bent(drop=BE | BS)) == refused("backup_eligibility_changed")
    assert sign_in(Bent(add=BE), synced=False) == refused("backup_eligibility_changed")
    gone = sign_in(Bent(drop=BS))
    assert isinstance(gone, Asserted), "whether it is backed up may"
    assert not gone.backed_up


def test_authentication_20_what_is_signed_is_the_hash_of_the_client_data() -> None:
    authenticator = Authenticator(origin=ORIGIN)
    known = registered(authenticator)
    shown = authenticator.get(REQUEST)
    other = authenticator.get(REQUEST, Bent(client={"more": 1}))
    shown["response"]["clientDataJSON"] = other["response"]["clientDataJSON"]
    done = verify_authentication(credential=shown, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN, known=known)
    assert done == refused("signature")


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
@pytest.mark.parametrize("change", [lambda signed: signed[:-1] + bytes([signed[-1] ^ 1]), lambda _: b"", bytes.hex])
def test_authentication_21_the_signature_is_of_its_key(algorithm: Any, change: Any) -> None:
    authenticator = Authenticator(origin=ORIGIN, algorithm=algorithm)
    known = registered(authenticator)

    def verified(bent: Bent) -> Asserted | Rejection:
        shown = authenticator.get(REQUEST, bent)
        return verify_authentication(credential=shown, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN, known=known)

    spoilt = Bent(signature=lambda signed: change(signed) if change is not bytes.hex else signed.hex().encode())
    assert verified(spoilt) == refused("signature")
    assert isinstance(verified(Bent()), Asserted)


def test_authentication_21_another_credentials_signature() -> None:
    mine, theirs = Authenticator(origin=ORIGIN), Authenticator(origin=ORIGIN)
    known = registered(mine)
    registered(theirs)
    shown = mine.get(REQUEST)
    shown["response"]["signature"] = theirs.get(REQUEST)["response"]["signature"]
    done = verify_authentication(credential=shown, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN, known=known)
    assert done == refused("signature")


@pytest.mark.parametrize(("kept", "counter", "good"), [(0, 0, True), (5, 6, True), (5, 5, False), (5, 0, False)])
def test_authentication_22_a_counter_never_goes_back(kept: int, counter: int, *, good: bool) -> None:
    authenticator = Authenticator(origin=ORIGIN)
    first = registered(authenticator)
    known = Known(**{**vars(first), "sign_count": kept})
    shown = authenticator.get(REQUEST, Bent(counter=counter))
    done = verify_authentication(credential=shown, challenge=CHALLENGE, rp_id=RP_ID, origin=ORIGIN, known=known)
    if good:
        assert isinstance(done, Asserted)
        assert done.sign_count == counter
    else:
        assert done == refused("counter_went_back")


def test_authentication_23_extensions_of_the_authenticator_are_read_over() -> None:
    assert isinstance(sign_in(Bent(extensions={"uvm": [1]})), Asserted)


def test_authentication_24_counter_and_backup_state_are_kept() -> None:
    there_is("test_a_counter_and_a_backup_state_are_kept", where="flows/test_passkeys.py")
    there_is("test_a_clone_is_refused_and_its_owner_told", where="attacks/test_passkeys.py")


def test_authentication_25_then_the_person_is_in() -> None:
    there_is("test_a_passkey_is_registered_and_signs_in", where="flows/test_passkeys.py")
