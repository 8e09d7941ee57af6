"""A message as e-mail: text and HTML of the same words (RFC 2046 section 5.1.4), nothing that tracks or answers back.

``EmailMessage`` refuses line ends in headers; the address is put in as an address, never parsed as a list.
"""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

from watchword.delivery.carriers import Parcel
from watchword.delivery.messages.house import House
from watchword.delivery.messages.render import Mail


def compose(parcel: Parcel, mail: Mail, house: House) -> EmailMessage:
    """Raises ValueError for an address or a header that can't be written as one."""
    sender = Address(display_name=house.brand, addr_spec=house.sender)
    message = EmailMessage(policy=default)
    message["From"] = sender
    message["To"] = Address(addr_spec=parcel.address)
    message["Subject"] = mail.subject
    message["Date"] = parcel.created_at
    message["Message-ID"] = f"<{parcel.id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice comes back
    # Quoted-printable leaves digits readable and every line short, whatever servers lie on the way.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = mail.language  # only now: setting content would have taken it along
    return message
