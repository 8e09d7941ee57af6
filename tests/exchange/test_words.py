"""Every text of the desk is there in Chinese too, with the same facts in it."""

import json
import re
from pathlib import Path

HERE = Path("examples/exchange")
ALSO = {"1h", "1d", "1w", "1m", "1y", "yesterday", "today", "tomorrow"}
"""Named by a variable."""


def test_nothing_is_left_untranslated_and_nothing_is_left_over():
    text = "\n".join(path.read_text("utf-8") for path in [*HERE.glob("templates/*.html"), *HERE.glob("*.py")])
    found = re.finditer(r"(?<!\w)(?:_|say)\(\s*\"((?:[^\"\\]|\\.)*)\"", text)
    said = {match[1] for match in found} - {"good", "care", "stop"}
    words = json.loads((HERE / "words" / "zh-Hans.json").read_text("utf-8"))
    assert set(words) == said | ALSO
    for english, chinese in words.items():
        assert sorted(re.findall(r"%\(\w+\)s", english)) == sorted(re.findall(r"%\(\w+\)s", chinese)), english
