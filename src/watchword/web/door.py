"""The use cases the edge calls, and the few settings it speaks of. Wired in ``app``."""

from dataclasses import dataclass

from watchword.accounts.identifiers import PhoneRules
from watchword.exits.exits import Exits
from watchword.exits.spending import Spending
from watchword.foundation.clock import Clock
from watchword.gate.gate import Gate
from watchword.safeguards.addresses import AddressChange
from watchword.safeguards.alerts.alerts import Alerts
from watchword.safeguards.apps import Apps
from watchword.safeguards.channels.official import Official
from watchword.safeguards.check_ups import CheckUps
from watchword.safeguards.closing import AccountClosing
from watchword.safeguards.destinations import DestinationChoices
from watchword.safeguards.devices import DeviceRoom
from watchword.safeguards.exports import Exports
from watchword.safeguards.freeze_link import FreezeByLink
from watchword.safeguards.freezing import Freezing
from watchword.safeguards.message_code import MessageCodeChoice
from watchword.safeguards.overview import Overviews
from watchword.safeguards.passkey_only import PasskeyOnly
from watchword.safeguards.passkeys import PasskeyRoom
from watchword.safeguards.passphrase_change import PassphraseChange
from watchword.safeguards.sent import SentMessages
from watchword.safeguards.sign_out import SignOut
from watchword.safeguards.stamp import StampChange
from watchword.safeguards.trading import TradingPassphrase
from watchword.sessions.sessions import Sessions
from watchword.web.platform_door import PlatformDoor

ASKED = "/account/exit"
"""The page that a service sends a holder to, for them to confirm what leaves their account."""


@dataclass(frozen=True, kw_only=True)
class Door:
    gate: Gate
    sessions: Sessions
    sign_out: SignOut
    apps: Apps
    passkeys: PasskeyRoom
    passkey_only: PasskeyOnly
    passphrase_change: PassphraseChange
    message_code: MessageCodeChoice
    trading_passphrase: TradingPassphrase
    stamp: StampChange
    sent: SentMessages
    official: Official
    check_ups: CheckUps
    freezing: Freezing
    freeze_by_link: FreezeByLink
    devices: DeviceRoom
    alerts: Alerts
    addresses: AddressChange
    closing: AccountClosing
    exports: Exports
    overviews: Overviews
    destinations: DestinationChoices
    exits: Exits
    spending: Spending
    platform: PlatformDoor
    phones: PhoneRules
    clock: Clock
    public_url: str
    brand: str
    https: bool
