"""What the JSON API takes and gives. Nothing beyond these fields is taken; secrets are never echoed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_Identifier = Annotated[
    str, Field(min_length=1, max_length=320, description="E-mail address, or phone number in E.164")
]
_Passphrase = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"writeOnly": True})]
_NewPassphrase = Annotated[str, Field(max_length=1024, json_schema_extra={"writeOnly": True})]  # the rules say why
_Code = Annotated[str, Field(min_length=1, max_length=64, json_schema_extra={"writeOnly": True})]


class Taken(BaseModel):
    """Base of what is taken: exact types, no other fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class NewPassage(Taken):
    purpose: Literal["sign_up", "sign_in", "recover", "confirm"]
    action: dict[str, Any] | None = Field(default=None, description="confirm only: what is to be confirmed")


class HumanProof(Taken):
    proof: Literal["human"]
    payload: str = Field(min_length=1, max_length=8192, description="What the widget gives")


class IdentifierProof(Taken):
    proof: Literal["identifier"]
    identifier: _Identifier


class PassphraseProof(Taken):
    proof: Literal["passphrase"]
    identifier: _Identifier | None = None
    passphrase: _Passphrase


class NewPassphraseProof(Taken):
    proof: Literal["new_passphrase"]
    passphrase: _NewPassphrase


class MessageCodeProof(Taken):
    proof: Literal["message_code"]
    code: _Code


class PasskeyProof(Taken):
    proof: Literal["passkey"]
    credential: dict[str, Any] = Field(description="`AuthenticationResponseJSON` of WebAuthn Level 3")


class TotpProof(Taken):
    proof: Literal["totp"]
    output: _Code


class RecoveryCodeProof(Taken):
    proof: Literal["recovery_code"]
    code: _Code


class TradingPassphraseProof(Taken):
    proof: Literal["trading_passphrase"]
    passphrase: _Code


ProofGiven = Annotated[
    HumanProof
    | IdentifierProof
    | PassphraseProof
    | NewPassphraseProof
    | MessageCodeProof
    | PasskeyProof
    | TotpProof
    | RecoveryCodeProof
    | TradingPassphraseProof,
    Field(discriminator="proof"),
]


class FirstOutput(Taken):
    output: _Code


class Choice(Taken):
    enabled: bool


class Passphrase(Taken):
    passphrase: _NewPassphrase


class TradingPassphrase(Taken):
    passphrase: _NewPassphrase


class Stamp(Taken):
    code: Annotated[str, Field(max_length=256, json_schema_extra={"writeOnly": True})] | None


class Reference(Taken):
    reference: str = Field(max_length=64, description="The letters at the end of a message, with or without the dash")


class AskShape(BaseModel):
    proof: str
    challenge: dict[str, Any] | None = Field(default=None, description="human only: what the widget solves")
    options: dict[str, Any] | None = Field(
        default=None, description="passkey only: `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3"
    )


class GrantShape(BaseModel):
    kind: Literal["session", "approval", "done"]
    token: str | None = None
    device_token: str | None = None
    expires_at: datetime | None = None


class PassageShape(BaseModel):
    id: str
    purpose: str
    state: Literal["open", "passed"]
    expires_at: datetime
    ask: list[AskShape]


class BegunShape(PassageShape):
    token: str = Field(description="Shown once; send it back as `Passage-Token`")


class AnsweredShape(PassageShape):
    grant: GrantShape | None = None


class SessionShape(BaseModel):
    account: str
    session: str
    device: str
    aal: Literal[1, 2]
    amr: list[str]
    authenticated_at: datetime
    expires_at: datetime


class AuthenticatorShape(BaseModel):
    id: str
    kind: str
    bound_at: datetime
    standing: Literal["junior", "senior"]
    left: int | None = Field(default=None, description="recovery codes only: how many are unused")
    closed_at: datetime | None = Field(
        default=None, description="trading passphrase only: since when too many failures keep it closed"
    )
    name: str | None = Field(default=None, description="this and the rest: passkeys only")
    synced: bool | None = Field(default=None, description="kept by a service that copies it; else bound to one device")
    backed_up: bool | None = None
    aaguid: str | None = Field(default=None, description="which make it says it is; nobody attests that")
    last_used_at: datetime | None = None
    removal_due_at: datetime | None = Field(default=None, description="its removal has begun, and takes effect then")


class EventShape(BaseModel):
    seq: int
    at: datetime
    kind: str
    device: str | None
    network: str | None
    facts: dict[str, Any]


class Authenticators(BaseModel):
    items: list[AuthenticatorShape]
    next: str | None = None


class Events(BaseModel):
    items: list[EventShape]
    next: str | None = None


class TotpShape(BaseModel):
    id: str
    secret: str
    uri: str
    qr_svg: str
    expires_at: datetime


class CodesShape(BaseModel):
    codes: list[str]


class HoldShape(BaseModel):
    cause: str
    reach: Literal["all", "new", "all_but_listed"]
    ends_at: datetime
    still_works: Literal["nothing", "used_destinations", "listed_destinations"]


class StampShape(BaseModel):
    set_at: datetime | None = Field(description="Since when there is an anti-phishing code")


class MessageSummary(BaseModel):
    id: str
    kind: str
    channel: Literal["email", "sms"]
    to: str = Field(description="The address it went to, masked")
    reference: str
    subject: str
    sent_at: datetime


class MessageShape(MessageSummary):
    text: str = Field(description="As it was written; dots stand for a code, a link, the anti-phishing code")


class Messages(BaseModel):
    items: list[MessageSummary]
    next: str | None = None


class LookupShape(BaseModel):
    sent: bool
    message: MessageSummary | None = None


class ProblemShape(BaseModel):
    """RFC 9457, with a stable ``code``."""

    type: str
    title: str
    status: int
    code: str
    reason: str | None = None
    hint: str | None = None
    action: dict[str, Any] | None = None
    passage: PassageShape | None = None
    retry_after: int | None = None
    opens_at: datetime | None = Field(
        default=None, description="not_possible, held, exit_refused: from when on it may be"
    )
    holds: list[HoldShape] | None = None
    still_works: str | None = None
