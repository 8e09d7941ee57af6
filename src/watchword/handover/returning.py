"""Where a service may have its holders led back to: addresses that the operator listed for it, and no others. Pure.

An entry is one exact address. One that ends with ``/`` also stands for a single plain name after it, such as the number
of a withdrawal. Nothing is decoded or normalised: what is not the same letters is another address.
"""

import re
from collections.abc import Mapping, Sequence

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")

ReturnAddresses = Mapping[str, Sequence[str]]
"""Name of the service -> addresses."""


def may_return(listed: ReturnAddresses, service: str, address: str) -> bool:
    return any(_fits(entry, address) for entry in listed.get(service, ()))


def _fits(entry: str, address: str) -> bool:
    if not entry.endswith("/") or not address.startswith(entry):
        return address == entry
    rest = address[len(entry) :]
    return not rest or _NAME.fullmatch(rest) is not None
