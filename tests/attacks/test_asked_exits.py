"""Exits that a service asks the holder's browser to confirm: who else could use the address, or what it leaves."""

import re
from datetime import timedelta

import pytest

from tests.support.acts import ONLY_SQLITE
from tests.support.asked import PAGE, AskedHolder, request, sealed, state, words_of
from tests.support.clock import SettableClock
from tests.support.exits import EVM, OTHER_EVM, Platform, code, confirm, later, withdrawal
from tests.support.house import Person, client_of
from watchword.app import House


@pytest.fixture
def platform(house: House) -> Platform:
    return Platform(house)


@pytest.fixture
def holder(fortified: Person) -> AskedHolder:
    """To the address of ``withdrawal()`` everything is open."""
    confirm(fortified, withdrawal())
    return AskedHolder(later(fortified, hours=25))


def test_what_is_confirmed_serves_the_service_once(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal())
    assert state(platform, made) == "waiting"
    page = holder.look(made)
    assert page.status_code == 200
    for word in ("Did you begin this?", "wallet asks you", "250.5", "Ethereum", EVM[:4], "No memo"):
        assert word.lower() in words_of(page.text).lower(), word
    done = holder.confirm(made)
    assert done.headers["location"] == f"{PAGE}?asked={sealed(made)}"
    assert state(platform, made) == "confirmed"
    assert "Confirmed The service wallet can do this once" in words_of(holder.look(made).text)
    assert made["approval"] not in page.text + done.text + holder.look(made).text
    assert code(holder.consume(platform, made, withdrawal())) == "200"
    assert state(platform, made) == "spent"
    assert "Confirmed and done" in words_of(holder.look(made).text)
    assert code(holder.consume(platform, made, withdrawal())) == "not_confirmed"
    assert holder.go_on(made).headers["location"].startswith(PAGE)  # and begins nothing


@ONLY_SQLITE
def test_before_it_is_confirmed_and_with_anything_else_it_serves_nothing(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal())
    assert code(holder.consume(platform, made, withdrawal())) == "not_confirmed"
    holder.look(made)
    assert code(holder.consume(platform, made, withdrawal())) == "not_confirmed"
    holder.confirm(made)
    for other in ({"amount": "250.51"}, {"address": OTHER_EVM}, {"memo": "7"}):
        assert code(holder.consume(platform, made, withdrawal(**other))) == "not_confirmed", other
    assert code(holder.consume(platform, made, withdrawal())) == "200"


@ONLY_SQLITE
def test_with_the_token_of_another_service_it_serves_nothing(house: House, holder: AskedHolder, platform: Platform):
    thief = Platform(house, "cards")
    made = holder.ask(platform, withdrawal())
    holder.confirm(made)
    assert state(thief, made) == "waiting"  # it knows of none
    assert code(holder.consume(thief, made, withdrawal())) == "not_confirmed"
    assert code(holder.consume(platform, made, withdrawal())) == "200"
    assert code(holder.consume(thief, made, withdrawal())) == "not_confirmed"


@ONLY_SQLITE
def test_opened_in_another_account_or_session_it_is_nothing(
    holder: AskedHolder, platform: Platform, house: House, clock: SettableClock
):
    made = holder.ask(platform, withdrawal())
    bob = Person(house, clock, address="bob@example.org", passphrase="nine wooden owls above it").sign_up()
    theirs = AskedHolder(bob.bind_app())
    for opened in (theirs.look(made), holder.sign_in().look(made)):
        assert opened.status_code == 404
        assert "There is nothing to confirm here" in opened.text
        assert EVM[:6] not in opened.text
    assert theirs.go_on(made).status_code == holder.go_on(made).status_code == 404
    stranger = client_of(house)
    assert stranger.get(made["address"]).headers["location"] == "/sign-in"


@ONLY_SQLITE
@pytest.mark.parametrize("change", [lambda it: it[:-1], lambda it: it + "A", lambda it: "v1.AAAA", lambda _: ""])
def test_a_changed_address_is_nothing(holder: AskedHolder, platform: Platform, change):
    made = holder.ask(platform, withdrawal())
    assert holder.look({"address": f"{PAGE}?asked={change(sealed(made))}"}).status_code == 404


@ONLY_SQLITE
def test_another_site_begins_nothing(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal())
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}):
        assert holder.http.post(PAGE, data={"asked": sealed(made)}, headers=headers).status_code == 403
    assert holder.http.get("/confirm").status_code == 410


@ONLY_SQLITE
def test_confirmed_twice_it_is_one_approval(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal())
    two = [holder.go_on(made).cookies["passage-confirm"] for _ in range(2)]
    ends = []
    for cookie in two:
        holder.http.cookies.set("passage-confirm", cookie, domain="localhost.local", path="/")
        holder.http.cookies.set("asked", sealed(made), domain="localhost.local", path="/")
        ends.append(holder.prove().headers["location"])
    assert ends == [f"{PAGE}?asked={sealed(made)}"] * 2
    assert code(holder.consume(platform, made, withdrawal())) == "200"
    assert code(holder.consume(platform, made, withdrawal())) == "not_confirmed"


@ONLY_SQLITE
def test_a_request_put_in_place_of_another_while_it_is_confirmed(holder: AskedHolder, platform: Platform):
    """A browser that was sent to two: what is confirmed serves the one that it stands in, or none."""
    harmless, theirs = holder.ask(platform, withdrawal(amount="1")), holder.ask(platform, withdrawal())
    holder.go_on(harmless)
    holder.http.cookies.set("asked", sealed(theirs), domain="localhost.local", path="/")
    assert holder.prove().status_code == 404
    assert state(platform, harmless) == state(platform, theirs) == "waiting"


@ONLY_SQLITE
def test_what_is_typed_below_one_confirms_no_other_that_was_begun_since(holder: AskedHolder, platform: Platform):
    """In another tab, by somebody who has the holder look at two pages."""
    holder.go_on(holder.ask(platform, withdrawal()))
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', holder.http.get("/confirm").text)
    holder.go_on(holder.ask(platform, withdrawal(address=OTHER_EVM)))
    reply = holder.post("/confirm", proof="totp", output=holder.person.output(), shown=shown)
    assert reply.status_code == 409
    assert "another confirmation" in words_of(reply.text)
    assert OTHER_EVM.lower() in words_of(reply.text).replace(" ", "").lower()
    assert 'name="output"' in holder.http.get("/confirm").text  # no proof was given to it
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', reply.text)
    assert holder.post("/confirm", proof="totp", output=holder.person.output(), shown=shown).status_code == 303


@ONLY_SQLITE
def test_too_late_it_begins_nothing_and_serves_nothing(holder: AskedHolder, platform: Platform, clock: SettableClock):
    made, other = holder.ask(platform, withdrawal()), holder.ask(platform, withdrawal(amount="1"))
    holder.confirm(made)
    clock.advance(timedelta(minutes=2, seconds=1))
    assert state(platform, made) == "over"
    assert code(holder.consume(platform, made, withdrawal())) == "not_confirmed"
    clock.advance(timedelta(minutes=15))
    assert "The time for this is over" in holder.look(other).text
    assert holder.go_on(other).headers["location"].startswith(PAGE)
    assert holder.http.get("/confirm").status_code == 410


@ONLY_SQLITE
def test_frozen_meanwhile(holder: AskedHolder, platform: Platform):
    made = holder.ask(platform, withdrawal())
    holder.confirm(made)
    named = {name: holder.session[name] for name in ("account", "session")}
    holder.post("/account/freeze")
    refused = platform.consume(holder.person, made["approval"], withdrawal(), **named)
    assert (code(refused), refused.json()["reason"]) == ("exit_refused", "frozen")
    assert request(platform, {**named, "action": withdrawal()}).status_code == 404


@ONLY_SQLITE
def test_what_no_service_may_ask_for(holder: AskedHolder, platform: Platform):
    named = {name: holder.session[name] for name in ("account", "session")}
    entry = {"kind": "allow_destination", "asset": "USDT", "network": "Ethereum", "address": EVM, "memo": None}
    for action in (entry, {"kind": "change", "what": "passphrase"}, withdrawal(amount=1), {}):
        assert code(request(platform, {**named, "action": action})) == "unacceptable", action
    for other in ({"account": "nobody"}, {"session": "nothing"}, {"account": "decoy"}):
        assert code(request(platform, {**named, "action": withdrawal(), **other})) == "not_found"
    app = {"account": named["account"], "session": _session_of_app(holder)}
    assert code(request(platform, {**app, "action": withdrawal()})) == "not_found"
    for headers in ({}, holder.person.bearer):
        body = {**named, "action": withdrawal()}
        assert platform.http.post("/api/v1/exits/request", json=body, headers=headers).status_code == 401
        body = {"approval": "x"}
        assert platform.http.post("/api/v1/exits/request/state", json=body, headers=headers).status_code == 401


def _session_of_app(holder: AskedHolder) -> str:
    person = holder.person
    return str(person.http.get("/api/v1/session", headers=person.bearer).json()["session"])
