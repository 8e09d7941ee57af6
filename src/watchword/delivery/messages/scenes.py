"""When, where and on which device, in words.

What a device calls itself is its own claim: anybody who signs in with somebody else's address could write a line
of their choice into our mail ("call this number"). So only names we know are repeated.
"""

from watchword.delivery.messages.catalogue import Scene
from watchword.foundation.languages import Words

# fmt: off
_BROWSERS = frozenset({
    "Android", "Brave", "Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView", "Chromium",
    "DuckDuckGo", "DuckDuckGo Mobile", "Edge", "Edge Mobile", "Facebook", "Firefox", "Firefox Focus", "Firefox iOS",
    "Firefox Mobile", "HeadlessChrome", "Huawei Browser", "HuaweiBrowser", "IE", "MiuiBrowser", "Mobile Safari",
    "Mobile Safari UI/WKWebView", "Opera", "Opera GX", "Opera Mini", "Opera Mobile", "Opera Touch", "QQ Browser",
    "QQ Browser Mobile", "Quark", "Safari", "Samsung Internet", "Sogou Explorer", "UC Browser", "Vivaldi",
    "Vivo Browser", "WeChat", "Whale", "Yandex Browser",
})
_SYSTEMS = frozenset({
    "Android", "Arch Linux", "Chrome OS", "ChromeOS", "Debian", "Fedora", "FreeBSD", "HarmonyOS", "iOS", "iPadOS",
    "KaiOS", "Linux", "Mac OS", "Mac OS X", "macOS", "OpenBSD", "Red Hat", "SUSE", "Ubuntu", "Windows",
})
# fmt: on
_APP = "App"


def details(words: Words, scene: Scene) -> tuple[tuple[str, str], ...]:
    """Label and value of each line. Without a device, nobody was anywhere: only the time is told."""
    when = (words.pgettext("label", "When"), words.moment(scene.at))
    if scene.device is None:
        return (when,)
    where = (words.pgettext("label", "Where"), place(words, scene))
    return (when, where, (words.pgettext("label", "Device"), device(words, scene.device)))


def place(words: Words, scene: Scene) -> str:
    country = words.country(scene.country)
    if country is None:
        return words.pgettext("place", "Not known")
    return words.gettext("%(country)s, by its internet address", country=country)


def device(words: Words, name: str) -> str:
    browser, joined, system = name.partition(" on ")
    if name == _APP or (joined and browser in _BROWSERS and system in _SYSTEMS):
        return words.device(name)
    if joined and system in _SYSTEMS:
        return words.gettext("An unfamiliar program on %(system)s", system=system)
    if browser in _BROWSERS:
        return browser
    return words.gettext("An unfamiliar program")
