"""What the holder sends and reads of addresses and copies."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from watchword.web.api.shapes import Taken


class NewIdentifier(Taken):
    identifier: str = Field(min_length=1, max_length=320, description="E-mail address, or phone number in E.164")


class Export(Taken):
    of: Literal["activity", "account"]
    format: Literal["json", "csv"] = Field(default="json", description="`csv`: the activity alone")


class IdentifierShape(BaseModel):
    kind: Literal["email", "phone"]
    identifier: str
    bound_at: datetime
    contact_until: datetime | None = Field(description="null: bound. Else replaced, and a security contact until then")


class Identifiers(BaseModel):
    items: list[IdentifierShape]
    next: str | None = None
