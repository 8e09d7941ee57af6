"""The official channels of this installation: what every one has, and what the operator lists."""

from watchword.safeguards.channels.listing import Channel, ChannelKind, read_channels
from watchword.settings.model import Settings


def official_channels(settings: Settings) -> tuple[Channel, ...]:
    """Raises Misconfigured for a list that can't be used as a whole."""
    own = [Channel(kind=ChannelKind.ADDRESS, value=settings.public_url)]
    if settings.sender:
        own.append(Channel(kind=ChannelKind.EMAIL, value=settings.sender))
    if settings.takes_phones and settings.sms_sender:
        own.append(Channel(kind=ChannelKind.SMS, value=settings.sms_sender))
    return read_channels(settings.channels_file, own)
