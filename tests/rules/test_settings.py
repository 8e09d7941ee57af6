"""Settings: where each comes from, what production refuses, what development may not do, and that no secret shows."""

import re
from pathlib import Path

import pytest

from watchword.foundation.errors import Misconfigured
from watchword.settings import Settings, load_settings, require_safe, settings_table, unknown_variables, unsafe, weak


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No variable of ours, and a directory of its own."""
    import os

    for name in [name for name in os.environ if name.startswith("WATCHWORD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def production(tmp_path):
    """Settings that production accepts."""
    keys = tmp_path / "keys"
    keys.write_text("x")
    keys.chmod(0o600)
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("x")
    return {
        "public_url": "https://door.example",
        "tls_cert": tmp_path / "cert.pem",
        "tls_key": tmp_path / "key.pem",
        "key_file": keys,
        "smtp_host": "mail.example",
        "sender": "door@door.example",
        "data": tmp_path / "data",
    }


def faulty(**given) -> set[str]:
    return {fault.setting for fault in unsafe(load_settings(**given))}


class TestReading:
    def test_production_is_the_default(self):
        assert load_settings().mode == "production"

    def test_the_command_line_wins_over_the_environment_and_that_over_the_file(self, monkeypatch, tmp_path):
        file = tmp_path / "settings.toml"
        file.write_text('brand = "From file"\nport = 1\nhost = "127.0.0.3"\n')
        monkeypatch.setenv("WATCHWORD_SETTINGS", str(file))
        monkeypatch.setenv("WATCHWORD_PORT", "2")
        monkeypatch.setenv("WATCHWORD_HOST", "127.0.0.2")
        settings = load_settings(host="127.0.0.1", log_level=None)
        assert (settings.host, settings.port, settings.brand, settings.log_level) == (
            "127.0.0.1",
            2,
            "From file",
            "info",
        )
        sources = {line.name: line.source for line in settings_table(settings)}
        assert sources["host"] == "command line"
        assert sources["port"] == "WATCHWORD_PORT"
        assert sources["brand"] == f"file {file}"
        assert sources["log_level"] == "default"

    def test_a_list_is_written_with_commas_in_a_variable_and_as_a_list_in_a_file(self, monkeypatch, tmp_path):
        monkeypatch.setenv("WATCHWORD_TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::/48")
        assert [str(n) for n in load_settings().trusted_proxies] == ["10.0.0.0/8", "2001:db8::/48"]
        monkeypatch.delenv("WATCHWORD_TRUSTED_PROXIES")
        file = tmp_path / "settings.toml"
        file.write_text('trusted_proxies = ["10.1.0.0/16"]')
        monkeypatch.setenv("WATCHWORD_SETTINGS", str(file))
        assert [str(n) for n in load_settings().trusted_proxies] == ["10.1.0.0/16"]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("port = [", "not TOML"),
            ('colour = "red"', "colour is not a setting"),
            ("port = 70000", "port"),
            ('trusted_proxies = ["10.0.0.1/8"]', "trusted_proxies"),
        ],
    )
    def test_a_bad_file_is_refused_in_a_sentence(self, monkeypatch, tmp_path, content, said):
        file = tmp_path / "settings.toml"
        file.write_text(content)
        monkeypatch.setenv("WATCHWORD_SETTINGS", str(file))
        with pytest.raises(Misconfigured, match=said):
            load_settings()

    def test_a_file_that_is_not_there_is_refused(self, monkeypatch, tmp_path):
        monkeypatch.setenv("WATCHWORD_SETTINGS", str(tmp_path / "none.toml"))
        with pytest.raises(Misconfigured, match="can't be read"):
            load_settings()

    def test_an_error_never_shows_the_value(self, monkeypatch):
        monkeypatch.setenv("WATCHWORD_PORT", "hunter2")
        with pytest.raises(Misconfigured) as refused:
            load_settings()
        assert "hunter2" not in str(refused.value)
        assert "port" in str(refused.value)

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("https://Door.Example", "https://door.example"),
            ("https://door.example/", "https://door.example"),
            ("https://door.example:443", "https://door.example"),
            ("https://door.example:8443", "https://door.example:8443"),
            ("http://localhost:80", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ],
    )
    def test_the_official_address_has_one_spelling(self, written, read):
        assert load_settings(public_url=written).public_url == read

    @pytest.mark.parametrize(
        "written",
        [
            "door.example",
            "ftp://door.example",
            "https://",
            "https://door.example/path",
            "https://door.example?",
            "https://door.example#",
            "https://name@door.example",
            "https://@door.example",
            "https://door.example:99999",
            "https://door.example:port",
            "https://door_example",
            "https://dóor.example",
            "https://door..example",
            "https://door.example\n",
            "https://-door.example",
        ],
    )
    def test_anything_else_is_no_address(self, written):
        with pytest.raises(Misconfigured, match="public_url"):
            load_settings(public_url=written)

    def test_defaults_follow_the_data_directory_and_the_mode(self, tmp_path):
        settings = load_settings(mode="development", data=tmp_path / "d", port=9000)
        assert settings.public_url == "http://localhost:9000"
        assert settings.database_url == f"sqlite:///{tmp_path}/d/watchword.db"
        assert settings.key_file == tmp_path / "d" / "keys"
        assert settings.anchor_file == tmp_path / "d" / "record.anchor"
        assert settings.mailbox == tmp_path / "d" / "mailbox"
        assert settings.operations_port == 0
        assert load_settings(mode="development", host="::1").public_url == "http://[::1]:8080"
        assert load_settings(data=tmp_path / "d").key_file == Path("/etc/watchword/keys")

    def test_phones_need_a_way_to_send(self):
        assert load_settings(mode="development").takes_phones
        assert not load_settings().takes_phones
        assert load_settings(sms_url="https://sms.example").takes_phones
        assert not load_settings(mode="development", phone=False).takes_phones

    def test_misspelt_variables_are_found(self, monkeypatch):
        monkeypatch.setenv("WATCHWORD_TRUSTED_PROXY", "10.0.0.0/8")
        monkeypatch.setenv("WATCHWORD_BRAND", "x")
        assert list(unknown_variables()) == ["WATCHWORD_TRUSTED_PROXY"]


class TestTable:
    def test_every_setting_has_a_meaning(self):
        for line in settings_table(load_settings(mode="development")):
            assert len(line.meaning) > 8, line.name
            assert line.value

    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("postgresql://door:hunter2@db.example/door", "postgresql://door:•••@db.example/door"),
            ("postgresql://door:hun@ter:2@db.example/door", "postgresql://door:•••@db.example/door"),
            ("postgresql://db.example/door?password=hunter2", "postgresql://db.example/door?•••"),
            ("postgresql://door:hun/ter2@db.example/door?password=x", "postgresql://door:•••@db.example/door?•••"),
            ("sqlite:////var/lib/door.db", "sqlite:////var/lib/door.db"),
        ],
    )
    def test_passwords_in_addresses_are_masked(self, url, shown):
        values = {line.name: line.value for line in settings_table(load_settings(database_url=url))}
        assert values["database_url"] == shown

    def test_lists_and_choices_read_plainly(self):
        settings = load_settings(mode="development", phone=True, phone_types=("MOBILE",))
        values = {line.name: line.value for line in settings_table(settings)}
        assert (values["phone"], values["phone_types"], values["trusted_proxies"]) == ("yes", "MOBILE", "-")


class TestProduction:
    def test_complete_settings_are_safe(self, production):
        assert unsafe(load_settings(**production)) == []
        require_safe(load_settings(**production))

    def test_nothing_set_names_everything_that_is_missing(self):
        assert faulty() == {"public_url", "tls_cert", "key_file", "smtp_host", "sender"}

    @pytest.mark.parametrize(
        ("change", "setting"),
        [
            ({"public_url": "http://door.example"}, "public_url"),
            ({"public_url": ""}, "public_url"),
            ({"tls_key": None, "tls_cert": None}, "tls_cert"),
            ({"trusted_proxies": "0.0.0.0/0"}, "trusted_proxies"),
            ({"trusted_proxies": "::/0"}, "trusted_proxies"),
            ({"smtp_host": ""}, "smtp_host"),
            ({"smtp_tls": "off"}, "smtp_tls"),
            ({"smtp_username": "door"}, "smtp_password_file"),
            ({"sender": "door"}, "sender"),
            ({"sender": "a@b.example\nBcc: c@d.example"}, "sender"),
            ({"phone": True}, "phone"),
            ({"sms_url": "http://sms.example", "sms_template": "{}"}, "sms_url"),
            ({"sms_url": "https://sms.example", "sms_sender": "Door"}, "sms_template"),
            ({"sms_url": "https://sms.example", "sms_template": "{to} {text}"}, "sms_sender"),
            ({"breached": "http://ranges.example"}, "breached"),
            ({"human": "turnstile", "human_site_key": "k"}, "human_secret_file"),
            ({"human": "hcaptcha"}, "human_site_key"),
            ({"argon2_memory_kib": 8192}, "argon2_memory_kib"),
            ({"argon2_passes": 1}, "argon2_memory_kib"),
            ({"brand": "Door\r\nX"}, "brand"),
            ({"policy_file": "nowhere.toml"}, "policy_file"),
            ({"places_file": "nowhere.mmdb"}, "places_file"),
            ({"smtp_password_file": "nowhere"}, "smtp_password_file"),
            ({"applications": "http://app.example"}, "applications"),
            ({"applications": f"https://{'a' * 63}.{'b' * 63}.example"}, "applications"),
        ],
    )
    def test_each_unsafe_setting_stops_the_start(self, production, change, setting):
        given = production | change
        assert setting in faulty(**given)
        with pytest.raises(Misconfigured, match=f"^{setting}: |\n{setting}: "):
            require_safe(load_settings(**given))

    def test_half_a_certificate_is_refused(self, production):
        assert faulty(**(production | {"tls_key": None})) == {"tls_key"}
        assert faulty(**(production | {"tls_cert": None})) >= {"tls_cert"}

    def test_a_proxy_may_end_tls(self, production):
        assert faulty(**(production | {"tls_cert": None, "tls_key": None, "trusted_proxies": "10.0.0.0/24"})) == set()

    def test_mail_on_this_machine_needs_no_encryption(self, production):
        assert faulty(**(production | {"smtp_tls": "off", "smtp_host": "127.0.0.1"})) == set()

    def test_keys_in_the_data_directory_are_refused_also_behind_a_link(self, production, tmp_path):
        data = tmp_path / "data"
        data.mkdir()
        inside = data / "keys"
        inside.write_text("x")
        inside.chmod(0o600)
        assert faulty(**(production | {"key_file": inside})) == {"key_file"}
        link = tmp_path / "link"
        link.symlink_to(inside)
        assert faulty(**(production | {"key_file": link})) == {"key_file"}

    def test_keys_that_others_may_read_are_refused(self, production):
        production["key_file"].chmod(0o640)
        assert faulty(**production) == {"key_file"}
        production["key_file"].unlink()
        assert faulty(**production) == {"key_file"}

    def test_a_secret_that_others_may_read_is_refused(self, production, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("x")
        secret.chmod(0o644)
        given = production | {"smtp_username": "door", "smtp_password_file": secret}
        assert faulty(**given) == {"smtp_password_file"}
        secret.chmod(0o600)
        assert faulty(**given) == set()


class TestDevelopment:
    def test_it_starts_with_nothing_set(self):
        assert faulty(mode="development") == set()

    @pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "door.example"])
    def test_it_serves_this_machine_alone(self, host):
        assert "host" in faulty(mode="development", host=host)
        assert "operations_host" in faulty(mode="development", operations_host=host)

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9", "::1"])
    def test_every_spelling_of_this_machine_will_do(self, host):
        assert faulty(mode="development", host=host) == set()

    def test_it_has_no_foreign_address_and_no_proxy(self):
        assert faulty(mode="development", public_url="https://door.example") == {"public_url"}
        assert faulty(mode="development", public_url="http://localhost") == set()
        assert faulty(mode="development", trusted_proxies="10.0.0.0/24") == {"trusted_proxies"}


class TestAdvice:
    def test_the_doctor_names_what_is_weak(self, production, monkeypatch, tmp_path):
        (tmp_path / "data").mkdir(mode=0o755)
        monkeypatch.setenv("WATCHWORD_BRANT", "x")
        settings = load_settings(**production, log_level="debug", operations_host="0.0.0.0")
        named = {fault.setting for fault in weak(settings)}
        expected = {"support", "security_contact", "channels_file", "operations_host", "data", "log_level"}
        assert named == expected | {"WATCHWORD_BRANT"}

    def test_nothing_weak_is_said_of_good_settings(self, production, tmp_path):
        (tmp_path / "data").mkdir(mode=0o700)
        (tmp_path / "channels.toml").touch()
        good = production | {"support": "help@door.example", "security_contact": "mailto:security@door.example"}
        assert weak(load_settings(**good, channels_file=tmp_path / "channels.toml")) == []

    def test_applications_ask_for_a_proxy_and_a_port_of_their_own(self, production):
        def named(**given):
            return {fault.setting for fault in weak(load_settings(**production, **given))} & set(asked)

        asked = ("forward_auth_port", "forward_auth_host", "trusted_proxies", "applications")
        apart = {"applications": "https://app.example", "trusted_proxies": "127.0.0.1/32", "forward_auth_port": 8081}
        assert named() == set()
        assert named(**apart) == set()
        assert named(**apart | {"forward_auth_port": None}) == {"forward_auth_port"}
        assert named(**apart | {"forward_auth_host": "0.0.0.0"}) == {"forward_auth_host"}
        assert named(**apart | {"trusted_proxies": ""}) == {"trusted_proxies"}
        assert named(**apart | {"applications": f"{production['public_url']}:444"}) == {"applications"}

    def test_each_fault_says_what_and_what_to_do(self):
        for fault in (*unsafe(load_settings()), *weak(load_settings())):
            assert re.fullmatch(r"[A-Z].*[.…]", fault.sentence)
            assert re.fullmatch(r"[A-Za-z].*", fault.remedy)


def test_settings_can_not_be_changed():
    settings = load_settings(mode="development")
    with pytest.raises(ValueError, match="frozen"):
        settings.mode = "production"  # type: ignore[misc]
    assert isinstance(settings, Settings)
