"""What the JSON API takes and gives of exits, holds and destinations."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from watchword.web.api.shapes import HoldShape, Taken

_Id = Annotated[str, Field(min_length=1, max_length=64)]
_Action = Annotated[dict[str, Any], Field(description="As it was confirmed: `{kind, …}`, amounts as decimal strings")]


class Consuming(Taken):
    approval: str = Field(min_length=1, max_length=128, json_schema_extra={"writeOnly": True})
    account: _Id
    session: _Id
    action: _Action
    idempotency_key: str = Field(min_length=1, max_length=128, description="Yours, for this one exit")


class Deciding(Taken):
    account: _Id
    action: _Action
    key: _Id | None = Field(default=None, description="The API key that asked for it, if one did: then by its rules")


class Requesting(Taken):
    account: _Id
    session: _Id
    action: _Action
    return_to: str | None = Field(
        default=None,
        max_length=300,
        description="Where the page leads back to: listed for your service by the operator",
    )


class RequestShape(BaseModel):
    """Send the holder's browser to `address`, and keep `approval` to consume with."""

    approval: str
    address: str
    expires_at: datetime = Field(description="Until then the page can be opened")


class RequestState(Taken):
    approval: str = Field(min_length=1, max_length=128, json_schema_extra={"writeOnly": True})


class RequestStateShape(BaseModel):
    state: Literal["waiting", "confirmed", "spent", "over"]


class NewDestination(Taken):
    asset: str = Field(max_length=32)
    network: str = Field(max_length=64)
    address: str = Field(max_length=256)
    memo: str | None = Field(default=None, max_length=256, description="null: none, which is not the same as empty")


class Holds(BaseModel):
    items: list[HoldShape]
    next: str | None = None


class DecisionShape(BaseModel):
    allowed: bool
    reason: str | None = Field(default=None, description="Why it is refused, where no hold says so")
    opens_at: datetime | None = None
    holds: list[HoldShape] = []
    still_works: str | None = None


class SpentShape(BaseModel):
    """It may go. Every other answer has another status."""

    allowed: Literal[True]
    approval: str
    spent_at: datetime
    works_from: datetime


class DestinationShape(BaseModel):
    id: str
    kind: Literal["withdraw", "transfer", "p2p_release"]
    asset: str | None
    network: str | None
    address: str = Field(description="Of a transfer the account it goes to, of a P2P release the counterparty")
    memo: str | None
    named_at: datetime
    opens_at: datetime = Field(description="From then on it counts as used")
    listed_at: datetime | None
    list_senior_at: datetime | None


class AllowListShape(BaseModel):
    enabled: bool
    effective_at: datetime | None = Field(default=None, description="From then on nothing leaves but to the list")


class Destinations(BaseModel):
    items: list[DestinationShape]
    next: str | None = None
    allow_list: AllowListShape
