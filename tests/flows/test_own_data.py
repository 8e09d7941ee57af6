"""Activity by kind, copies of one's data, closing the account."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests.support.acts import ANOTHER, ONLY_SQLITE, codes_sent, fail, is_signed_in, subjects, wait
from tests.support.addresses import addresses, approve_replacement, put_address, replace_address
from tests.support.api_keys import make_key
from tests.support.exits import fortify
from tests.support.house import Person
from tests.support.openid import Party, Visitor
from tests.support.passkey_user import add_passkey, approve
from tests.support.passkeys import Authenticator
from watchword.app import House
from watchword.record.activity import GROUPS, Group
from watchword.record.catalogue import SHOWN
from watchword.storage.schema import devices
from watchword.web.spreadsheet import cell, table

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "\u00a0=1")


def ask(person: Person, approval: str | None, **body: str) -> Any:
    """For a copy; the bare reply."""
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.post("/api/v1/export", json=body, headers=headers)


def copy(person: Person, **body: str) -> Any:
    """Confirmed, and taken."""
    reply = ask(person, person.approve(kind="change", what="export", of=body["of"]), **body)
    assert reply.status_code == 200, reply.text
    return reply


def kinds(person: Person, group: str) -> list[str]:
    reply = person.http.get(f"/api/v1/activity?kind={group}", headers=person.bearer)
    assert reply.status_code == 200, reply.text
    return [each["kind"] for each in reply.json()["items"]]


class TestActivity:
    def test_every_shown_event_is_in_one_group(self) -> None:
        apart = [GROUPS[group] for group in (Group.SIGN_INS, Group.SECURITY, Group.CONFIRMATIONS)]
        assert frozenset().union(*apart) == SHOWN
        assert sum(map(len, apart)) == len(SHOWN)
        assert not GROUPS[Group.MESSAGES] & SHOWN

    def test_each_kind_shows_its_own(self, person: Person) -> None:
        fail(person, 1, known=True)
        replace_address(person)
        assert set(kinds(person, "sign_ins")) == {"passage.rejected"}
        assert set(kinds(person, "security")) >= {"account.created", "identifier.replaced", "hold.placed"}
        assert set(kinds(person, "confirmations")) == {"approval.issued"}
        assert set(kinds(person, "messages")) == {"message.handed_over"}
        assert person.http.get("/api/v1/activity?kind=other", headers=person.bearer).status_code == 422

    @ONLY_SQLITE
    def test_it_pages_within_a_kind(self, person: Person) -> None:
        for _ in range(55):
            person.sign_in()
            person.clock.advance(timedelta(minutes=1))
        first = person.http.get("/api/v1/activity?kind=sign_ins", headers=person.bearer).json()
        path = f"/api/v1/activity?kind=sign_ins&before={first['next']}"
        second = person.http.get(path, headers=person.bearer).json()
        seqs = [each["seq"] for each in (*first["items"], *second["items"])]
        assert seqs == sorted(set(seqs), reverse=True)
        assert (len(first["items"]), second["next"]) == (50, None)

    @ONLY_SQLITE
    def test_the_page_shows_one_kind(self, person: Person) -> None:
        wait(person)
        assert kinds(person, "messages") == []  # the code of the sign-up was sent to nobody's account


class TestCopies:
    def test_nothing_goes_out_without_a_confirmation_of_just_this(self, person: Person) -> None:
        asked = ask(person, None, of="account")
        assert (asked.status_code, asked.json()["code"]) == (403, "confirmation_required")
        assert asked.json()["action"] == {"kind": "change", "what": "export", "of": "account"}
        approval = person.approve(kind="change", what="export", of="activity")
        assert ask(person, approval, of="account").status_code == 403
        assert ask(person, approval, of="activity").status_code == 200
        assert ask(person, approval, of="activity").status_code == 403

    def test_the_copy_of_the_account_tells_all_there_is(self, person: Person) -> None:
        person.bind_app()
        reply = copy(person, of="account")
        assert reply.headers["content-disposition"] == 'attachment; filename="account.json"'
        found = reply.json()
        assert [each["value"] for each in found["addresses"]] == [person.address]
        assert {each["kind"] for each in found["authenticators"]} == {"passphrase", "totp", "recovery_codes"}
        assert len(found["devices"]) == len(found["sessions"]) == 1
        assert {each["cause"] for each in found["holds"]} == {"first_second_step"}
        assert {each["kind"] for each in found["messages"]} >= {"authenticator_added", "confirmation_code"}
        assert "data.exported" in {each["kind"] for each in found["activity"]}
        assert found["destinations"] == []
        assert found["account"]["standing"] == "open"

    @ONLY_SQLITE
    def test_it_tells_of_passkeys_api_keys_and_applications(self, house: House, person: Person) -> None:
        authenticator = Authenticator()
        bot = make_key(fortify(person), permissions=["read"])
        party = Party(house)
        Visitor(person).enter(party)
        add_passkey(person, authenticator, name="Blue laptop")
        reply = ask(person, approve(person, authenticator, kind="change", what="export", of="account"), of="account")
        found = reply.json()
        assert [each["name"] for each in found["authenticators"] if each["kind"] == "passkey"] == ["Blue laptop"]
        (key,), (application,) = found["api_keys"], found["applications"]
        assert (key["key"], key["name"], key["permissions"]) == (bot.made["key"], "night bot", ["read"])
        assert (application["client"], application["name"]) == (party.id, "Trading desk")
        assert application["scopes"] == ["openid", "email", "offline_access"]
        for secret in (bot.made["secret"], bot.made["passphrase"], party.secret):
            assert secret not in reply.text

    def test_its_owner_is_told(self, person: Person) -> None:
        copy(person, of="activity")
        assert subjects(person)[-1] == "A copy of your Watchword data was made"
        assert kinds(person, "security")[0] == "data.exported"

    def test_the_activity_as_a_table_and_as_json(self, person: Person) -> None:
        fail(person, 1)
        reply = copy(person, of="activity", format="csv")
        assert reply.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.reader(io.StringIO(reply.text.removeprefix("\ufeff"))))
        assert rows[0] == ["time", "event", "device", "country", "network", "details"]
        assert {"passage.rejected", "account.created", "data.exported"} <= {row[1] for row in rows[1:]}
        plain = copy(person, of="activity", format="json").json()["items"]
        assert len(plain) > len(rows) - 1
        assert ask(person, None, of="account", format="csv").status_code == 422

    def test_a_device_with_a_formula_for_a_name_stays_text(self, person: Person) -> None:
        with person.house.database.begin() as tx:
            tx.connection.execute(update(devices).values(name="=HYPERLINK(0)"))
        reply = copy(person, of="activity", format="csv")
        rows = list(csv.reader(io.StringIO(reply.text.removeprefix("\ufeff"))))
        names = {row[2] for row in rows[1:]}
        assert "'=HYPERLINK(0)" in names
        assert not [name for name in names if name.startswith("=")]

    @ONLY_SQLITE
    def test_no_secret_code_stamp_or_link_is_in_a_copy(self, person: Person) -> None:
        person.bind_app()
        set_stamp(person, "blue heron 7")
        token = approve_replacement(person, "next@example.org")
        account = copy(person, of="account").text
        activity = copy(person, of="activity").text + copy(person, of="activity", format="csv").text
        assert put_address(person, token, "next@example.org").status_code in (204, 403)
        for secret in secrets_of(person, token):
            assert secret not in account + activity
        assert "http" not in account + activity
        assert not re.search(r'"\d{6}"', account + activity)

    @pytest.mark.parametrize("text", FORMULAS)
    def test_no_field_of_a_table_is_a_formula(self, text: str) -> None:
        assert cell(text) == f"'{text}"
        assert next(csv.reader(io.StringIO(table([text], []).removeprefix("\ufeff"))))[0] == f"'{text}"

    @given(st.lists(st.text(), min_size=1))
    def test_whatever_a_field_holds_it_reads_back_as_text(self, fields: list[str]) -> None:
        (_, read) = csv.reader(io.StringIO(table(["n"] * len(fields), [fields]), newline=""))
        assert len(read) == len(fields)
        for given_, back in zip(fields, read, strict=True):
            assert back in (given_, f"'{given_}")
            assert back[:1] not in tuple("=+-@\t\r\n＝＋－＠")


class TestClosing:
    def test_it_takes_a_confirmation(self, person: Person) -> None:
        asked = person.http.delete("/api/v1/account", headers=person.bearer)
        assert (asked.status_code, asked.json()["code"]) == (403, "confirmation_required")
        assert is_signed_in(person)

    def test_everybody_is_signed_out_and_the_holder_can_still_read(self, person: Person) -> None:
        close(person)
        assert not is_signed_in(person)
        assert subjects(person)[-1] == "Your Watchword account is closed"
        person.sign_in()
        assert person.http.get("/api/v1/activity", headers=person.bearer).json()["items"]
        assert addresses(person) == {person.address: None}
        action = {"kind": "change", "what": "passphrase"}
        begun = person.http.post(
            "/api/v1/passages", json={"purpose": "confirm", "action": action}, headers=person.bearer
        )
        assert (begun.status_code, begun.json()["code"]) == (403, "read_only")
        for method, path in (("DELETE", "/api/v1/account"), ("POST", "/api/v1/export")):
            reply = person.http.request(method, path, json={"of": "account"}, headers=person.bearer)
            assert reply.status_code == 403

    def test_nothing_leaves_it_and_a_recovery_under_way_is_over(self, person: Person) -> None:
        recovery = person.begin("recover", known=False).human().give("identifier", identifier=person.address)
        recovery.give("message_code", code=person.mailbox.newest_code(person.address))
        close(person)
        assert recovery.offer("new_passphrase", passphrase=ANOTHER).status_code == 410


def close(person: Person) -> None:
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="close_account")}
    reply = person.http.delete("/api/v1/account", headers=headers)
    assert reply.status_code == 204, reply.text


def set_stamp(person: Person, text: str) -> None:
    headers = {**person.bearer, "Approval": person.approve(kind="change", what="anti_phishing_code")}
    reply = person.http.put("/api/v1/anti-phishing-code", json={"code": text}, headers=headers)
    assert reply.status_code == 204, reply.text


def secrets_of(person: Person, approval: str) -> Iterator[str]:
    assert person.totp is not None
    yield from (person.passphrase, person.totp.secret, person.session, person.device, approval, "blue heron 7")
    yield from (code for each in person.codes for code in (each, each.replace("-", "")))
    yield from (f'"{code}"' for code in codes_sent(person))
    for text in person.mailbox.texts_to(person.address):
        yield from re.findall(r"https?://\S+", text)
    assert json.dumps(person.codes)
