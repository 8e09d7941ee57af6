"""Passkeys over the JSON API: made, shown, named, removed; what follows for sign-in, codes and holds."""

from tests.support.house import Person
from tests.support.passkey_user import add_passkey, sign_in_by_passkey
from tests.support.passkeys import Authenticator


def test_a_passkey_is_registered_and_signs_in(person: Person) -> None:
    authenticator = Authenticator()
    codes = add_passkey(person, authenticator)["codes"]
    assert len(codes) == 10, "it is the first second step"
    grant = sign_in_by_passkey(person, authenticator).grant
    session = person.http.get("/api/v1/session", headers={"Authorization": f"Bearer {grant['token']}"}).json()
    assert session["aal"] == 2
    assert session["amr"] == ["swk", "user", "mfa"]
