"""Attacks on the example platform: on its sign-in, its logout, its forms. What holds there has to hold on any."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from examples.exchange.ledger import text_of
from examples.exchange.peers import BY_ID
from tests.support.exchange import ServedDesk, Somebody, open_exchange
from tests.support.freezing import freeze
from tests.support.house import Place
from watchword.crypto.jose import encoded

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
LOGOUT: dict[str, Any] = {"http://schemas.openid.net/event/backchannel-logout": {}}


@pytest.fixture(scope="module")
def exchange(place: Place) -> Iterator[ServedDesk]:
    with open_exchange(*place) as opened:
        yield opened


@pytest.fixture(scope="module")
def somebody(exchange: ServedDesk) -> Iterator[Any]:
    people: list[Somebody] = []

    def make(name: str) -> Somebody:
        people.append(Somebody(exchange, f"{name}@example.org"))
        return people[-1]

    yield make
    for person in people:
        person.desk.close()


class TestSigningIn:
    def test_an_answer_serves_only_the_browser_that_asked(self, somebody: Any) -> None:
        """Login CSRF: a victim is led to the attacker's own answer, to work in the attacker's account."""
        attacker, victim = somebody("mallory"), somebody("ann")
        answer = attacker.answered(attacker.begin())
        assert victim.desk.get(answer).status_code == 400  # no sign-in under way at all
        victim.begin()
        assert victim.desk.get(answer).status_code == 400  # another one is
        assert not victim.is_in
        assert attacker.desk.get(answer).status_code == 303  # theirs it still is

    def test_an_answer_serves_once(self, somebody: Any) -> None:
        person = somebody("olga")
        answer = person.answered(person.begin())
        assert person.desk.get(answer).status_code == 303
        assert person.desk.get(answer).status_code == 400

    @pytest.mark.parametrize(
        ("name", "value"), [("state", "x" * 43), ("iss", "https://evil.example"), ("iss", ""), ("code", "x" * 43)]
    )
    def test_an_answer_that_was_changed_signs_nobody_in(self, somebody: Any, name: str, value: str) -> None:
        person = somebody(f"eve-{name}-{len(value)}")
        path, _, query = person.answered(person.begin()).partition("?")
        answer = {key: values[0] for key, values in parse_qs(query).items()} | {name: value}
        assert person.desk.get(path, params=answer).status_code == 400
        assert not person.is_in

    def test_a_code_of_one_sign_in_is_nothing_in_another(self, somebody: Any) -> None:
        """The code is injected into a sign-in of the attacker's own browser: PKCE and the nonce are another's."""
        victim, attacker = somebody("vera"), somebody("max")
        stolen = parse_qs(victim.answered(victim.begin()).partition("?")[2])["code"][0]
        path, _, query = attacker.answered(attacker.begin()).partition("?")
        answer = {key: values[0] for key, values in parse_qs(query).items()} | {"code": stolen}
        assert attacker.desk.get(path, params=answer).status_code == 400
        assert not attacker.is_in

    def test_too_late_is_too_late(self, somebody: Any, exchange: ServedDesk) -> None:
        person = somebody("tia")
        answer = person.answered(person.begin())
        exchange.door.clock.advance(timedelta(minutes=21))
        assert person.desk.get(answer).status_code == 400

    def test_nothing_of_the_request_is_in_the_hands_of_the_browser(self, somebody: Any) -> None:
        asked = parse_qs(urlsplit(somebody("pia").begin()).query)
        assert set(asked) == {"client_id", "request_uri"}

    def test_it_leads_on_to_no_other_site(self, somebody: Any) -> None:
        person = somebody("nell")
        for path in ("//evil.example", "https://evil.example", "/\\evil.example", "/a?b=c", "x", ""):
            asked = person.desk.get("/sign-in", params={"next": path}).headers["location"]
            assert person.desk.get(person.answered(asked)).headers["location"] == "/balances", path

    def test_a_new_sign_in_has_a_new_session(self, somebody: Any) -> None:
        person = somebody("fix").sign_in()
        before = person.desk.cookies["desk"]
        person.sign_in()
        assert person.desk.cookies["desk"] != before
        person.desk.cookies.clear()
        assert person.desk.get("/orders", headers={"Cookie": f"desk={before}"}).status_code == 303


class TestLogout:
    def told(self, exchange: ServedDesk, token: str) -> int:
        reply = httpx.post(f"{exchange.for_programs}/door/logout", data={"logout_token": token}, trust_env=False)
        return reply.status_code

    def claims(self, exchange: ServedDesk, session: str, **other: Any) -> dict[str, Any]:
        now = int(exchange.door.clock().timestamp())
        whole = {
            "iss": exchange.door.origin,
            "aud": exchange.settings.client_id,
            "iat": now,
            "exp": now + 120,
            "jti": "j",
            "sid": session,
            "events": LOGOUT,
            **other,
        }
        return {name: value for name, value in whole.items() if value is not None}

    def test_only_the_door_ends_a_session(self, somebody: Any, exchange: ServedDesk) -> None:
        person = somebody("lea").sign_in()
        sign, session = exchange.door.house.core.signing_keys.sign, person.session
        good = self.claims(exchange, session)
        own = ECKey.generate_key("P-256")
        head = {"alg": "ES256", "typ": "logout+jwt", "kid": "x"}
        parts = sign("logout+jwt", good).split(".")
        unsigned = encoded(b'{"alg":"none","typ":"logout+jwt"}')
        forged = {
            "nothing": "",
            "no token": "x.y.z",
            "another key": jwt.encode(head, good, own),
            "no signature": f"{parts[0]}.{parts[1]}.",
            "none": f"{unsigned}.{parts[1]}.",
            "an id token": sign("JWT", good),
            "an access token": sign("at+jwt", good),
            "no event": sign("logout+jwt", self.claims(exchange, session, events={})),
            "a nonce": sign("logout+jwt", self.claims(exchange, session, nonce="n")),
            "of nobody": sign("logout+jwt", self.claims(exchange, session, sid=None)),
            "for another": sign("logout+jwt", self.claims(exchange, session, aud="other")),
            "of another": sign("logout+jwt", self.claims(exchange, session, iss="https://evil.example")),
            "over": sign("logout+jwt", self.claims(exchange, session, exp=good["iat"] - 1)),
            "not yet": sign("logout+jwt", self.claims(exchange, session, iat=good["iat"] + 600, exp=good["iat"] + 700)),
        }
        taken = [name for name, token in forged.items() if self.told(exchange, token) != 400]
        assert taken == []
        assert person.is_in
        assert self.told(exchange, sign("logout+jwt", good)) == 200
        assert not person.is_in
        assert self.told(exchange, sign("logout+jwt", good)) == 200  # told twice, nothing more happens

    def test_out_at_the_door_is_out_here_before_it_is_told(self, somebody: Any) -> None:
        """The feed of revocations and the refresh say so; nothing waits for the post."""
        person = somebody("dora").sign_in()
        person.door.post("/sign-out", headers=SAME_ORIGIN)
        assert person.is_soon_out


class TestFrozen:
    """Policy §8: nothing begins and nothing leaves; reading, cancelling orders and reducing go on."""

    ORDER = {"side": "sell", "size": "1", "price": "99999"}  # noqa: RUF012
    OUT = {"asset": "ISANT", "network": "Ferry", "address": "lan1q7x0v9d3kq2mz8f", "amount": "1"}  # noqa: RUF012
    SALE = {"offer": "offer-1", "amount": "1"}  # noqa: RUF012

    def post(self, person: Somebody, path: str, **form: str) -> httpx.Response:
        return person.desk.post(path, data=form, headers=SAME_ORIGIN)

    def test_the_holder_gets_in_looks_and_cancels_and_begins_nothing(self, somebody: Any, exchange: ServedDesk) -> None:
        person = somebody("fred").sign_in()
        assert self.post(person, "/markets/ISANT", **self.ORDER).headers["location"] == "/orders"
        self.post(person, "/withdraw", **self.OUT, label="Mine")
        freeze(person.person)
        assert person.is_soon_out, "the session of before is over"
        person.sign_in_again()

        for path in ("/balances", "/orders", "/withdraw", "/p2p", "/markets/ISANT"):
            page = person.desk.get(path)
            assert page.status_code == 200
            assert "Your account is frozen at Watchword." in page.text
            assert f'href="{exchange.settings.door}/account/freeze"' in page.text
            assert re.findall(r'action="/(?:withdraw|p2p|markets|places)', page.text) == [], path
        (place,) = self.rows(exchange, "SELECT id FROM places WHERE label = 'Mine'")
        tried = {
            "/markets/ISANT": self.ORDER,
            "/withdraw": self.OUT,
            "/withdraw/confirm": {**self.OUT, "payout": "p" * 20},
            "/p2p": self.SALE,
            "/p2p/confirm": {**self.SALE, "price": "1", "payout": "q" * 20},
            f"/places/{place['id']}/forget": {},
        }
        for path, form in tried.items():
            refused = self.post(person, path, **form)
            assert refused.status_code == 422, path
            assert "you can read and cancel, nothing else" in refused.text, path
        assert not self.rows(exchange, "SELECT id FROM payouts WHERE id IN (?, ?)", "p" * 20, "q" * 20)
        assert self.rows(exchange, "SELECT id FROM places WHERE label = 'Mine'")
        (order,) = re.findall(r'action="(/orders/[^/"]+/cancel)"', person.desk.get("/orders").text)
        assert self.post(person, order).headers["location"] == "/orders"
        assert order not in person.desk.get("/orders").text

        self.thaw(person)
        assert person.is_soon_out, "it signs in anew, and can do all"
        person.sign_in_again()
        assert "frozen" not in person.desk.get("/balances").text
        assert self.post(person, "/markets/ISANT", **self.ORDER).headers["location"] == "/orders"

    def thaw(self, person: Somebody) -> None:
        """By the page that the desk leads to."""
        exchange, holder = person.exchange, person.holder
        exchange.door.clock.advance(timedelta(minutes=1))
        assert "Thaw the account" in holder.http.get("/account/freeze").text
        assert holder.post("/account/thaw").headers["location"] == "/confirm"
        holder.give("/confirm", "passphrase", passphrase=person.person.passphrase)
        holder.give("/confirm", "totp", output=person.person.output())
        code = person.person.mailbox.newest_code(person.address)
        assert holder.give("/confirm", "message_code", code=code).headers["location"] == "/thawed"

    def rows(self, exchange: ServedDesk, statement: str, *values: str) -> list[Any]:
        with exchange.desk.store.begin() as tx:
            return list(tx.execute(statement, values).fetchall())


class TestForms:
    FORMS = ("/sign-out", "/sign-out-everywhere", "/markets/ISANT", "/withdraw", "/withdraw/confirm", "/p2p/confirm")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {},
        ],
        ids=str,
    )
    def test_another_site_sends_no_form(self, exchange: ServedDesk, headers: dict[str, str]) -> None:
        with httpx.Client(base_url=exchange.for_programs, trust_env=False) as http:
            for path in self.FORMS:
                sent = {"Host": exchange.settings.authority, **headers}
                assert http.post(path, headers=sent, data={"side": "buy"}).status_code == 403, path

    def test_ours_are_taken(self, somebody: Any) -> None:
        person = somebody("ivo").sign_in()
        form = {"side": "sell", "size": "1", "price": "999"}
        assert person.desk.post("/markets/ISANT", data=form, headers=SAME_ORIGIN).headers["location"] == "/orders"
        own = {"Origin": person.exchange.origin}
        assert person.desk.post("/sign-out", headers=own).headers["location"] == "/signed-out"
        assert not person.is_in

    @pytest.mark.parametrize("host", ["localhost", "evil.example", "127.0.0.1", "trade.localhost.evil.example"])
    def test_pages_are_on_one_host(self, exchange: ServedDesk, host: str) -> None:
        with httpx.Client(base_url=exchange.for_programs, trust_env=False) as http:
            for path in ("/", "/sign-in", "/sign-in/done"):
                sent = {"Host": f"{host}:{exchange.settings.port}"}
                assert http.get(path, headers=sent).status_code == 421, (path, host)

    def test_a_seller_does_not_write_the_price(self, somebody: Any, exchange: ServedDesk) -> None:
        """The price comes back in a form: only one that the desk has just shown is believed."""
        person, offer = somebody("zoe").sign_in(), BY_ID["offer-1"]
        now = offer.price(exchange.door.clock())
        amount = (2 * offer.least / now).quantize(offer.asset.size_step)
        for share, status in (("1.019", 422), ("0.981", 422), ("1", 303)):
            price = (now * Decimal(share)).quantize(offer.asset.price_step)
            form = {
                "offer": offer.id,
                "amount": text_of(amount),
                "price": text_of(price),
            }
            form["payout"] = f"sale-{share.replace('.', '-')}-{'z' * 16}"
            assert person.desk.post("/p2p/confirm", data=form, headers=SAME_ORIGIN).status_code == status, share
        shown = exchange.door.clock() - timedelta(seconds=119)
        assert offer.was_shown(offer.price(shown), exchange.door.clock())

    def test_somebody_elses_payout_is_not_there(self, somebody: Any, exchange: ServedDesk) -> None:
        person = somebody("uwe").sign_in()
        with exchange.desk.store.begin() as tx:
            row = (
                "p" * 20,
                "another",
                "s",
                '{"kind": "withdraw", "asset": "ISANT", "amount": "1"}',
                "over",
                "",
                "",
                "",
            )
            tx.execute("INSERT INTO payouts VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ?)", row)
        assert person.desk.get(f"/payouts/{'p' * 20}").status_code == 404
