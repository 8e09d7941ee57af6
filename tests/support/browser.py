"""Chromium for tests, and a watch over everything it is sent.

The content security policy is never bypassed: axe runs through ``page.evaluate``, and tests wait on locators.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from tests.support.ports import free_port
from tools import browsers

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
PROXY_PORT = free_port()
"""Where Chromium finds the hosts of example.com: a test may put a proxy there."""
UNUSED = (
    "BackForwardCache", "DialMediaRouteProvider", "GlobalMediaControls", "HttpsUpgrades", "MediaRouter",
    "OptimizationHints", "PaintHolding", "RenderDocument", "SpareRendererForSitePerProcess", "Translate",
)  # fmt: skip
"""Of Chromium. Named here, they replace Playwright's own list."""
FLAGS = [
    f"--host-resolver-rules=MAP *.example.com:443 127.0.0.1:{PROXY_PORT}",
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-gpu",
    "--in-process-gpu",
    "--renderer-process-limit=1",
    "--process-per-site",
    "--disable-site-isolation-trials",
    f"--disable-features={','.join(UNUSED)}",
]
"""The last six are for speed: a process for each site of each test takes a quarter of the processor's time."""
PATIENCE = 15_000
"""Milliseconds that anything on a page may take."""
AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
REFUSED = "Failed to load resource: the server responded with a status of 4"
"""What Chromium notes of every 4xx: a wrong answer is one, and no fault."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browsers.chromium(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a browser said and was sent: nothing from elsewhere, nothing refused by the policy, no failing script."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> BrowserContext:
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(f"{error.page}: {error.error}"))
        context.on("request", self._requested)
        context.on("response", self._answered)
        return context

    def _said(self, line: ConsoleMessage) -> None:
        if line.type in ("error", "warning") and not line.text.startswith(REFUSED):
            self.complaints.append(f"{line.type}: {line.text}")

    def _requested(self, request: Request) -> None:
        self.asked.append(request.url)
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.complaints.append(f"a request to {request.url}")

    def _answered(self, response: Response) -> None:
        sent, path = response.headers, urlsplit(response.url).path
        missing = [name for name, value in HEADERS.items() if sent.get(name) != value]
        if "default-src 'none'" not in sent.get("content-security-policy", ""):
            missing.append("content-security-policy")
        kept = path.startswith("/assets/") and response.status == 200
        if sent.get("cache-control") != ("public, max-age=31536000, immutable" if kept else "no-store"):
            missing.append("cache-control")
        if missing:
            self.complaints.append(f"{response.status} {path} lacks {', '.join(missing)}")


def in_theme(page: Page, theme: Theme) -> None:
    """Two frames later what changes with the theme has changed."""
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def axe_problems(page: Page) -> list[str]:
    """What axe finds on the page as it is: all of WCAG 2.2 A and AA that it knows, and its best practices."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['help']}: {node['target']}: {node.get('failureSummary', '')}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def too_wide(page: Page, width: int) -> bool:
    """Whether the page scrolls sideways in a window of so many pixels."""
    page.set_viewport_size({"width": width, "height": 640})
    wide: bool = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


def too_wide_with_large_text(page: Page, width: int) -> bool:
    """The same with text at twice its size, as a reader may set it."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    wide = too_wide(page, width)
    page.evaluate("document.documentElement.style.removeProperty('font-size')")
    return wide


def checked(page: Page) -> None:
    """Waits until a check for a human is done, where there is one."""
    if page.locator("[data-human]").count():
        page.locator("[data-human] [data-state=verified]").wait_for()


@contextmanager
def tab(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    try:
        yield page
    finally:
        with suppress(Exception):
            page.close()
