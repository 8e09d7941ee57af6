"""Who carries the messages by the settings, and in whose name: files in development, SMTP, an HTTPS gateway."""

from pathlib import Path

from watchword.delivery.carriers import Carrier
from watchword.delivery.mail import MailServer, SmtpCarrier
from watchword.delivery.mailbox import Mailbox
from watchword.delivery.messages.house import House
from watchword.delivery.recipient import Channel
from watchword.delivery.sms import SmsCarrier, SmsGateway
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret
from watchword.settings import Settings


def message_house(settings: Settings) -> House:
    return House(brand=settings.brand, sender=settings.sender, support=settings.support, accent=settings.accent)


def carriers_of(settings: Settings) -> dict[Channel, Carrier]:
    house = message_house(settings)
    mailbox = Mailbox(directory=settings.mailbox, house=house)
    carriers: dict[Channel, Carrier] = {"email": mailbox, "sms": mailbox} if settings.in_development else {}
    if settings.smtp_host:
        server = MailServer(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            ca_file=settings.smtp_ca_file,
            username=settings.smtp_username or None,
            password=secret_of(settings.smtp_password_file) if settings.smtp_password_file else None,
        )
        carriers["email"] = SmtpCarrier(server=server, house=house)
    if settings.sms_url:
        gateway = SmsGateway(
            address=settings.sms_url,
            template=settings.sms_template,
            sender=settings.sms_sender,
            secret=secret_of(settings.sms_secret_file) if settings.sms_secret_file else None,
            secret_header=settings.sms_secret_header,
            secret_scheme=settings.sms_secret_scheme,
        )
        carriers["sms"] = SmsCarrier(gateway=gateway)
    return carriers


def secret_of(path: Path | None) -> Secret:
    if path is None:
        raise Misconfigured("a secret file is not set")
    return Secret(path.read_text(encoding="utf-8").strip())
