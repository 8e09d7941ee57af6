"""From a request to a ``Client``: address as the guards saw it, user agent, language, device token."""

from ipaddress import IPv4Address, IPv6Address

from starlette.requests import Request

from watchword.foundation.client import Client
from watchword.foundation.languages import LANGUAGES, choose_language
from watchword.foundation.secret import Secret
from watchword.foundation.terms import ClientKind
from watchword.web.cookies import CookieNames

_LONGEST_AGENT = 400
_LONGEST_TOKEN = 128


def app_client(request: Request) -> Client:
    """A client of the JSON API."""
    return _client(request, ClientKind.APP, request.headers.get("device-token"))


def browser_client(request: Request, names: CookieNames) -> Client:
    return _client(request, ClientKind.BROWSER, request.cookies.get(names.device), request.cookies.get(names.language))


def read_token(text: str | None) -> Secret | None:
    """A token as we write them; anything else is none."""
    if not text or len(text) > _LONGEST_TOKEN or not text.isascii():
        return None
    return Secret(text)


def _language(request: Request, chosen: str | None) -> str:
    """The one switched to on a page, else the one the browser likes best."""
    return chosen if chosen in LANGUAGES else choose_language(request.headers.get("accept-language", ""))


def _client(request: Request, kind: ClientKind, device_token: str | None, language: str | None = None) -> Client:
    address: IPv4Address | IPv6Address = request.state.client_address
    return Client(
        kind=kind,
        address=address,
        agent=request.headers.get("user-agent", "")[:_LONGEST_AGENT],
        language=_language(request, language),
        device_token=read_token(device_token),
    )
