"""The gate: the one place that decides whether somebody may pass. Pages and the JSON API are its two faces.

An answer is counted in one transaction, worked on outside any, and decided in another; where there is nothing to work
on, one transaction does both. The grant is made in the transaction that flips the passage from open to passed, so it
exists exactly once or not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from watchword.accounts.accounts import Accounts
from watchword.authenticators.passkey.passkeys import new_nonce
from watchword.crypto.keyring import Keyring
from watchword.crypto.tokens import Randomness
from watchword.foundation.client import Client
from watchword.foundation.clock import Clock
from watchword.foundation.errors import (
    Busy,
    Conflict,
    Gone,
    NotAsked,
    NotFound,
    Tampered,
    Throttled,
    Unacceptable,
)
from watchword.foundation.present import present
from watchword.foundation.proof import Rejection
from watchword.foundation.secret import Secret
from watchword.foundation.terms import PassageId, ProofKind, Purpose
from watchword.gate.actions import Action
from watchword.gate.aftermath import Aftermath
from watchword.gate.answers import (
    Answer,
    MessageCodeAnswer,
    NewIdentifierCodeAnswer,
    PassphraseAnswer,
)
from watchword.gate.checks.shape import Attempt, Check, Checker, Evidence
from watchword.gate.checks.totp import NearMissed
from watchword.gate.code_sender import CodeSender
from watchword.gate.gate_limits import GateLimits
from watchword.gate.grants import Grant, GrantMakers, PassedPassage
from watchword.gate.naming import Naming
from watchword.gate.notes import Notes
from watchword.gate.opening import Beginning, Holder, Opening
from watchword.gate.passage import HumanToll, Passage
from watchword.gate.signals import Signals
from watchword.gate.standing import Stand, Standings
from watchword.gate.store import PassageStore
from watchword.gate.view import Accepted, Begun, PassageView, Rejected
from watchword.gate.viewing import Viewing
from watchword.limits.counters import Counters, Refused, Spent
from watchword.risk.levels import asks_human_again, hardness
from watchword.storage.database import Database, Transaction


@dataclass(kw_only=True)
class _Counted:
    """An answer that was asked for and counted: what remains is to check it."""

    answer: Answer
    check: Check
    attempt: Attempt
    spent: Spent
    barred: bool
    passage: Passage
    """As the count left it."""
    wrong: bool = False
    """Found wrong: whatever comes of it then, it was a try."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    database: Database
    store: PassageStore
    accounts: Accounts
    naming: Naming
    standings: Standings
    opening: Opening
    signals: Signals
    aftermath: Aftermath
    counters: Counters
    limits: GateLimits
    checkers: Mapping[ProofKind, Checker]
    sender: CodeSender
    viewing: Viewing
    notes: Notes
    makers: GrantMakers
    keyring: Keyring
    randomness: Randomness
    clock: Clock

    # -- begin, look, send again

    def begin(
        self, purpose: Purpose, client: Client, *, action: Action | None = None, holder: Holder | None = None
    ) -> Begun:
        """Raises Unacceptable when a confirm passage lacks its action or session, or another has one; NotPossible
        where its action can't be confirmed now, Throttled where its session began too many."""
        if (purpose is Purpose.CONFIRM) != (action is not None and holder is not None):
            raise Unacceptable("unknown_action", "action")
        token = self.randomness.token()
        digest = self._token_digest(token)
        new = Beginning(purpose=purpose, client=client, token_digest=digest, action=action, holder=holder)
        with self.database.begin() as tx:
            stand = self.opening.open(tx, new, self.clock())
            if isinstance(stand, Stand):
                self._send_if_due(tx, stand, client)
                return Begun(view=self.viewing.show(tx, stand), token=token)
        raise stand

    def find(self, passage: PassageId, token: Secret) -> PassageView:
        """Raises NotFound without its token, Gone when it is over."""
        now = self.clock()
        with self.database.read() as tx:
            return self.viewing.show(tx, self._take(tx, passage, token, now, lock=False))

    def send_again(self, passage: PassageId, token: Secret, client: Client) -> PassageView:
        """Raises NotAsked where no message code is asked, Throttled inside the cooldown."""
        now = self.clock()
        with self.database.begin() as tx:
            stand = self._take(tx, passage, token, now, lock=True)
            asked = stand.progress.message
            if stand.passage.human.is_due or asked is None:
                raise NotAsked
            self.sender.require_cooled(tx, stand.passage, now)
            self.sender.send(tx, stand.passage, stand.account, client, asked, now)
            return self.viewing.show(tx, stand)

    # -- answer

    def answer(self, passage: PassageId, token: Secret, answer: Answer, client: Client) -> Accepted | Rejected:
        """Raises NotFound, Gone, NotAsked, Unacceptable, Throttled, Busy; none of them changes the passage."""
        now = self.clock()
        counted = self._count(passage, token, answer, client, now)
        if not isinstance(counted, _Counted):
            return counted
        try:
            if counted.check.work is not None:
                counted.check.work()
            with self.database.begin() as tx:
                stand = self._take(tx, passage, token, now, lock=True)
                decided = self._decide(tx, stand, counted, client)
        except Busy:
            if not counted.wrong:
                self._give_back(counted, now)
            raise
        except Tampered as refused:
            self._note_refused(counted, refused)
            raise
        except Conflict:
            self._end_if_taken(passage, token, counted, now)
            raise
        return _unless_over(decided)

    def _count(
        self, passage: PassageId, token: Secret, answer: Answer, client: Client, now: datetime
    ) -> _Counted | Accepted | Rejected:
        """Decides too where the check needs nothing but the database."""
        counted, decided = None, None
        try:
            with self.database.begin() as tx:
                stand, counted = self._counted(tx, passage, token, answer, client, now)
                at_once = isinstance(counted, _Counted) and counted.check.work is None
                if isinstance(counted, _Counted) and at_once:
                    decided = self._decide(tx, stand.after(counted.passage), counted, client)
        except Exception as failure:
            if not isinstance(counted, _Counted) or (isinstance(failure, Busy) and not counted.wrong):
                raise
            at_once = False  # the count was undone with the rest: it stands alone, whatever comes of it then
            with self.database.begin() as tx:
                _, counted = self._counted(tx, passage, token, answer, client, now)
            if isinstance(failure, Busy):
                raise
        if counted is None:
            raise NotAsked
        if isinstance(counted, Refused):
            raise Throttled(counted.retry_at)
        return _unless_over(decided) if at_once else counted

    def _counted(
        self, tx: Transaction, passage: PassageId, token: Secret, answer: Answer, client: Client, now: datetime
    ) -> tuple[Stand, _Counted | Refused | None]:
        """None: a human is asked for first, after all."""
        stand = self._take(tx, passage, token, now, lock=True)
        if client.kind is not stand.passage.client_kind:
            raise NotFound
        answer = _as_asked(stand, answer)
        self._require_asked(stand, answer)
        attempt = self.naming.attempt(tx, stand, answer, client)
        if self._needs_human_after_all(attempt, answer):
            self._save(tx, replace(stand.passage, human=replace(stand.passage.human, asked=True)))
            return stand, None
        return stand, self._spend(tx, attempt, answer)

    def _spend(self, tx: Transaction, attempt: Attempt, answer: Answer) -> _Counted | Refused | None:
        """Counts before checking. A refusal commits: its event must survive. None: as of ``_counted``."""
        passage = attempt.passage
        check = self.checkers[answer.kind].begin(tx, attempt, answer)
        spent, quiet = self.counters.spend_both(tx, check.spends, check.quiet, attempt.now)
        if isinstance(spent, Refused) and self.limits.is_of_unproven(spent.limit):
            self._save(tx, replace(passage, human=replace(passage.human, before_passkey=True)))
            return None
        if isinstance(spent, Refused):
            self.notes.throttled(tx, attempt, answer.kind, spent)
            return spent
        barred = isinstance(quiet, Refused)
        if not isinstance(quiet, Refused):
            spent = spent.and_also(quiet)
        changed = passage
        if answer.kind is not ProofKind.HUMAN and passage.human.left > 0 and not passage.credential_proven:
            changed = replace(passage, human=replace(passage.human, left=passage.human.left - 1))
        if answer.kind is ProofKind.PASSKEY:  # its challenge is spent, whatever comes of it
            changed = replace(changed, nonce=new_nonce(self.randomness))
        if changed is not passage:
            changed = self._save(tx, changed)
        self.notes.counted(tx, attempt, answer.kind)
        return _Counted(answer=answer, check=check, attempt=attempt, spent=spent, barred=barred, passage=changed)

    def _decide(self, tx: Transaction, stand: Stand, counted: _Counted, client: Client) -> Accepted | Rejected | None:
        """None: nothing leads on from here."""
        answer, now = counted.answer, counted.attempt.now
        if answer.kind is not ProofKind.HUMAN and answer.kind not in stand.progress.ask:
            raise NotAsked
        verdict = counted.check.conclude(tx, stand.passage, barred=counted.barred)
        if isinstance(verdict, Rejection):
            counted.wrong = True
            return self._reject(tx, stand, counted, answer, verdict)
        if answer.kind is not ProofKind.HUMAN:  # of these the proofs themselves are counted, not the failures
            ending = self.aftermath.ended_by(counted.attempt, verdict.proof)
            self.counters.give_back(tx, counted.spent, now, ending=ending)
        self.aftermath.of_success(tx, counted.attempt, verdict.proof)
        return self._accept(tx, counted.attempt, verdict, client)

    def _note_refused(self, counted: _Counted, refused: Tampered) -> None:
        with self.database.begin() as tx:
            self.notes.row_refused(tx, counted.attempt, refused)

    def _give_back(self, counted: _Counted, now: datetime) -> None:
        """Nothing was checked, so nothing was tried: a crowd at the door must not use up its owner's tries."""
        with self.database.begin() as tx:
            self.counters.give_back(tx, counted.spent, now)
            self.notes.given_back(tx, counted.attempt)

    def _end_if_taken(self, passage_id: PassageId, token: Secret, counted: _Counted, now: datetime) -> None:
        """A sign-up whose address somebody else bound meanwhile leads nowhere any more. Raises Gone."""
        if counted.attempt.passage.purpose is not Purpose.SIGN_UP:
            return
        with self.database.begin() as tx:
            passage = self._take(tx, passage_id, token, now, lock=True).passage
            if self.accounts.find_named_or_decoy(tx, present(passage.identifier_digest), now).is_decoy:
                return
            self._save(tx, replace(passage, state="ended"))
        raise Gone

    def _reject(
        self, tx: Transaction, stand: Stand, counted: _Counted, answer: Answer, verdict: Rejection
    ) -> Rejected | None:
        """None: it was one too many, and the passage is over."""
        attempt, passage = counted.attempt, stand.passage
        if isinstance(verdict, NearMissed):
            passage = self._save(tx, verdict.passage)
        if answer.kind is ProofKind.HUMAN:
            self.counters.give_back(tx, self.limits.shared_by_all(counted.spent), attempt.now)
        over = self.aftermath.of_closing(tx, attempt, answer.kind, counted.check, barred=counted.barred)
        self.aftermath.of_failure(tx, attempt, answer.kind, verdict)
        if passage.human.is_due:
            level = self.signals.before_passphrase(tx, attempt)
            harder = max(passage.human.hardness, hardness(level))
            passage = self._save(tx, replace(passage, human=replace(passage.human, hardness=harder)))
        self.notes.rejected(tx, attempt, answer.kind, verdict)
        if over:
            self._save(tx, replace(passage, state="ended"))
            return None
        return Rejected(view=self.viewing.show(tx, stand.after(passage)), hint=verdict.hint)

    def _accept(self, tx: Transaction, attempt: Attempt, verdict: Evidence, client: Client) -> Accepted | None:
        """None: the proof was good, but no way leads on from here. It is used up all the same."""
        now, passage = attempt.now, verdict.passage
        if verdict.proof.kind is not ProofKind.HUMAN:
            passage = passage.with_proof(verdict.proof)
        if verdict.proof.kind is ProofKind.PASSPHRASE and passage.purpose is Purpose.SIGN_IN:
            passage = self._assess(tx, passage, attempt)
        if passage.credential_proven and not passage.human.again:
            passage = replace(passage, human=HumanToll(asked=False))
        stand = self.standings.of(tx, passage, now)
        if stand.progress.ask:
            stand = stand.after(self._save(tx, passage))
        elif stand.progress.completed is not None and self.standings.still_hold(stand):
            stand = stand.after(self._save(tx, replace(passage, state="passed"), passed_at=now))
        else:
            stand = stand.after(self._save(tx, replace(passage, state="ended")))
            self.notes.ended(tx, passage, now)
        self.notes.accepted(tx, replace(attempt, passage=stand.passage), verdict.proof)
        if stand.passage.state == "passed":
            return self._pass(tx, stand, verdict, client)
        if stand.passage.state == "ended":
            return None
        self._send_if_due(tx, stand, client)
        return Accepted(view=self.viewing.show(tx, stand), grant=None)

    def _pass(self, tx: Transaction, stand: Stand, verdict: Evidence, client: Client) -> Accepted:
        """After the flip, which is a compare-and-set: of two who complete a passage, one passes."""
        passage, now = stand.passage, stand.now
        passed = PassedPassage(
            passage=passage,
            route=present(stand.progress.completed),
            account=stand.account,
            app=stand.app,
            passkey=stand.passkey,
            by_senior_class=stand.by_senior_class,
            device=stand.device,
            client=client,
            new_passphrase=verdict.new_passphrase,
            now=now,
        )
        self.aftermath.of_passing(tx, passage, stand.account, now)
        grant: Grant = self.makers[passage.purpose](tx, passed)
        self.notes.passed(tx, passage, now)
        return Accepted(view=self.viewing.show(tx, stand), grant=grant)

    # -- parts

    def _needs_human_after_all(self, attempt: Attempt, answer: Answer) -> bool:
        """A known device spares the check only for the account that knows it."""
        passage = attempt.passage
        return (
            isinstance(answer, PassphraseAnswer)
            and passage.purpose is Purpose.SIGN_IN
            and not passage.human.asked
            and attempt.device is None
        )

    def _assess(self, tx: Transaction, passage: Passage, attempt: Attempt) -> Passage:
        """Risk is judged once the passphrase is proven; when it is high, a human is asked for again."""
        level = self.signals.after_passphrase(tx, attempt)
        if level != "low":
            self.notes.risk_raised(tx, attempt, level)
        human = passage.human
        if asks_human_again(level) and not human.again:
            human = HumanToll(asked=True, hardness=hardness(level), again=True)
        return replace(passage, risk=level, human=human)

    def _require_asked(self, stand: Stand, answer: Answer) -> None:
        human = stand.passage.human
        if answer.kind is ProofKind.HUMAN:
            if not human.is_due:
                raise NotAsked
        elif human.stands_before(answer.kind) or answer.kind not in stand.progress.ask:
            raise NotAsked

    def _send_if_due(self, tx: Transaction, stand: Stand, client: Client) -> None:
        """Sends the code when it is what comes next; beside an app it waits to be wished for, and beside a passkey
        where that may well be at hand: who typed a passphrase to sign in seems to be without."""
        passage, ask, code = stand.passage, stand.progress.ask, stand.progress.message
        if passage.human.is_due or code is None or ProofKind.TOTP in ask:
            return
        if ProofKind.PASSKEY in ask and passage.purpose is not Purpose.SIGN_IN:
            return
        if not self.sender.has_sent(tx, passage, code):
            self.sender.send(tx, passage, stand.account, client, code, stand.now)

    def _take(self, tx: Transaction, passage: PassageId, token: Secret, now: datetime, *, lock: bool) -> Stand:
        taken = self.store.find(tx, passage, self._token_digest(token), lock=lock)
        if taken is None:
            raise NotFound
        if taken.purpose is Purpose.CONFIRM:  # begun in a session: who it is about is known
            tx.remember()
        if self.standings.is_over(tx, taken, now):
            raise Gone
        return self.standings.of(tx, taken, now)

    def _save(self, tx: Transaction, passage: Passage, **more: Any) -> Passage:
        saved = self.store.save(tx, passage, **more)
        if saved is None:
            raise Conflict
        return saved

    def _token_digest(self, token: Secret) -> str:
        return self.keyring.digest("passage", token.reveal())


def _unless_over(decided: Accepted | Rejected | None) -> Accepted | Rejected:
    if decided is None:
        raise Gone
    return decided


def _as_asked(stand: Stand, answer: Answer) -> Answer:
    """To a client a code from a message is one kind of answer. Which address it was sent to, we know."""
    if isinstance(answer, MessageCodeAnswer) and stand.progress.message is ProofKind.NEW_IDENTIFIER_CODE:
        return NewIdentifierCodeAnswer(code=answer.code)
    return answer
