"""What pages say of exits: why one waits, until when, and what still works (policy §6: the holder sees each cause)."""

from dataclasses import dataclass
from datetime import datetime

from watchword.exits.decide import Allowed, Held, Reason, Refused, Running, Works
from watchword.foundation.languages import Words
from watchword.foundation.terms import Cause, Reach


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One hold in words."""

    cause: str
    stops: str
    """What it keeps from leaving."""
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Told:
    """A decision in words. ``opens_at``: when it goes by itself; None: now, or not by waiting."""

    tone: str
    title: str
    more: str
    opens_at: datetime | None
    waits: tuple[Waiting, ...] = ()


def waiting(words: Words, hold: Running) -> Waiting:
    return Waiting(cause=because(words, hold.cause), stops=stops(words, hold.reach), ends_at=hold.ends_at)


def told(words: Words, decision: Allowed | Held | Refused) -> Told:
    """What would happen to an exit."""
    _ = words.gettext
    if isinstance(decision, Allowed):
        more = _("You confirm it where you trade, with your app and your trading passphrase, and it goes at once.")
        return Told(tone="good", title=_("It would go now."), more=more, opens_at=None)
    if isinstance(decision, Refused):
        more, opens_at = refused(words, decision.reason), decision.until
        return Told(tone="stop", title=_("It would not go."), more=more, opens_at=opens_at)
    waits = tuple(waiting(words, each) for each in decision.waits)
    if all(each.cause is Cause.NEW_DESTINATION for each in decision.waits):
        more = _("Confirming it once starts the wait. When it is over, begin it again and confirm afresh.")
        title = _("This address is new.")
    else:
        title, more = _("It would wait."), works(words, decision.still_works)
    return Told(tone="care", title=title, more=more, opens_at=decision.opens_at, waits=waits)


def because(words: Words, cause: Cause) -> str:
    _ = words.gettext
    sentences = {
        Cause.NEW_DESTINATION: _("Nothing was sent there before."),
        Cause.FIRST_SECOND_STEP: _("An authenticator app or a passkey was added to an account that had neither."),
        Cause.FIRST_TRADING_PASSPHRASE: _("A trading passphrase was set for the first time."),
        Cause.SECOND_STEP_ADDED: _("An authenticator app or a passkey was added or replaced."),
        Cause.RECOVERY_CODES_MADE: _("New recovery codes were made."),
        Cause.PASSPHRASE_CHANGED_WITH: _("The passphrase was changed."),
        Cause.PASSPHRASE_CHANGED_WITHOUT: _("The passphrase was changed, and neither app nor passkey confirmed it."),
        Cause.SECOND_STEP_REMOVED: _("A second step was removed."),
        Cause.SECOND_STEP_REMOVED_BY_OPERATOR: _("We removed the second step, as we were asked to."),
        Cause.ADDRESS_REPLACED: _("The e-mail address or phone number was replaced."),
        Cause.ADDRESS_RESTORED: _("A replaced e-mail address or phone number was put back."),
        Cause.TRADING_PASSPHRASE_CHANGED: _("The trading passphrase was changed."),
        Cause.LIST_WEAKENED: _("The allow-list was switched off."),
        Cause.RECOVERED_WITH: _(
            "A forgotten passphrase was replaced, with a passkey, the authenticator app or a recovery code."
        ),
        Cause.RECOVERED_WITHOUT: _("A forgotten passphrase was replaced, with a message alone."),
        Cause.MAILBOX_LOST: _("Somebody signed in with a recovery code in place of a message."),
        Cause.THAWED: _("The account was frozen, and was thawed."),
        Cause.USED_APP_ON_PASSKEY_ACCOUNT: _("Somebody signed in without the passkey."),
    }
    return sentences[cause]


def stops(words: Words, reach: Reach) -> str:
    _ = words.gettext
    match reach:
        case Reach.ALL:
            return _("It stops everything that leaves the account.")
        case Reach.NEW:
            return _("It stops what goes where you have not sent before.")
        case Reach.ALL_BUT_LISTED:
            return _("It stops all but withdrawals to addresses that have been on your allow-list for a week.")


def works(words: Words, left: Works) -> str:
    _ = words.gettext
    match left:
        case Works.NOTHING:
            return _("For now nothing leaves the account.")
        case Works.USED:
            return _("What goes where you sent before still works.")
        case Works.LISTED:
            return _("Withdrawals to addresses that have been on your allow-list for a week still work.")


def refused(words: Words, reason: Reason) -> str:
    _ = words.gettext
    match reason:
        case Reason.FROZEN:
            return _("The account is frozen. Nothing leaves it before it is thawed.")
        case Reason.CLOSED:
            return _("The account is closed.")
        case Reason.NEEDS_SECOND_STEP:
            return _("This asks for an authenticator app.")
        case Reason.NEEDS_LISTING:
            return _(
                "Without an authenticator app, withdrawals go only to addresses that have been on your allow-list for "
                "three days."
            )
        case Reason.NOT_LISTED:
            return _("Your allow-list is on, and this is not on it.")
        case Reason.LISTED_LATELY:
            return _("Your allow-list is on, and this is still new on it.")
