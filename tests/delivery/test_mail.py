"""Mail through a real SMTP server: encrypted and checked, or not at all."""

import dataclasses
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from tests.delivery.samples import CODE, SIGN_IN
from tests.delivery.servers import PASSWORD, USER, Authority, MailHost
from tests.delivery.test_mime import parcel_of
from watchword.delivery.carriers import HANDED_OVER, Handover, deferred, failed
from watchword.delivery.mail import MailServer, SmtpCarrier
from watchword.delivery.messages import House, Sms
from watchword.foundation.errors import Misconfigured
from watchword.foundation.secret import Secret


async def send(server: MailServer, house: House) -> Handover:
    return await SmtpCarrier(server=server, house=house).hand_over(parcel_of(SIGN_IN, house))


@pytest.fixture
def server(mail_host: MailHost, authority: Authority) -> MailServer:
    return MailServer(host="localhost", port=mail_host.port, ca_file=authority.file)


class TestTaken:
    async def test_after_starttls(self, server: MailServer, mail_host: MailHost, house: House) -> None:
        assert await send(server, house) == HANDED_OVER
        (arrived,) = mail_host.arrived
        assert arrived.encrypted
        assert arrived.sender == "door@watchword.example"
        assert arrived.recipients == ["ada@example.org"]
        body = message_from_bytes(arrived.content, policy=default).get_body(("plain",))
        assert body is not None
        assert CODE in body.get_content().splitlines()

    async def test_over_implicit_tls(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(authority.server_context("localhost"), implicit=True):
            server = MailServer(host="localhost", port=host.port, tls="implicit", ca_file=authority.file)
            assert await send(server, house) == HANDED_OVER
        assert len(host.arrived) == 1

    async def test_with_a_password(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(authority.server_context("localhost"), asks_password=True):
            server = MailServer(
                host="localhost", port=host.port, ca_file=authority.file, username=USER, password=Secret(PASSWORD)
            )
            assert await send(server, house) == HANDED_OVER
        assert host.arrived[0].user == USER

    async def test_in_the_clear_within_this_machine(self, house: House) -> None:
        host = MailHost()
        async with host.serving(None):
            assert await send(MailServer(host="127.0.0.1", port=host.port, tls="off"), house) == HANDED_OVER
        assert not host.arrived[0].encrypted


class TestNeverInTheClear:
    async def test_a_certificate_of_another_authority(
        self, mail_host: MailHost, house: House, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        other = Authority(tmp_path_factory.mktemp("other"))
        server = MailServer(host="localhost", port=mail_host.port, ca_file=other.file)
        assert await send(server, house) == deferred("tls")
        assert not mail_host.arrived

    async def test_a_certificate_nobody_public_signed(self, mail_host: MailHost, house: House) -> None:
        assert await send(MailServer(host="localhost", port=mail_host.port), house) == deferred("tls")
        assert not mail_host.arrived

    async def test_a_certificate_for_another_name(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(authority.server_context("elsewhere.example")):
            server = MailServer(host="localhost", port=host.port, ca_file=authority.file)
            assert await send(server, house) == deferred("tls")
        assert not host.arrived

    async def test_a_certificate_that_ran_out(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(authority.server_context("localhost", until=datetime(2021, 1, 1, tzinfo=UTC))):
            server = MailServer(host="localhost", port=host.port, ca_file=authority.file)
            assert await send(server, house) == deferred("tls")
        assert not host.arrived

    async def test_a_server_that_offers_no_starttls(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(None):
            server = MailServer(host="localhost", port=host.port, ca_file=authority.file)
            assert await send(server, house) == deferred("connection")
        assert not host.arrived

    @pytest.mark.parametrize("host", ["mail.example", "10.0.0.1", "0.0.0.0", "localhost.example"])
    def test_a_server_elsewhere_without_encryption(self, host: str) -> None:
        with pytest.raises(Misconfigured, match="in the clear"):
            MailServer(host=host, port=25, tls="off")

    def test_a_password_without_encryption(self) -> None:
        with pytest.raises(Misconfigured, match="in the clear"):
            MailServer(host="localhost", port=25, tls="off", username="door", password=Secret("x"))

    def test_half_a_credential(self) -> None:
        with pytest.raises(Misconfigured, match="go together"):
            MailServer(host="mail.example", port=587, username="door")


class TestRefused:
    @pytest.mark.parametrize(
        ("answer", "verdict"),
        [
            ("450 4.2.1 ada@example.org is away", deferred("450")),
            ("421 4.3.0 too busy", deferred("421")),
            ("550 5.1.1 no ada@example.org here", failed("550")),
            ("553 5.1.3 what a name", failed("553")),
        ],
    )
    async def test_the_recipient(
        self, server: MailServer, mail_host: MailHost, house: House, answer: str, verdict: Handover
    ) -> None:
        mail_host.recipient_answers.append(answer)
        assert await send(server, house) == verdict

    @pytest.mark.parametrize(
        ("answer", "verdict"), [("451 4.7.1 come back later", deferred("451")), ("554 5.7.1 spam", failed("554"))]
    )
    async def test_the_content(
        self, server: MailServer, mail_host: MailHost, house: House, answer: str, verdict: Handover
    ) -> None:
        mail_host.data_answers.append(answer)
        assert await send(server, house) == verdict

    async def test_our_password_is_for_the_operator_to_mend(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(authority.server_context("localhost"), asks_password=True):
            server = MailServer(
                host="localhost", port=host.port, ca_file=authority.file, username=USER, password=Secret("wrong")
            )
            assert await send(server, house) == deferred("535")
        assert not host.arrived

    async def test_nobody_there(self, authority: Authority, house: House) -> None:
        host = MailHost()
        async with host.serving(None):
            pass
        server = MailServer(host="localhost", port=host.port, ca_file=authority.file)
        assert await send(server, house) == deferred("connection")

    async def test_what_is_no_mail(self, server: MailServer, house: House) -> None:
        parcel = dataclasses.replace(parcel_of(SIGN_IN, house), body=Sms(text="Hello"))
        assert await SmtpCarrier(server=server, house=house).hand_over(parcel) == failed("no_mail")

    async def test_an_address_that_ends_a_header(self, server: MailServer, mail_host: MailHost, house: House) -> None:
        parcel = parcel_of(SIGN_IN, house, address="ada@example.org\r\nBcc: eve@example.org")
        assert await SmtpCarrier(server=server, house=house).hand_over(parcel) == failed("unwritable")
        assert not mail_host.arrived


def test_nothing_secret_in_its_repr(server: MailServer, house: House) -> None:
    secret = dataclasses.replace(server, username=USER, password=Secret(PASSWORD))
    assert PASSWORD not in repr(SmtpCarrier(server=secret, house=house))
    parcel = parcel_of(SIGN_IN, house)
    assert CODE not in repr(parcel)
    assert "ada" not in repr(parcel)
