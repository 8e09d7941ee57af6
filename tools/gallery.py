"""Shows every page with made-up content, for those who draw them: served, or photographed and checked by axe.

    python -m tools.gallery serve [--port 8099]
    python -m tools.gallery weigh
    python -m tools.gallery shoot FOLDER [NAME ...] [--language zh-Hans] [--widths 320 390 1280] [--themes light dark]

Not part of the product; nothing imports it.
"""

import argparse
import gzip
import json
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tools.browsers import chromium
from tools.build_assets import BUILT, MODULES, build
from tools.build_locale import build as build_locale
from tools.gallery_exits import EXITS
from tools.gallery_keys import KEYS
from tools.gallery_messages import MAIL
from tools.gallery_openid import OPENID
from tools.gallery_own import OWN
from tools.gallery_passkeys import PASSKEYS
from tools.gallery_rooms import READING, ROOMS
from tools.gallery_safety import SAFETY
from tools.gallery_samples import ENTRY, NOW
from watchword.web.rendering import House, Pages

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SAMPLES = {**ENTRY, **ROOMS, **READING, **SAFETY, **EXITS, **OWN, **KEYS, **PASSKEYS, **MAIL, **OPENID}
PORT = 8098
BUDGET = 70_000
FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--hide-scrollbars",
]  # fmt: skip
HEIGHTS = {320: 640, 390: 844, 768: 1024, 1280: 820, 1680: 1000}


def make_pages() -> Pages:
    build()
    build_locale()
    assets = json.loads((BUILT / "manifest.json").read_text())
    house = House(
        brand="Example Door",
        support="help@door.example",
        sender="no-reply@door.example",
        public_url="https://door.example",
        platform_url="https://trade.example",
    )
    return Pages(house=house, assets=assets, clock=lambda: NOW)


def make_app() -> Starlette:
    pages = make_pages()

    def show(request: Request) -> Response:
        sample = SAMPLES.get(request.path_params["name"])
        if sample is None:
            return Response(status_code=404)
        language = request.query_params.get("language", "en")
        html = pages.render(sample.template, language=language, here=sample.path, **sample.context)
        return HTMLResponse(html, headers={"Content-Security-Policy": POLICY})

    def contents(_request: Request) -> Response:
        links = "".join(f'<li><a href="/{it}">{it}</a> <a href="/{it}?language=zh-Hans">中文</a>' for it in SAMPLES)
        return HTMLResponse(f"<!doctype html><meta charset=utf-8><title>Gallery</title><ul>{links}</ul>")

    return Starlette(
        routes=[
            Route("/", contents),
            Mount("/assets", StaticFiles(directory=BUILT)),
            Route("/{name}", show),
        ]
    )


def start_server(port: int) -> uvicorn.Server:
    server = uvicorn.Server(uvicorn.Config(make_app(), host="127.0.0.1", port=port, log_level="warning"))
    Thread(target=server.run, daemon=True).start()
    return server


def weigh(page: Page, base: str) -> int:
    """Prints what the sign-in page takes over the wire when compressed; gives the sum in bytes."""
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(f"{base}/sign-in", wait_until="networkidle")
    # Asked again here: a worker's body can't be read from the page.
    bodies = {url: page.request.get(url).body() for url in sorted(asked)}
    sizes = {url: len(body if url.endswith(".png") else gzip.compress(body, 9)) for url, body in bodies.items()}
    for url, size in sizes.items():
        print(f"{size:8,} {url.removeprefix(base)}")
    print(f"{sum(sizes.values()):8,} in all")
    return sum(sizes.values())


def axe_problems(page: Page) -> list[str]:
    page.evaluate((MODULES / "axe-core" / "axe.min.js").read_text())
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {violation['help']}: {node['target']} {node.get('failureSummary', '')[:300]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def photograph(browser: Browser, options: argparse.Namespace, base: str) -> int:
    problems = 0
    out = Path(options.folder)
    out.mkdir(parents=True, exist_ok=True)
    for theme in options.themes:
        for width in options.widths:
            size: Any = {"width": width, "height": HEIGHTS.get(width, 800)}
            context = browser.new_context(viewport=size, color_scheme=theme, locale=options.language)
            page = context.new_page()
            page.clock.set_fixed_time(NOW)
            page.on("console", lambda line: print(f"console: {line.text}") if "404" not in line.text else None)
            for name in options.names or SAMPLES:
                page.goto(f"{base}/{name}?language={options.language}")
                if page.locator("[data-human]").count():
                    page.locator("[data-human] [data-state=verified]").wait_for()
                overflow = page.evaluate("document.documentElement.scrollWidth > innerWidth")
                found = axe_problems(page) + (["wider than the window"] if overflow else [])
                problems += len(found)
                for line in found:
                    print(f"{name} {width} {theme}: {line}")
                suffix = "" if options.language == "en" else f"-{options.language}"
                page.screenshot(path=out / f"{name}-{width}-{theme}{suffix}.png", full_page=True)
            context.close()
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve")
    serve.add_argument("--port", type=int, default=8099)
    commands.add_parser("weigh")
    shoot = commands.add_parser("shoot")
    shoot.add_argument("folder")
    shoot.add_argument("names", nargs="*")
    shoot.add_argument("--port", type=int, default=PORT)
    shoot.add_argument("--language", default="en")
    shoot.add_argument("--widths", type=int, nargs="+", default=[320, 390, 1280])
    shoot.add_argument("--themes", nargs="+", default=["light", "dark"])
    options = parser.parse_args()
    if options.command == "serve":
        uvicorn.run(make_app(), host="127.0.0.1", port=options.port)
        return 0
    port = getattr(options, "port", PORT)
    start_server(port)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        if options.command == "weigh":
            return int(weigh(browser.new_page(), f"http://localhost:{port}") > BUDGET)
        problems = photograph(browser, options, f"http://localhost:{port}")
        browser.close()
    print(f"{problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
