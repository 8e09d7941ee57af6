"""Which Chromium the tests, the gallery and the pictures take."""

import os
import shutil

NAMES = (
    "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
)  # fmt: skip
"""The first has no windows, and takes two thirds of the processor's time."""


def chromium() -> str:
    """WATCHWORD_CHROMIUM, or the first one on the path."""
    named = os.environ.get("WATCHWORD_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise RuntimeError("no Chromium was found. `make test` installs one; or name yours in WATCHWORD_CHROMIUM.")
    return found
