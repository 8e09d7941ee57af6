"""The applications that the operator lists, and addresses in them. Pure, and exact: nothing is normalised or guessed.

An origin counts only in the one spelling that the settings keep (RFC 6454, section 6.2), compared octet by octet: no
user part, no other port, no letter case, no trailing dot can make another host look like one of the list.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST_ADDRESS = 2048
"""Of an address that somebody is sent back to; a longer one leads to the front of its application."""
OWN_PATHS = "/.watchword/"
"""What the proxy of an application on another host hands to us, and asks nobody for."""

_ADDRESS = re.compile(r"(?P<origin>https?://[a-z0-9.:\[\]-]+)(?P<path>/[!-~]*)?")
_NOT_IN_A_PATH = re.compile(r'[\\"<>^`{|}#]')


@dataclass(frozen=True, kw_only=True)
class Application:
    origin: str
    """``https://host`` or ``https://host:port``: also its audience in assertions."""
    shares_host: bool
    """Whether browsers send it our own cookies: they know hosts, not ports (RFC 6265, section 8.5)."""

    @property
    def host(self) -> str:
        """As a browser names it in the Host header."""
        return self.origin.partition("://")[2]


@dataclass(frozen=True, kw_only=True)
class Return:
    """Where somebody is sent back to: an address in an application of the list."""

    application: Application
    path: str

    @property
    def address(self) -> str:
        return f"{self.application.origin}{self.path}"


@dataclass(frozen=True, kw_only=True)
class Applications:
    official: str
    """The door's own origin: an application there shares the host."""
    listed: tuple[str, ...] = ()
    _found: dict[str, Application] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        ours = urlsplit(self.official).hostname
        found = {
            origin: Application(origin=origin, shares_host=urlsplit(origin).hostname == ours)
            for origin in (self.official, *self.listed)
        }
        object.__setattr__(self, "_found", found)

    def find(self, origin: str) -> Application | None:
        return self._found.get(origin)

    def elsewhere(self) -> Iterable[Application]:
        """Those on hosts of their own."""
        return [application for application in self._found.values() if not application.shares_host]

    def read_return(self, address: str) -> Return | None:
        """None for whatever is not plainly an address in an application of the list."""
        if len(address) > LONGEST_ADDRESS:
            return None
        match = _ADDRESS.fullmatch(address)
        application = None if match is None else self.find(match["origin"])
        if match is None or application is None:
            return None
        path = match["path"] or "/"
        if _NOT_IN_A_PATH.search(path) or path.startswith(OWN_PATHS):
            return None
        return Return(application=application, path=path)

    def return_to(self, application: Application, target: str) -> Return:
        """To that address of the application, or to its front where we would not send anybody there."""
        found = self.read_return(f"{application.origin}{target}")
        return found or Return(application=application, path="/")
