"""Pages of freezing, devices and alerts, without a browser and without script."""

import re
from copy import copy
from datetime import timedelta
from typing import Any

import pytest

from tests.http.test_trading_page import Holder
from tests.support.acts import ONLY_SQLITE
from tests.support.freezing import LINK, SAME_ORIGIN
from tests.support.house import PASSPHRASE, Mailbox, Person, client_of, deliver, solve
from watchword.app import House
from watchword.record.catalogue import EventKind

pytestmark = ONLY_SQLITE

DEVICES, ALERTS, FREEZE = "/account/devices", "/account/alerts", "/account/freeze"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def holder(house: House) -> Holder:
    return Holder(house)


@pytest.fixture
def app(holder: Holder, house: House, clock: Any) -> Person:
    """The same holder at an app, a minute later."""
    deliver(house)
    clock.advance(MINUTE)
    return Person(house, clock, address=holder.address).sign_in()


def signed_in(person: Person) -> bool:
    return person.http.get("/api/v1/session", headers=person.bearer).status_code == 200


def sign_in(holder: Holder) -> None:
    holder.answer("/sign-in", "passphrase", identifier=holder.address, passphrase=PASSPHRASE)
    if holder.http.get("/account").status_code != 200:
        holder.message("/sign-in")
    assert holder.http.get("/account").status_code == 200


def confirm(holder: Holder) -> str:
    """By passphrase and message; where it leads to."""
    holder.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
    return str(holder.message("/confirm").headers["location"])


def test_frozen_from_its_page_and_thawed(holder: Holder) -> None:
    assert "Freeze the account now" in holder.page(FREEZE)
    frozen = holder.post(FREEZE)
    assert frozen.headers["location"] == "/frozen"
    assert frozen.headers["clear-site-data"] == '"cache"'
    assert "The account is frozen" in holder.page("/frozen")
    assert holder.http.get("/account").status_code == 303
    sign_in(holder)
    assert "The account is frozen" in holder.page("/account")
    page = holder.page(FREEZE)
    assert "Thaw the account" in page
    assert "by somebody who was signed in" in page
    assert holder.post("/account/thaw").headers["location"] == "/confirm"
    assert confirm(holder) == "/thawed"
    assert "The account is open again" in holder.page("/thawed")
    assert holder.http.get("/account").status_code == 303, "the session that could only read is over"
    sign_in(holder)
    assert "The account is frozen" not in holder.page("/account")
    assert "The account was thawed" in holder.page("/account/activity")


def test_an_older_device_is_named_where_its_removal_is_confirmed(holder: Holder, house: House, clock: Any) -> None:
    deliver(house)
    clock.advance(MINUTE)
    younger = copy(holder)
    younger.http = client_of(house, "192.0.2.7")
    sign_in(younger)
    (older,) = re.findall(rf'action="({DEVICES}/[^/"]+/remove)"', younger.page(DEVICES))
    assert younger.post(older).headers["location"] == "/confirm"
    asked = " ".join(re.sub(r"<[^>]+>", " ", younger.page("/confirm")).split())
    assert re.search(r"Remove a device Device .+ Seen from 127\.0\.0\.0/24", asked)
    younger.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
    assert holder.http.get("/account").status_code == 303


def test_frozen_every_form_leads_to_a_refusal(holder: Holder) -> None:
    holder.post(FREEZE)
    sign_in(holder)
    forms: tuple[tuple[str, dict[str, str]], ...] = (
        ("/account/app", {}),
        ("/account/passphrase", {}),
        ("/account/trading", {}),
        ("/account/message-code", {"enabled": "yes"}),
        ("/account/messages/code", {}),
    )
    for path, form in forms:
        reply = holder.post(path, **form)
        assert reply.status_code == 403, path
        assert "frozen" in reply.text
    assert holder.http.get("/confirm").status_code in (303, 410)


def test_what_the_operator_froze_has_no_button_to_thaw(holder: Holder, house: House) -> None:
    account = holder.http.get("/api/v1/session").json()["account"]
    house.core.freezing.by_operator(account)
    sign_in(holder)
    page = holder.page(FREEZE)
    assert "Only who froze it can thaw it." in page
    assert 'action="/account/thaw"' not in page
    assert holder.post("/account/thaw").status_code == 403
    assert holder.post(FREEZE).headers["location"] == "/frozen", "for the holder's own part it can be frozen too"


def test_a_closed_account_is_said_to_be_closed(holder: Holder, house: House) -> None:
    account, core = holder.http.get("/api/v1/session").json()["account"], house.core
    now = core.ground.clock()
    with house.database.begin() as tx:
        core.accounts.close(tx, account, now)
        core.sessions.revoke_all(tx, account, now)
        core.journal.record(tx, EventKind.ACCOUNT_CLOSED, at=now, account=account, by="operator")
    sign_in(holder)
    reply = holder.post("/account/passphrase")
    assert (reply.status_code, "It is closed" in reply.text) == (403, True)
    assert holder.post(f"{DEVICES}/forget").status_code == 403
    assert "Remove" not in holder.page(DEVICES)


def test_by_the_link_without_script_it_says_what_is_missing(holder: Holder, app: Person) -> None:
    link = LINK.findall(Mailbox(holder.house).texts_to(holder.address)[-1])[-1]
    stranger = client_of(holder.house)
    page = stranger.get(link)
    assert "Nothing has happened yet." in page.text
    assert f'action="{link}"' in page.text
    refused = stranger.post(link, data={}, headers=SAME_ORIGIN)
    assert refused.status_code == 422
    assert "didn&#39;t work" in refused.text
    payload = solve(stranger.get(f"{link}/challenge").json())
    done = stranger.post(link, data={"payload": payload}, headers=SAME_ORIGIN)
    assert done.headers["location"] == "/frozen"
    assert not signed_in(app)
    assert "There is nothing left to do here." in stranger.get(link).text
    over = stranger.get("/freeze/nothing")
    assert (over.status_code, "This link is over" in over.text) == (410, True)


def test_too_many_tries_at_the_link_wait(holder: Holder, app: Person) -> None:
    link = LINK.findall(Mailbox(holder.house).texts_to(holder.address)[-1])[-1]
    stranger = client_of(holder.house, "203.0.113.9")
    seen = [stranger.post(link, data={"payload": "x"}, headers=SAME_ORIGIN).status_code for _ in range(61)]
    assert set(seen[:60]) == {422}
    assert seen[60] == 429
    reply = stranger.post(link, data={"payload": "x"}, headers=SAME_ORIGIN)
    assert int(reply.headers["retry-after"]) > 0


def test_a_younger_device_is_removed_at_once_and_its_next_request_fails(holder: Holder, app: Person) -> None:
    page = holder.page(DEVICES)
    assert "This device" in page
    assert "signed in, 1 session" in page
    (device,) = re.findall(r'action="/account/devices/([a-z0-9]+)/remove"', page)
    assert signed_in(app)
    assert holder.post(f"{DEVICES}/{device}/remove").headers["location"] == DEVICES
    assert "The device is removed and signed out." in holder.page(DEVICES)
    assert not signed_in(app)
    assert holder.post(f"{DEVICES}/{device}/remove").status_code == 404


def test_an_older_device_is_removed_after_a_confirmation(holder: Holder, app: Person, clock: Any) -> None:
    deliver(holder.house)
    clock.advance(MINUTE)
    young = client_of(holder.house)
    holder.http, old = young, holder.http
    sign_in(holder)
    removable = set(re.findall(r'action="/account/devices/([a-z0-9]+)/remove"', holder.page(DEVICES)))
    assert len(removable) == 2
    for device in removable:
        assert holder.post(f"{DEVICES}/{device}/remove").headers["location"] == "/confirm"
        holder.answer("/confirm", "passphrase", passphrase=PASSPHRASE)
    assert "The device is removed and signed out." in holder.page(DEVICES)
    assert not signed_in(app)
    assert old.get("/account").status_code == 303


def test_this_device_is_forgotten(holder: Holder) -> None:
    reply = holder.post(f"{DEVICES}/forget")
    assert reply.headers["location"] == "/signed-out"
    assert "device" not in holder.http.cookies
    assert "not known to us" in holder.page("/signed-out")
    holder.answer("/sign-in", "passphrase", identifier=holder.address, passphrase=PASSPHRASE)
    assert holder.http.get("/account").status_code == 303, "a code by message is asked again"


def test_and_after_signing_out_too(holder: Holder) -> None:
    holder.post("/sign-out")
    assert "stays known to us" in holder.page("/signed-out")
    kept = holder.http.cookies["device"]
    assert holder.http.post("/signed-out/forget", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert holder.post("/signed-out/forget").headers["location"] == "/signed-out"
    assert "not known to us" in holder.page("/signed-out")
    holder.http.cookies.set("device", kept)
    holder.answer("/sign-in", "passphrase", identifier=holder.address, passphrase=PASSPHRASE)
    assert holder.http.get("/account").status_code == 303, "not even with the cookie from before"
    assert holder.post("/signed-out/forget").status_code == 303


def test_this_was_not_me_freezes_and_leads_on(holder: Holder, app: Person) -> None:
    (device,) = re.findall(r'action="/account/devices/([a-z0-9]+)/remove"', holder.page(DEVICES))
    page = holder.page(f"{DEVICES}/{device}/not-me")
    assert "The device above is removed at once." in page
    assert holder.http.get(f"{DEVICES}/nothing/not-me").status_code == 404
    assert holder.post(f"{DEVICES}/nothing/not-me").status_code == 404
    assert signed_in(app)
    assert holder.post(f"{DEVICES}/{device}/not-me").headers["location"] == "/frozen"
    assert not signed_in(app)
    page = holder.page("/frozen")
    assert 'href="/recover"' in page
    sign_in(holder)
    assert device not in holder.page(DEVICES)


def test_alerts_are_counted_read_and_disowned(holder: Holder, app: Person) -> None:
    assert "1 new alert" in holder.page("/account")
    page = holder.page(ALERTS)
    assert "A sign-in on a new device" in page
    (alert,) = re.findall(r'action="/account/alerts/([a-z0-9]+)/read"', page)
    assert holder.post(f"{ALERTS}/{alert}/read").headers["location"] == ALERTS
    assert "new alert" not in holder.page("/account")
    assert holder.post(f"{ALERTS}/nothing/read").status_code == 404
    assert holder.post(f"{ALERTS}/read").headers["location"] == ALERTS
    assert holder.http.get(f"{ALERTS}?before=nothing").headers["location"] == ALERTS
    assert holder.post("/account/not-me").headers["location"] == "/frozen"


def test_no_link_freezes_or_thaws_or_removes(holder: Holder, app: Person) -> None:
    (device,) = re.findall(r'action="/account/devices/([a-z0-9]+)/remove"', holder.page(DEVICES))
    for path in (f"{DEVICES}/{device}/remove", f"{DEVICES}/forget", "/account/thaw", f"{ALERTS}/read"):
        assert holder.http.get(path).status_code == 405, path
    for path in (FREEZE, f"{DEVICES}/{device}/not-me", "/account/not-me"):
        holder.page(path)
        crossed = holder.http.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert crossed.status_code == 403
    assert signed_in(app)
