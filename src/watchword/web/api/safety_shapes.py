"""What the API of freezing, devices and alerts gives."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class FreezeShape(BaseModel):
    frozen: bool
    since: datetime | None = None
    by: Literal["holder", "link", "operator", "platform"] | None = None
    thawed_by_holder: bool | None = Field(default=None, description="whether `change thaw` can be confirmed")


class SessionOfDevice(BaseModel):
    id: str
    authenticated_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class DeviceShape(BaseModel):
    id: str
    kind: Literal["browser", "app"]
    name: str
    country: str | None
    network: str
    known_since: datetime
    last_seen_at: datetime
    this_one: bool
    standing: Literal["junior", "senior"]
    needs_confirmation: bool = Field(description="whether removing it takes an approval: it is older than this one")
    sessions: list[SessionOfDevice]


class Devices(BaseModel):
    items: list[DeviceShape]
    next: str | None = None


class AlertShape(BaseModel):
    id: str
    kind: str
    title: str = Field(description="in the language that the request asks for")
    at: datetime
    device: str | None
    country: str | None
    acknowledged_at: datetime | None


class Alerts(BaseModel):
    items: list[AlertShape]
    next: str | None = None


class Acknowledged(BaseModel):
    count: int


class Thawed(BaseModel):
    open: bool = Field(description="false: somebody else froze the account too")


class Ended(BaseModel):
    sessions_ended: int
