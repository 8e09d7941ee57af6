"""What a page says at its head when an answer was stopped: what happened, what it means, what to do."""

from enum import StrEnum

from watchword.foundation.languages import Words


class Done(StrEnum):
    """What was just done, told once on the page that follows. A closed list: no words travel in a cookie."""

    APP_RENEWED = "app_renewed"
    APP_REMOVED = "app_removed"
    APP_REMOVED_ALONE = "app_removed_alone"
    MESSAGE_CODE_ON = "message_code_on"
    MESSAGE_CODE_OFF = "message_code_off"
    PASSPHRASE_CHANGED = "passphrase_changed"
    OTHERS_SIGNED_OUT = "others_signed_out"
    TRADING_PASSPHRASE_SET = "trading_passphrase_set"
    STAMP_SET = "stamp_set"
    STAMP_REMOVED = "stamp_removed"
    DESTINATION_LISTED = "destination_listed"
    DESTINATION_REMOVED = "destination_removed"
    ENTRY_WAITS = "entry_waits"
    ALLOW_LIST_BEGINS = "allow_list_begins"
    ALLOW_LIST_OFF = "allow_list_off"
    DEVICE_REMOVED = "device_removed"
    APPLICATION_DISCONNECTED = "application_disconnected"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_REMOVAL_BEGUN = "passkey_removal_begun"
    PASSKEY_ONLY_BEGINS = "passkey_only_begins"
    PASSKEY_ONLY_OFF = "passkey_only_off"
    ADDRESS_CHANGED = "address_changed"
    ADDRESS_ADDED = "address_added"
    API_KEY_RENAMED = "api_key_renamed"
    API_KEY_BOUND = "api_key_bound"
    API_KEY_STAYS = "api_key_stays"
    API_KEY_PAUSED = "api_key_paused"
    API_KEY_RESUMED = "api_key_resumed"
    API_KEY_DELETED = "api_key_deleted"
    API_KEY_WAITS = "api_key_waits"
    API_KEYS_FULL = "api_keys_full"
    NOTHING_CHANGED = "nothing_changed"
    TOO_LATE = "too_late"


_STOPPED = (
    Done.ENTRY_WAITS,
    Done.TOO_LATE,
    Done.API_KEY_WAITS,
    Done.API_KEY_STAYS,
    Done.API_KEYS_FULL,
    Done.PASSKEY_REMOVAL_BEGUN,
)


def done(words: Words, what: Done) -> dict[str, str]:
    _ = words.gettext
    sentences = {
        Done.APP_RENEWED: _("The new authenticator app is on. The old one's codes no longer work."),
        Done.APP_REMOVED: _("The authenticator app is removed, and its recovery codes with it."),
        Done.APP_REMOVED_ALONE: _("The authenticator app is removed. Your passkeys and recovery codes stay."),
        Done.MESSAGE_CODE_ON: _("From now on each sign-in asks for a code by message."),
        Done.MESSAGE_CODE_OFF: _("A code by message is no longer your second step."),
        Done.PASSPHRASE_CHANGED: _("The passphrase is changed. All other devices are signed out."),
        Done.OTHERS_SIGNED_OUT: _("All other devices are signed out."),
        Done.TRADING_PASSPHRASE_SET: _("The trading passphrase is set. Exits wait for now, and we told every address."),
        Done.STAMP_SET: _("The anti-phishing code is set. From the next mail on it stands at the top."),
        Done.STAMP_REMOVED: _("The anti-phishing code is removed. Our mail says from now on that none is set."),
        Done.DESTINATION_LISTED: _("The address is on the allow-list. We told every address of yours."),
        Done.DESTINATION_REMOVED: _("The address is removed. If it comes again, it is new."),
        Done.ENTRY_WAITS: _("The address is not on the list yet: what leaves the account waits, and so does the list."),
        Done.ALLOW_LIST_BEGINS: _("The allow-list begins in three days. Until then you can switch it off at once."),
        Done.ALLOW_LIST_OFF: _("The allow-list is off."),
        Done.DEVICE_REMOVED: _("The device is removed and signed out."),
        Done.APPLICATION_DISCONNECTED: _("The application is disconnected, and you are signed out there."),
        Done.PASSKEY_ADDED: _("The passkey is added. We told every address of yours."),
        Done.PASSKEY_RENAMED: _("The passkey has its new name."),
        Done.PASSKEY_REMOVED: _(
            "The passkey is removed, and all other devices are signed out. Delete it where your passkeys are kept, too."
        ),
        Done.PASSKEY_REMOVAL_BEGUN: _(
            "The removal has begun and takes three days. If the passkey is used until then, it stays."
        ),
        Done.PASSKEY_ONLY_BEGINS: _(
            "From three days on nothing stands in for your passkeys. Until then you can call it off at once."
        ),
        Done.PASSKEY_ONLY_OFF: _("The app or a recovery code can stand in for a passkey again."),
        Done.ADDRESS_CHANGED: _("The address is changed. For 30 days the old one still gets our notices."),
        Done.ADDRESS_ADDED: _("The address is added."),
        Done.TOO_LATE: _("The time to save it was over, so nothing was changed. Confirm again, then choose it afresh."),
        Done.API_KEY_RENAMED: _("The key has its new name."),
        Done.API_KEY_BOUND: _("The networks are saved."),
        Done.API_KEY_STAYS: _(
            "The key stays as it was: what leaves the account waits, and so do keys that can move value."
        ),
        Done.API_KEY_PAUSED: _("The key is paused. Requests signed with it are refused from now on."),
        Done.API_KEY_RESUMED: _("The key works again. We told every address of yours."),
        Done.API_KEY_DELETED: _("The key is deleted. Requests signed with it are refused from now on."),
        Done.API_KEY_WAITS: _("No key was made: what leaves the account waits, and so do keys that can move value."),
        Done.API_KEYS_FULL: _("No key was made: there are too many already. Delete one first."),
        Done.NOTHING_CHANGED: _("You stopped before the end. Nothing was changed."),
    }
    tones = {Done.NOTHING_CHANGED: "info", **dict.fromkeys(_STOPPED, "care")}
    return {"tone": tones.get(what, "good"), "text": sentences[what]}


def human_failed(words: Words) -> dict[str, str]:
    text = words.gettext("The check that a person is here didn't work. Let it finish, then go on.")
    return {"tone": "care", "text": text}


def human_after_all(words: Words) -> dict[str, str]:
    text = words.gettext("This device is new to that account. Let the check finish, then type the passphrase again.")
    return {"tone": "info", "text": text}


def passkey_refused(words: Words) -> dict[str, str]:
    text = words.gettext("That passkey didn't open the account. Try another one, or sign in with your passphrase.")
    return {"tone": "stop", "text": text}


def another_begun(words: Words) -> dict[str, str]:
    text = words.gettext(
        "This is another confirmation, begun since in this browser. What you typed was not used. Read it again before "
        "you go on."
    )
    return {"tone": "care", "text": text}


def throttled(words: Words, seconds: int) -> dict[str, str]:
    text = words.gettext(
        "That was tried too often; it opens again in %(time)s. Devices you signed in from before have their own tries.",
        time=wait(words, seconds),
    )
    return {"tone": "stop", "text": text}


def too_often(words: Words, seconds: int) -> dict[str, str]:
    text = words.gettext("That was tried too often; it opens again in %(time)s.", time=wait(words, seconds))
    return {"tone": "stop", "text": text}


def too_many_of_these(words: Words, seconds: int) -> str:
    return words.gettext("Too many were refused. You can try others in %(time)s.", time=wait(words, seconds))


def too_soon(words: Words, seconds: int) -> dict[str, str]:
    text = words.gettext(
        "A code is on its way already. You can ask for a new one in %(time)s.", time=wait(words, seconds)
    )
    return {"tone": "info", "text": text}


def busy(words: Words) -> dict[str, str]:
    text = words.gettext("Many people are at the door just now. Wait a few seconds and send it again.")
    return {"tone": "care", "text": text}


def wait(words: Words, seconds: int) -> str:
    if seconds < 100:
        return words.ngettext("%(num)s second", "%(num)s seconds", seconds)
    if seconds < 100 * 60:
        return words.ngettext("%(num)s minute", "%(num)s minutes", round(seconds / 60))
    return words.ngettext("%(num)s hour", "%(num)s hours", round(seconds / 3600))
