"""What a device is called (from its user agent) and which country its address lies in (offline data).

Both are hints for people and a signal of risk; neither is proof of anything.
"""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import maxminddb
from iptocc import country_code
from ua_parser import parse

Locate = Callable[[IPv4Address | IPv6Address], str | None]
"""Gives the ISO 3166 code of the country an address lies in, or None."""


@lru_cache(maxsize=1024)
def name_of(agent: str) -> str:
    """For example "Firefox on Windows"; "App" where the agent says nothing."""
    found = parse(agent)
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    if browser and system and system != "Other":
        return f"{browser} on {system}"[:80]
    return (browser or "App")[:80]


@lru_cache(maxsize=4096)
def locate_offline(address: IPv4Address | IPv6Address) -> str | None:
    if not address.is_global:
        return None
    return country_code(str(address))


def locate_with(database: Path) -> Locate:
    """Looks addresses up in the operator's own MaxMind-format file."""
    reader = maxminddb.open_database(str(database))

    def locate(address: IPv4Address | IPv6Address) -> str | None:
        found = reader.get(str(address))
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return code if isinstance(code, str) else None

    return locate
