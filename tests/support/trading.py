"""A person with a trading passphrase, and the step of a confirmation that asks it."""

from datetime import timedelta
from typing import Any

from tests.support.house import Passage, Person

DIGITS, OTHER, THIRD = "835192", "406937", "583046"
WRONG = "914703"
NETWORK_ADDRESS = "TQ5pFqv9hKcSkQ4dPq5mXo9mXwYyqzL3aB"


def put_trading(person: Person, approval: str | None, passphrase: str = DIGITS) -> Any:
    headers = person.bearer if approval is None else {**person.bearer, "Approval": approval}
    return person.http.put("/api/v1/trading-passphrase", json={"passphrase": passphrase}, headers=headers)


def set_trading(person: Person, passphrase: str = DIGITS) -> Person:
    done = put_trading(person, person.approve(kind="change", what="trading_passphrase"), passphrase)
    assert done.status_code == 204, done.text
    return person


def ready_to_exit(person: Person, passphrase: str = DIGITS) -> Person:
    """App and trading passphrase are bound, and a day has passed."""
    set_trading(person.bind_app(), passphrase)
    person.clock.advance(timedelta(hours=25))
    return person.sign_in()


def withdrawal(**changed: Any) -> dict[str, Any]:
    action = {"kind": "withdraw", "asset": "USDT", "network": "tron", "address": NETWORK_ADDRESS, "memo": None}
    return {**action, "amount": "12.5", **changed}


def at_trading_step(person: Person, **action: Any) -> Passage:
    """A confirmation whose second step is proven."""
    passage = person.begin("confirm", action=action or withdrawal()).give("totp", output=person.output())
    assert passage.asks == ["trading_passphrase"], passage.asks
    return passage


def fail_trading(passage: Passage, times: int) -> list[int]:
    """Wrong ones; gives what was answered to each."""
    return [passage.offer("trading_passphrase", passphrase=WRONG).status_code for _ in range(times)]
