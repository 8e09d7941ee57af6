"""The configurations of clients in docs/openid.md, as the tests run them."""

import re
from collections.abc import Mapping
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "openid.md"


def block(language: str, put_in: Mapping[str, str]) -> str:
    """The one block of that language, with each of these put in, each of which has to be there."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for old, new in put_in.items():
        assert old in text, old
        text = text.replace(old, new)
    return str(text)
