"""Access tokens of OpenID Connect at a client's own API, checked by the library."""

from collections.abc import Iterator

import pytest

from tests.relying.conftest import Platform
from tests.relying.test_sessions import until
from tests.support.acts import ONLY_SQLITE
from tests.support.asked import SAME_ORIGIN
from tests.support.openid import Party, Visitor, registration
from watchword.relying import Connection, SessionEnded, TokenKind, TokenRefused

pytestmark = ONLY_SQLITE


@pytest.fixture
def connection(platform: Platform) -> Iterator[Connection]:
    with platform.connection() as opened:
        yield opened


def test_a_client_s_api_knows_who_it_is_until_the_session_ends(platform: Platform, connection: Connection):
    ann = platform.person()
    scopes = ["openid", "account", "offline_access"]
    party, visitor = Party(platform.house, registration(scopes=scopes)), Visitor(ann)
    tokens, named = visitor.enter(party), visitor.session()
    with platform.verifier(connection, audience=party.id, kinds=[TokenKind.ACCESS]) as verifier:
        found = verifier.verify(tokens["access_token"])
        assert (found.kind, found.session, found.aal) == (TokenKind.ACCESS, named["session"], 1)
        assert found.account == named["account"]
        assert found.subject != named["account"]
        assert found.client == party.id
        assert "openid" in found.scope
        for other in (tokens["id_token"], tokens["refresh_token"], platform.token(ann)):
            with pytest.raises(TokenRefused):
                verifier.verify(other)
        assert visitor.http.post("/sign-out", headers=SAME_ORIGIN).status_code == 303
        assert until(verifier, tokens["access_token"], SessionEnded) < 1


def test_whose_session_has_another_name_is_refused(platform: Platform, connection: Connection):
    """Its sid is that client's own: that it ended would never be heard, and a stolen token would live on."""
    party, visitor = Party(platform.house), Visitor(platform.person())
    tokens = visitor.enter(party)
    verifier = platform.verifier(connection, audience=party.id, kinds=[TokenKind.ACCESS])
    with verifier, pytest.raises(TokenRefused, match="no_account"):
        verifier.verify(tokens["access_token"])


def test_a_client_of_the_operator_s_own_knows_the_account(platform: Platform, connection: Connection):
    party = Party(platform.house, registration(scopes=["openid", "account"]))
    visitor = Visitor(platform.person())
    tokens, named = visitor.enter(party, scope="openid account"), visitor.session()
    with platform.verifier(connection, audience=party.id, kinds=[TokenKind.ACCESS]) as verifier:
        assert verifier.verify(tokens["access_token"]).account == named["account"]
    another = platform.verifier(connection, audience="desk", kinds=[TokenKind.ACCESS])
    with another, pytest.raises(TokenRefused, match="audience"):
        another.verify(tokens["access_token"])
