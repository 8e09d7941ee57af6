"""Reading what clients send: forms with every value of each field, and who they say they are."""

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request

from watchword.foundation.secret import Secret
from watchword.handover.openid.client_auth import Shown

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 40


class Unreadable(Exception):
    """Not a form, or not one that anybody needs."""


def fields_of(text: str) -> Mapping[str, Sequence[str]]:
    """Raises Unreadable."""
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Unreadable from None


async def form_fields(request: Request) -> Mapping[str, Sequence[str]]:
    """Raises Unreadable."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != _FORM and body:
        raise Unreadable
    try:
        return fields_of(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable from None


def single(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """For the endpoints that clients call: no field twice (RFC 6749 section 3.2), none that is empty. Raises
    Unreadable."""
    if any(len(values) != 1 for values in fields.values()):
        raise Unreadable
    return {name: values[0] for name, values in fields.items() if values[0]}


def shown_by(request: Request, form: Mapping[str, str]) -> Shown:
    """Raises Unreadable for a header that can't be read."""
    secret = form.get("client_secret")
    return Shown(
        basic=_basic(request),
        client_id=form.get("client_id"),
        secret=None if secret is None else Secret(secret),
        assertion=form.get("client_assertion"),
        assertion_type=form.get("client_assertion_type"),
    )


def bearer_of(request: Request, form: Mapping[str, str]) -> str | None:
    """The access token, in the header or in the form, and in one of them (RFC 6750 section 2)."""
    headers = request.headers.getlist("authorization")
    if len(headers) > 1 or (headers and "access_token" in form):
        raise Unreadable
    if not headers:
        return form.get("access_token")
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _basic(request: Request) -> tuple[str, Secret] | None:
    """Name and secret are form-encoded before they are put together (RFC 6749 section 2.3.1)."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    scheme, _, given = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "basic":
        raise Unreadable
    try:
        name, colon, secret = base64.b64decode(given.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        raise Unreadable from None
    if not colon:
        raise Unreadable
    return unquote_plus(name), Secret(unquote_plus(secret))
