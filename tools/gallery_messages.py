"""Pages of the room "Messages" and the official channels with made-up contexts, for the gallery."""

from datetime import datetime, timedelta
from typing import Any

from tools.gallery_rooms import room
from tools.gallery_samples import NOW, Sample
from watchword.foundation.languages import words_in
from watchword.foundation.terms import MessageId
from watchword.safeguards.channels.checker import check
from watchword.safeguards.channels.listing import Channel, ChannelKind
from watchword.safeguards.sent import SentMessage
from watchword.web.sentences import verdict

TEXT = """========================================
Your anti-phishing code: ••••••
Without it, a message is not from us.
========================================

Your code to sign in

••••••

Reference: KTRM-BXDF
"""


def sent(number: int, subject: str, at: datetime, reference: str) -> SentMessage:
    return SentMessage(
        id=MessageId(f"m{number}"),
        kind="sign_in_code",
        channel="email",
        to="y•••@example.org",
        reference=reference,
        sent_at=at,
        subject=subject,
        text=TEXT,
    )


SENT = [
    sent(1, "Your code to sign in to Example Door", NOW - timedelta(minutes=4), "KTRM-BXDF"),
    sent(2, "New sign-in to your Example Door account", NOW - timedelta(days=2), "PQGZ-WNHT"),
]


def messages(**more: Any) -> dict[str, Any]:
    common = {"stamp_since": NOW - timedelta(days=3), "may_change": True, "messages": SENT, "older": None}
    return room("messages", **{**common, "asked": False, "found": None, **more})


def stamp(**more: Any) -> dict[str, Any]:
    return room("messages", **{"since": None, "confirmed": False, "left": 118, "may_change": True, **more})


CHANNELS = (
    Channel(kind=ChannelKind.ADDRESS, value="https://door.example"),
    Channel(kind=ChannelKind.DOMAIN, value="door.example"),
    Channel(kind=ChannelKind.EMAIL, value="no-reply@door.example"),
    Channel(kind=ChannelKind.PHONE, value="+493012345678", note="On working days, 9 to 17"),
    Channel(kind=ChannelKind.HANDLE, value="@exampledoor", place="X", note="Announcements"),
    Channel(kind=ChannelKind.APP, value="example.door.app", place="App Store"),
)


def official(asked: str) -> dict[str, Any]:
    found = check(asked, CHANNELS, brand="Example Door")
    return {
        "channels": CHANNELS,
        "asked": asked,
        "found": found,
        "said": None if found is None else verdict(words_in("en"), found),
        "thumbprint": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        "signed_path": "/.well-known/official-channels.json",
        "errors": {},
        "values": {},
        "rejected": False,
    }


MAIL = {
    "messages": Sample("messages.html", "/account/messages", messages(older="/account/messages?before=m2")),
    "messages-fresh": Sample("messages.html", "/account/messages", messages(stamp_since=None, messages=[])),
    "messages-ours": Sample("messages.html", "/account/messages", messages(asked=True, found=SENT[0])),
    "messages-forged": Sample("messages.html", "/account/messages", messages(asked=True)),
    "message": Sample("message.html", "/account/messages/m1", room("messages", message=SENT[0])),
    "stamp": Sample("stamp.html", "/account/messages/code", stamp()),
    "stamp-set": Sample("stamp.html", "/account/messages/code", stamp(since=NOW - timedelta(days=3))),
    "stamp-choosing": Sample(
        "stamp.html",
        "/account/messages/code",
        stamp(since=NOW, confirmed=True, errors={"anti-phishing-code": "It takes 4 to 24 characters."}),
    ),
    "official": Sample("official.html", "/official", official("")),
    "official-ours": Sample("official.html", "/official", official("@exampledoor")),
    "official-alike": Sample("official.html", "/official", official("https://d\u043e\u043er.example/sign-in")),
    "official-not": Sample("official.html", "/official", official("somebody.test")),
}
