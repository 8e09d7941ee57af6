"""What somebody may try with passkeys: another's, an old one, a copy, a junior one, a row in the database."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.attacks.test_rows import Scene, refused
from tests.support import exits
from tests.support.acts import ONLY_SQLITE, account_of, come_back, subjects, wait
from tests.support.clock import SettableClock
from tests.support.house import PASSPHRASE, Passage, Person
from tests.support.parallel import at_once
from tests.support.passkey_user import (
    activate,
    add_passkey,
    approve,
    begin_passkey,
    exempt_from,
    give_passkey,
    options_of,
    passkeys_of,
    remove_passkey,
    show,
    sign_in_by_passkey,
)
from tests.support.passkeys import UV, Authenticator, Bent, b64
from watchword.accounts.accounts import DECOY
from watchword.app import House
from watchword.storage.schema import passkeys

OF_BOB = "nine wooden owls above the harbour"


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


@pytest.fixture
def ann(person: Person, phone: Authenticator) -> Person:
    add_passkey(person, phone)
    return person


@pytest.fixture
def bob(house: House, clock: SettableClock) -> Person:
    return Person(house, clock, address="bob@example.org", passphrase=OF_BOB).sign_up()


def why(person: Person) -> list[str]:
    """Why the record says that answers were rejected."""
    page = person.house.core.overviews.activity(account_of(person))
    return [str(entry.facts["reason"]) for entry in page.entries if entry.kind == "passage.rejected"]


FORGED: dict[str, tuple[Callable[[Person, Authenticator], Bent], str]] = {
    "another challenge": (lambda *_: Bent(client={"challenge": b64(bytes(32))}), "challenge"),
    "a page with another name": (lambda *_: Bent(client={"origin": "http://localhost.evil.example:8080"}), "origin"),
    "another port": (lambda *_: Bent(client={"origin": "http://localhost:9090"}), "origin"),
    "https where it is http": (lambda *_: Bent(client={"origin": "https://localhost:8080"}), "origin"),
    "in a frame of another site": (lambda *_: Bent(client={"crossOrigin": True}), "cross_origin"),
    "with a page around it": (lambda *_: Bent(client={"topOrigin": "https://evil.example"}), "cross_origin"),
    "for another site": (lambda *_: Bent(rp_id="evil.example"), "rp_id"),
    "by nobody it knows": (lambda *_: Bent(drop=UV), "not_verified"),
    "the registration again": (lambda *_: Bent(client={"type": "webauthn.create"}), "ceremony"),
    "another user's name in it": (lambda *_: Bent(handle=b"somebody-else"), "user_handle"),
    "a signature that is none": (lambda *_: Bent(signature=lambda signed: signed[:-1] + b"0"), "signature"),
}


@ONLY_SQLITE
@pytest.mark.parametrize("what", FORGED)
def test_a_forged_assertion_opens_nothing(ann: Person, phone: Authenticator, what: str) -> None:
    bend, reason = FORGED[what]
    passage = ann.begin("sign_in", known=False)
    reply = passage.offer("passkey", credential=show(passage, phone, bend(ann, phone)))
    assert (reply.status_code, reply.json()["code"]) == (422, "rejected")
    assert set(reply.json()) == {"type", "title", "status", "code", "passage"}, "not a word of why"
    assert why(ann)[0] == reason


def test_an_assertion_serves_once_and_in_its_passage(ann: Person, phone: Authenticator) -> None:
    first, second = ann.begin("sign_in"), ann.begin("sign_in")
    shown = show(first, phone)
    assert second.offer("passkey", credential=shown).status_code == 422, "it is of another passage"
    assert first.offer("passkey", credential=shown).status_code == 200
    assert first.offer("passkey", credential=shown).status_code == 410
    third = ann.begin("sign_in")
    assert third.offer("passkey", credential=shown).status_code == 422


@ONLY_SQLITE
def test_a_challenge_is_spent_by_a_wrong_answer(ann: Person, phone: Authenticator) -> None:
    passage = ann.begin("sign_in")
    before = options_of(passage)
    wrong = passage.offer("passkey", credential=show(passage, phone, Bent(drop=UV)))
    passage.state = wrong.json()["passage"]
    assert options_of(passage)["challenge"] != before["challenge"]
    assert passage.offer("passkey", credential=phone.get(before)).status_code == 422


def test_of_one_assertion_fifty_times_at_once_one_is_taken(ann: Person, phone: Authenticator) -> None:
    passage = ann.begin("sign_in")
    shown = show(passage, phone)
    seen = Counter(at_once(50, lambda _: int(passage.offer("passkey", credential=shown).status_code)))
    assert seen[200] == 1, seen
    assert set(seen) <= {200, 409, 410, 422, 429, 503}


def test_without_a_user_handle_nobody_signs_in_by_a_passkey_alone(ann: Person, phone: Authenticator) -> None:
    passage = ann.begin("sign_in", known=False)
    assert passage.offer("passkey", credential=show(passage, phone, Bent(no_handle=True))).status_code == 422
    assert why(ann)[0] == "no_user_handle"


@ONLY_SQLITE
def test_the_challenge_of_an_exit_is_that_exit(ann: Person, phone: Authenticator) -> None:
    """Two exits that differ by one digit have two challenges, and what was signed for one confirms no other."""
    wait(ann, days=1, hours=1)
    sign_in_by_passkey(ann, phone)
    set_trading(ann, phone)
    ours = ann.begin("confirm", action=exits.withdrawal())
    theirs = ann.begin("confirm", action=exits.withdrawal(amount="251.5"))
    assert options_of(ours)["challenge"] != options_of(theirs)["challenge"]
    assert theirs.offer("passkey", credential=show(ours, phone)).status_code == 422


def set_trading(person: Person, authenticator: Authenticator) -> None:
    approval = approve(person, authenticator, kind="change", what="trading_passphrase")
    headers = {**person.bearer, "Approval": approval}
    body = {"passphrase": exits.TRADING}
    assert person.http.put("/api/v1/trading-passphrase", json=body, headers=headers).status_code == 204


# -- somebody else's


@ONLY_SQLITE
def test_bobs_passkey_confirms_nothing_of_anns(ann: Person, bob: Person, phone: Authenticator) -> None:
    theirs = Authenticator()
    add_passkey(bob, theirs)
    passage = ann.begin("confirm", action={"kind": "change", "what": "sign_out_others"})
    reply = passage.offer("passkey", credential=theirs.get(options_of(passage), which=theirs.credentials[0]))
    assert reply.status_code == 422
    forged = Bent(handle=account_of(ann).encode())
    sign_in = ann.begin("sign_in")
    assert sign_in.offer("passkey", credential=theirs.get(options_of(sign_in), forged)).status_code == 422


@ONLY_SQLITE
def test_after_anns_passphrase_bobs_passkey_does_not_sign_in(ann: Person, bob: Person, phone: Authenticator) -> None:
    theirs = Authenticator()
    add_passkey(bob, theirs)
    passage = ann.begin("sign_in")
    passage.give("passphrase", identifier=ann.address, passphrase=ann.passphrase)
    reply = passage.offer("passkey", credential=theirs.get(options_of(passage), which=theirs.credentials[0]))
    assert reply.status_code == 422


def test_a_credential_is_registered_once_for_all_accounts(ann: Person, bob: Person, phone: Authenticator) -> None:
    begun = begin_passkey(bob)
    again = Bent(credential_id=phone.credentials[0].id)
    assert activate(bob, begun, Authenticator().create(begun["options"], again)).status_code == 422
    assert not passkeys_of(bob)


@ONLY_SQLITE
def test_what_was_begun_in_one_session_is_finished_in_no_other(ann: Person, bob: Person, phone: Authenticator) -> None:
    begun = begin_passkey(bob)
    elsewhere = Person(bob.house, bob.clock, address=bob.address, passphrase=OF_BOB).sign_in(known=False)
    made = Authenticator().create(begun["options"])
    assert activate(elsewhere, begun, made).status_code == 410
    sign_in_by_passkey(ann, phone)
    assert activate(ann, begun, made).status_code == 410


def test_unknown_and_removed_credentials_are_rejected_like_wrong_ones(
    ann: Person, bob: Person, phone: Authenticator
) -> None:
    theirs = Authenticator()
    made = add_passkey(bob, theirs)
    approval = approve(bob, theirs, kind="change", what="remove_passkey", passkey=made["id"])
    assert remove_passkey(bob, made["id"], approval).status_code == 204
    unknown = Authenticator()
    unknown.create({"rp": {"id": "localhost"}, "user": {"id": b64(b"x")}, "challenge": b64(bytes(32))})
    replies = []
    for authenticator, bent in ((phone, Bent(drop=UV)), (theirs, Bent()), (unknown, Bent())):
        passage = ann.begin("sign_in", known=False)
        reply = passage.offer("passkey", credential=authenticator.get(options_of(passage), bent))
        body = reply.json()
        body["passage"].pop("id")
        for ask in body["passage"]["ask"]:
            ask.get("options", ask.get("challenge", {})).clear()
        replies.append((reply.status_code, body, sorted(reply.headers)))
    assert replies[0] == replies[1] == replies[2]


@ONLY_SQLITE
@pytest.mark.parametrize(
    "credential",
    [{}, {"id": "x"}, {"id": 7, "response": []}, {"id": "x" * 9000}, {"response": {"userHandle": 1}}],
    ids=str,
)
def test_what_is_no_credential_is_rejected(ann: Person, credential: dict[str, Any]) -> None:
    assert ann.begin("sign_in").offer("passkey", credential=credential).status_code == 422


@ONLY_SQLITE
def test_a_passage_takes_ten_wrong_assertions(ann: Person, phone: Authenticator) -> None:
    passage = ann.begin("sign_in")
    seen = []
    for _ in range(11):
        reply = passage.offer("passkey", credential=show(passage, phone, Bent(drop=UV)))
        seen.append(reply.status_code)
        if reply.status_code == 422:
            passage.state = reply.json()["passage"]
    assert seen == [422] * 10 + [429]


# -- copies


def test_a_clone_is_refused_and_its_owner_told(person: Person) -> None:
    key = Authenticator(counts=True)
    add_passkey(person, key)
    clone = key.cloned()
    for _ in range(3):
        sign_in_by_passkey(person, key)
    passage = person.begin("sign_in", known=False)
    assert passage.offer("passkey", credential=show(passage, clone)).status_code == 422
    assert why(person)[0] == "counter_went_back"
    assert "A copy of your Watchword passkey may exist" in subjects(person)


# -- a thief's junior passkey


@pytest.fixture
def thief(ann: Person, phone: Authenticator) -> tuple[Person, Authenticator]:
    """Who could once use Ann's session, passphrase, mailbox and phone, and bound a passkey of their own."""
    exits_ready = Authenticator()
    wait(ann, days=10)
    sign_in_by_passkey(ann, phone)
    add_passkey(ann, exits_ready, by=phone)
    there = Person(ann.house, ann.clock, address=ann.address)
    sign_in_by_passkey(there, exits_ready, known=False)
    return there, exits_ready


def test_a_junior_passkey_removes_nothing_senior(
    ann: Person, phone: Authenticator, thief: tuple[Person, Authenticator]
) -> None:
    there, theirs = thief
    senior = next(each for each in passkeys_of(there) if each["standing"] == "senior")
    for action in (
        {"what": "remove_passkey", "passkey": senior["id"]},
        {"what": "recovery_codes"},
    ):
        passage = there.begin("confirm", action={"kind": "change", **action})
        passage.give("passphrase", passphrase=PASSPHRASE)
        named = [each["id"] for each in options_of(passage)["allowCredentials"]]
        assert named == [b64(phone.credentials[0].id)], "theirs is not among those that may answer"
        shown = theirs.get(options_of(passage), which=theirs.credentials[0])
        assert passage.offer("passkey", credential=shown).status_code == 422


@ONLY_SQLITE
def test_a_junior_passkey_puts_no_app_in_the_place_of_a_senior_one(person: Person, phone: Authenticator) -> None:
    """The owner's own app may be what is left to put the thief's passkey out with."""
    add_passkey(person.bind_app(), phone)
    wait(person, days=10)
    sign_in_by_passkey(person, phone)
    theirs = Authenticator()
    add_passkey(person, theirs, by=phone)
    sign_in_by_passkey(person, theirs)
    passage = person.begin("confirm", action={"kind": "change", "what": "bind_totp"})
    passage.give("passphrase", passphrase=PASSPHRASE)
    named = [each["id"] for each in options_of(passage)["allowCredentials"]]
    assert named == [b64(phone.credentials[0].id)], "theirs is not among those that may answer"
    passage.refuse("passkey", credential=theirs.get(options_of(passage), which=theirs.credentials[0]))


@ONLY_SQLITE
def test_a_junior_passkey_thaws_nothing(ann: Person, phone: Authenticator, thief: tuple[Person, Authenticator]) -> None:
    there, theirs = thief
    assert ann.http.post("/api/v1/freeze", headers=ann.bearer).status_code == 204
    sign_in_by_passkey(there, theirs)
    passage = there.begin("confirm", action={"kind": "change", "what": "thaw"})
    shown = theirs.get(options_of(passage), which=theirs.credentials[0])
    assert passage.offer("passkey", credential=shown).status_code == 422
    sign_in_by_passkey(ann, phone)
    passage = ann.begin("confirm", action={"kind": "change", "what": "thaw"})
    assert give_passkey(passage, phone).grant["kind"] == "approval"


THAW: dict[str, Any] = {"kind": "change", "what": "thaw"}


def renewed_and_frozen(person: Person, old: Authenticator, new: Authenticator, *, codes_too: bool = False) -> None:
    """A senior passkey is replaced by a new one, which it confirms, a moment before the account freezes."""
    first = add_passkey(person, old)
    wait(person, days=10)
    sign_in_by_passkey(person, old)
    add_passkey(person, new, by=old)
    if codes_too:
        approval = approve(person, old, kind="change", what="recovery_codes")
        headers = {**person.bearer, "Approval": approval}
        person.codes = person.http.post("/api/v1/authenticators/recovery-codes", headers=headers).json()["codes"]
    approval = approve(person, old, kind="change", what="remove_passkey", passkey=first["id"])
    assert remove_passkey(person, first["id"], approval).status_code == 204
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    wait(person, minutes=2)


def thawed(person: Person, passage: Passage) -> bool:
    headers = {**person.bearer, "Approval": str(passage.grant["token"])}
    return bool(person.http.post("/api/v1/thaw", headers=headers).status_code == 204)


@ONLY_SQLITE
def test_passphrase_and_mailbox_thaw_no_account_whose_only_passkey_was_just_renewed(
    person: Person, phone: Authenticator
) -> None:
    """It is enrolled in K, and what replaces a senior one is asked like it: the account must not fall to "none
    enrolled" for the week in which the new one is junior."""
    new = Authenticator()
    renewed_and_frozen(person, phone, new, codes_too=True)
    wait(person, days=8)  # nor by waiting until it is senior: everything is judged as it stood when it froze
    sign_in_by_passkey(person, new)
    passage = person.begin("confirm", action=THAW).give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["passkey"]
    code = {"code": person.codes[0]}
    assert passage.offer("recovery_code", **code).status_code == 409, "they are as young as the passkey"
    assert passage.offer("message_code", code="000000").status_code == 409
    give_passkey(passage, new)
    assert passage.asks == ["message_code"], "and the passkey alone, junior when it froze, thaws nothing"
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    assert thawed(person, passage)


@ONLY_SQLITE
def test_a_passkey_that_a_thief_put_in_the_place_of_a_senior_one_thaws_nothing(
    person: Person, phone: Authenticator
) -> None:
    """With codes from before the holder thaws, as they do where an app was replaced; the new passkey is not asked."""
    theirs = Authenticator()
    renewed_and_frozen(person, phone, theirs)
    sign_in_by_passkey(person, theirs)
    passage = person.begin("confirm", action=THAW)
    assert passage.asks == ["passphrase"], "the passkey is no way in"
    passage.give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["recovery_code"]
    passage.give("recovery_code", code=person.codes.pop())
    passage.give("message_code", code=person.mailbox.newest_code(person.address))
    assert thawed(person, passage)


@ONLY_SQLITE
def test_where_an_app_was_senior_it_thaws_beside_a_renewed_passkey(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    new = Authenticator()
    renewed_and_frozen(person, phone, new)
    sign_in_by_passkey(person, new)
    passage = person.begin("confirm", action=THAW)
    assert set(passage.asks) == {"passphrase", "totp"}
    passage.give("passphrase", passphrase=person.passphrase)
    assert "message_code" not in passage.asks


@ONLY_SQLITE
def test_a_first_passkey_that_was_junior_is_not_asked_to_thaw(person: Person, phone: Authenticator) -> None:
    """A thief who bound it could keep the owner out of their frozen account."""
    wait(person, days=10)
    person.sign_in()
    add_passkey(person, phone)
    assert person.http.post("/api/v1/freeze", headers=person.bearer).status_code == 204
    wait(person, minutes=2)
    sign_in_by_passkey(person, phone)
    passage = person.begin("confirm", action=THAW).give("passphrase", passphrase=person.passphrase)
    assert passage.asks == ["message_code"]


@ONLY_SQLITE
def test_any_senior_one_puts_it_out_in_one_step_even_in_a_frozen_account(
    ann: Person, phone: Authenticator, thief: tuple[Person, Authenticator]
) -> None:
    there, theirs = thief
    junior = next(each for each in passkeys_of(ann) if each["standing"] == "junior")
    assert ann.http.post("/api/v1/freeze", headers=ann.bearer).status_code == 204
    sign_in_by_passkey(ann, phone)
    approval = approve(ann, phone, kind="change", what="remove_passkey", passkey=junior["id"])
    assert remove_passkey(ann, junior["id"], approval).status_code == 204
    passage = there.begin("sign_in")
    assert passage.offer("passkey", credential=show(passage, theirs)).status_code == 422


def test_a_passkey_that_is_too_young_is_not_named_and_not_taken(ann: Person, phone: Authenticator) -> None:
    """Nothing bound less than 24 hours ago confirms an exit, whoever confirmed its binding."""
    wait(ann, days=2)
    sign_in_by_passkey(ann, phone)
    set_trading(ann, phone)
    fresh = Authenticator()
    add_passkey(ann, fresh, by=phone)
    passage = ann.begin("confirm", action=exits.withdrawal())
    assert [each["id"] for each in options_of(passage)["allowCredentials"]] == [b64(phone.credentials[0].id)]
    passage.refuse("passkey", credential=fresh.get(options_of(passage), which=fresh.credentials[0]))
    assert give_passkey(passage, phone).asks == ["trading_passphrase"]


@ONLY_SQLITE
def test_the_removal_that_an_app_began_is_called_off_by_the_passkey(person: Person, phone: Authenticator) -> None:
    person.bind_app()
    made = add_passkey(person, phone)
    wait(person, days=5)
    there = Person(person.house, person.clock, address=person.address)
    there.totp = person.totp
    there.sign_in(known=False)
    approval = there.approve(kind="change", what="remove_passkey", passkey=made["id"])
    assert remove_passkey(there, made["id"], approval).status_code == 202
    wait(person, hours=71)
    sign_in_by_passkey(person, phone)
    assert "The passkey of your Watchword account stays" in subjects(person)
    wait(person, hours=3)
    person.house.housekeeping()
    sign_in_by_passkey(person, phone)
    assert [each["removal_due_at"] for each in passkeys_of(person)] == [None]


@ONLY_SQLITE
def test_a_removal_that_an_app_began_waits_while_the_account_is_frozen(person: Person, phone: Authenticator) -> None:
    """Whoever has passphrase, mailbox and app doesn't get past the freeze by having been there before it."""
    person.bind_app()
    made = add_passkey(person, phone)
    wait(person, days=5)
    there = Person(person.house, person.clock, address=person.address)
    there.totp = person.totp
    there.sign_in(known=False)
    approval = there.approve(kind="change", what="remove_passkey", passkey=made["id"])
    assert remove_passkey(there, made["id"], approval).status_code == 202
    core, account = person.house.core, account_of(there)
    assert there.http.post("/api/v1/freeze", headers=there.bearer).status_code == 204
    wait(person, hours=80)
    person.house.housekeeping()
    with person.house.database.read() as tx:
        assert [row["id"] for row in core.passkeys.list(tx, account)] == [made["id"]]


def away_from(person: Person) -> Person:
    """Somebody with passphrase, mailbox and app, at a device of their own."""
    there = Person(person.house, person.clock, address=person.address)
    there.totp = person.totp
    there.sign_in(known=False)
    return there


def renewed(person: Person, old: Authenticator, new: Authenticator, *, old_goes: bool = True) -> str:
    """A senior passkey confirmed a new one a moment ago; its id."""
    person.bind_app()
    first = add_passkey(person, old)
    wait(person, days=10)
    sign_in_by_passkey(person, old)
    made = add_passkey(person, new, by=old)
    if old_goes:
        approval = approve(person, old, kind="change", what="remove_passkey", passkey=first["id"])
        assert remove_passkey(person, first["id"], approval).status_code == 204
    exempt_from(person)
    return str(made["id"])


def removal(there: Person, passkey: str) -> Any:
    return remove_passkey(there, passkey, there.approve(kind="change", what="remove_passkey", passkey=passkey))


@ONLY_SQLITE
def test_the_app_puts_no_passkey_out_at_once_that_was_just_renewed(person: Person, phone: Authenticator) -> None:
    """Policy §2: 72 h, which the passkey can veto, whatever its age. Else passphrase, mailbox and app would be class K
    for a week after each new phone. "Any senior one removes it in one step" (§1) is for what no senior one let in."""
    new = Authenticator()
    kept = renewed(person, phone, new)
    begun = removal(away_from(person), kept)
    assert begun.status_code == 202
    assert "A passkey of your Watchword account will be removed" in subjects(person)
    sign_in_by_passkey(person, new)
    assert [each["removal_due_at"] for each in passkeys_of(person)] == [None], (
        "young as it is, it vetoes its own removal"
    )
    assert "The passkey of your Watchword account stays" in subjects(person)


@ONLY_SQLITE
def test_lost_it_goes_after_the_three_days_all_the_same(person: Person, phone: Authenticator) -> None:
    kept = renewed(person, phone, Authenticator())
    there = away_from(person)
    assert removal(there, kept).status_code == 202
    wait(person, hours=71)
    person.house.housekeeping()
    assert passkeys_of(there.sign_in())
    wait(person, hours=2)
    person.house.housekeeping()
    assert not passkeys_of(there.sign_in())


@ONLY_SQLITE
def test_a_young_passkey_vetoes_no_removal_of_a_senior_one(person: Person, phone: Authenticator) -> None:
    """Policy §1: a thief's, which the stolen one confirmed, can't keep the stolen one in."""
    new = Authenticator()
    young = renewed(person, phone, new, old_goes=False)
    there = away_from(person)
    old = next(each["id"] for each in passkeys_of(there) if each["id"] != young)
    assert removal(there, old).status_code == 202
    assert removal(there, young).status_code == 202
    sign_in_by_passkey(person, new)
    assert {each["id"]: each["removal_due_at"] is None for each in passkeys_of(person)} == {old: False, young: True}
    sign_in_by_passkey(person, phone)
    assert all(each["removal_due_at"] is None for each in passkeys_of(person))


@ONLY_SQLITE
def test_a_senior_app_puts_out_in_one_step_a_young_passkey_that_no_passkey_confirmed(
    person: Person, phone: Authenticator
) -> None:
    """Policy §1, also from a device without a passkey: a thief with the app bound it, and its holder's is young too."""
    person.bind_app()
    wait(person, days=10)
    person.sign_in()
    add_passkey(person, phone)
    wait(person, days=4)
    person.sign_in()
    theirs = add_passkey(person, Authenticator())["id"]
    wait(person, days=4)  # now the holder's is senior, and theirs is not
    there = away_from(person)
    assert removal(there, theirs).status_code == 204
    (left,) = passkeys_of(there)
    assert removal(there, left["id"]).status_code == 202, "the senior one takes its time"


@ONLY_SQLITE
def test_ever_new_credentials_fill_no_table(house: House) -> None:
    """They need no check for a human. What is counted for them stays within a number of rows."""
    with house.database.read() as tx:
        nobody = house.core.accounts.get(tx, DECOY)
    made_up = (house.core.limits.passkey_quiet(nobody, f"made up {number}", None) for number in range(4000))
    shelves = {spend.subject for (spend,) in made_up}
    assert len(shelves) == 256


# -- something weaker in its place


@ONLY_SQLITE
@pytest.mark.parametrize("proof", ["totp", "recovery_code", "message_code"])
def test_nothing_weaker_is_taken_where_a_passkey_is_asked(ann: Person, phone: Authenticator, proof: str) -> None:
    person = ann
    approval = approve(person, phone, kind="change", what="bind_totp")
    begun = person.http.post("/api/v1/authenticators/totp", headers={**person.bearer, "Approval": approval}).json()
    import pyotp

    person.totp = pyotp.TOTP(begun["secret"])
    path = f"/api/v1/authenticators/totp/{begun['id']}/activate"
    assert person.http.post(path, json={"output": person.output()}, headers=person.bearer).status_code == 200
    answers = {
        "totp": {"output": person.output()},
        "recovery_code": {"code": person.codes[-1]},
        "message_code": {"code": "000000"},
    }
    passages: list[Passage] = [person.begin("confirm", action={"kind": "change", "what": "sign_out_others"})]
    passages.append(person.begin("sign_in").give("passphrase", identifier=person.address, passphrase=PASSPHRASE))
    passages.append(
        person.begin("confirm", action={"kind": "change", "what": "passphrase"}).give(
            "passphrase", passphrase=PASSPHRASE
        )
    )
    for passage in passages:
        assert passage.offer(proof, **answers[proof]).status_code == 409


# -- whoever writes to the database


@pytest.fixture
def scene(house: House, clock: SettableClock, ann: Person, bob: Person, phone: Authenticator) -> Scene:
    wait(ann, days=4)
    sign_in_by_passkey(ann, phone)
    come_back(bob)
    add_passkey(bob, Authenticator())
    house.anchor()
    clock.advance(timedelta(seconds=2))
    return Scene(house=house, ann=ann, bob=bob)


def test_an_edited_age_is_refused(scene: Scene) -> None:
    row = scene.of_bob(passkeys)
    where = scene.edit(passkeys, row, bound_at=row["bound_at"] - timedelta(days=30))
    refused(scene.bob.http.get("/api/v1/authenticators", headers=scene.bob.bearer))
    scene.assert_named(where, "does not match")


def test_anothers_public_key_is_refused(scene: Scene, phone: Authenticator) -> None:
    """The key of a passkey that the intruder holds, put into Ann's row."""
    where = scene.edit(passkeys, scene.of_ann(passkeys), public_key=scene.of_bob(passkeys)["public_key"])
    passage = scene.ann.begin("sign_in")
    refused(passage.offer("passkey", credential=show(passage, phone)))
    scene.assert_named(where, "does not match")


def test_a_passkey_copied_to_another_account_is_refused(scene: Scene) -> None:
    row = {**scene.of_bob(passkeys), "id": "0" * 26, "account_id": scene.account, "credential_id": "AAAA"}
    scene.run(insert(passkeys).values(**row))
    passage = scene.ann.begin("sign_in", known=False).human()
    reply = passage.offer("passphrase", identifier=scene.ann.address, passphrase=PASSPHRASE)
    refused(reply)


def test_one_that_was_removed_and_is_put_back_is_named(scene: Scene, phone: Authenticator) -> None:
    row = scene.of_ann(passkeys)
    approval = approve(scene.ann, phone, kind="change", what="remove_passkey", passkey=row["id"])
    assert remove_passkey(scene.ann, row["id"], approval).status_code == 204
    scene.run(update(passkeys).where(passkeys.c.id == row["id"]).values(**row))
    scene.house.anchor()
    verdict = scene.verify()
    assert not verdict.ok
    with scene.house.database.read() as tx:
        assert (
            tx.connection.execute(select(passkeys.c.state).where(passkeys.c.id == row["id"])).scalar_one() == "active"
        )
