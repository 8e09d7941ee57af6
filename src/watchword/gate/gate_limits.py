"""Which limits an answer spends, and for whom (policy §4). Before the passphrase is proven: what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from watchword.accounts.accounts import Account
from watchword.accounts.identifiers import Identifier, phone_prefix
from watchword.devices.devices import Device
from watchword.foundation.client import Client
from watchword.foundation.terms import AccountId, AuthenticatorId, IdentifierKind, Purpose, SessionId
from watchword.gate.checks.shape import Attempt
from watchword.gate.passage import Passage
from watchword.gate.policy import Policy
from watchword.limits.budget import Budget
from watchword.limits.counters import Spend, Spent, Subject
from watchword.limits.limit import Limit
from watchword.limits.named import DAY, EVERYBODY, QUIET, Limits, limits_from, purpose_class
from watchword.limits.window import Window

Spends = Sequence[Spend]
NOBODY = "nobody"
_DECOY_FAILURES = Window("failures_behind_decoy", 100, 365 * DAY, QUIET)
"""Stands where a real authenticator has its row of failures, and closes like it; nobody will end it, so it goes by
itself in the end."""


@dataclass(frozen=True, kw_only=True)
class GateLimits:
    named: Limits

    @classmethod
    def of(cls, policy: Policy) -> "GateLimits":
        return cls(named=limits_from(policy.limits))

    def passphrase(self, subject: str, account: Account, device: Device | None) -> Spends:
        """``subject``: the digest of the identifier as sent. A known device of the account has its own."""
        if device is not None:
            return _each(self.named.passphrase_device, (account.id, device.id))
        return _each(self.named.passphrase_unknown, subject)

    def passphrase_quiet(self, subject: str, account: Account, device: Device | None, row: AuthenticatorId) -> Spends:
        """The account's own budget and the row of failures: they must not show before the passphrase is proven."""
        if device is not None:
            return ()
        owner = _owner(account, subject)
        if account.is_decoy:
            return (*_each(self.named.passphrase_account, owner), Spend(_DECOY_FAILURES, owner))
        return (*_each(self.named.passphrase_account, owner), *self.failures_in_row(row))

    def totp(self, account: Account, device: Device | None) -> Spends:
        if device is not None:
            return _each(self.named.totp_device, (account.id, device.id))
        return _each(self.named.totp_unknown, account.id)

    def passkey(self, passage: Passage, client: Client) -> Spends:
        """There is nothing to guess; it bounds the work that a passage can cause, and a network without a human."""
        unproven = passage.human.is_due and not passage.credential_proven
        of_network = self.unproven_passages(client) if unproven else ()
        return (*of_network, Spend(self.named.passkey_passage, passage.id))

    def passkey_quiet(self, account: Account, credential: str, row: AuthenticatorId | None) -> Spends:
        """The row of failures of a passkey; credentials that nobody has share some like it: whoever makes up ever new
        ones must not fill the database."""
        if row is None:
            return (Spend(_DECOY_FAILURES, (account.id, _shelf(credential))),)
        return self.failures_in_row(row)

    def failures_in_row(self, authenticator: AuthenticatorId) -> Spends:
        return (Spend(self.named.failures_in_row, authenticator),)

    def trading_passphrase(self, passage: Passage, authenticator: AuthenticatorId) -> Spends:
        """Of this passage first, then in a row. It is asked only once the second step is proven."""
        return (
            Spend(self.named.trading_passage, passage.id),
            Spend(self.named.trading_in_row, authenticator),
        )

    def new_trading_passphrase(self, account: AccountId) -> Spends:
        """ "Used before" tells who asks what the present one may be, so that is no place to guess either."""
        return _each(self.named.trading_new, account)

    def message_code(self, passage: Passage, account: Account) -> Spends:
        subject = passage.identifier_digest or account.id
        return _each(self.named.message_code, (subject, purpose_class(passage.purpose)))

    def message_code_quiet(self, passage: Passage, account: Account) -> Spends:
        if passage.purpose is Purpose.SIGN_UP:
            return ()
        owner = _owner(account, passage.identifier_digest or account.id)
        return _each(self.named.message_code_account, (*owner, purpose_class(passage.purpose)))

    def recovery_code_quiet(self, passage: Passage, account: Account) -> Spends:
        """Where it is counted for what was sent: the account's own five, over all its identifiers."""
        if passage.credential_proven or passage.purpose is not Purpose.RECOVER:
            return ()
        return _each(self.named.recovery_code_account, _owner(account, passage.identifier_digest or account.id))

    def recovery_code(self, passage: Passage, account: Account) -> Spends:
        """In recovery nothing is proven yet, so it is counted for what was sent."""
        proven = passage.credential_proven or passage.purpose is not Purpose.RECOVER
        return _each(self.named.recovery_code, account.id if proven else passage.identifier_digest or account.id)

    def checks_in_session(self, account: AccountId, what: str) -> Spends:
        """ "Type one now", and the first code of a new app: failures as often as a known device has."""
        return _each(self.named.totp_device, (account, "checks", what))

    def references(self, account: AccountId) -> Spends:
        return _each(self.named.references, account)

    def channels(self, client: Client) -> Spends:
        return (Spend(self.named.channels, client.network),)

    def openid_requests(self, client: Client, holder: tuple[AccountId, SessionId] | None) -> tuple[Spend, ...]:
        """For a request of a relying party that waits: for somebody of that network to sign in, or for something of
        who is signed in; of one session, so that a stolen one keeps the holder's own from nothing."""
        if holder is not None:
            return (Spend(self.named.openid_session, holder),)
        return (Spend(self.named.openid_requests, client.network),)

    def openid_pushed(self, client: str) -> tuple[Spend, ...]:
        """By a relying party that showed a credential: nobody else can use it up."""
        return (Spend(self.named.openid_pushed, client),)

    def openid_failures(self, client: Client) -> tuple[Spend, ...]:
        """For a network, and never for the client that was named: anybody can name it."""
        return (Spend(self.named.openid_failures, client.network),)

    def confirmations(self, account: AccountId, session: SessionId) -> Spends:
        """Of one session: a stolen one fills no table, and keeps the holder's own from nothing."""
        return (Spend(self.named.confirms_session, (account, session)),)

    def wrong_second_steps(self, account: Account) -> Spends:
        return (Spend(self.named.wrong_second_steps, account.id),)

    def refusals_told(self, account: AccountId) -> Spends:
        return (Spend(self.named.refusals_told, account),)

    def human_proofs(self, client: Client) -> Spends:
        return self._by_network(client, self.named.humans_network, self.named.humans_wide, self.named.humans_everybody)

    def shared_by_all(self, spent: Spent) -> Spent:
        """What a human proof that was none spent of everybody's: its own network pays for it, not the others."""
        return Spent(tuple(each for each in spent.stamps if each.limit.name == self.named.humans_everybody.name))

    def unproven_passages(self, client: Client) -> Spends:
        return self._by_network(
            client, self.named.passages_network, self.named.passages_wide, self.named.passages_everybody
        )

    def is_of_unproven(self, limit: Limit) -> bool:
        named = self.named
        return limit in (named.passages_network, named.passages_wide, named.passages_everybody)

    def messages(
        self,
        passage: Passage,
        recipient: Identifier,
        digest: str,
        *,
        nobody: bool,
        known_device: bool,
        chosen: bool = False,
    ) -> Spends:
        """Past these nothing is sent, and the reply looks the same. What never goes out (``nobody``) is counted
        apart, and so is what anybody may ask for: neither closes the way for those who proved something.

        ``chosen``: the holder named the recipient, who may be anybody."""
        budgets = [Spend(*each) for each in self.message_budgets(passage, recipient, nobody=nobody)]
        if passage.account is not None and passage.session is not None:
            budgets += _each(self.named.messages_session, (passage.account, passage.session))
        if purpose_class(passage.purpose) != "anonymous" and not chosen:
            return budgets
        group = self.named.messages_known if known_device else self.named.messages_unknown
        return (*budgets, *_each(group, digest))

    def message_budgets(
        self, passage: Passage, recipient: Identifier, *, nobody: bool = False
    ) -> list[tuple[Budget, Subject]]:
        """Those that close when codes don't come back, in the order of their locks."""
        kind = purpose_class(passage.purpose)
        of_prefix: list[tuple[Budget, Subject]] = []
        if recipient.kind is IdentifierKind.PHONE:
            of_prefix.append((self.named.messages_prefix, phone_prefix(recipient.value)))
        return [*of_prefix, (self.named.messages_everybody, (NOBODY if nobody else EVERYBODY, kind))]

    def failures(self, attempt: Attempt) -> Spends:
        """Counted for risk alone; they stop nothing."""
        spends = [Spend(self.named.failures_network, attempt.client.network)]
        if attempt.identifier_digest is not None:
            spends.append(Spend(self.named.failures_identifier, attempt.identifier_digest))
        if attempt.passage.device_digest is not None:
            spends.append(Spend(self.named.failures_device, attempt.passage.device_digest))
        return spends

    @staticmethod
    def _by_network(client: Client, network: Limit, wide: Limit, everybody: Limit) -> Spends:
        spends = [Spend(network, client.network), Spend(everybody, EVERYBODY)]
        if client.wide_network is not None:
            spends.append(Spend(wide, client.wide_network))
        return spends


def _shelf(credential: str) -> str:
    """One of 256."""
    return sha256(credential.encode(errors="replace")).hexdigest()[:2]


def _owner(account: Account, subject: str) -> tuple[str, str]:
    """Whom an account's own budget belongs to. Behind the decoy everyone unknown stands alone."""
    return (account.id, subject) if account.is_decoy else (account.id, "")


def _each(group: Sequence[Limit], subject: Subject) -> Spends:
    return tuple(Spend(limit, subject) for limit in group)
