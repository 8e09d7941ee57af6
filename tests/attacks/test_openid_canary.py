"""The secrets of signing in to a client are in the one answer that issues each, and in no log, row, event or file."""

import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from tests.http.test_openid import assertion
from tests.support.clock import SettableClock
from tests.support.house import Person
from tests.support.openid import Party, Visitor, registration
from watchword.app import House
from watchword.crypto.jose import PrivateKey
from watchword.crypto.tokens import Randomness
from watchword.storage.schema import metadata
from watchword.web.edge.logs import configure_logging

HINT = "canary.hint@example.org"


@pytest.fixture(params=["readable", "json"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """Everything the product logs, in one of its forms."""
    kept, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    configure_logging("debug", readable=request.param == "readable", stream=stream)
    yield stream
    structlog.configure(**kept)
    root.handlers = handlers
    root.setLevel(level)


def life(house: House, person: Person, clock: SettableClock) -> dict[str, str]:
    """Every secret there is, issued and used; refused ones too."""
    key = PrivateKey.draw("ES256", Randomness())
    party = Party(house, registration(backchannel_uri="http://127.0.0.1:9/"))
    keyed = Party(
        house,
        registration(name="Keyed desk", auth_method="private_key_jwt", jwks=json.dumps({"keys": [dict(key.public)]})),
    )
    visitor = Visitor(person)
    code = visitor.visit(party, login_hint=HINT)["code"]
    given = party.tokens(code)
    newer = party.refresh(given["refresh_token"]).json()
    party.userinfo(newer["access_token"])
    party.introspect(newer["refresh_token"])
    pushed = party.call("/openid/par", **party.asks()).json()["request_uri"]
    unused = party.call("/openid/par", **party.asks(login_hint=HINT)).json()["request_uri"]
    visitor.http.get(f"/openid/authorize?client_id={party.id}&request_uri={pushed}")
    shown = assertion(key, keyed, clock)
    keyed.http.post("/openid/par", data={**keyed.asks(), **shown})
    party.redeem(code)  # refused, and ends what it gave
    party.refresh(newer["refresh_token"])
    browser = visitor.http.cookies["openid"]
    visitor.post("/sign-out")
    return {
        "code": code,
        "access token": given["access_token"],
        "newer access token": newer["access_token"],
        "id token": given["id_token"],
        "refresh token": given["refresh_token"],
        "newer refresh token": newer["refresh_token"],
        "client secret": party.secret,
        "pushed request": pushed.rpartition(":")[2],
        "unused pushed request": unused.rpartition(":")[2],
        "assertion": shown["client_assertion"],
        "browser": browser,
        "private key": re.findall(r'"d": "([\w-]+)"', key.dump().decode())[0],
        "hint": HINT,
        "verifier": party.verifier,
    }


def test_no_secret_of_a_client_is_where_it_should_not_be(
    house: House, person: Person, clock: SettableClock, lines: io.StringIO
) -> None:
    secrets = life(house, person, clock)
    secrets |= private_halves(house)
    kept = {"log": lines.getvalue(), **dict(stored(house))}
    for name in ("clients", "openid_grants", "openid_codes", "openid_refresh_tokens", "openid_logouts"):
        assert kept[name], name
    assert "request" in kept["log"]
    for kind, secret in secrets.items():
        assert len(secret) > 15, kind
        for where, found in kept.items():
            assert secret not in found, (kind, where)
    if house.database.is_sqlite:
        path = Path(house.settings.database_url.removeprefix("sqlite:///"))
        raw = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        assert not [kind for kind, secret in secrets.items() if secret.encode() in raw]


def private_halves(house: House) -> dict[str, str]:
    """Of the keys that sign, as they would stand in a JWK."""
    keys = house.core.signing_keys
    return {
        f"signing key {alg}": re.findall(r'"d": "([\w-]+)"', key.dump().decode())[0]
        for alg, key in keys._set().present.items()
    }


def stored(house: House) -> Iterator[tuple[str, str]]:
    with house.database.read() as tx:
        for table in metadata.sorted_tables:
            rows: list[Any] = list(tx.connection.execute(select(table)))
            yield table.name, "\n".join(str(value) for row in rows for value in row)
