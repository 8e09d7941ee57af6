"""Sessions checked in a platform's own process, against a running door."""

from time import monotonic

import pytest

from tests.relying.conftest import Platform
from watchword.relying import SessionEnded, SessionVerifier, TokenRefused


def until_refused(verifier: SessionVerifier, token: str, *, within: float = 5) -> float:
    """How many seconds it takes until the token's session counts as ended."""
    began = monotonic()
    while monotonic() - began < within:
        try:
            verifier.verify(token)
        except SessionEnded:
            return monotonic() - began
    raise AssertionError("the session was believed all the while")


def test_a_token_of_a_session_says_whose_it_is(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    found, session = verifier.verify(platform.token(ann)), platform.session(ann)
    assert (found.account, found.session, found.aal) == (session["account"], session["session"], session["aal"])
    assert not found.read_only
    assert list(found.amr) == session["amr"]


def test_a_session_that_ends_is_refused_within_a_second(platform: Platform, verifier: SessionVerifier):
    ann = platform.person()
    token = platform.token(ann)
    assert verifier.verify(token).account
    assert ann.http.delete("/api/v1/session", headers=ann.bearer).status_code == 204
    took = until_refused(verifier, token)
    print(f"refused after {took * 1000:.0f} ms")
    assert took < 1
    with pytest.raises(TokenRefused):
        verifier.verify(token)
