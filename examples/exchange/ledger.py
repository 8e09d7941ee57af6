"""Who has what: double entry, so that nothing comes from nowhere, kept as canonical decimal texts.

Each account has two parts of every asset: what is free, and what is held for an order or a payout. Nobody's part may
fall below zero, but for the accounts of the house itself (their names begin with @). A posting has a name; the same one
is never posted twice, so whoever isn't sure whether it was may ask again.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Part = Literal["free", "held"]
Key = tuple[str, str, Part]
"""Account, asset, part."""

OUTSIDE = "@outside"
"""Where deposits come from and payouts go."""
VENUE = "@venue"
"""The other side of every paper trade."""

MOST_DECIMALS = 8
_SMALLEST = Decimal(1).scaleb(-MOST_DECIMALS)
_MOST = Decimal(10) ** 15


class Refused(Exception):
    """It can't be done as asked; ``reason`` is a word for the caller to put into a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Entry:
    account: str
    asset: str
    part: Part
    amount: Decimal


def text_of(amount: Decimal) -> str:
    """The one text of an amount: no exponent, no zeros that say nothing. Watchword compares actions by it."""
    shown = f"{amount:f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) or "0"


def amount_of(text: str) -> Decimal:
    """What somebody typed. Raises Refused for what is no amount above zero."""
    plain = text.strip().removeprefix("+")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 32:
        raise Refused("no_amount")
    amount = Decimal(plain)
    if not 0 < amount < _MOST or amount % _SMALLEST:
        raise Refused("no_amount")
    return amount


def move(asset: str, amount: Decimal, source: tuple[str, Part], target: tuple[str, Part]) -> tuple[Entry, Entry]:
    return Entry(source[0], asset, source[1], -amount), Entry(target[0], asset, target[1], amount)


def posted(balances: Mapping[Key, Decimal], entries: Iterable[Entry]) -> dict[Key, Decimal]:
    """The balances that change, as they stand afterwards. Pure. Raises Refused for what nobody has."""
    after: dict[Key, Decimal] = {}
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries:
        key = (entry.account, entry.asset, entry.part)
        after[key] = after.get(key, balances.get(key, Decimal(0))) + entry.amount
        sums[entry.asset] += entry.amount
    if any(sums.values()):
        raise ValueError("a posting takes as much as it gives")
    if any(amount < 0 for (account, _, _), amount in after.items() if not account.startswith("@")):
        raise Refused("too_little")
    return after


SCHEMA = """
CREATE TABLE IF NOT EXISTS postings (ref TEXT PRIMARY KEY, why TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS entries (
    ref TEXT NOT NULL REFERENCES postings, account TEXT NOT NULL, asset TEXT NOT NULL, part TEXT NOT NULL,
    amount TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS entries_of ON entries (account, ref);
CREATE TABLE IF NOT EXISTS balances (
    account TEXT NOT NULL, asset TEXT NOT NULL, part TEXT NOT NULL, amount TEXT NOT NULL,
    PRIMARY KEY (account, asset, part)) STRICT;
"""


def post(tx: sqlite3.Connection, ref: str, why: str, entries: Iterable[Entry], at: datetime) -> bool:
    """Whether it was posted now; False: it was before. Raises Refused, and then nothing changed."""
    if tx.execute("SELECT 1 FROM postings WHERE ref = ?", (ref,)).fetchone():
        return False
    given = tuple(entries)
    after = posted(_balances_of(tx, {entry.account for entry in given}), given)
    tx.execute("INSERT INTO postings VALUES (?, ?, ?)", (ref, why, at.isoformat()))
    rows = [(ref, entry.account, entry.asset, entry.part, text_of(entry.amount)) for entry in given]
    tx.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
    tx.executemany(
        "REPLACE INTO balances VALUES (?, ?, ?, ?)", [(*key, text_of(value)) for key, value in after.items()]
    )
    return True


def _balances_of(tx: sqlite3.Connection, accounts: Iterable[str]) -> dict[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for account in accounts:
        for asset, part, amount in tx.execute("SELECT asset, part, amount FROM balances WHERE account = ?", (account,)):
            found[account, asset, part] = Decimal(amount)
    return found


@dataclass(frozen=True)
class Holding:
    asset: str
    free: Decimal
    held: Decimal

    @property
    def whole(self) -> Decimal:
        return self.free + self.held


def holdings(tx: sqlite3.Connection, account: str) -> dict[str, Holding]:
    """What an account has, by asset, without what it has nothing of."""
    found = _balances_of(tx, [account])
    nothing = Decimal(0)
    parts = {
        asset: (found.get((account, asset, "free"), nothing), found.get((account, asset, "held"), nothing))
        for _, asset, _ in found
    }
    return {asset: Holding(asset, *both) for asset, both in sorted(parts.items()) if any(both)}


def history(tx: sqlite3.Connection, account: str) -> list[tuple[datetime, str, str, Decimal]]:
    """Each change of what an account has in all: when, why, asset, by how much. The oldest first."""
    rows = tx.execute(
        "SELECT at, why, asset, amount FROM entries JOIN postings USING (ref) WHERE account = ? ORDER BY at, ref",
        (account,),
    )
    return [(datetime.fromisoformat(at), why, asset, Decimal(amount)) for at, why, asset, amount in rows]
