"""Where a detour leads back to: a path of this house, never an address."""

import re

_OWN = re.compile(r"(/(?!\.{1,2}(?:[/?]|\Z))[A-Za-z0-9._~-]+)*/?(\?[A-Za-z0-9_=&-]*)?")
_LONGEST = 200


def own_path(text: str) -> str | None:
    """The path, with its query if it is a plain one; None for anything a browser could read
    as another site's, or as another path than it looks."""
    return text if 0 < len(text) <= _LONGEST and text.startswith("/") and _OWN.fullmatch(text) else None
