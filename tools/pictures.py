"""Takes the pictures of the README: the sign-in page and the account home in both themes, from a house of development.

    .venv/bin/python -m tools.pictures [--port 8080]

Starts a house with a data directory of its own, signs somebody up in Chromium, and writes docs/pictures/*.png.
Needs what `make test` needs.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from tools.browsers import chromium

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "pictures"
LARGEST = 150_000
FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--hide-scrollbars",
]  # fmt: skip
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>
<match target="pattern"><edit name="family" mode="append"><string>Liberation Sans</string></edit></match>
<include ignore_missing="yes">/etc/fonts/fonts.conf</include></fontconfig>"""
"""A face near to what most people's systems have, whatever this one's is."""
ADDRESS, PASSPHRASE = "you@example.org", "seven purple lanterns drift slowly"


@contextmanager
def house(port: int) -> Iterator[Path]:
    """A served house of development; gives its mailbox."""
    with tempfile.TemporaryDirectory() as data:
        settings = {"MODE": "development", "HOST": "localhost", "PORT": str(port), "DATA": data, "LOG_LEVEL": "warning"}
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WATCHWORD_")}
        environment |= {f"WATCHWORD_{name}": value for name, value in settings.items()}
        command = [str(Path(sys.executable).parent / "watchword"), "serve"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as server:
            try:
                if not server.stdout or "is served at" not in server.stdout.readline():
                    raise RuntimeError("the house did not start")
                yield Path(data) / "mailbox"
            finally:
                server.terminate()


def sign_up(page: Page, origin: str, mailbox: Path) -> None:
    page.goto(f"{origin}/sign-up")
    page.locator("[data-human] [data-state=verified]").wait_for()
    page.locator("[name=identifier]").fill(ADDRESS)
    page.locator("[data-submit]").click()
    page.locator("[name=code]").fill(code_in(page, mailbox))
    page.locator("[data-submit]").click()
    page.locator("[name=new_passphrase]").fill(PASSPHRASE)
    page.locator("[data-submit]").click()
    page.wait_for_url(f"{origin}/account")


def code_in(page: Page, mailbox: Path) -> str:
    """The six digits of the one message there is."""
    for _ in range(100):
        for file in mailbox.glob("*.eml"):
            body = message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",))
            found = None if body is None else re.search(r"^(\d{6})$", body.get_content(), re.MULTILINE)
            if found:
                return found[1]
        page.wait_for_timeout(100)
    raise RuntimeError("no code came")


def shoot(page: Page, url: str, name: str) -> None:
    """In both themes, each on a page loaded afresh: a theme that changes fades."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.goto(url, wait_until="networkidle")
        if page.locator("[data-human]").count():
            page.locator("[data-human] [data-state=verified]").wait_for()
        path = OUT / f"{name}-{theme}.png"
        page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > LARGEST:
            raise RuntimeError(f"{path.name} is larger than {LARGEST:,} bytes")
        print(f"{path.relative_to(ROOT)} {path.stat().st_size:,}")


def photograph(browser: Browser, origin: str, mailbox: Path) -> None:
    size: Any = {"width": 1280, "height": 800}
    context = browser.new_context(viewport=size, device_scale_factor=1, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    shoot(page, f"{origin}/sign-in", "sign-in")
    sign_up(page, origin, mailbox)
    shoot(page, f"{origin}/account", "home")
    context.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8080)
    port = parser.parse_args().port
    OUT.mkdir(parents=True, exist_ok=True)
    with house(port) as mailbox, sync_playwright() as playwright, tempfile.NamedTemporaryFile("w") as fonts:
        fonts.write(FONTS)
        fonts.flush()
        environment: dict[str, str | float | bool] = {**os.environ, "FONTCONFIG_FILE": fonts.name}
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, env=environment)
        photograph(browser, f"http://localhost:{port}", mailbox)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
