"""An operator's policy file: what it may change, what is refused, and what is named as looser than ours."""

import pytest

from watchword.foundation.errors import Misconfigured
from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import Policy, Situation
from watchword.gate.policy_file import default_text, load_policy, loosenings

SIGN_UP = """
[[route]]
purpose = "sign_up"
steps = ["identifier", "message_code", "new_passphrase"]
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str) -> Policy:
        path = tmp_path / "policy.toml"
        path.write_text(text, encoding="utf-8")
        return load_policy(path)

    return write


def test_ours_is_no_looser_than_ours():
    assert loosenings(load_policy()) == []


def test_an_empty_file_changes_nothing(written):
    assert written("") == load_policy()


def test_our_own_text_can_serve_as_an_operators_file(written):
    assert loosenings(written(default_text())) == []


def test_numbers_are_replaced_one_by_one(written):
    policy = written("[message_code]\ntries = 3\n\n[sessions]\nidle_seconds = 600\n")
    assert policy.message_code.tries == 3
    assert policy.message_code.lifetime == load_policy().message_code.lifetime
    assert policy.sessions.idle.total_seconds() == 600
    assert loosenings(policy) == []


def test_routes_are_replaced_purpose_by_purpose(written):
    """Stricter at sign-in: the message code always. Nothing of our sign-in lingers, and all else stays."""
    policy = written(
        '[[route]]\npurpose = "sign_in"\nsteps = ["passkey"]\n'
        '[[route]]\npurpose = "sign_in"\nwhen = { passkey = ["none", "junior"] }\n'
        'steps = ["passphrase", "message_code", "totp|recovery_code"]\n'
    )
    assert [route.purpose for route in policy.routes].count(Purpose.SIGN_IN) == 2
    known = Situation(purpose=Purpose.SIGN_IN, device="known", app="none")
    assert policy.progress(known, (ProofKind.PASSPHRASE,)).ask == (ProofKind.MESSAGE_CODE,)
    assert {route for route in policy.routes if route.purpose is not Purpose.SIGN_IN} == {
        route for route in load_policy().routes if route.purpose is not Purpose.SIGN_IN
    }
    assert loosenings(policy) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\n', "sign_in: passphrase is enough"),
        (
            '[[route]]\npurpose = "sign_in"\nsteps = ["passphrase", "totp|message_code"]\n',
            "sign_in: passphrase + message_code|totp is enough",
        ),
        (
            '[[route]]\npurpose = "recover"\nsteps = ["identifier", "message_code", "new_passphrase"]\n',
            "recover: identifier + message_code + new_passphrase is enough",
        ),
        ('[[route]]\npurpose = "confirm"\nsteps = ["totp"]\n', "confirm: totp is enough"),
        (
            '[[route]]\npurpose = "confirm"\nsteps = ["totp", "message_code"]\n',
            "confirm: totp + message_code is enough",
        ),
        (
            default_text() + '[[route]]\npurpose = "confirm"\nwhen = { scope = ["exit"], app = ["none"] }\n'
            'steps = ["passphrase", "message_code", "trading_passphrase"]\n',
            "confirm: passphrase + message_code + trading_passphrase is enough",
        ),
        (
            default_text() + '[[route]]\npurpose = "confirm"\nwhen = { scope = ["exit"], place = ["new"] }\n'
            'steps = ["totp", "trading_passphrase"]\n',
            "confirm: totp + trading_passphrase is enough",
        ),
        (
            default_text() + '[[route]]\npurpose = "confirm"\nwhen = { scope = ["exit"], address = ["fresh"] }\n'
            'steps = ["totp", "trading_passphrase", "message_code"]\n',
            "confirm: totp + trading_passphrase + message_code is enough",
        ),
        ("[confirming_hours]\napp = 23\n", "confirming.app is 23:00:00, less than 1 day, 0:00:00"),
        ("[confirming_hours]\naddress = 71\n", "confirming.address is 2 days, 23:00:00, less than 3 days, 0:00:00"),
        ("[confirming_hours]\nlisted = 0\n", "confirming.listed is 0:00:00, less than 3 days, 0:00:00"),
        ("[ages]\nsenior_after_days = 6\n", "ages.senior_after is 6 days, 0:00:00, less than 7 days, 0:00:00"),
        ("[ages]\nyoung_account_days = 4\n", "ages.young_account is 4 days, 0:00:00, more than 3 days, 0:00:00"),
        (
            "[ages]\noperator_removal_days = 1\n",
            "ages.operator_removal is 1 day, 0:00:00, less than 7 days, 0:00:00",
        ),
        ("[lifetimes_seconds]\npassage = 901\n", "lifetimes.passage is 0:15:01, more than 0:15:00"),
        ("[lifetimes_seconds]\nconfirm = 301\n", "lifetimes.confirm is 0:05:01, more than 0:05:00"),
        (
            "[lifetimes_seconds]\nconfirm_with_message = 901\n",
            "lifetimes.confirm_with_message is 0:15:01, more than 0:15:00",
        ),
        ("[lifetimes_seconds]\napproval = 121\n", "lifetimes.approval is 0:02:01, more than 0:02:00"),
        ("[lifetimes_seconds]\nbinding = 901\n", "lifetimes.binding is 0:15:01, more than 0:15:00"),
        ("[message_code]\nlifetime_seconds = 601\n", "message_code.lifetime is 0:10:01, more than 0:10:00"),
        ("[message_code]\ntries = 6\n", "message_code.tries is 6, more than 5"),
        ("[message_code]\napart_seconds = 0\n", "message_code.apart is 0:00:00, less than 0:01:00"),
        ("[human]\nanswers_bought = 4\n", "human.answers_bought is 4, more than 3"),
        ("[sessions]\nidle_seconds = 3601\n", "sessions.idle is 1:00:01, more than 1:00:00"),
        (
            "[sessions]\nabsolute_seconds = 86401\n",
            "sessions.absolute is 1 day, 0:00:01, more than 1 day, 0:00:00",
        ),
        ("[passphrases]\nalone = 14\n", "passphrases.alone is 14, less than 15"),
        ("[passphrases]\nbeside_second_step = 7\n", "passphrases.beside_second_step is 7, less than 8"),
        ("[limits]\nfailures_in_row = 101\n", "limits.failures_in_row: amount is 101, ours is 100"),
        (
            "[limits]\nmessage_code_day = { amount = 10, per_seconds = 3600 }\n",
            "limits.message_code_day: per_seconds is 3600, ours is 86400",
        ),
        ("[risk]\nwork_low = 1\n", "risk.work_low is 1, ours is 2000"),
        ("[risk.velocity]\nhigh = 90\n", "risk.velocity.high is 90, ours is 80"),
    ],
)
def test_each_loosening_is_named(written, text, sentence):
    assert sentence in loosenings(written(text))


def test_proofs_in_another_order_are_a_loosening(written):
    """The app before the message code: who has only the passphrase could try it."""
    policy = written('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase", "totp|recovery_code", "message_code"]\n')
    assert "sign_in: passphrase + recovery_code|totp + message_code is enough" in loosenings(policy)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[agess]\nsenior_after_days = 7\n", "unknown section agess"),
        ("[ages]\nsenior_after = 7\n", "unknown names in ages: senior_after"),
        ("ages = 5\n", "ages is a section"),
        ("limits = 5\n", "limits is a section"),
        ("route = 5\n", "routes are written as"),
        ("route = [5]\n", "routes are written as"),
        ("[ages\n", "policy file"),
        ('[ages]\nsenior_after_days = "7"\n', "whole number"),
        ("[ages]\nsenior_after_days = -1\n", "whole number"),
        ("[ages]\nsenior_after_days = 36501\n", "whole number"),
        ("[ages]\nsenior_after_days = 7.5\n", "whole number"),
        ("[message_code]\ntries = true\n", "whole number"),
        ("[message_code]\ntries = 0\n", "whole number"),
        ("[human]\nanswers_bought = 0\n", "whole number"),
        ("[sessions]\nidle_seconds = 0\n", "whole number"),
        ("[sessions]\nabsolute_seconds = 1000000000000\n", "whole number"),
        ("[passphrases]\nalone = 7\n", "come in this order"),
        ("[passphrases]\nlongest = 14\n", "come in this order"),
        (SIGN_UP + "unknown = 1\n", "unknown names in a route: unknown"),
        ('[[route]]\nsteps = ["totp"]\n', "purpose"),
        ('[[route]]\npurpose = "sign_inn"\nsteps = ["passphrase"]\n', "sign_inn"),
        ('[[route]]\npurpose = "sign_in"\n', "steps"),
        ('[[route]]\npurpose = "sign_in"\nsteps = "passphrase"\n', "a list of names"),
        ('[[route]]\npurpose = "sign_in"\nsteps = [1]\n', "a list of names"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["password"]\n', "password"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nmailbox_lost = 1\n', "true or false"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nwhen = 1\n', "route"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nwhen = { weather = ["fine"] }\n', "weather"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nwhen = { app = ["old"] }\n', "old"),
        ('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nwhen = { app = "none" }\n', "a list of names"),
    ],
)
def test_what_can_not_be_read_is_refused(written, text, reason):
    with pytest.raises(Misconfigured, match=reason):
        written(text)


@pytest.mark.parametrize(
    ("purpose", "steps"),
    [
        ("sign_up", ["identifier", "new_passphrase"]),
        ("sign_up", ["identifier", "message_code"]),
        ("sign_up", ["message_code", "new_passphrase"]),
        ("sign_up", ["identifier", "totp", "new_passphrase"]),
        ("sign_in", []),
        ("sign_in", ["totp"]),
        ("sign_in", ["identifier", "passphrase"]),
        ("sign_in", ["passphrase", "human"]),
        ("sign_in", ["passphrase", "new_passphrase"]),
        ("recover", ["identifier", "new_passphrase"]),
        ("recover", ["identifier", "message_code"]),
        ("recover", ["message_code", "new_passphrase"]),
        ("sign_in", ["passphrase", "trading_passphrase"]),
        ("recover", ["identifier", "trading_passphrase", "new_passphrase"]),
        ("confirm", []),
        ("confirm", ["identifier"]),
        ("confirm", ["passphrase", "new_passphrase"]),
    ],
)
def test_a_way_that_no_passage_can_go_is_refused(written, purpose, steps):
    with pytest.raises(Misconfigured, match="no passage can go this way"):
        written(f'[[route]]\npurpose = "{purpose}"\nsteps = {steps}\n')


def test_a_situation_without_a_way_is_refused(written):
    with pytest.raises(Misconfigured, match="no route for"):
        written('[[route]]\npurpose = "sign_in"\nsteps = ["passphrase"]\nwhen = { app = ["none", "junior"] }\n')


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Misconfigured, match="policy file"):
        load_policy(tmp_path / "missing.toml")
