"""Counters on SQLite and PostgreSQL: all or nothing, races, restarts, what the record hears of."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.support.clock import NOON
from tests.support.parallel import at_once
from tests.support.statements import count_statements
from watchword.foundation.errors import Busy, Tampered
from watchword.limits.budget import Budget
from watchword.limits.counters import Answered, Counters, Refused, Spend, Spent
from watchword.limits.gcra import Rate
from watchword.limits.limit import NEVER
from watchword.limits.named import limits_from
from watchword.limits.order import OutOfOrder
from watchword.limits.run import Run
from watchword.limits.store import LimitStore
from watchword.limits.window import Window
from watchword.storage.database import Database, Transaction, open_database
from watchword.storage.schema import limits

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TEN = Window("ten", 10, HOUR)
THREE = Window("three", 3, DAY)
FEW = Rate("few", 5, HOUR)
ROW = Run("row", 4, 2)
SENT = Budget("sent", 8, DAY, sample=2, share=50)


@dataclass
class Bench:
    """Counters over a database, and what the record would hear."""

    database: Database
    counters: Counters
    heard: list[tuple[str, str, str | None]] = field(default_factory=list)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        with self.database.begin() as tx:
            tx.before_commit(lambda: self.heard.extend(tx.take_witnesses()), last=True)
            yield tx

    def spend(self, *spends, now=NOON) -> Spent | Refused:
        with self.begin() as tx:
            return self.counters.spend(tx, [Spend(*each) for each in spends], now)

    def passes(self, *spends, now=NOON) -> bool:
        return isinstance(self.spend(*spends, now=now), Spent)

    def used(self, limit, subject="a", now=NOON) -> int:
        with self.database.read() as tx:
            return self.counters.peek(tx, limit, subject, now).used

    def give_back(self, spent: Spent, now=NOON) -> None:
        with self.begin() as tx:
            self.counters.give_back(tx, spent, now)

    def rows(self) -> int:
        with self.database.read() as tx:
            return tx.connection.scalar(select(func.count()).select_from(limits)) or 0


@pytest.fixture
def bench(database, keyring) -> Bench:
    return Bench(database, Counters(LimitStore(keyring), keyring))


def spent(outcome: Spent | Refused) -> Spent:
    assert isinstance(outcome, Spent)
    return outcome


# -- one after another


@pytest.mark.parametrize("limit", [TEN, FEW, ROW])
def test_it_passes_its_amount_and_no_more(bench, limit):
    assert [bench.passes((limit, "a")) for _ in range(limit.amount + 1)] == [True] * limit.amount + [False]
    assert bench.used(limit) == limit.amount


def test_a_refusal_says_which_limit_and_when(bench):
    for _ in range(3):
        bench.spend((TEN, "a"), (THREE, "a"))
    refused = bench.spend((TEN, "a"), (THREE, "a"), now=NOON + HOUR)
    assert refused == Refused(NOON + DAY, THREE)
    assert bench.spend((THREE, "a"), now=NOON + DAY) != refused


def test_of_several_refusals_the_one_that_opens_last_is_told(bench):
    for _ in range(4):
        bench.spend((ROW, "a"))
    for _ in range(3):
        bench.spend((THREE, "a"))
    assert bench.spend((ROW, "a"), (THREE, "a")) == Refused(NEVER, ROW)
    assert bench.spend((THREE, "a"), (ROW, "a")) == Refused(NEVER, ROW)


def test_all_are_spent_or_none(bench):
    for _ in range(3):
        bench.spend((THREE, "a"))
    assert not bench.passes((TEN, "a"), (THREE, "a"), (FEW, "a"))
    assert (bench.used(TEN), bench.used(FEW), bench.used(THREE)) == (0, 0, 3)


def test_the_same_limit_twice_in_one_call_counts_twice(bench):
    assert bench.passes((THREE, "a"), (THREE, "a"))
    assert not bench.passes((THREE, "a"), (THREE, "a"))
    assert bench.used(THREE) == 2


def test_nothing_asked_nothing_spent(bench):
    with count_statements(bench.database) as statements:
        assert bench.spend() == Spent()
    assert statements.count == 0


def test_subjects_limits_and_kinds_are_counted_apart(bench):
    bench.spend((TEN, ("a", "b")))
    for limit, subject in [(TEN, ("b", "a")), (TEN, "ab"), (TEN, ("ab",)), (TEN, "a"), (THREE, ("a", "b"))]:
        assert bench.used(limit, subject) == 0
    assert bench.used(Rate("ten", 10, HOUR), ("a", "b")) == 0
    assert bench.used(TEN, ("a", "b")) == 1


def test_a_word_and_a_single_part_are_one_subject(bench):
    bench.spend((TEN, "a"))
    assert bench.used(TEN, ("a",)) == 1


def test_a_row_does_not_say_whom_it_counts(bench):
    bench.spend((TEN, "ann@example.com"))
    with bench.database.read() as tx:
        row = tx.connection.execute(select(limits)).one()
    assert "ann" not in str(row)
    assert "ten" not in str(row)


def test_a_refusal_runs_the_statements_of_a_spend(bench):
    spends = [(THREE, "a"), (TEN, "a"), (ROW, "a")]
    seen = []
    for passes in (True, True, True, False):
        with count_statements(bench.database) as statements:
            assert bench.passes(*spends) is passes
        seen.append(statements.texts)
    assert seen[3] == seen[2] == seen[0]


# -- giving back


def test_a_success_gives_back_its_own(bench):
    first = spent(bench.spend((TEN, "a"), (FEW, "a"), (ROW, "a")))
    bench.spend((TEN, "a"), (FEW, "a"), (ROW, "a"), now=NOON + timedelta(seconds=1))
    bench.give_back(first, now=NOON + timedelta(seconds=2))
    assert (bench.used(TEN), bench.used(ROW)) == (1, 1)
    bench.give_back(first)
    assert bench.used(TEN) == 1


def test_two_spends_are_given_back_together(bench):
    both = spent(bench.spend((TEN, "a"))).and_also(spent(bench.spend((ROW, "a"))))
    bench.give_back(both)
    assert (bench.used(TEN), bench.used(ROW)) == (0, 0)


def test_a_success_ends_a_row_with_what_it_gives_back(bench):
    for _ in range(3):
        bench.spend((ROW, "a"))
    last = spent(bench.spend((TEN, "a")))
    with bench.begin() as tx:
        bench.counters.give_back(tx, last, NOON, ending=[(ROW, "a"), (ROW, "nobody counted")])
    assert (bench.used(TEN), bench.used(ROW)) == (0, 0)


def test_giving_back_nothing_or_to_a_row_that_is_gone_does_nothing(bench):
    bench.give_back(Spent())
    first = spent(bench.spend((TEN, "a")))
    with bench.begin() as tx:
        bench.counters.purge(tx, NOON + 3 * DAY)
    bench.give_back(first)
    assert bench.rows() == 0


def test_the_end_of_a_run_opens_it(bench):
    for _ in range(4):
        bench.spend((ROW, "a"))
    assert not bench.passes((ROW, "a"))
    with bench.begin() as tx:
        bench.counters.end_runs(tx, ROW, ["a", "never seen"], NOON)
        bench.counters.end_runs(tx, ROW, [], NOON)
    assert bench.used(ROW) == 0
    assert bench.passes((ROW, "a"))


def test_a_budget_opens_when_what_was_sent_comes_back(bench):
    for _ in range(2):
        bench.spend((SENT, "+49"))
    assert not bench.passes((SENT, "+49"))
    with bench.begin() as tx:
        bench.counters.came_back(tx, [Answered(SENT, "+49", NOON - DAY)])
        assert not bench.counters.peek(tx, SENT, "+49", NOON).allowed
        bench.counters.came_back(tx, [Answered(SENT, "+49", NOON)])
    assert bench.passes((SENT, "+49"))


def test_what_comes_back_counts_before_what_is_spent_with_it(bench):
    for _ in range(2):
        bench.spend((SENT, "+49"))
    with bench.begin() as tx:
        back = [Answered(SENT, "+49", NOON), Answered(SENT, "never sent", NOON)]
        assert isinstance(bench.counters.spend(tx, [Spend(SENT, "+49")], NOON, answered=back), Spent)
    assert bench.used(SENT, "+49") == 3


# -- counted and decided in one transaction


def test_what_is_given_back_by_the_transaction_that_spent_it_is_not_written(bench):
    bench.spend((THREE, "a"), (ROW, "a"))
    bench.heard.clear()
    with count_statements(bench.database) as statements, bench.begin() as tx:
        outcome = bench.counters.spend(tx, [Spend(THREE, "a"), Spend(ROW, "a")], NOON)
        bench.counters.give_back(tx, spent(outcome), NOON)
    assert not any("UPDATE limits" in text for text in statements.texts)
    assert bench.heard == []
    assert (bench.used(THREE), bench.used(ROW)) == (1, 1)


def test_a_spend_shows_to_its_own_transaction_before_it_is_written(bench):
    with bench.begin() as tx:
        for used in range(THREE.amount):
            assert bench.counters.peek(tx, THREE, "a", NOON).used == used
            assert isinstance(bench.counters.spend(tx, [Spend(THREE, "a")], NOON), Spent)
        assert isinstance(bench.counters.spend(tx, [Spend(THREE, "a")], NOON), Refused)
        assert bench.used(THREE) == 0
    assert bench.used(THREE) == 3


def test_part_of_what_was_spent_is_written_where_part_is_given_back(bench):
    with bench.begin() as tx:
        first = spent(bench.counters.spend(tx, [Spend(THREE, "a"), Spend(ROW, "a")], NOON))
        bench.counters.spend(tx, [Spend(THREE, "a")], NOON)
        bench.counters.give_back(tx, first, NOON)
    assert (bench.used(THREE), bench.used(ROW)) == (1, 0)


def test_a_refused_spend_is_written_like_any_other(bench):
    for _ in range(3):
        bench.spend((THREE, "a"))
    with count_statements(bench.database) as statements:
        assert not bench.passes((THREE, "a"))
    assert [text.split()[0] for text in statements.texts] == ["INSERT", "UPDATE"]


def test_a_refused_spend_changes_no_row_though_keys_and_policy_are_newer(bench, randomness):
    """What was written under an older root, or with another period, is not another row for the record."""
    for _ in range(4):
        bench.spend((ROW, "a"), (SENT, "a"))
    bench.heard.clear()
    rotated = bench.counters.keyring.rotated(randomness)
    newer = Bench(bench.database, replace(bench.counters, store=LimitStore(rotated)), bench.heard)
    longer = replace(SENT, per=2 * DAY)
    assert not newer.passes((ROW, "a"), (longer, "a"))
    assert bench.heard == []


def test_a_transaction_that_comes_to_nothing_spends_nothing(bench):
    def spend_and_fail() -> None:
        with bench.begin() as tx:
            bench.counters.spend(tx, [Spend(THREE, "a")], NOON)
            raise LookupError

    with pytest.raises(LookupError):
        spend_and_fail()
    assert bench.used(THREE) == 0


def test_rows_of_somebody_known_are_read_again_only_where_others_can_write(bench):
    bench.spend((THREE, "a"), (ROW, "a"))
    seen = []
    for _ in range(2):
        with count_statements(bench.database) as statements, bench.begin() as tx:
            tx.remember()
            outcome = bench.counters.spend(tx, [Spend(THREE, "a"), Spend(ROW, "a")], NOON)
            bench.counters.give_back(tx, spent(outcome), NOON)
        seen.append([text.split()[0] for text in statements.texts])
    assert seen == ([["SELECT"], []] if bench.database.is_sqlite else [["INSERT"], ["INSERT"]])
    bench.spend((THREE, "a"))
    with bench.begin() as tx:
        tx.remember()
        assert bench.counters.peek(tx, THREE, "a", NOON).used == 2
        assert isinstance(bench.counters.spend(tx, [Spend(THREE, "a"), Spend(THREE, "b")], NOON), Spent)
    assert not bench.passes((THREE, "a"))


def test_of_many_who_count_and_decide_at_once_none_goes_uncounted(bench):
    """Each holds its rows until it has decided: the next one sees what became of it."""
    right = {7, 19, 31}

    def guess(number: int) -> bool:
        with bench.begin() as tx:
            outcome = bench.counters.spend(tx, [Spend(TEN, "a"), Spend(ROW, "a")], NOON)
            if isinstance(outcome, Refused):
                return False
            if number in right:
                bench.counters.give_back(tx, outcome, NOON)
        return number not in right

    assert at_once(40, guess).count(True) == ROW.amount
    assert (bench.used(TEN), bench.used(ROW)) == (4, 4)


# -- what survives


def test_a_spend_survives_the_rollback_of_what_follows(bench):
    outcome = spent(bench.spend((THREE, "a")))

    def give_back_and_fail() -> None:
        with bench.begin() as tx:
            bench.counters.give_back(tx, outcome, NOON)
            raise LookupError

    with pytest.raises(LookupError):
        give_back_and_fail()
    assert bench.used(THREE) == 1


def test_counts_hold_over_a_restart(bench, database_url, keyring):
    for _ in range(3):
        bench.spend((THREE, "a"))
    again = open_database(database_url)
    try:
        after = Bench(again, Counters(LimitStore(keyring), keyring))
        assert not after.passes((THREE, "a"), now=NOON + HOUR)
    finally:
        again.close()


def test_counts_hold_over_a_rotation_of_keys(bench, keyring, randomness):
    bench.spend((THREE, "a"))
    rotated = keyring.rotated(randomness)
    bench.counters = Counters(LimitStore(rotated), rotated)
    bench.spend((THREE, "a"))
    assert bench.used(THREE) == 2


def test_a_row_that_was_set_back_by_hand_is_refused(bench):
    bench.spend((THREE, "a"))
    with bench.database.begin() as tx:
        tx.connection.execute(update(limits).values(state="[]"))
    with pytest.raises(Tampered):
        bench.spend((THREE, "a"))


def test_a_row_copied_from_another_subject_is_refused(bench):
    bench.spend((THREE, "a"))
    bench.spend((THREE, "b"))
    with bench.database.begin() as tx:
        first, second = tx.connection.execute(select(limits).order_by(limits.c.id)).all()
        copied = {"state": first.state, "idle_at": first.idle_at, "row_digest": first.row_digest}
        tx.connection.execute(update(limits).where(limits.c.id == second.id).values(copied))
    with pytest.raises(Tampered):
        bench.spend((THREE, "a"), (THREE, "b"))


def test_the_record_hears_of_guesses_and_not_of_rates(bench):
    bench.spend((FEW, "a"))
    assert bench.heard == []
    bench.spend((TEN, "a"), (ROW, "a"), (FEW, "a"))
    assert [table for table, _, _ in bench.heard] == ["limits", "limits"]
    bench.heard.clear()
    for _ in range(3):
        bench.spend((THREE, "a"))
    bench.heard.clear()
    assert not bench.passes((THREE, "a"), (ROW, "b"))
    assert bench.heard == []


# -- the order of locks


LATER, LAST = Window("later", 10, HOUR, 2), Window("last", 1, DAY, 3)


def in_one(bench, *calls) -> None:
    """A name of ``Counters`` and what it is given, call after call in one transaction."""
    with bench.begin() as tx:
        for name, *given in calls:
            getattr(bench.counters, name)(tx, *given)


def of(*spends):
    return ("spend", [Spend(*each) for each in spends], NOON)


def test_a_limit_of_a_lower_rank_is_refused_after_one_of_a_higher(bench):
    with pytest.raises(OutOfOrder, match="rank 1 after one of rank 2"):
        in_one(bench, of((LATER, "a")), of((TEN, "a")))
    assert (bench.used(TEN), bench.used(LATER)) == (0, 0)


def test_one_of_the_same_rank_in_a_second_call_is_refused_too(bench):
    """Which of the two comes first is drawn with the keys."""
    with pytest.raises(OutOfOrder):
        in_one(bench, of((TEN, "a")), of((TEN, "b")))


def test_giving_back_and_what_came_back_keep_to_the_order(bench):
    outcome = spent(bench.spend((TEN, "a")))
    bench.spend((SENT, "+49"))
    with pytest.raises(OutOfOrder):
        in_one(bench, of((LATER, "a")), ("give_back", outcome, NOON))
    with pytest.raises(OutOfOrder):
        in_one(bench, of((LATER, "a")), ("came_back", [Answered(SENT, "+49", NOON)]))


def test_a_row_that_was_not_there_is_no_row_that_is_held(bench):
    with pytest.raises(OutOfOrder):
        in_one(bench, ("came_back", [Answered(SENT, "+49", NOON)]), of((SENT, "+49")))


def test_what_is_held_and_what_is_higher_is_taken_in_any_number_of_calls(bench):
    with bench.begin() as tx:
        bench.counters.spend(tx, [Spend(FEW, "a")], NOON)
        first = spent(bench.counters.spend(tx, [Spend(TEN, "a"), Spend(LATER, "a")], NOON))
        bench.counters.give_back(tx, first, NOON)
        bench.counters.spend(tx, [Spend(TEN, "a")], NOON)
        bench.counters.spend(tx, [Spend(LAST, "a")], NOON)
    assert (bench.used(TEN), bench.used(LATER)) == (1, 0)


def test_runs_are_ended_beside_others_of_their_rank_and_not_after_higher_ones(bench):
    bench.spend((ROW, "a"))
    in_one(bench, of((LATER, "a")), ("end_runs", ROW, ["a"], NOON))
    assert bench.used(ROW) == 0
    bench.spend((ROW, "a"))
    with pytest.raises(OutOfOrder):
        in_one(bench, of((LAST, "a")), ("end_runs", ROW, ["a"], NOON))


def test_each_transaction_begins_anew(bench):
    bench.spend((LATER, "a"))
    assert bench.passes((TEN, "a"))


# -- tidying up


def test_rows_that_say_nothing_any_more_go(bench):
    kept = Run("row", 4, 2)
    bench.spend((TEN, "a"), (FEW, "a"), (kept, "a"), now=NOON)
    bench.heard.clear()
    with bench.begin() as tx:
        assert bench.counters.purge(tx, NOON + DAY) == 0
        assert bench.counters.purge(tx, NOON + HOUR + DAY + timedelta(seconds=1)) == 2
    assert bench.rows() == 1
    assert bench.used(kept) == 1
    assert [(table, digest) for table, _, digest in bench.heard] == [("limits", None)]


def test_only_so_many_go_at_once(bench):
    for number in range(5):
        bench.spend((FEW, str(number)))
    with bench.begin() as tx:
        assert bench.counters.purge(tx, NOON + 3 * DAY, at_most=3) == 3
    assert bench.rows() == 2


class Robbed(LimitStore):
    """Somebody changes a row that is held."""

    def change(self, tx, rows, changes, *, witnessed):
        self.delete(tx, [row["id"] for row in rows[:1]])
        return super().change(tx, rows, changes, witnessed=witnessed)


def test_a_row_that_changed_under_our_hands_makes_it_busy_and_never_free(bench, keyring):
    bench.counters = Counters(Robbed(keyring), keyring)
    with pytest.raises(Busy):
        bench.spend((TEN, "a"))


# -- many at once


@pytest.mark.parametrize("limit", [TEN, Rate("few", 10, HOUR), Run("row", 10)])
def test_of_fifty_at_once_the_amount_passes(bench, limit):
    outcomes = at_once(50, lambda _number: bench.passes((limit, "a")))
    assert outcomes.count(True) == 10
    assert bench.used(limit) == 10


def test_of_fifty_at_once_on_several_limits_the_narrowest_counts_for_all(bench):
    everybody = Rate("everybody", 1000, HOUR)

    def attempt(number: int) -> bool:
        spends = [(TEN, "a"), (THREE, "a"), (everybody, "all"), (ROW, str(number % 5))]
        return bench.passes(*(spends if number % 2 else reversed(spends)))

    assert at_once(50, attempt).count(True) == 3
    assert (bench.used(TEN), bench.used(THREE), bench.used(everybody, "all")) == (3, 3, 3)


def test_spending_and_giving_back_at_once_loses_nothing(bench):
    """In the manner of the gate: several calls in one transaction, in the order of ranks."""
    named = limits_from({})
    outer, quiet = named.passphrase_unknown, named.passphrase_account

    def attempt(number: int) -> bool:
        with bench.begin() as tx:
            first = bench.counters.spend(tx, [Spend(limit, str(number % 2)) for limit in outer], NOON)
            if isinstance(first, Refused):
                return False
            second = bench.counters.spend(
                tx, [*(Spend(limit, "account") for limit in quiet), Spend(named.failures_in_row, "x")], NOON
            )
        if number % 3:
            return False
        with bench.begin() as tx:
            bench.counters.give_back(tx, first.and_also(spent(second)) if isinstance(second, Spent) else first, NOON)
            bench.counters.end_runs(tx, named.failures_in_row, ["x"], NOON)
        return True

    at_once(40, attempt)
    for limit in outer:
        assert bench.used(limit, "0") <= 10
        assert bench.used(limit, "1") <= 10
    assert bench.used(quiet[0], "account") <= 10


def test_rows_missing_and_present_are_locked_without_waiting_for_each_other(bench):
    """Some rows were tidied up and others not: the case in which a careless order would deadlock."""
    wide = [Window(f"w{number}", 100, HOUR) for number in range(6)]
    for limit in wide[::2]:
        bench.spend((limit, "a"))

    def attempt(number: int) -> bool:
        chosen = [limit for at, limit in enumerate(wide) if (number >> at % 3) & 1 or at % 2]
        return bench.passes(*((limit, "a") for limit in chosen))

    assert all(at_once(40, attempt))
