"""What the JSON API takes and gives of API keys and signed requests."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from watchword.web.api.shapes import Taken

_Permission = Literal["read", "trade", "transfer", "withdraw"]
_Text = Annotated[str, Field(max_length=64)]
_Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
"""A list, as JSON has it: where nothing is converted, no list is a tuple."""
_Expiry = Literal[30, 90, 180, 360, "never"]


class NewKey(Taken):
    name: str = Field(max_length=64, description="Yours to tell it by: printable ASCII")
    permissions: list[_Permission] = Field(max_length=4)
    networks: list[_Text] = Field(max_length=20, description="Addresses and CIDR ranges; none: from anywhere")
    expiry: _Expiry = Field(description="In days; `never` only for a key that only reads")
    public_key: str | None = Field(default=None, max_length=1024, description="null: the profile `hmac`")
    passphrase: str | None = Field(
        default=None,
        max_length=32,
        json_schema_extra={"writeOnly": True},
        description="7 to 32 characters without spaces; null: one is drawn",
    )


class KeyChange(Taken):
    """What is left out stays as it is."""

    name: str | None = Field(default=None, max_length=64)
    permissions: list[_Permission] | None = Field(default=None, max_length=4)
    networks: list[_Text] | None = Field(default=None, max_length=20)
    expiry: _Expiry | None = Field(default=None, description="In days from now")


class KeyShape(BaseModel):
    id: str
    key: str = Field(description="What clients send as <prefix>-KEY")
    name: str
    profile: Literal["hmac"]
    permissions: list[_Permission]
    networks: list[str]
    state: Literal["works", "waits", "paused", "idle", "ended"]
    paused_by: str | None
    bound_at: datetime
    works_from: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    last_network: str | None


class Keys(BaseModel):
    items: list[KeyShape]
    next: str | None = None


class MadeKeyShape(KeyShape):
    """With what is shown this once."""

    secret: str
    passphrase: str


class FailureShape(BaseModel):
    at: datetime
    code: str = Field(description="What the client got")
    why: str = Field(description="A word of a closed list")
    hint: str = Field(description="The same in a sentence, in the language of the request")
    milliseconds: int | None = Field(description="How far the client's clock was behind; ahead: below zero")
    method: str
    network: str


class Failures(BaseModel):
    items: list[FailureShape]
    next: str | None = None


class Verifying(Taken):
    """The request as the gateway received it, before anything normalised it."""

    method: str = Field(max_length=32)
    target: str = Field(
        max_length=16384, description="Path and query as they came, not decoded, without scheme or host"
    )
    headers: dict[str, str | list[str]] | list[_Pair] = Field(
        description="All headers: pairs, or an object. What came twice has to be seen twice: as two pairs, or as a "
        "list of values"
    )
    body_base64: str = Field(description="The exact bytes of the body in standard Base64; empty without one")
    client_address: str = Field(max_length=64, description="The client's, as your own trusted proxies tell it")
    permission: _Permission | None = Field(
        default=None,
        description="What the request needs. null: reading for GET and HEAD, anything beyond reading for all others",
    )


class VerifiedShape(BaseModel):
    account: str
    key: str = Field(description="The key's id")
    name: str
    permissions: list[_Permission] = Field(description="What it may now: hold each address to one of them")


class RefusedShape(BaseModel):
    """To be passed on as it is, with status 401."""

    code: str
    msg: str


def plain_headers(headers: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(headers, dict):
        return tuple(
            (name, each) for name, value in headers.items() for each in ([value] if isinstance(value, str) else value)
        )
    return tuple((name, value) for name, value in headers)
