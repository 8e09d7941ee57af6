"""The use cases of passkeys."""

from typing import Protocol

from watchword.accounts.accounts import Accounts
from watchword.approvals.approvals import Approvals
from watchword.authenticators.passkey.passkeys import Passkeys
from watchword.authenticators.passphrase import Passphrases
from watchword.authenticators.recovery_codes import RecoveryCodes
from watchword.authenticators.totp import Totp
from watchword.core.ground import Ground
from watchword.devices.devices import Devices
from watchword.exits.holds import Holds
from watchword.exits.locks import Locks
from watchword.record.journal import Journal
from watchword.safeguards.notices import Notices
from watchword.safeguards.passkey_only import PasskeyOnly
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.sessions.sessions import Sessions


class Around(Protocol):
    """What they are built from."""

    ground: Ground
    accounts: Accounts
    passkeys: Passkeys
    totp: Totp
    recovery_codes: RecoveryCodes
    passphrases: Passphrases
    devices: Devices
    approvals: Approvals
    sessions: Sessions
    holds: Holds
    passkey_locks: Locks
    notices: Notices
    journal: Journal


def passkey_rooms(around: Around) -> tuple[PasskeyRoom, PasskeyOnly]:
    ground = around.ground
    room = PasskeyRoom(
        database=ground.database,
        accounts=around.accounts,
        passkeys=around.passkeys,
        totp=around.totp,
        codes=around.recovery_codes,
        passphrases=around.passphrases,
        devices=around.devices,
        approvals=around.approvals,
        sessions=around.sessions,
        holds=around.holds,
        passkey_only=around.passkey_locks,
        notices=around.notices,
        journal=around.journal,
        ages=ground.policy.ages,
        clock=ground.clock,
        binding=ground.policy.lifetimes.binding,
        wait=around.holds.rules.lock_begins,
    )
    only = PasskeyOnly(
        database=ground.database,
        passkeys=around.passkeys,
        codes=around.recovery_codes,
        locks=around.passkey_locks,
        approvals=around.approvals,
        holds=around.holds,
        notices=around.notices,
        clock=ground.clock,
    )
    return room, only
