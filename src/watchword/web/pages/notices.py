"""What a page says at its head when an answer was stopped: what happened, what it means, what to do."""

from watchword.foundation.languages import Words


def human_failed(words: Words) -> dict[str, str]:
    text = words.gettext("The check that a person is here didn't work. Let it finish, then go on.")
    return {"tone": "care", "text": text}


def throttled(words: Words, seconds: int) -> dict[str, str]:
    text = words.gettext(
        "That was tried too often; it opens again in %(time)s. Devices you signed in from before have their own tries.",
        time=wait(words, seconds),
    )
    return {"tone": "stop", "text": text}


def busy(words: Words) -> dict[str, str]:
    text = words.gettext("Many people are at the door just now. Wait a few seconds and send it again.")
    return {"tone": "care", "text": text}


def wait(words: Words, seconds: int) -> str:
    if seconds < 100:
        return words.ngettext("%(num)s second", "%(num)s seconds", seconds)
    if seconds < 100 * 60:
        return words.ngettext("%(num)s minute", "%(num)s minutes", round(seconds / 60))
    return words.ngettext("%(num)s hour", "%(num)s hours", round(seconds / 3600))
