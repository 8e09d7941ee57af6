"""The check-up's findings: by table, and what must hold whatever an account has."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.safeguards.check_up import TRAIL, Facts, Step, Strength, Threat, check_up, set_up, weakest

NEW = Facts(
    passkey="none",
    app="none",
    codes_left=0,
    trading_passphrase=False,
    anti_phishing_code=False,
    email=True,
    unfamiliar_devices=0,
)
WHOLE = replace(NEW, passkey="senior", app="senior", codes_left=10, trading_passphrase=True, anti_phishing_code=True)
GOOD, FAIR, WEAK = Strength.GOOD, Strength.FAIR, Strength.WEAK

some_facts = st.builds(
    Facts,
    passkey=st.sampled_from(["none", "junior", "senior"]),
    app=st.sampled_from(["none", "junior", "senior"]),
    codes_left=st.integers(0, 10),
    trading_passphrase=st.booleans(),
    anti_phishing_code=st.booleans(),
    email=st.booleans(),
    unfamiliar_devices=st.integers(0, 3),
)


def found(facts: Facts) -> dict[Threat, tuple[Strength, Step | None]]:
    return {finding.threat: (finding.strength, finding.step) for finding in check_up(facts)}


def test_a_new_account():
    assert found(NEW) == {
        Threat.PHISHING: (WEAK, Step.ANTI_PHISHING_CODE),
        Threat.STOLEN_PASSPHRASE: (FAIR, Step.PASSKEY),
        Threat.STOLEN_SESSION: (WEAK, Step.PASSKEY),
        Threat.LOST_PHONE: (GOOD, None),
        Threat.SIM_SWAP: (GOOD, None),
        Threat.STOLEN_MAILBOX: (WEAK, Step.PASSKEY),
    }


def test_an_account_that_has_it_all():
    assert found(WHOLE) == dict.fromkeys(Threat, (GOOD, None))
    assert weakest(check_up(WHOLE)) is None


@pytest.mark.parametrize(
    ("change", "threat", "expected"),
    [
        ({"passkey": "none", "app": "junior"}, Threat.STOLEN_PASSPHRASE, (FAIR, Step.WAIT_FOR_APP)),
        ({"passkey": "none", "app": "junior"}, Threat.STOLEN_MAILBOX, (FAIR, Step.WAIT_FOR_APP)),
        ({"passkey": "junior", "app": "none"}, Threat.STOLEN_PASSPHRASE, (FAIR, Step.WAIT_FOR_PASSKEY)),
        ({"passkey": "junior", "app": "none"}, Threat.STOLEN_MAILBOX, (FAIR, Step.WAIT_FOR_PASSKEY)),
        ({"app": "none"}, Threat.STOLEN_MAILBOX, (GOOD, None)),
        ({"anti_phishing_code": False}, Threat.PHISHING, (FAIR, Step.ANTI_PHISHING_CODE)),
        ({"passkey": "none"}, Threat.PHISHING, (FAIR, Step.PASSKEY)),
        ({"passkey": "none", "app": "none"}, Threat.PHISHING, (WEAK, Step.PASSKEY)),
        ({"passkey": "junior"}, Threat.PHISHING, (FAIR, Step.WAIT_FOR_PASSKEY)),
        ({"trading_passphrase": False}, Threat.STOLEN_SESSION, (WEAK, Step.TRADING_PASSPHRASE)),
        ({"unfamiliar_devices": 1}, Threat.STOLEN_SESSION, (FAIR, Step.REVIEW_DEVICES)),
        ({"codes_left": 3}, Threat.LOST_PHONE, (FAIR, Step.RECOVERY_CODES)),
        ({"codes_left": 0}, Threat.LOST_PHONE, (WEAK, Step.RECOVERY_CODES)),
        ({"email": False}, Threat.SIM_SWAP, (FAIR, Step.ADD_EMAIL)),
        ({"email": False, "passkey": "none", "app": "none"}, Threat.SIM_SWAP, (WEAK, Step.ADD_EMAIL)),
        ({"email": False, "passkey": "none", "app": "none"}, Threat.LOST_PHONE, (WEAK, Step.ADD_EMAIL)),
    ],
)
def test_one_thing_missing(change, threat, expected):
    assert found(replace(WHOLE, **change))[threat] == expected


@given(facts=some_facts)
def test_every_threat_is_answered_and_what_is_weak_can_be_mended(facts: Facts):
    findings = check_up(facts)
    assert [finding.threat for finding in findings] == list(Threat)
    assert all(finding.step is not None for finding in findings if finding.strength is WEAK)
    first = weakest(findings)
    if any(finding.strength is WEAK for finding in findings):
        assert first is not None
        assert first.strength is WEAK


@given(facts=some_facts)
def test_a_page_that_relays_is_never_called_harmless(facts: Facts):
    """But to a passkey, which answers no page but ours."""
    assert facts.passkey == "senior" or found(facts)[Threat.PHISHING][0] is not GOOD


def test_the_trail_of_a_new_account():
    assert set_up(NEW) == {"address"}
    assert set_up(replace(NEW, app="senior", codes_left=10)) == {"address", Step.PASSKEY, Step.RECOVERY_CODES}
    assert set_up(WHOLE) == {"address", *TRAIL}
