"""What the edge needs to answer a proxy: the list of applications, sessions and their children, assertions."""

from collections.abc import Callable
from dataclasses import dataclass

from watchword.foundation.terms import AccountId, Standing
from watchword.handover.forwarding.addresses import Applications
from watchword.handover.forwarding.assertions import Assertions
from watchword.handover.forwarding.children import ChildSessions
from watchword.sessions.sessions import Sessions


@dataclass(frozen=True, kw_only=True)
class Forwarding:
    applications: Applications
    sessions: Sessions
    children: ChildSessions
    assertions: Assertions
    standing: Callable[[AccountId], Standing]
    """As the account is at this moment."""
