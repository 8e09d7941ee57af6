"""Whoever writes to the database behind our back gains nothing: a row that was edited, moved or copied is refused
where it would be used, and ``record verify`` names it; so it does with what was deleted or put back.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, update

from tests.support.acts import account_of, begin_recovery, begin_sign_in, fail, wrong_code
from tests.support.clock import SettableClock
from tests.support.house import Person, deliver
from watchword.app import House
from watchword.foundation.errors import Tampered
from watchword.record.verify import Verdict, VerifyRecord
from watchword.storage.schema import (
    accounts,
    approvals,
    authenticators,
    devices,
    events,
    identifiers,
    limits,
    message_codes,
    outbox,
    passages,
    record_head,
    recovery_codes,
    sessions,
)

Row = dict[str, Any]
OF_BOB = "nine wooden owls above the harbour"
NEW = "eleven quiet herons over water"
LATER = timedelta(seconds=2)
"""After which no session is answered from memory."""


@dataclass(kw_only=True)
class Scene:
    """Ann, whose account somebody is after, and Bob, who writes to the database."""

    house: House
    ann: Person
    bob: Person

    def __post_init__(self) -> None:
        self.account, self.account_of_bob = account_of(self.ann), account_of(self.bob)

    def row(self, table: Table, **equals: Any) -> Row:
        """The one that fits."""
        (found,) = self.rows(table, **equals)
        return found

    def rows(self, table: Table, **equals: Any) -> list[Row]:
        fitting = [table.c[name] == value for name, value in equals.items()]
        with self.house.database.read() as tx:
            return [row._asdict() for row in tx.connection.execute(select(table).where(*fitting))]

    def of_ann(self, table: Table, **equals: Any) -> Row:
        return self.row(table, account_id=self.account, **equals)

    def of_bob(self, table: Table, **equals: Any) -> Row:
        return self.row(table, account_id=self.account_of_bob, **equals)

    def run(self, *statements: Any) -> None:
        """Past all our code."""
        with behind_our_back(self.house) as connection:
            for statement in statements:
                connection.execute(statement)

    def edit(self, table: Table, row: Row, **values: Any) -> str:
        """What the record has to name."""
        self.run(update(table).where(table.c.id == row["id"]).values(**values))
        return f"{table.name} {row['id']}"

    def verify(self) -> Verdict:
        path = self.house.settings.anchor_file
        return VerifyRecord(database=self.house.database, keyring=self.house.keyring, path=path)()

    def assert_named(self, where: str, reason: str) -> None:
        verdict = self.verify()
        assert (verdict.ok, verdict.first_bad, verdict.anchored) == (False, where, True)
        assert reason in str(verdict.reason)


@contextmanager
def behind_our_back(house: House) -> Iterator[Connection]:
    with house.database.begin() as tx:  # for its lock alone: neither digests nor witnesses come with it
        yield tx.connection


@pytest.fixture
def scene(house: House, clock: SettableClock) -> Scene:
    ann = Person(house, clock).sign_up().bind_app()
    bob = Person(house, clock, address="bob@example.org", passphrase=OF_BOB).sign_up().bind_app()
    found = Scene(house=house, ann=ann, bob=bob)
    assert found.verify().ok
    house.anchor()
    clock.advance(LATER)
    return found


def refused(reply: Any) -> None:
    """Without a word of why."""
    assert reply.status_code == 500, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json().keys() <= {"type", "title", "status", "code"}, reply.text
    assert "grant" not in reply.text


# -- what is edited, and where it would have been used


def passphrase_of_bob(scene: Scene) -> tuple[str, Any]:
    row, other = (of(authenticators, kind="passphrase") for of in (scene.of_ann, scene.of_bob))
    named = scene.edit(authenticators, row, verifier=other["verifier"])
    return named, answer_sign_in(scene.ann, "passphrase", identifier=scene.ann.address, passphrase=OF_BOB)


def passphrase_of_bob_with_its_digest(scene: Scene) -> tuple[str, Any]:
    row, other = (of(authenticators, kind="passphrase") for of in (scene.of_ann, scene.of_bob))
    same = {name: value for name, value in other.items() if name not in ("id", "account_id")}
    named = scene.edit(authenticators, row, **same)
    return named, answer_sign_in(scene.ann, "passphrase", identifier=scene.ann.address, passphrase=OF_BOB)


def app_of_bob(scene: Scene) -> tuple[str, Any]:
    passage = begin_sign_in(scene.ann)
    row, other = (of(authenticators, kind="totp") for of in (scene.of_ann, scene.of_bob))
    named = scene.edit(authenticators, row, verifier=other["verifier"])
    return named, passage.offer("totp", output=scene.bob.output())


def recovery_code_of_bob(scene: Scene) -> tuple[str, Any]:
    passage = begin_sign_in(scene.ann)
    digests = [each["code_digest"] for each in scene.rows(recovery_codes, account_id=scene.account_of_bob)]
    rows = scene.rows(recovery_codes, account_id=scene.account)
    for row, digest in zip(rows, digests, strict=True):
        scene.edit(recovery_codes, row, code_digest=digest)
    first = min(row["id"] for row in rows)
    return f"recovery_codes {first}", passage.offer("recovery_code", code=scene.bob.codes[0])


def used_recovery_code(scene: Scene) -> tuple[str, Any]:
    begin_sign_in(scene.ann).give("recovery_code", code=scene.ann.codes[0])
    row = next(each for each in scene.rows(recovery_codes, account_id=scene.account) if each["used_at"])
    passage = begin_sign_in(scene.ann)
    return scene.edit(recovery_codes, row, used_at=None), passage.offer("recovery_code", code=scene.ann.codes[0])


def used_step_of_the_app(scene: Scene) -> tuple[str, Any]:
    passage, output = begin_sign_in(scene.ann), scene.ann.output()
    passage.give("totp", output=output)
    again = begin_sign_in(scene.ann)
    row = scene.of_ann(authenticators, kind="totp")
    return scene.edit(authenticators, row, last_step=row["last_step"] - 2), again.offer("totp", output=output)


def session_of_bob(scene: Scene) -> tuple[str, Any]:
    named = scene.edit(sessions, scene.of_bob(sessions), account_id=scene.account)
    return named, scene.bob.http.get("/api/v1/session", headers=scene.bob.bearer)


def session_signed_out(scene: Scene) -> tuple[str, Any]:
    row = scene.of_bob(sessions)
    assert scene.bob.http.delete("/api/v1/session", headers=scene.bob.bearer).status_code == 204
    named = scene.edit(sessions, row, revoked_at=None)
    return named, scene.bob.http.get("/api/v1/session", headers=scene.bob.bearer)


def device_of_bob(scene: Scene) -> tuple[str, Any]:
    """It would spare him the message code at Ann's door."""
    named = scene.edit(devices, scene.of_bob(devices), account_id=scene.account)
    carried = {"Device-Token": scene.bob.device}
    return named, scene.bob.http.post("/api/v1/passages", json={"purpose": "sign_in"}, headers=carried)


def approval_of_bob(scene: Scene) -> tuple[str, Any]:
    token = scene.bob.approve(kind="change", what="passphrase")
    row, session = scene.of_bob(approvals, spent_at=None), scene.of_ann(sessions)
    named = scene.edit(approvals, row, account_id=scene.account, session_id=session["id"])
    return named, change_passphrase(scene.ann, token)


def approval_for_something_else(scene: Scene) -> tuple[str, Any]:
    token = scene.ann.approve(kind="change", what="sign_out_others")
    row = scene.of_ann(approvals, spent_at=None)
    return scene.edit(approvals, row, action='{"kind":"change","what":"passphrase"}'), change_passphrase(
        scene.ann, token
    )


def spent_approval(scene: Scene) -> tuple[str, Any]:
    token = scene.ann.approve(kind="change", what="passphrase")
    row = scene.of_ann(approvals, spent_at=None)
    assert change_passphrase(scene.ann, token).status_code == 204
    return scene.edit(approvals, row, spent_at=None), change_passphrase(scene.ann, token)


def age_of_the_app(scene: Scene) -> tuple[str, Any]:
    row = scene.of_ann(authenticators, kind="totp")
    named = scene.edit(authenticators, row, bound_at=row["bound_at"] - timedelta(days=400))
    return named, answer_sign_in(scene.ann, "passphrase", identifier=scene.ann.address, passphrase=scene.ann.passphrase)


def age_of_the_account(scene: Scene) -> tuple[str, Any]:
    row = scene.row(accounts, id=scene.account)
    named = scene.edit(accounts, row, created_at=row["created_at"] + timedelta(days=1))
    return named, answer_sign_in(scene.ann, "passphrase", identifier=scene.ann.address, passphrase=scene.ann.passphrase)


def address_of_bob(scene: Scene) -> tuple[str, Any]:
    """His mailbox would recover her account."""
    named = scene.edit(identifiers, scene.of_bob(identifiers), account_id=scene.account)
    passage = scene.bob.begin("recover").human()
    return named, passage.offer("identifier", identifier=scene.bob.address)


def address_in_the_place_of_hers(scene: Scene) -> tuple[str, Any]:
    """Codes for her would go to him."""
    row, other = scene.of_ann(identifiers), scene.of_bob(identifiers)
    named = scene.edit(identifiers, row, value_sealed=other["value_sealed"])
    passage = scene.ann.begin("recover").human()
    return named, passage.offer("identifier", identifier=scene.ann.address)


def failures_forgotten(scene: Scene) -> tuple[str, Any]:
    """Every count that was ever made, set back."""
    fail(scene.ann, 3)
    used = sorted(row["id"] for row in scene.rows(limits))
    scene.run(update(limits).values(state="[]"))
    return f"limits {used[0]}", scene.ann.http.post("/api/v1/passages", json={"purpose": "sign_in"})


def passage_of_bob(scene: Scene) -> tuple[str, Any]:
    """Begun by him, and proven to be him."""
    passage = begin_sign_in(scene.bob)
    row = scene.row(passages, id=passage.id)
    named = scene.edit(passages, row, account_id=scene.account)
    return named, passage.offer("totp", output=scene.bob.output())


def tries_of_a_message_code(scene: Scene) -> tuple[str, Any]:
    passage = begin_recovery(scene.ann)
    code = scene.ann.mailbox.newest_code(scene.ann.address)
    passage.refuse("message_code", code=wrong_code(code))
    row = scene.row(message_codes, passage_id=passage.id)
    return scene.edit(message_codes, row, tries=0), passage.offer("message_code", code=code)


EDITS: Sequence[Callable[[Scene], tuple[str, Any]]] = (
    passphrase_of_bob,
    passphrase_of_bob_with_its_digest,
    app_of_bob,
    recovery_code_of_bob,
    used_recovery_code,
    used_step_of_the_app,
    session_of_bob,
    session_signed_out,
    device_of_bob,
    approval_of_bob,
    approval_for_something_else,
    spent_approval,
    age_of_the_app,
    age_of_the_account,
    address_of_bob,
    address_in_the_place_of_hers,
    failures_forgotten,
    passage_of_bob,
    tries_of_a_message_code,
)


def answer_sign_in(person: Person, proof: str, **fields: str) -> Any:
    return person.begin("sign_in").human().offer(proof, **fields)


def change_passphrase(person: Person, approval: str) -> Any:
    headers = {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/passphrase", json={"passphrase": NEW}, headers=headers)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_what_was_edited_is_refused_and_named(scene: Scene, edit: Callable[[Scene], tuple[str, Any]]) -> None:
    named, reply = edit(scene)
    refused(reply)
    scene.assert_named(named, "does not match its own digest")


# -- what was deleted, slipped in, or put back as it once was: no row is there to be refused


def app_deleted(scene: Scene) -> tuple[str, str]:
    row = scene.of_ann(authenticators, kind="totp")
    scene.run(delete(authenticators).where(authenticators.c.id == row["id"]))
    return f"authenticators {row['id']}", "deleted"


def failures_deleted(scene: Scene) -> tuple[str, str]:
    before = {row["id"] for row in scene.rows(limits)}
    fail(scene.ann, 1)
    last_seen = scene.verify()
    assert last_seen.ok
    counted = sorted(witnessed_limits(scene) - before)
    scene.run(delete(limits).where(limits.c.id.in_(counted)))
    return scene.verify().first_bad or "", "deleted"


def failures_put_back(scene: Scene) -> tuple[str, str]:
    fail(scene.ann, 1)
    once = {row["id"]: row for row in scene.rows(limits)}
    fail(scene.ann, 1)
    changed = [row["id"] for row in scene.rows(limits) if once.get(row["id"], row)["row_digest"] != row["row_digest"]]
    first = min(set(changed) & witnessed_limits(scene))
    return scene.edit(limits, once[first], **once[first]), "old copy"


def session_put_back(scene: Scene) -> tuple[str, str]:
    """The row as it was before she signed out, with the digest of that time: the gate alone can't tell."""
    row = scene.of_ann(sessions)
    assert scene.ann.http.delete("/api/v1/session", headers=scene.ann.bearer).status_code == 204
    return scene.edit(sessions, row, revoked_at=None, row_digest=row["row_digest"]), "old copy"


def address_slipped_in(scene: Scene) -> tuple[str, str]:
    copied = {**scene.of_bob(identifiers), "id": "slipped", "account_id": scene.account, "lookup_digest": "00"}
    scene.run(insert(identifiers).values(**copied))
    return "identifiers slipped", "its own digest"


def witnessed_limits(scene: Scene) -> set[str]:
    told = (json.loads(event["witness"]) for event in scene.rows(events))
    return {row_id for witness in told for table, row_id, _ in witness if table == "limits"}


GONE = (app_deleted, failures_deleted, failures_put_back, session_put_back, address_slipped_in)


@pytest.mark.parametrize("change", GONE, ids=lambda change: change.__name__)
def test_what_is_gone_or_back_is_named(scene: Scene, change: Callable[[Scene], tuple[str, str]]) -> None:
    where, reason = change(scene)
    scene.assert_named(where, reason)


# -- the record itself


def event_edited(scene: Scene, last: int) -> int:
    scene.run(update(events).where(events.c.seq == last - 3).values(kind="signed_in"))
    return last - 3


def event_deleted(scene: Scene, last: int) -> int:
    scene.run(delete(events).where(events.c.seq == last - 3))
    return last - 3


def events_reordered(scene: Scene, last: int) -> int:
    for one, other in ((last - 3, 0), (last - 1, last - 3), (0, last - 1)):
        scene.run(update(events).where(events.c.seq == one).values(seq=other))
    return last - 3


def tail_cut(scene: Scene, last: int) -> int:
    """With the head moved back, so that only the anchor tells."""
    mac = scene.row(events, seq=last - 3)["mac"]
    scene.run(delete(events).where(events.c.seq > last - 3), update(record_head).values(seq=last - 3, mac=mac))
    return last - 2


DAMAGES = (event_edited, event_deleted, events_reordered, tail_cut)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_record_is_named(scene: Scene, damage: Callable[[Scene, int], int]) -> None:
    last = scene.house.anchor().seq
    named = damage(scene, last)
    scene.assert_named(f"events {named}", "")
    assert scene.verify().events == named - 1


def test_no_anchor_is_dropped_behind_a_cut(scene: Scene) -> None:
    tail_cut(scene, scene.house.anchor().seq)
    with pytest.raises(Tampered):
        scene.house.anchor()
    assert not scene.verify().ok


def test_a_message_in_the_outbox_goes_to_nobody_else(scene: Scene) -> None:
    """Codes for her would go to him: both recipients are sealed, each for its own message."""
    deliver(scene.house)
    sent = len(scene.ann.mailbox.messages())
    for person in (scene.ann, scene.bob):
        person.begin("recover").human().give("identifier", identifier=person.address)
    hers, his = (scene.row(outbox, account_id=each, state="queued") for each in (scene.account, scene.account_of_bob))
    scene.run(update(outbox).where(outbox.c.id == hers["id"]).values(recipient_sealed=his["recipient_sealed"]))
    assert len(scene.ann.mailbox.messages()) == sent + 1
    assert scene.row(outbox, id=hers["id"])["state"] == "failed"
    assert scene.row(outbox, id=his["id"])["state"] == "handed_over"
