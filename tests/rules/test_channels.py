"""Official channels: the operator's list, and the checker with what forgers try."""

from pathlib import Path

import pytest

from watchword.foundation.errors import Misconfigured
from watchword.safeguards.channels.checker import LONGEST, check
from watchword.safeguards.channels.likeness import MISSING, compare, likeness, skeletons, slips
from watchword.safeguards.channels.listing import MOST, Channel, ChannelKind, read_channels
from watchword.settings import load_settings
from watchword.settings.faults import unsafe, weak

K = ChannelKind
CHANNELS = (
    Channel(kind=K.ADDRESS, value="https://door.watchword.example"),
    Channel(kind=K.ADDRESS, value="https://chat.example/@watchword", note="Announcements"),
    Channel(kind=K.DOMAIN, value="watchword.example"),
    Channel(kind=K.EMAIL, value="no-reply@watchword.example"),
    Channel(kind=K.PHONE, value="+493012345678"),
    Channel(kind=K.SMS, value="Watchword"),
    Channel(kind=K.HANDLE, value="@WatchwordHelp", place="X"),
    Channel(kind=K.APP, value="example.watchword.app", place="App Store"),
)

OURS = {
    "https://door.watchword.example": CHANNELS[0],
    "HTTPS://DOOR.watchword.example/sign-in?x=1": CHANNELS[0],
    "door.watchword.example:443": CHANNELS[0],
    "https://chat.example/@watchword": CHANNELS[1],
    "https://chat.example/@watchword/": CHANNELS[1],
    "watchword.example": CHANNELS[2],
    "  watchword.example.  ": CHANNELS[2],
    "www.watchword.example": CHANNELS[2],
    "http://news.watchword.example/a": CHANNELS[2],
    "No-Reply@watchword.example": CHANNELS[3],
    "mailto:no-reply@watchword.example": CHANNELS[3],
    "+49 30 1234-5678": CHANNELS[4],
    "0049 (30) 12345678": CHANNELS[4],
    "tel:+493012345678": CHANNELS[4],
    "WATCHWORD": CHANNELS[5],
    "@watchwordhelp": CHANNELS[6],
    "WatchwordHelp": CHANNELS[6],
    "example.watchword.app": CHANNELS[7],
}

ALIKE = [
    "w\u0430tchword.example",  # Cyrillic a
    "watchw\u03bfrd.example",  # Greek omicron
    "watchw\u043erd.example",  # Cyrillic o
    "watchw0rd.example",
    "vvatchword.example",
    "watchword.exarnple",
    "watchworcl.example",
    "wat\u00e7hword.example",
    "w\u00e1tchword.example",
    "\uff57atchword.example",  # full width
    "\U0001d430atchword.example",  # mathematical bold
    "wat\u200bchword.example",  # a space of no width
    "watch\u00adword.example",  # a soft hyphen
    "watchword\u2024example",  # a dot that is none
    "xn--wtchword-2fg.example",
    "watchwrod.example",
    "wachword.example",
    "watchwword.example",
    "watchword.example.evil.test",
    "https://watchword.example.evil.test/sign-in",
    "https://watchword.example@evil.test/",
    "https://watchword.example:443@evil.test",
    "https://evil.test\\@watchword.example",
    "https://evil.test/watchword.example",
    "https://evil.test#watchword.example",
    "javascript://watchword.example/%0aalert(1)",
    "https://watchword.example\n.evil.test",
    "watchword-support.test",
    "secure-watchword.test",
    "notwatchword.example",
    "http://door-watchword.example",
    "https://chat.example/@watchw0rd",
    "support@watchword.example",
    "no-reply@watchw\u043erd.example",
    "no-reply@watchword.example.test",
    "+49 30 1234 5679",
    "+49 30 1234 5687",
    "030 12345678",
    "+1 30 1234 5678",
    "Watchw0rd",
    "@WatchwordHeIp",
    "@watchword_help",
    "@watchwordhelp1",
    "example.watchw0rd.app",
    "Example.Watchword.App",
]

OTHERS = ["evil.test", "https://example.org/", "hello", "12345", "+351961000111", "@somebody", "???", "me@example.org"]


@pytest.mark.parametrize("text", OURS)
def test_ours(text: str) -> None:
    found = check(text, CHANNELS, brand="Watchword")
    assert found is not None
    assert (found.answer, found.channel) == ("ours", OURS[text])


@pytest.mark.parametrize("text", ALIKE)
def test_looks_like_ours_and_is_not(text: str) -> None:
    found = check(text, CHANNELS, brand="Watchword")
    assert found is not None
    assert found.answer == "alike"
    assert found.channel in CHANNELS
    assert any(piece.differs for piece in found.pieces)


@pytest.mark.parametrize("text", OTHERS)
def test_not_ours(text: str) -> None:
    found = check(text, CHANNELS, brand="Watchword")
    assert found is not None
    assert (found.answer, found.channel) == ("not_ours", None)


def test_nothing_asked_is_nothing_answered() -> None:
    assert check("  ", CHANNELS, brand="Watchword") is None


def test_however_long_it_is_the_answer_is_quick_and_no() -> None:
    found = check("watchword.example" + "a" * 100_000, CHANNELS, brand="Watchword")
    assert found is not None
    assert found.answer == "alike"
    assert sum(len(piece.text) for piece in found.pieces) <= LONGEST + len(MISSING) * LONGEST


def test_says_where_it_differs_and_by_which_letter() -> None:
    found = check("watchw\u043erd.example", CHANNELS, brand="Watchword")
    assert found is not None
    assert [(piece.text, piece.differs) for piece in found.pieces] == [
        ("watchw", False),
        ("\u043e", True),
        ("rd.example", False),
    ]
    assert found.signs == (("\u043e", "U+043E CYRILLIC SMALL LETTER O"),)


def test_the_page_behind_a_host_is_not_marked() -> None:
    for text, shown in (
        ("https://watchw0rd.example/sign-in?x", "watchw0rd.example"),
        ("x.test/watchword.example", None),
    ):
        found = check(text, CHANNELS, brand="Watchword")
        assert found is not None
        assert "".join(piece.text for piece in found.pieces) == (shown or text)


def test_a_sign_that_turns_the_others_round_is_marked_and_named() -> None:
    found = check("watchword.\u202eelpmaxe", CHANNELS, brand="Watchword")
    assert found is not None
    assert found.signs == ((MISSING, "U+202E RIGHT-TO-LEFT OVERRIDE"),)
    assert "\u202e" not in "".join(piece.text for piece in found.pieces)


def test_a_letter_left_out_is_marked() -> None:
    found = check("wachword.example", CHANNELS, brand="Watchword")
    assert found is not None
    assert [piece.text for piece in found.pieces] == ["wa", MISSING, "chword.example"]
    assert found.signs == ()


def test_a_coded_name_is_shown_as_it_reads() -> None:
    coded = "w\u0430tchword".encode("punycode").decode()
    found = check(f"https://xn--{coded}.example/", CHANNELS, brand="Watchword")
    assert found is not None
    assert "".join(piece.text for piece in found.pieces) == "w\u0430tchword.example"
    assert check("xn--\u00e4.test", CHANNELS, brand="Watchword") is not None
    assert check("xn--99999999999.test", CHANNELS, brand="Watchword") is not None


def test_another_port_is_another_address() -> None:
    found = check("https://door.watchword.example:8443", CHANNELS[:1], brand="Watchword")
    assert found is not None
    assert found.answer == "alike"


def test_our_name_alone_is_no_channel() -> None:
    found = check("Watchword Support Desk", CHANNELS[:1], brand="Watchword")
    assert found is not None
    assert (found.answer, found.channel) == ("alike", CHANNELS[0])
    short = check("Go Support", CHANNELS[:1], brand="Go")
    assert short is not None
    assert short.answer == "not_ours"


def test_an_sms_number_is_read_as_a_number() -> None:
    channel = Channel(kind=K.SMS, value="+351912345678")
    for text, answer in (("+351 912 345 678", "ours"), ("+351 912 345 679", "alike")):
        found = check(text, [channel], brand="Watchword")
        assert found is not None
        assert found.answer == answer


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other", "distance"),
        [("abcdef", "abcdef", 0), ("abcdef", "abcxef", 1), ("abcdef", "abdcef", 1), ("abcdef", "abcde", 1),
         ("abcdef", "bacdfe", 2), ("abcdef", "uvwxyz", 3), ("ab", "abcdefgh", 3)],
    )  # fmt: skip
    def test_slips(self, one: str, other: str, distance: int) -> None:
        assert min(slips(one, other, 2), 3) == distance
        assert min(slips(other, one, 2), 3) == distance

    def test_short_names_need_the_same_skeleton(self) -> None:
        assert likeness(skeletons("dock"), skeletons("door")) is None
        assert likeness(skeletons("d\u043e\u043er"), skeletons("door")) == 0

    def test_skeletons_meet(self) -> None:
        for alike in ("paypal", "PAYPAL", "p\u0430yp\u0430l", "pаypаI", "\uff50aypal", "pay\u200dpal", "paypa1"):
            assert skeletons(alike) & skeletons("paypal"), alike
        assert not skeletons("paypal") & skeletons("paybal")

    def test_a_letter_that_folds_into_two_is_marked_with_the_rest(self) -> None:
        (piece,) = compare("stra\u00dfe", "strasse")
        assert piece.differs


class TestListing:
    def write(self, path: Path, text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    def test_the_file_adds_to_our_own_and_explains_them(self, tmp_path: Path) -> None:
        file = self.write(
            tmp_path / "channels.toml",
            """
            [[channel]]
            kind = "address"
            value = "https://door.watchword.example"
            note = "Sign in here"
            [[channel]]
            kind = "handle"
            value = "@\u89c2\u5bdf"
            place = "X"
            """,
        )
        listed = read_channels(file, CHANNELS[:1])
        assert [(each.kind, each.value, each.note) for each in listed] == [
            (K.ADDRESS, "https://door.watchword.example", "Sign in here"),
            (K.HANDLE, "@\u89c2\u5bdf", ""),
        ]

    def test_without_a_file_there_are_our_own(self) -> None:
        assert read_channels(None, CHANNELS[:1]) == CHANNELS[:1]
        assert read_channels(None) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "nonsense",
            "other = 1",
            "channel = 3",
            "[channel]\nkind = 'domain'",
            "[[channel]]\nkind = 'domain'",
            "[[channel]]\nkind = 'pigeon'\nvalue = 'x'",
            "[[channel]]\nkind = 'domain'\nvalue = 3",
            "[[channel]]\nkind = 'domain'\nvalue = 'a.example'\ncolour = 'red'",
            "[[channel]]\nkind = 'domain'\nvalue = 'Watchword.example'",
            "[[channel]]\nkind = 'domain'\nvalue = 'w\u0430tchword.example'",
            "[[channel]]\nkind = 'domain'\nvalue = 'https://a.example'",
            "[[channel]]\nkind = 'domain'\nvalue = 'example'",
            "[[channel]]\nkind = 'address'\nvalue = 'a.example'",
            "[[channel]]\nkind = 'address'\nvalue = 'https://me@a.example'",
            "[[channel]]\nkind = 'email'\nvalue = 'somebody'",
            "[[channel]]\nkind = 'phone'\nvalue = '030 123456'",
            "[[channel]]\nkind = 'handle'\nvalue = '@us'",
            "[[channel]]\nkind = 'app'\nvalue = 'id1'",
            "[[channel]]\nkind = 'domain'\nvalue = 'a.example'\nnote = \"two\\nlines\"",
            "[[channel]]\nkind = 'domain'\nvalue = 'a.example'\nnote = '" + "x" * 121 + "'",
            "[[channel]]\nkind = 'domain'\nvalue = 'a.example'\n" * 2,
            "".join(f"[[channel]]\nkind = 'domain'\nvalue = 'a{n}.example'\n" for n in range(MOST + 1)),
        ],
    )
    def test_a_list_that_would_mislead_stops_the_start(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(Misconfigured):
            read_channels(self.write(tmp_path / "channels.toml", text))

    def test_a_file_that_is_not_there_or_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(Misconfigured, match="can't be read"):
            read_channels(tmp_path / "none.toml")
        (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
        with pytest.raises(Misconfigured, match="no TOML"):
            read_channels(tmp_path / "bytes.toml")


@pytest.mark.parametrize(("mode", "missed"), [("production", True), ("development", False)])
def test_the_doctor_misses_the_list_in_production_alone(tmp_path: Path, mode: str, missed: bool) -> None:
    settings = load_settings(mode=mode, data=tmp_path)
    assert ("channels_file" in {fault.setting for fault in weak(settings)}) is missed
    assert not missed or "channels_file" not in {fault.setting for fault in unsafe(settings)}
