"""Mail by SMTP (RFC 5321) over TLS with the server's name and certificate checked (RFC 8314, RFC 3207).

Without encryption only to this machine itself, for development. The server's words stay here: they may repeat the
address; its three digits are all that is told.
"""

import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from watchword.delivery.carriers import HANDED_OVER, Handover, Parcel, deferred, failed
from watchword.delivery.messages.house import House
from watchword.delivery.messages.render import Mail
from watchword.delivery.mime import compose
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret

PERMANENT = 500
FAREWELL_SECONDS = 2


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Raises Misconfigured for a connection that others could read."""

    host: str
    port: int
    tls: Literal["starttls", "implicit", "off"] = "starttls"
    ca_file: Path | None = None
    """The authority that signed the server's certificate, when not a public one."""
    username: str | None = None
    password: Secret | None = None
    timeout_seconds: float = 20
    """For each exchange with the server."""

    def __post_init__(self) -> None:
        if self.tls == "off" and not _is_loopback(self.host):
            raise Misconfigured("mail may travel in the clear only within this machine: use starttls or implicit")
        if self.tls == "off" and self.password is not None:
            raise Misconfigured("a password for the mail server is never sent in the clear")
        if (self.username is None) != (self.password is None):
            raise Misconfigured("the mail server's user name and password go together")


@dataclass(frozen=True, kw_only=True)
class SmtpCarrier:
    server: MailServer
    house: House
    _tls: ssl.SSLContext = field(init=False, repr=False)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=self.server.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        object.__setattr__(self, "_tls", context)

    async def hand_over(self, parcel: Parcel) -> Handover:
        if not isinstance(parcel.body, Mail):
            return failed("no_mail")
        try:
            message = compose(parcel, parcel.body, self.house)
        except ValueError:
            return failed("unwritable")
        client = self._connection()
        try:
            return await self._send(client, message, parcel.address)
        finally:
            client.close()

    async def _send(self, client: SMTP, message: EmailMessage, address: str) -> Handover:
        try:
            await client.connect()
            await client.send_message(message, sender=self.house.sender, recipients=[address])
        except SMTPRecipientsRefused as refused:
            return _verdict(refused.recipients[0])
        except (SMTPRecipientRefused, SMTPSenderRefused, SMTPDataError) as refused:
            return _verdict(refused)
        except SMTPResponseException as refused:
            # It spoke of the connection or of our password, not of this message: an operator can mend that.
            return deferred(str(refused.code))
        except ssl.SSLError:
            return deferred("tls")
        except (SMTPException, OSError) as error:
            return deferred("tls" if isinstance(error.__cause__, ssl.SSLError) else "connection")
        # The message is theirs now; nothing that happens at the leave-taking may have it sent again.
        with suppress(SMTPException, OSError):
            await client.quit(timeout=FAREWELL_SECONDS)
        return HANDED_OVER

    def _connection(self) -> SMTP:
        server = self.server
        return SMTP(
            hostname=server.host,
            port=server.port,
            # Not the machine's own name, which is nobody's business and may take a slow look-up.
            local_hostname=self.house.sender.rpartition("@")[2],
            timeout=server.timeout_seconds,
            use_tls=server.tls == "implicit",
            start_tls=server.tls == "starttls",
            tls_context=None if server.tls == "off" else self._tls,
            username=server.username,
            password=None if server.password is None else server.password.reveal(),
        )


def _verdict(refused: SMTPResponseException) -> Handover:
    code = str(refused.code)
    return failed(code) if refused.code >= PERMANENT else deferred(code)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
