"""What the JSON API gives to services that keep up with the record."""

from datetime import datetime

from pydantic import BaseModel, Field

from watchword.handover.events import PLATFORM
from watchword.web.api.shapes import Taken

_KINDS = ", ".join(f"`{kind}`" for kind in sorted(PLATFORM))


class SessionTokenWanted(Taken):
    audience: str = Field(min_length=1, max_length=256, description="One that the operator listed")


class SessionTokenShape(BaseModel):
    """A JWT of the type `watchword-session+jwt`, good for that audience and for nothing here."""

    token: str
    expires_at: datetime


class PlatformEventShape(BaseModel):
    """Of an event what concerns a platform; nobody is named in it but by an id."""

    cursor: str = Field(description="Stands at this event")
    at: datetime
    kind: str = Field(description=f"One of {_KINDS}")
    account: str | None
    session: str | None
    facts: dict[str, str | int | bool]


class PlatformEvents(BaseModel):
    items: list[PlatformEventShape]
    next: str = Field(description="The `after` to go on with")


class EndedSessionShape(BaseModel):
    session: str
    at: datetime


class Revocations(BaseModel):
    items: list[EndedSessionShape]
    next: str = Field(description="The `after` to go on with")
    more: bool = Field(description="There are later ones already: ask again at once")
    reset: bool = Field(
        description="`after` was missing, none of ours or too old: forget what you believed, and begin with these"
    )
    complete_ms: int = Field(
        description="So many milliseconds after the request came, these were all that there were; counts unless `more`"
    )
    covers: int = Field(description="How many seconds back this reaches: a token that lives longer is not safe with it")
