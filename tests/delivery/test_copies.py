"""Copies of messages: kept in the transaction of the message, sealed, blank where it was secret, for their holder."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.delivery.rows import ACCOUNT, write
from tests.delivery.samples import CODE, FREEZE_LINK, NOTICES, SIGN_IN, TEN_MINUTES, mailbox_of, phone_of
from tests.support.clock import SettableClock
from watchword.crypto.keyring import Unsealable
from watchword.delivery.copies.copies import KeptCopy
from watchword.delivery.messages import MessageKind
from watchword.delivery.messages.render import BLANK
from watchword.delivery.outbox import Outbox
from watchword.foundation.terms import AccountId, MessageId
from watchword.storage.database import Database
from watchword.storage.schema import message_copies as table
from watchword.storage.trusted import Row

OTHER = AccountId("account-2")
ADA = "ada@example.org"


def rows(database: Database) -> list[Row]:
    with database.read() as tx:
        return [row._asdict() for row in tx.connection.execute(select(table).order_by(table.c.sent_at)).all()]


def listed(
    database: Database, outbox: Outbox, account: AccountId = ACCOUNT, *addresses: str, **where: object
) -> list[KeptCopy]:
    before = where.get("before")
    with database.read() as tx:
        return outbox.copies.list(
            tx, account, addresses, before=None if before is None else MessageId(str(before)), count=10
        )


def test_keeps_what_was_said_but_for_code_stamp_and_link(database: Database, outbox: Outbox) -> None:
    code = write(database, outbox, SIGN_IN, mailbox_of(stamp="lake tiger"))
    alert = write(database, outbox, NOTICES[1], mailbox_of(stamp="lake tiger", freeze_link=FREEZE_LINK))
    stored = " ".join(str(value) for row in rows(database) for value in row.values())
    assert not [secret for secret in (ADA, CODE, "lake tiger", FREEZE_LINK, "Firefox") if secret in stored]
    copies = {copy.id: copy for copy in listed(database, outbox)}
    assert set(copies) == {code, alert}
    assert copies[code].kind == MessageKind.SIGN_IN_CODE
    assert (copies[code].to, copies[code].channel) == (ADA, "email")
    assert "Firefox on Windows" in copies[code].text
    for copy in copies.values():
        assert BLANK in copy.text
        assert not [secret for secret in (CODE, "lake tiger", FREEZE_LINK) if secret in copy.text + copy.subject]
        assert copy.to not in repr(copy)


def test_of_an_sms_too(database: Database, outbox: Outbox) -> None:
    write(database, outbox, SIGN_IN, phone_of())
    (copy,) = listed(database, outbox)
    assert (copy.channel, copy.to) == ("sms", "+491512345678")
    assert copy.text.splitlines()[-1] == BLANK


def test_a_message_that_is_never_sent_leaves_an_empty_row_of_nobody(database: Database, outbox: Outbox) -> None:
    """As large as a copy, so that writing it takes as long."""
    write(database, outbox)
    write(database, outbox, unsent=True)
    copy, empty = sorted(rows(database), key=lambda row: row["account_id"] is None)
    assert empty["account_id"] is None
    assert set(empty["address_digest"]) == set(empty["copy_sealed"]) == {"-"}
    assert [len(empty[name]) for name in ("address_digest", "copy_sealed")] == [
        len(copy[name]) for name in ("address_digest", "copy_sealed")
    ]
    assert len(listed(database, outbox)) == 1


def test_a_rollback_takes_the_copy_along(database: Database, outbox: Outbox) -> None:
    def fail() -> None:
        with database.begin() as tx:
            outbox.enqueue(tx, SIGN_IN, mailbox_of(), account=ACCOUNT, expires_in=TEN_MINUTES)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert rows(database) == []


def test_belong_to_the_account_and_to_whoever_has_the_address(database: Database, outbox: Outbox) -> None:
    """What went to an address before it had an account is its holder's; what went to an account is nobody else's."""
    with database.begin() as tx:
        outbox.enqueue(tx, SIGN_IN, mailbox_of(), account=None, expires_in=TEN_MINUTES)
    write(database, outbox, NOTICES[0])
    assert [copy.kind for copy in listed(database, outbox)] == ["already_registered"]
    assert len(listed(database, outbox, ACCOUNT, ADA)) == 2
    assert [copy.kind for copy in listed(database, outbox, OTHER, ADA, "eve@example.org")] == ["sign_in_code"]
    assert listed(database, outbox, OTHER, "eve@example.org") == []


def test_pages_follow_each_other_even_within_one_moment(
    database: Database, outbox: Outbox, clock: SettableClock
) -> None:
    sent = []
    for _ in range(4):
        sent += [write(database, outbox) for _ in range(6)]
        clock.advance(timedelta(seconds=1))
    found: list[str] = []
    while page := listed(database, outbox, before=found[-1] if found else None):
        found += [copy.id for copy in page]
    assert sorted(found) == sorted(sent)
    assert found[:6] == sorted(sent[-6:], reverse=True)


def test_found_by_its_reference_within_the_account(database: Database, outbox: Outbox) -> None:
    message = write(database, outbox)
    reference = rows(database)[0]["reference"]
    with database.read() as tx:
        found = outbox.copies.find_by_reference(tx, ACCOUNT, [], reference)
        assert found is not None
        assert found.id == message
        assert outbox.copies.find_by_reference(tx, ACCOUNT, [], "BBBBBBBB") is None
        assert outbox.copies.find_by_reference(tx, OTHER, ["eve@example.org"], reference) is None
        assert outbox.copies.find(tx, OTHER, [], message) is None


@pytest.mark.parametrize(
    "edit",
    [
        {"account_id": "account-2"},
        {"account_id": None},
        {"kind": "new_device"},
        {"reference": "KTRMBXDF"},
        {"channel": "sms"},
        {"id": "another"},
        {"copy_sealed": "v1.AAAA"},
    ],
    ids="-".join,
)
def test_a_row_edited_or_moved_does_not_open(database: Database, outbox: Outbox, edit: dict[str, str | None]) -> None:
    write(database, outbox)
    with database.begin() as tx:
        tx.connection.execute(update(table).values(**edit))
    owner = AccountId(edit.get("account_id") or ACCOUNT)
    with pytest.raises(Unsealable):
        listed(database, outbox, owner, ADA)


def test_are_forgotten_in_time(database: Database, outbox: Outbox, clock: SettableClock) -> None:
    write(database, outbox)
    clock.advance(timedelta(days=1))
    kept = write(database, outbox)
    with database.begin() as tx:
        assert outbox.copies.forget(tx, clock() - timedelta(hours=1)) == 1
    assert [row["id"] for row in rows(database)] == [kept]
