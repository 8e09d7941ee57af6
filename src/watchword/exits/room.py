"""The room of exits, wired: each part once, for ``core``."""

from dataclasses import dataclass

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.totp import Totp
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.devices.devices import Devices
from watchword.exits.causes import exit_rules_from
from watchword.exits.destinations import Destinations
from watchword.exits.exits import Exits
from watchword.exits.holds import Follow, Holds, TellHold
from watchword.exits.locks import Locks
from watchword.exits.spending import Spending
from watchword.exits.store import DestinationStore, HoldStore, LockStore, SpendingStore
from watchword.foundation.clock import Clock
from watchword.gate.alarms import Alarms
from watchword.gate.policy import Policy
from watchword.record.journal import Journal
from watchword.sessions.sessions import Sessions
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class ExitRoom:
    holds: Holds
    destinations: Destinations
    allow_lists: Locks
    passkey_only: Locks
    exits: Exits
    spending: Spending


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """What the room stands on."""

    database: Database
    keyring: Keyring
    randomness: Randomness
    clock: Clock
    policy: Policy
    accounts: Accounts
    devices: Devices
    totp: Totp
    passkeys: Passkeys
    approvals: Approvals
    sessions: Sessions
    journal: Journal


def exit_room(near: Neighbours, tell: TellHold, follow: Follow, alarms: Alarms) -> ExitRoom:
    """Raises Misconfigured for numbers of an operator that can't be."""
    rules = exit_rules_from(near.policy.exits)
    holds = Holds(
        store=HoldStore(near.keyring),
        accounts=near.accounts,
        journal=near.journal,
        randomness=near.randomness,
        rules=rules,
        ages=near.policy.ages,
        tell=tell,
        follow=follow,
    )
    destinations = Destinations(
        store=DestinationStore(near.keyring),
        keyring=near.keyring,
        randomness=near.randomness,
        journal=near.journal,
        rules=rules,
        ages=near.policy.ages,
        listed=near.policy.confirming.listed,
    )
    allow_lists, passkey_only = (
        Locks(kind=kind, store=LockStore(near.keyring), randomness=near.randomness, journal=near.journal, rules=rules)
        for kind in ("allow_list", "passkey_only")
    )
    spendings = SpendingStore(near.keyring)
    exits = Exits(
        database=near.database,
        accounts=near.accounts,
        devices=near.devices,
        totp=near.totp,
        passkeys=near.passkeys,
        holds=holds,
        destinations=destinations,
        allow_lists=allow_lists,
        spendings=spendings,
        rules=rules,
        ages=near.policy.ages,
    )
    return ExitRoom(
        holds=holds,
        destinations=destinations,
        allow_lists=allow_lists,
        passkey_only=passkey_only,
        exits=exits,
        spending=_spending(near, exits, spendings, alarms),
    )


def _spending(near: Neighbours, exits: Exits, spendings: SpendingStore, alarms: Alarms) -> Spending:
    return Spending(
        database=near.database,
        accounts=near.accounts,
        approvals=near.approvals,
        sessions=near.sessions,
        exits=exits,
        store=spendings,
        alarms=alarms,
        journal=near.journal,
        keyring=near.keyring,
        randomness=near.randomness,
        clock=near.clock,
    )
