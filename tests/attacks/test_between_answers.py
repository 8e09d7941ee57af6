"""Whoever writes to the database between two answers of one passage gains nothing by what the first one had read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Table, update

from tests.support.exits import TRADING, Platform, begin, confirm, later, withdrawal
from tests.support.house import Passage, Person
from watchword.foundation.terms import AuthenticatorKind
from watchword.storage.database import open_database
from watchword.storage.schema import accounts, authenticators, destinations, devices, identifiers, limits, passages

EDITS: dict[str, tuple[Table, Any, dict[str, Any]]] = {
    "the account speaks another language": (accounts, accounts.c.id != "decoy", {"language": "zh-Hans"}),
    "the app renews a senior one": (authenticators, authenticators.c.kind == AuthenticatorKind.TOTP, {"renews": True}),
    "the device is older": (devices, devices.c.id.is_not(None), {"bound_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    "the destination was named before": (destinations, destinations.c.id.is_not(None), {"destination_sealed": "v1.AA"}),
    "the passage began with another proof": (passages, passages.c.state == "open", {"proofs": "[]"}),
    "wrong answers were none": (limits, limits.c.state != "[]", {"state": "[]"}),
    "codes go elsewhere": (identifiers, identifiers.c.account_id != "decoy", {"value_sealed": "v1.AA"}),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_the_last_answer_finds_what_was_changed_since_the_one_before(
    fortified: Person, edit: tuple[Table, Any, dict[str, Any]]
) -> None:
    platform, action = Platform(fortified.house), withdrawal(amount="1")
    platform.consume(fortified, confirm(fortified, action), action)  # names the destination
    later(fortified, hours=25)
    state = begin(fortified, action).json()
    headers = {"Device-Token": fortified.device, **fortified.bearer, "Passage-Token": state["token"]}
    passage = Passage(fortified.http, state, headers).give("totp", output=fortified.output())

    table, where, values = edit
    other = open_database(fortified.house.settings.database_url)
    with other.begin() as tx:
        assert tx.execute(update(table).where(where).values(**values)).rowcount
    other.close()

    reply = passage.offer("trading_passphrase", passphrase=TRADING)
    assert reply.status_code == 500, reply.text
    assert "grant" not in reply.text
