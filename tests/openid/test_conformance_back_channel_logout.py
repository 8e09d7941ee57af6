"""The OpenID Foundation's plan "Back-Channel OP".

The client's own server here speaks plain http, which a client may register at a house in development alone.
"""

import asyncio
import json
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.openid.conftest import new_party
from tests.support.backend import listening
from tests.support.clock import SettableClock
from tests.support.house import Person, Place, client_of, open_house
from tests.support.openid import SIGNED_OUT, Visitor, address_of
from watchword.app import House
from watchword.crypto.jose import decoded

EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.fixture(scope="module")
def door(place: Place, time: SettableClock) -> Iterator[House]:
    with open_house(*place, time) as opened:
        yield opened


def test_oidcc_backchannel_logout_discovery_endpoint_verification(door: House) -> None:
    told = client_of(door).get("/.well-known/openid-configuration").json()
    assert told["backchannel_logout_supported"] is True
    assert told["backchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"] == f"{door.settings.public_url}/openid/end-session"


def test_oidcc_backchannel_rp_initiated_logout(ann: Person, door: House) -> None:
    with listening() as backend:
        fresh, party = Visitor(ann), new_party(door, backchannel_uri=backend.address)
        given = fresh.enter(party)
        known = party.claims(given["id_token"])
        query = {"id_token_hint": given["id_token"], "post_logout_redirect_uri": SIGNED_OUT, "state": "bye"}
        out = fresh.http.get(f"/openid/end-session?{urlencode(query)}")
        asyncio.run(door.core.openid.courier.deliver_due())
        (form,) = backend.forms
    assert form.keys() == {"logout_token"}
    ((token,),) = form.values()
    keys = KeySet.import_key_set(client_of(door).get("/.well-known/jwks.json").json())
    told = jwt.decode(token, keys, algorithms=["ES256"]).claims
    assert json.loads(decoded(token.split(".")[0]))["typ"] == "logout+jwt"
    assert (told["iss"], told["aud"]) == (door.settings.public_url, party.id)
    assert (told["sub"], told["sid"]) == (known["sub"], known["sid"])
    assert told["events"] == {EVENT: {}}
    assert told["iat"] < told["exp"]
    assert told["jti"]
    assert "nonce" not in told
    assert address_of(out) == f"{SIGNED_OUT}?state=bye"
    assert fresh.visit(party, prompt="none")["error"] == "login_required"
