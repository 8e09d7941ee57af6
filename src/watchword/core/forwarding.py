"""Applications behind a proxy, wired."""

from typing import TYPE_CHECKING

from watchword.core.ground import Ground
from watchword.foundation.terms import AccountId, Standing
from watchword.handover.forwarding.addresses import Applications
from watchword.handover.forwarding.assertions import Assertions
from watchword.handover.forwarding.cache import ChildCache
from watchword.handover.forwarding.children import ChildSessions
from watchword.handover.forwarding.forwarding import Forwarding
from watchword.handover.forwarding.store import ChildStore

if TYPE_CHECKING:
    from watchword.core.platform import Platform


def forwarding_room(core: "Platform", ground: Ground) -> Forwarding:
    def standing(account: AccountId) -> Standing:
        with ground.database.read() as tx:
            return core.accounts.get(tx, account).standing

    return Forwarding(
        applications=Applications(official=ground.public_url, listed=tuple(ground.applications)),
        sessions=core.sessions,
        children=ChildSessions(
            database=ground.database,
            store=ChildStore(ground.keyring),
            cache=ChildCache(),
            sessions=core.sessions,
            journal=core.journal,
            keyring=ground.keyring,
            randomness=ground.randomness,
            clock=ground.clock,
        ),
        assertions=Assertions(sign=core.signing_keys.sign, issuer=ground.public_url, clock=ground.clock),
        standing=standing,
    )
