"""Exits as a platform's worker lets them out, by way of the library."""

from dataclasses import replace

import pytest

from tests.relying.conftest import Platform
from tests.support.api_keys import ADDRESS, make_key
from tests.support.asked import AskedHolder
from tests.support.exits import confirm, fortify, later, withdrawal
from tests.support.ports import free_port
from watchword.relying import (
    Approvals,
    CallRefused,
    Connection,
    Exit,
    ExitHeld,
    ExitStopped,
    NotConfirmed,
    NotKnown,
    Unavailable,
)


def test_an_exit_from_preview_to_the_look_before_it_is_broadcast(platform: Platform):
    ann = fortify(platform.person())
    confirm(ann, withdrawal())
    holder = AskedHolder(later(ann, hours=25))
    account, session, action = holder.session["account"], holder.session["session"], withdrawal()
    with platform.connection() as connection:
        approvals = Approvals(connection)
        assert approvals.preview(account, action).allowed is True

        asked = approvals.request(account, session, action)
        assert asked.address.startswith(platform.url)
        assert approvals.state(asked) == "waiting"
        leaving = Exit(
            approval=asked.approval, account=account, session=session, action=action, idempotency_key="withdrawal-1"
        )
        with pytest.raises(NotConfirmed):
            approvals.consume(leaving)

        holder.confirm({"address": asked.address})
        assert approvals.state(asked) == "confirmed"
        with pytest.raises(NotConfirmed):
            approvals.consume(replace(leaving, action=withdrawal(amount="251")))
        spent = approvals.consume(leaving)
        assert approvals.consume(leaving) == spent  # an answer that was lost on the way
        assert approvals.recheck(leaving) == spent
        with pytest.raises(NotConfirmed):
            approvals.consume(replace(leaving, idempotency_key="withdrawal-2"))

        assert holder.person.http.post("/api/v1/freeze", headers=holder.person.bearer).status_code == 204
        with pytest.raises(ExitStopped) as stopped:
            approvals.recheck(leaving)
        assert stopped.value.reason == "frozen"
        for shown in (repr(asked), repr(leaving), repr(spent), repr(connection), str(stopped.value)):
            assert asked.approval not in shown
            assert platform.credential not in shown


def test_what_a_key_asks_for_goes_by_the_rules_of_the_key(platform: Platform):
    ann = fortify(platform.person())
    account, action = platform.session(ann)["account"], withdrawal()
    reader = make_key(ann, permissions=["read"])
    mover = make_key(ann, permissions=["transfer"], networks=[ADDRESS])
    with platform.connection() as connection:
        approvals = Approvals(connection)
        assert approvals.preview(account, action, key=reader.id).reason == "api_key"
        assert approvals.preview(account, action, key=mover.id).reason == "api_key"  # it may transfer, not withdraw
        transfer = {"kind": "transfer", "asset": "USDT", "amount": "1", "to": "uwe"}
        decision = approvals.preview(account, transfer, key=mover.id)
        assert {hold.cause for hold in decision.holds} == {"new_destination"}
        assert approvals.preview("another", transfer, key=mover.id).reason == "api_key"


def test_what_waits_says_until_when(platform: Platform):
    ann = platform.person().bind_app()
    with platform.connection() as connection:
        decision = Approvals(connection).preview(platform.session(ann)["account"], withdrawal())
    assert decision.allowed is False
    assert decision.opens_at is not None
    assert decision.holds[0].ends_at == decision.opens_at
    assert {hold.cause for hold in decision.holds} == {"new_destination", "first_second_step"}


def test_what_is_refused_says_so_and_nothing_goes(platform: Platform):
    with platform.connection() as connection:
        approvals = Approvals(connection)
        with pytest.raises(NotKnown):
            approvals.preview("nobody", withdrawal())
        with pytest.raises(CallRefused) as refused:
            approvals.preview("nobody", {"kind": "fly"})
        assert (refused.value.status, refused.value.code) == (422, "unacceptable")
        with pytest.raises(NotConfirmed):
            approvals.consume(Exit(approval="none", account="a", session="s", action=withdrawal(), idempotency_key="k"))


def test_a_revoked_service_is_told_nothing(platform: Platform):
    platform.house.core.services.revoke("desk")
    with platform.connection() as connection, pytest.raises(CallRefused) as refused:
        Approvals(connection).preview("nobody", withdrawal())
    assert refused.value.status == 401


def test_no_answer_is_no_yes():
    connection = Connection(url=f"http://localhost:{free_port()}", credential="none", timeout=2)
    with connection, pytest.raises(Unavailable) as failed:
        Approvals(connection).consume(
            Exit(approval="token-of-it", account="a", session="s", action=withdrawal(), idempotency_key="k")
        )
    assert "token-of-it" not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    "url", ["http://door.example", "https://door.example/path", "https://user:word@door.example", "ftp://localhost", ""]
)
def test_a_credential_goes_only_to_a_door_by_https(url: str):
    with pytest.raises(ValueError):
        Connection(url=url, credential="secret")


def test_a_held_exit_has_its_holds():
    assert ExitHeld(None, ()).holds == ()
