"""What the core stands on."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from watchword.accounts.identifiers import PhoneRules
from watchword.authenticators.human import HumanVerifier
from watchword.authenticators.passphrase_rules import PassphraseRulebook
from watchword.crypto.jose import Alg
from watchword.crypto.keyring import Keyring
from watchword.crypto.passphrases import PassphraseHasher
from watchword.crypto.tokens import Randomness
from watchword.delivery.messages.house import House
from watchword.devices.descriptions import Locate
from watchword.foundation.clock import Clock
from watchword.gate.policy import Policy
from watchword.handover.returning import ReturnAddresses
from watchword.safeguards.channels.listing import Channel
from watchword.storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the core stands on."""

    database: Database
    keyring: Keyring
    clock: Clock
    randomness: Randomness
    policy: Policy
    hasher: PassphraseHasher
    human: HumanVerifier
    rulebook: PassphraseRulebook
    house: House
    locate: Locate
    phones: PhoneRules
    public_url: str
    channels: Sequence[Channel] = ()
    return_addresses: ReturnAddresses = field(default_factory=dict)
    sms_sender: str = ""
    session_audiences: Sequence[str] = ()
    """Who may be told in a signed token whose session it is."""
    signing_algorithms: Sequence[Alg] = ("ES256", "EdDSA")
    api_header_prefix: str = "API"
    applications: Sequence[str] = ()
    """The origins of applications behind a proxy that asks us."""
