"""One of each message, with plain facts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import wraps
from inspect import Signature, signature
from typing import Any

from watchword.delivery import messages as of
from watchword.delivery.recipient import Recipient
from watchword.foundation.secret import Secret
from watchword.foundation.terms import AuthenticatorKind, IdentifierKind, Reach

AT = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
CODE = "482915"
TEN_MINUTES = timedelta(minutes=10)
SCENE = of.Scene(at=AT, device="Firefox on Windows", country="DE")
UNSEEN = of.Scene(at=AT)

CODES: tuple[of.CodeMessage, ...] = (
    of.SignUpCode(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES),
    of.SignInCode(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES),
    of.RecoveryCodeMessage(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES),
    of.NewAddressCode(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES),
    *(
        of.ConfirmationCode(scene=SCENE, code=Secret(CODE), lives=TEN_MINUTES, action=action)
        for action in of.ConfirmedAction
    ),
)
NOTICES: tuple[of.Message, ...] = (
    of.AlreadyRegistered(scene=SCENE),
    of.AddressTaken(scene=SCENE),
    *(of.AddressReplaced(scene=SCENE, what=what, undo_until=AT + timedelta(days=30)) for what in IdentifierKind),
    *(of.AddressAdded(scene=SCENE, what=what) for what in IdentifierKind),
    of.AddressRestored(scene=SCENE),
    of.AddressRestored(scene=SCENE, stamp_removed=True),
    of.AccountClosed(scene=SCENE),
    of.DataExported(scene=SCENE, of="activity"),
    of.DataExported(scene=SCENE, of="account"),
    *(of.ApiKeyChanged(scene=SCENE, what=what, key="7k3m9x") for what in ("made", "widened", "resumed", "deleted")),
    of.ApiKeysPaused(scene=UNSEEN, count=1),
    of.ApiKeysPaused(scene=UNSEEN, count=3),
    of.ApiKeyEnding(scene=UNSEEN, key="7k3m9x", ends_at=AT + timedelta(days=7)),
    of.ApiKeyLapsed(scene=UNSEEN, key="7k3m9x"),
    of.NewDevice(scene=SCENE),
    of.NewDevice(scene=SCENE, novelty="place"),
    of.AuthenticatorAdded(scene=SCENE),
    of.AuthenticatorRemoved(scene=SCENE),
    of.PasskeyAdded(scene=SCENE),
    of.PasskeyRemoved(scene=SCENE),
    of.PasskeyRemovalBegun(scene=SCENE, due_at=AT + timedelta(days=3)),
    of.PasskeyStays(scene=UNSEEN),
    of.PasskeyCloned(scene=UNSEEN),
    of.PasskeyOnlyBegun(scene=SCENE, effective_at=AT + timedelta(days=3)),
    of.PasskeyOnlyEnded(scene=SCENE),
    of.RecoveryCodesMade(scene=SCENE),
    of.RecoveryCodeUsed(scene=SCENE, left=9),
    of.RecoveryCodeUsed(scene=SCENE, left=1),
    of.RecoveryCodeUsed(scene=SCENE, left=0),
    of.PassphraseChanged(scene=SCENE),
    of.MessageCodeOn(scene=SCENE),
    of.MessageCodeOff(scene=SCENE),
    of.RecoveryDone(scene=SCENE),
    of.SecondStepRemovalBegun(scene=UNSEEN, due_at=AT + timedelta(days=7)),
    of.SecondStepRemovalCancelled(scene=SCENE),
    of.SecondStepRemoved(scene=UNSEEN),
    of.HoldPlaced(scene=of.Scene(at=AT, held=tuple(of.Held(reach=reach, ends_at=AT) for reach in Reach))),
    of.DestinationListed(scene=SCENE),
    of.DestinationRemoved(scene=SCENE),
    of.AllowListBegun(scene=SCENE, effective_at=AT + timedelta(days=3)),
    of.AllowListEnded(scene=SCENE),
    of.TradingPassphraseSet(scene=SCENE, changed=False),
    of.TradingPassphraseSet(scene=SCENE, changed=True),
    of.TradingPassphraseClosed(scene=SCENE),
    of.StampSet(scene=SCENE, replaces=False),
    of.StampSet(scene=SCENE, replaces=True),
    of.StampRemoved(scene=SCENE),
    *(of.TooManyFailures(scene=SCENE, authenticator=kind) for kind in AuthenticatorKind),
)
ALERTS: tuple[of.Message, ...] = (
    *(of.AccountFrozen(scene=SCENE, by=by) for by in ("holder", "link", "operator", "platform")),
    *(of.AccountThawed(scene=SCENE, by=by) for by in ("holder", "operator", "platform")),
    of.AccountThawed(scene=SCENE, by="operator", open=False),
    of.DeviceRemoved(scene=SCENE, name="Safari on iOS"),
    of.OthersSignedOut(scene=SCENE),
    of.WrongSecondSteps(scene=SCENE, failures=3),
    of.RecoveryBegun(scene=SCENE),
    *(of.ConfirmationRefused(scene=SCENE, why=why) for why in ("impossible", "changed", "held")),
    of.ReviewDue(scene=UNSEEN),
)
MESSAGES = (*CODES, *NOTICES, *ALERTS)
SIGN_IN = CODES[1]


FREEZE_LINK = "https://door.example/freeze/" + "a1_-" * 10 + "xyz"


def mailbox_of(
    language: str = "en",
    *,
    stamp: str | None = None,
    confirmed: bool = False,
    address: str = "ada@example.org",
    freeze_link: str | None = None,
) -> Recipient:
    """Confirmed too where a ``stamp`` is given."""
    return Recipient(
        address=address,
        channel="email",
        language=language,
        confirmed=confirmed or stamp is not None,
        stamp=stamp,
        freeze_link=freeze_link,
    )


def phone_of(language: str = "en") -> Recipient:
    return Recipient(address="+491512345678", channel="sms", language=language)


def name_of(message: of.Message) -> str:
    """For the name of a test case."""
    rest = [
        str(value)
        for name, value in vars(message).items()
        if name not in ("scene", "code", "lives", "due_at", "effective_at", "undo_until", "ends_at")
    ]
    return "-".join([message.kind, *rest])


def over(messages: Sequence[Any]) -> Callable[[Any], Any]:
    """One test that checks each of these messages, and names every one that fails: thousands of tests cost more to
    collect than to run."""

    def made(check: Any) -> Any:
        @wraps(check)
        def test(*own: Any, **given: Any) -> None:
            failed = []
            for message in messages:
                try:
                    check(*own, **given, message=message)
                except AssertionError as wrong:
                    failed.append(f"{name_of(message)}: {wrong}")
            assert not failed, f"{len(failed)} of {len(messages)}\n" + "\n\n".join(failed)

        parameters = [each for name, each in signature(check).parameters.items() if name != "message"]
        test.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        return test

    return made
