"""What policy §1 to §3 and §8 demand, written down a second time and by hand: nothing here is read from policy.toml.

``wanting`` names what the law asks for and the proofs of a passage lack. An empty answer means that it may pass.
"""

from collections.abc import Iterator, Sequence

from watchword.foundation.terms import ProofKind, Purpose
from watchword.gate.policy import Situation

IDENTIFIER, PASSPHRASE, NEW = ProofKind.IDENTIFIER, ProofKind.PASSPHRASE, ProofKind.NEW_PASSPHRASE
MESSAGE, APP, CODE = ProofKind.MESSAGE_CODE, ProofKind.TOTP, ProofKind.RECOVERY_CODE
KEY = ProofKind.PASSKEY
TRADING, NEW_ADDRESS = ProofKind.TRADING_PASSPHRASE, ProofKind.NEW_IDENTIFIER_CODE

Proofs = Sequence[ProofKind]


def wanting(situation: Situation, given: Proofs) -> list[str]:
    demands = {
        Purpose.SIGN_UP: _sign_up,
        Purpose.SIGN_IN: _sign_in,
        Purpose.RECOVER: _recover,
        Purpose.CONFIRM: _confirm,
    }
    found = list(demands[situation.purpose](situation, given))
    if len(set(given)) != len(given):
        found.append("no proof counts twice")
    return found


def asks_mailbox(situation: Situation) -> bool:
    """Sign-in: whether the message code is asked for the device's or the risk's sake."""
    return situation.device == "other" or situation.risk == "high"


def _sign_up(_: Situation, given: Proofs) -> Iterator[str]:
    if tuple(given) != (IDENTIFIER, MESSAGE, NEW):
        yield "identifier, the message code to it, a new passphrase, in this order"


def _sign_in(situation: Situation, given: Proofs) -> Iterator[str]:
    if tuple(given) == (KEY,):
        return
    if given[:1] != (PASSPHRASE,):
        yield "the passphrase comes first, or the passkey stands alone"
    if KEY in given:
        return
    yield from _second_step(situation, given)
    if asks_mailbox(situation):
        yield from _mailbox(situation, given)
        if situation.app == "senior" and APP in given and not _before(given, APP) & {MESSAGE, CODE}:
            yield "who has only the passphrase can't try the app"


def _recover(situation: Situation, given: Proofs) -> Iterator[str]:
    if given[:1] != (IDENTIFIER,) or given[-1:] != (NEW,):
        yield "the identifier comes first, the new passphrase last"
    yield from _mailbox(situation, given)
    if situation.passkey in ("senior", "away"):
        if KEY not in given or not _before(given, KEY) & {MESSAGE, CODE}:
            yield "the passkey, after the message code"
        return
    if situation.app == "senior":
        yield from _class_a(given)
        if APP in given and not _before(given, APP) & {MESSAGE, CODE}:
            yield "the message code comes before the app"


def _confirm(situation: Situation, given: Proofs) -> Iterator[str]:
    of_scope = {"devices": _devices, "exit": _exit, "key": _key, "thaw": _thaw}.get(situation.scope)
    if of_scope is not None:
        yield from of_scope(situation, given)
        return
    instead = situation.passkey in ("senior", "away") and {KEY, CODE, MESSAGE} <= set(given)
    if given[:1] != (PASSPHRASE,) and not instead:
        yield "the passphrase comes first, or passkey and recovery code stand for it"
    yield from _mailbox(situation, given)
    yield from _change(situation, given)
    outranked = situation.outranked and (situation.app == "senior" or situation.passkey in ("senior", "away"))
    if outranked and CODE not in given:
        yield "a junior one can't remove the recovery codes that are senior to it"
    if situation.new_passphrase and given[-1:] != (NEW,):
        yield "a new passphrase that can stand alone comes last"
    if situation.new_identifier and given[-1:] != (NEW_ADDRESS,):
        yield "the code to the new address counts only after everything else"


def _change(situation: Situation, given: Proofs) -> Iterator[str]:
    """Policy §2: the strongest class enrolled. Without the passkey its removal may be begun, by A."""
    if situation.passkey in ("none", "junior"):
        if situation.app == "senior":
            yield from _class_a(given)
        return
    if KEY in given or (situation.outranked and CODE in given):
        return
    if situation.scope != "passkey" or situation.passkey == "senior":
        yield "the passkey, and nothing weaker"
    elif situation.app == "senior":
        yield from _class_a(given)
    elif CODE not in given or situation.paper == "off":
        yield "a senior recovery code"


def _devices(situation: Situation, given: Proofs) -> Iterator[str]:
    if situation.passkey in ("senior", "away") and KEY not in given:
        yield "the passkey, and nothing weaker"
    if situation.passkey != "none" and KEY in given:
        if situation.passkey == "junior" and situation.app == "senior":
            yield "a junior passkey does not outrank the app"
        return
    if situation.passkey == situation.app == "none" and PASSPHRASE not in given:
        yield "the passphrase, where no app is enrolled"
    if situation.passkey == "junior" and situation.app == "none":
        if MESSAGE not in given:
            yield "the junior passkey, or the message code in its place"
        return
    yield from _second_step(Situation(purpose=Purpose.CONFIRM, app=situation.app), given)


def _exit(situation: Situation, given: Proofs) -> Iterator[str]:
    """Policy §3: K or A, either bound at least 24 h ago, then the trading passphrase; to a destination not used
    before also M, to an address bound at least 72 h ago. Without A only to the allow-list, and onto it. A session
    without the passkey moves nothing to new destinations."""
    if situation.passkey == "away" and situation.place == "new":
        yield "nothing to a new destination from a session without the passkey"
    if KEY in given:
        yield from _settled_passkey(situation)
        yield from _trading(given, after={KEY})
    elif situation.passkey == "away" and situation.app != "senior":
        if CODE not in given or situation.paper == "off":
            yield "a senior recovery code"
        yield from _trading(given, after={CODE})
    else:
        yield from _exit_without_passkey(situation, given)


def _exit_without_passkey(situation: Situation, given: Proofs) -> Iterator[str]:
    if situation.passkey == "senior":
        yield "the passkey, and nothing weaker"
    if situation.app == "none":
        if situation.passkey != "none":
            yield "a passkey is there, so a message is not enough"
        if situation.listing == "off" and situation.place != "listed":
            yield "without an app only withdrawals to the allow-list, and new entries of it"
        if set(given) != {PASSPHRASE, MESSAGE, TRADING}:
            yield "passphrase, message code and trading passphrase"
        return
    yield from _settled_class_a(situation, given)
    yield from _trading(given, after={APP, CODE})
    if situation.place == "new" and MESSAGE not in given:
        yield "to a new destination also the message code, which spells out the whole action"
    if situation.place == "new" and situation.address == "fresh":
        yield "no message code to an address bound less than 72 h ago"


def _key(situation: Situation, given: Proofs) -> Iterator[str]:
    if MESSAGE not in given:
        yield "the message code"
    if situation.passkey == "away":
        yield "no API key from a session without the passkey"
    if KEY in given:
        yield from _settled_passkey(situation)
        yield from _trading(given, after={KEY})
        return
    if situation.passkey == "senior":
        yield "the passkey, and nothing weaker"
    if situation.app == "none":
        yield "no API key without an app"
    yield from _settled_class_a(situation, given)
    yield from _trading(given, after={APP, CODE})


def _settled_passkey(situation: Situation) -> Iterator[str]:
    if situation.passkey == "none" or situation.passkey_age == "fresh":
        yield "a passkey bound less than 24 h ago confirms no exit"


def _settled_class_a(situation: Situation, given: Proofs) -> Iterator[str]:
    """The message code stands in for no app here, and a recovery code not for the message code."""
    if situation.app_age == "fresh":
        yield "an app bound less than 24 h ago confirms no exit"
    if APP not in given and (CODE not in given or situation.codes == "fresh"):
        yield "the app, or a recovery code that is as old in its stead"


def _trading(given: Proofs, *, after: set[ProofKind]) -> Iterator[str]:
    if TRADING not in given or not _before(given, TRADING) & after:
        yield "the trading passphrase, once the second step is proven"


def _thaw(situation: Situation, given: Proofs) -> Iterator[str]:
    """Policy §8: only K and A that were senior when it froze: K; or A with passphrase and M, or app and recovery
    code. None enrolled: passphrase and M. What renewed a senior one is asked, but is not what thaws: else the account
    would fall to "none enrolled", and to whoever has passphrase and mailbox."""
    if situation.passkey in ("senior", "away") and situation.passkey_age == "fresh":
        yield from _thaw_renewed(situation, given)
        return
    if situation.passkey in ("senior", "away") and KEY in given:
        return
    if situation.passkey == "senior" or (situation.passkey == "away" and situation.app != "senior"):
        yield "the passkey"
    settled = {kind for kind, age in ((APP, situation.app_age), (CODE, situation.codes)) if age == "settled"}
    if situation.app == "senior" and {APP, CODE} <= settled & set(given):
        return
    if not {PASSPHRASE, MESSAGE} <= set(given):
        yield "passphrase and message code, or the app and a recovery code that were senior when it froze"
    if situation.app == "senior" and settled and not settled & set(given):
        yield "the app or a recovery code that was senior when it froze"
    if situation.app == "senior" and not {APP, CODE} & set(given):
        yield "the app that replaced a senior one"


def _thaw_renewed(situation: Situation, given: Proofs) -> Iterator[str]:
    """The only passkeys had just replaced a senior one."""
    if not {PASSPHRASE, MESSAGE} <= set(given):
        yield "passphrase and message code"
    if situation.codes == "settled" and CODE not in given:
        yield "a recovery code that was senior when it froze"
    if situation.codes == "fresh" and KEY not in given:
        yield "the passkey that replaced a senior one"


def _second_step(situation: Situation, given: Proofs) -> Iterator[str]:
    """Policy §2: the strongest class enrolled; for a junior app or passkey the message code may stand."""
    if situation.passkey == "senior":
        yield "the passkey, and nothing weaker"
    if situation.passkey == "away" and situation.app != "senior":
        if CODE not in given or situation.paper == "off":
            yield "a senior recovery code"
        return
    if situation.passkey == "junior" and situation.app == "none" and MESSAGE not in given:
        yield "the junior passkey, or the message code in its place"
    if situation.app == "senior":
        yield from _class_a(given)
    if situation.app == "junior" and not {APP, CODE, MESSAGE} & set(given):
        yield "the junior app, or the message code in its place"
    if situation.app == "none" and situation.message == "on" and MESSAGE not in given:
        yield "the message code, which was opted for"


def _class_a(given: Proofs) -> Iterator[str]:
    if not {APP, CODE} & set(given):
        yield "the app, or a recovery code in its stead"


def _mailbox(situation: Situation, given: Proofs) -> Iterator[str]:
    """Wherever M stands beside A, a recovery code may stand in its place; then the app itself is the A."""
    lost = situation.app == "senior" and {APP, CODE} <= set(given)
    lost = lost or (situation.passkey in ("senior", "away") and {KEY, CODE} <= set(given))
    if MESSAGE not in given and not lost:
        yield "the message code, or app or passkey and a recovery code"


def _before(given: Proofs, kind: ProofKind) -> set[ProofKind]:
    return set(given[: list(given).index(kind)])
