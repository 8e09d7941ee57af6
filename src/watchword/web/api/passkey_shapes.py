"""What the JSON API takes and gives of passkeys."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from watchword.web.api.shapes import Taken

_Name = Annotated[str, Field(max_length=256, description="What the holder calls it: 1 to 64 characters")]


class NewPasskey(Taken):
    credential: dict[str, Any] = Field(description="`RegistrationResponseJSON` of WebAuthn Level 3")
    name: _Name


class PasskeyName(Taken):
    name: _Name


class PasskeyOptionsShape(BaseModel):
    id: str
    options: dict[str, Any] = Field(description="`PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3")
    expires_at: datetime


class PasskeyBoundShape(BaseModel):
    id: str
    codes: list[str] = Field(description="The first recovery codes, if it is the first second step")


class PasskeyRemovalShape(BaseModel):
    removal_due_at: datetime


class SignalsShape(BaseModel):
    """For `PublicKeyCredential.signal…()` of WebAuthn Level 3."""

    rp_id: str
    user_id: str
    credential_ids: list[str]
    name: str


class PasskeyOnlyShape(BaseModel):
    state: Literal["off", "begins", "on"]
    effective_at: datetime | None
    missing: Literal["two_passkeys", "use_passkeys", "check_codes"] | None = Field(
        description="What has to be done before it can be switched on"
    )
