"""What leaves, leaves once, after a plain yes; whatever is cut off is gone on from."""

from datetime import timedelta

import pytest

from examples.exchange.ledger import Refused
from tests.exchange.conftest import PowerCut, Till
from tests.support.ports import free_port
from watchword.relying import Connection, Unavailable


def test_confirmed_it_is_sent_once(till: Till):
    payouts = till.payouts()
    payout, made = till.begin(payouts)
    assert till.has() == ("8.5", "1.5")
    payouts.go_on()
    assert till.find(payout).state == "waiting"
    assert till.network.told == 0
    page = till.holder.confirm(made)
    assert f'href="http://trade.localhost:8081/payouts/{payout}"' in till.holder.http.get(page.headers["location"]).text
    payouts.go_on()
    sent = till.find(payout)
    assert (sent.state, sent.receipt) == ("sent", f"receipt-{payout}")
    assert till.has() == ("8.5", "0")
    payouts.go_on()
    payouts.advance(sent)
    assert till.network.told == 1
    assert till.network.sent[payout]["amount"] == "1.5"


def test_a_new_address_waits_and_what_it_took_is_free_again(till: Till):
    payouts = till.payouts()
    payout, made = till.begin(payouts, address="qry9w8e7r6t5y4u3i2")
    decision = payouts.approvals.preview(till.account, till.find(payout).action)
    assert (decision.allowed, decision.holds[0].cause) == (False, "new_destination")
    till.holder.confirm(made)
    payouts.go_on()
    held = till.find(payout)
    assert (held.state, held.reason) == ("held", "new_destination")
    assert held.opens_at is not None
    assert held.opens_at - till.door.clock() > timedelta(hours=20)
    assert till.has() == ("10", "0")
    assert till.network.told == 0


def test_a_sale_pays_when_it_is_released(till: Till):
    sale = {"kind": "p2p_release", "asset": "ISANT", "amount": "2", "price": "3.5", "currency": "PAPER"}
    payouts = till.payouts()
    first, made = till.begin(payouts, **sale, counterparty="maple-otter")
    till.holder.confirm(made)
    payouts.go_on()
    assert till.find(first).state == "held"  # a counterparty never dealt with
    till.door.clock.advance(timedelta(hours=49))
    till.holder.sign_in()
    till.session = till.holder.session["session"]
    again, made = till.begin(payouts, **sale, counterparty="maple-otter")
    till.holder.confirm(made)
    payouts.go_on()
    assert till.find(again).state == "sent"
    assert (till.has(), till.has("PAPER")) == (("8", "0"), ("17", "0"))


def test_a_crash_after_the_door_was_asked_leaves_it_free_again(till: Till):
    with pytest.raises(PowerCut):
        till.begin(till.cut_after("/api/v1/exits/request"))
    assert till.has() == ("8.5", "1.5")
    till.door.clock.advance(timedelta(minutes=30))
    till.payouts().go_on()
    assert till.has() == ("10", "0")
    assert till.network.told == 0


def test_a_crash_after_it_was_consumed_is_gone_on_from(till: Till):
    """The door has spent the approval, and the desk never wrote it down."""
    payout, made = till.begin()
    till.holder.confirm(made)
    with pytest.raises(PowerCut):
        till.cut_after("/api/v1/approvals/consume").go_on()
    assert till.find(payout).state == "waiting"
    till.door.clock.advance(timedelta(minutes=30))  # the approval itself is long over; the key is what counts
    till.payouts().go_on()
    assert till.find(payout).state == "sent"
    assert till.has() == ("8.5", "0")
    assert till.network.told == 1


def test_a_crash_after_the_broadcast_sends_nothing_twice(till: Till):
    payout, made = till.begin()
    till.holder.confirm(made)

    def cut(key: str, action: object) -> str:
        till.network(key, {})
        raise PowerCut

    with pytest.raises(PowerCut):
        till.payouts(carrier=cut).go_on()
    assert till.find(payout).state == "let_out"
    assert till.has() == ("8.5", "1.5")
    till.payouts().go_on()
    assert till.find(payout).state == "sent"
    assert till.has() == ("8.5", "0")
    assert [*till.network.sent] == [payout]  # told twice, with one key
    assert till.network.told == 2


def test_frozen_between_the_two_it_is_stopped(till_of_another: Till):
    till = till_of_another
    payout, made = till.begin()
    till.holder.confirm(made)
    with pytest.raises(PowerCut):
        till.cut_after("/api/v1/approvals/consume").go_on()
    till.holder.post("/account/freeze")
    till.payouts().go_on()
    stopped = till.find(payout)
    assert (stopped.state, stopped.reason) == ("stopped", "frozen")
    assert till.has() == ("10", "0")
    assert till.network.told == 0


def test_while_the_door_is_down_nothing_leaves(till: Till):
    payout, made = till.begin()
    till.holder.confirm(made)
    with Connection(url=f"http://localhost:{free_port()}", credential=till.door.credential) as nowhere:
        away = till.payouts(nowhere)
        away.go_on()
        with pytest.raises(Unavailable):
            away.advance(till.find(payout))
        with pytest.raises(Unavailable):
            till.begin(away, amount="2")
    assert (till.find(payout).state, till.network.told, till.has()) == ("waiting", 0, ("8.5", "1.5"))
    till.payouts().go_on()
    assert till.find(payout).state == "sent"


def test_never_confirmed_it_is_free_again(till: Till):
    payout, _ = till.begin()
    till.door.clock.advance(timedelta(minutes=40))
    till.payouts().go_on()
    assert till.find(payout).state == "over"
    assert till.has() == ("10", "0")


def test_an_amount_changed_on_the_way_leaves_nothing(till: Till):
    """Somebody who can write into the desk's database after the holder confirmed."""
    payout, made = till.begin()
    till.holder.confirm(made)
    with till.store.begin() as tx:
        tx.execute("UPDATE payouts SET action = replace(action, '\"1.5\"', '\"1.4\"') WHERE id = ?", (payout,))
    assert till.find(payout).action["amount"] == "1.4"
    till.payouts().go_on()
    assert till.find(payout).state == "over"
    assert till.network.told == 0


def test_a_form_sent_twice_begins_once(till: Till):
    payout, _ = till.begin()
    with pytest.raises(Refused, match="begun_before"):
        till.payouts().begin(payout, till.account, till.session, till.find(payout).action)
    assert till.has() == ("8.5", "1.5")


def test_more_than_there_is_is_not_even_asked(till: Till):
    with pytest.raises(Refused, match="too_little"):
        till.begin(amount="10.00000001")
    assert till.has() == ("10", "0")
