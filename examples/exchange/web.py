"""What every page of the desk rests on: guards, headers, templates, words in two languages.

The guards are the platform's own work; the door's stand around the door alone. Here: one Host, an unsafe method only
from our own pages (Fetch Metadata, else Origin), nothing loaded from elsewhere, forms that lead to us or to the door.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from examples.exchange.charts import plain
from examples.exchange.ledger import text_of
from examples.exchange.settings import Settings

HERE = Path(__file__).parent
LANGUAGES = ("en", "zh-Hans")
Say = Callable[..., Markup]
Next = Callable[[Request], Awaitable[Response]]


def language_of(request: Request) -> str:
    """Of the first language that the browser prefers and we have."""
    for part in request.headers.get("accept-language", "").split(","):
        tag = part.split(";")[0].strip().lower()
        if tag[:2] in ("en", "zh"):
            return LANGUAGES[tag.startswith("zh")]
    return "en"


@dataclass(frozen=True, kw_only=True)
class Guards:
    settings: Settings
    open_to_programs: tuple[str, ...] = ("/api/", "/door/")
    """What bots and the door call, without a cookie and from any origin."""

    async def __call__(self, request: Request, go_on: Next) -> Response:
        refused = self._refusal(request)
        response = refused if refused is not None else await go_on(request)
        for name, value in self._headers.items():
            response.headers[name] = value
        kept = request.url.path.startswith("/static/") and response.status_code == 200
        response.headers["Cache-Control"] = "public, max-age=300" if kept else "no-store"
        return response

    def _refusal(self, request: Request) -> Response | None:
        for_programs = request.url.path.startswith(self.open_to_programs)
        hosts = (self.settings.authority, *(self.settings.bots if for_programs else ()))
        if [*map(str.lower, request.headers.getlist("host"))] not in [[host] for host in hosts]:
            return PlainTextResponse("This is not the address of the desk.\n", 421)
        if for_programs or request.method in ("GET", "HEAD"):
            return None
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        ours = origin == self.settings.url if site is None else site == "same-origin"
        return None if ours else PlainTextResponse("This came from another site.\n", 403)

    @cached_property
    def _headers(self) -> dict[str, str]:
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {self.settings.door}"
        )
        headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        return headers | ({"Strict-Transport-Security": "max-age=63072000"} if self.settings.https else {})


class Pages:
    """Templates, one environment for each language."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self.settings, self.clock = settings, clock
        self._words: dict[str, Say] = {language: _words(language) for language in LANGUAGES}
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def show(self, request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
        language = language_of(request)
        holder = getattr(request.state, "holder", None)
        whole = {"here": request.url.path, "holder": holder, "notice": None, "now": self.clock(), **context}
        html = self._environments[language].get_template(template).render(**whole)
        return HTMLResponse(html, status, headers={"Vary": "Accept-Language"})

    def say(self, request: Request) -> Say:
        """Texts in the language of whoever asks."""
        return self._words[language_of(request)]

    def _environment(self, language: str) -> Environment:
        say = self._words[language]

        def moment(at: datetime) -> Markup:
            days = (at.astimezone(UTC).date() - self.clock().astimezone(UTC).date()).days
            near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
            day = say(near) if near else f"{at:%Y-%m-%d}"
            return Markup('<time datetime="{}">{} {:%H:%M} UTC</time>').format(at.isoformat(), day, at)

        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        environment.globals.update(_=say, language=language, settings=self.settings)
        environment.filters.update(
            amount=lambda amount: plain(Decimal(text_of(amount))),
            money=lambda amount: plain(amount.quantize(Decimal("0.01"))),
            price=plain,
            percent=_percent,
            moment=moment,
        )
        return environment


def _words(language: str) -> Say:
    words = {} if language == "en" else json.loads((HERE / "words" / f"{language}.json").read_text("utf-8"))

    def say(text: str, **facts: object) -> Markup:
        return Markup(words.get(text, text)) % {name: escape(fact) for name, fact in facts.items()}  # nosec B704 -- ours

    return say


def _percent(share: Decimal) -> Markup:
    """With its sign, a mark and a class: the colour only repeats what the signs say."""
    shown = round(share * 100, 2)
    tone, mark = ("up", "▲") if shown > 0 else ("down", "▼") if shown < 0 else ("even", "·")
    sign = "+" if shown > 0 else "−" if shown < 0 else ""
    return Markup('<span class="change {}"><span aria-hidden="true">{}</span> {}{}%</span>').format(
        tone, mark, sign, f"{abs(shown):.2f}"
    )


DAY = timedelta(days=1)
