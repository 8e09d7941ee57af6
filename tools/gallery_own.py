"""Pages of the holder's own data with made-up contexts, for the gallery: addresses, copies, closing the account."""

from datetime import timedelta
from typing import Any

from tools.gallery_rooms import room
from tools.gallery_samples import NOW, Sample, message, passage
from watchword.foundation.terms import IdentifierKind
from watchword.safeguards.addresses import AddressView

NEW = AddressView(
    kind=IdentifierKind.EMAIL, value="you@example.org", bound_at=NOW - timedelta(days=2), contact_until=None
)
OLD = AddressView(
    kind=IdentifierKind.EMAIL,
    value="you-before@example.org",
    bound_at=NOW - timedelta(days=400),
    contact_until=NOW + timedelta(days=28),
)


def change(kind: str, **more: Any) -> dict[str, Any]:
    return room("sign-in", kind=kind, bound=None) | more


OWN = {
    "addresses": Sample(
        "addresses.html",
        "/account/address",
        room("sign-in", addresses=[OLD, NEW], kinds={"email": NEW, "phone": None}),
    ),
    "addresses-mail-alone": Sample(
        "addresses.html", "/account/address", room("sign-in", addresses=[NEW], kinds={"email": NEW})
    ),
    "address-change": Sample("address_change.html", "/account/address/email", change("email", bound=NEW)),
    "address-refused": Sample(
        "address_change.html",
        "/account/address/phone",
        change("phone", errors={"identifier": "That can't be read as an address."}, values={"identifier": "+351 9"}),
    ),
    "address-new-code": Sample(
        "message_code.html",
        "/confirm",
        passage(
            "/confirm",
            trail=(3, 3),
            confirming="Use this e-mail address: new@example.org",
            purpose="confirm",
            asked="new_identifier_code",
            message=message(recipient="n•••@example.org"),
        ),
    ),
    "own-data": Sample("own_data.html", "/account/data", room("activity", ready=None)),
    "own-data-ready": Sample("own_data.html", "/account/data", room("activity", ready="activity")),
    "own-data-all-ready": Sample("own_data.html", "/account/data", room("activity", ready="account")),
    "account-close": Sample("account_close.html", "/account/close", room("sign-in")),
    "account-closed": Sample("account_closed.html", "/confirm", {}),
}
