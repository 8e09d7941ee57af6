"""Somebody who was put out goes on with a confirmation that was begun before: every proof of it is at hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.acts import ONLY_SQLITE
from tests.support.exits import OTHER_EVM, withdrawal
from tests.support.freezing import another, devices, remove_device
from tests.support.house import Passage, Person
from watchword.app import House
from watchword.storage.schema import approvals, destinations


def _remove_his_device(owner: Person, _: Person) -> None:
    his = next(each["id"] for each in devices(owner) if not each["this_one"])
    assert remove_device(owner, his).status_code == 204


def _sign_out_others(owner: Person, _: Person) -> None:
    headers = {**owner.bearer, "Approval": owner.approve(kind="change", what="sign_out_others")}
    assert owner.http.delete("/api/v1/sessions/others", headers=headers).status_code == 204


def _sign_out(_: Person, thief: Person) -> None:
    assert thief.http.delete("/api/v1/session", headers=thief.bearer).status_code == 204


def _let_it_lie(_: Person, thief: Person) -> None:
    """Until the session is a day old; the confirmation was begun in its last minutes."""
    thief.clock.advance(timedelta(minutes=14))


@pytest.mark.parametrize("put_out", [_remove_his_device, _sign_out_others, _sign_out, _let_it_lie])
@ONLY_SQLITE
def test_what_was_begun_in_a_session_ends_with_it(
    house: House, fortified: Person, put_out: Callable[[Person, Person], None]
) -> None:
    thief = another(fortified)
    for _ in range(28):
        thief.clock.advance(timedelta(minutes=51))
        assert thief.http.get("/api/v1/session", headers=thief.bearer).status_code == 200
    fortified.sign_in()
    passage = thief.begin("confirm", action=withdrawal(address=OTHER_EVM))
    passage.give("totp", output=thief.output())
    put_out(fortified, thief)
    before = _kept(house)
    assert passage.offer("trading_passphrase", passphrase="860274").status_code == 410  # no place to guess either
    assert _again(passage) == 410
    looked = passage.http.get(f"/api/v1/passages/{passage.id}", headers=passage.headers)
    assert looked.status_code in (404, 405, 410)
    assert _kept(house) == before


def _again(passage: Passage) -> int:
    return int(passage.http.post(f"/api/v1/passages/{passage.id}/messages", headers=passage.headers).status_code)


def _kept(house: House) -> tuple[int, int]:
    """Approvals that were given, destinations that were named."""
    with house.database.read() as tx:
        return tuple(len(tx.connection.execute(select(each.c.id)).all()) for each in (approvals, destinations))  # type: ignore[return-value]
