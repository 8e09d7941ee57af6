"""The limits of policy §4 by name, with numbers that an operator's policy file may change.

A field is what is spent together; the comment beside it says for whom or what it is counted.

Rows are locked in the order of the ranks below, over all calls of a transaction: rates, what was sent, the account,
what is spent quietly, messages, what is counted for risk, what is told. ``order.py`` refuses another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Literal

from watchword.foundation.terms import Purpose
from watchword.limits.budget import Budget
from watchword.limits.gcra import Rate
from watchword.limits.limit import Limit
from watchword.limits.numbers import Numbers, plain
from watchword.limits.run import Run
from watchword.limits.tally import Tally
from watchword.limits.window import Window

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SENT, ACCOUNT, QUIET, PREFIX, ALL_MESSAGES, RECIPIENT, FOR_RISK, TOLD = 1, 2, 3, 4, 5, 6, 7, 8
EVERYBODY = "everybody"
"""The subject of a limit over all."""
COUNTED_FOR_RISK = 100
"""Failures an hour; risk does not count further."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    passphrase_unknown: tuple[Window, ...]  # (identifier digest), unknown devices together
    passphrase_account: tuple[Window, ...]  # (account): the same figures over all its identifiers; quiet
    passphrase_device: tuple[Window, ...]  # (account, known device)
    totp_unknown: tuple[Window, ...]  # (account), unknown devices together
    totp_device: tuple[Window, ...]  # (account, known device)
    passkey_passage: Window  # (passage): assertions that were none of what was asked
    message_code: tuple[Window, ...]  # (identifier digest, purpose class)
    message_code_account: tuple[Window, ...]  # (account, purpose class): over all its identifiers; quiet
    recovery_code: tuple[Window, ...]  # (account), or (identifier digest) while nothing is proven
    recovery_code_account: tuple[Window, ...]  # (account) while nothing is proven: over all its identifiers; quiet
    failures_in_row: Run  # (authenticator); quiet; ended by a success from a known device
    trading_passage: Window  # (passage); quiet; the last one ends passage and session
    trading_new: tuple[Window, ...]  # (account): new ones compared with the holder's own and the last five
    trading_in_row: Run  # (authenticator); quiet; over all passages; the last one closes it, a success ends the row
    references: tuple[Window, ...]  # (account): references looked up that are of no message to it
    channels: Rate  # (/24 or /64): questions whether something is an official channel
    confirms_session: Rate  # (account, session): confirmations begun
    openid_requests: Rate  # (/24 or /64): requests of clients that wait for somebody to sign in
    openid_session: Rate  # (account, session): requests of clients that wait for something of who is signed in
    openid_pushed: Rate  # (client that shows a credential): requests it pushes
    openid_failures: Rate  # (/24 or /64): clients that did not show who they are, or codes and tokens that are none
    messages_unknown: tuple[Window, ...]  # (recipient digest), anonymous purposes, unknown devices
    messages_known: tuple[Window, ...]  # (recipient digest), anonymous purposes, known devices
    messages_session: tuple[Window, ...]  # (account, session): codes for what is confirmed in it
    messages_prefix: Budget  # (phone prefix)
    messages_everybody: Budget  # everybody
    passages_network: Rate  # (/24 or /64): passages without a human proof
    passages_wide: Rate  # (/48)
    passages_everybody: Rate  # everybody
    humans_network: Rate  # (/24 or /64): human proofs
    humans_wide: Rate  # (/48)
    humans_everybody: Rate  # everybody
    wrong_second_steps: Window  # (account), of somebody who had proven something; the last of them is told
    refusals_told: Window  # (account), of what could not be confirmed or carried out; more are not told
    told: Tally  # (/24, /48 or session; what): passages begun and answers refused by a limit that are told each
    # Counted for risk only; a refusal means "that many or more", and stops nothing.
    failures_identifier: Window  # (identifier digest)
    failures_network: Window  # (network)
    failures_device: Window  # (device digest)

    def __iter__(self) -> Iterator[Limit]:
        """Each limit once."""
        seen = set()
        for each in fields(self):
            group = getattr(self, each.name)
            for limit in group if isinstance(group, tuple) else (group,):
                if limit.name not in seen:
                    seen.add(limit.name)
                    yield limit


PurposeClass = Literal["anonymous", "proven"]


def purpose_class(purpose: Purpose) -> PurposeClass:
    """Message codes that anybody may ask for are counted apart from those after a passphrase or in a session."""
    return "anonymous" if purpose in (Purpose.SIGN_UP, Purpose.RECOVER) else "proven"


def limits_from(numbers: Mapping[str, object]) -> Limits:
    """The limits of the policy, with an operator's numbers over ours. Raises Misconfigured.

    ``name = 5``, or ``name = {amount = 5, per_seconds = 3600}``; a budget takes ``sample`` and ``share`` too.
    """
    ours = Numbers(numbers)
    take, amount = ours.take, ours.amount
    passphrase = _passphrase(ours, "passphrase_unknown", SENT)
    code = take(Window("message_code_day", 10, DAY, SENT))
    recipient = take(Window("messages_recipient_day", 10, DAY, RECIPIENT))
    kept = amount("messages_kept_for_known", 3, least=0, most=recipient.amount - 1)
    recovery_code = take(Window("recovery_code_day", 5, DAY, ACCOUNT))
    limits = Limits(
        passphrase_unknown=passphrase,
        passphrase_account=tuple(_of_account(each) for each in passphrase),
        passphrase_device=_passphrase(ours, "passphrase_device", ACCOUNT),
        totp_unknown=(
            take(Window("totp_unknown_day", 5, DAY, ACCOUNT)),
            take(Window("totp_unknown_month", 20, 30 * DAY, ACCOUNT)),
        ),
        totp_device=(
            take(Window("totp_device_day", 10, DAY, ACCOUNT)),
            take(Window("totp_device_month", 50, 30 * DAY, ACCOUNT)),
        ),
        passkey_passage=take(Window("passkey_passage", 10, HOUR, SENT)),
        message_code=(code,),
        message_code_account=(_of_account(code),),
        recovery_code=(recovery_code,),
        recovery_code_account=(_of_account(recovery_code),),
        failures_in_row=take(Run("failures_in_row", 100, QUIET)),
        trading_passage=take(Window("trading_passphrase_passage", 5, DAY, ACCOUNT)),
        trading_new=(take(Window("trading_passphrase_new_day", 10, DAY, ACCOUNT)),),
        trading_in_row=take(Run("trading_passphrase_in_row", 10, QUIET)),
        references=(take(Window("references_hour", 30, HOUR, ACCOUNT)),),
        told=take(Tally("told_one_by_one", 120, HOUR)),
        messages_unknown=(replace(recipient, name="messages_unknown_day", amount=recipient.amount - kept), recipient),
        messages_known=(recipient,),
        messages_session=(take(Window("messages_session_day", 50, DAY, RECIPIENT)),),
        messages_prefix=take(Budget("messages_prefix", 500, DAY, sample=50, share=20, rank=PREFIX)),
        messages_everybody=take(Budget("messages_everybody", 50_000, DAY, sample=2_000, share=10, rank=ALL_MESSAGES)),
        **_rates(ours),
        wrong_second_steps=take(Window("wrong_second_steps", 3, DAY, TOLD)),
        refusals_told=take(Window("refusals_told", 3, DAY, TOLD)),
        failures_identifier=Window("failures_identifier", COUNTED_FOR_RISK, HOUR, FOR_RISK),
        failures_network=Window("failures_network", COUNTED_FOR_RISK, HOUR, FOR_RISK),
        failures_device=Window("failures_device", COUNTED_FOR_RISK, HOUR, FOR_RISK),
    )
    ours.require_all_taken()
    return limits


def _passphrase(ours: Numbers, name: str, rank: int) -> tuple[Window, Window]:
    return (ours.take(Window(f"{name}_hour", 10, HOUR, rank)), ours.take(Window(f"{name}_day", 30, DAY, rank)))


def _rates(ours: Numbers) -> dict[str, Rate]:
    take = ours.take
    return {
        "channels": take(Rate("channels_network", 120, HOUR)),
        "confirms_session": take(Rate("confirms_session", 60, HOUR)),
        "openid_requests": take(Rate("openid_requests_network", 600, HOUR)),
        "openid_session": take(Rate("openid_requests_session", 120, HOUR)),
        "openid_pushed": take(Rate("openid_pushed_client", 20_000, HOUR)),
        "openid_failures": take(Rate("openid_failures_network", 60, HOUR)),
        "passages_network": take(Rate("passages_network", 20, HOUR)),
        "passages_wide": take(Rate("passages_wide", 200, HOUR)),
        "passages_everybody": take(Rate("passages_everybody", 5_000, HOUR)),
        "humans_network": take(Rate("humans_network", 60, HOUR)),
        "humans_wide": take(Rate("humans_wide", 600, HOUR)),
        "humans_everybody": take(Rate("humans_everybody", 20_000, HOUR)),
    }


def looser_limits(limits: Limits) -> list[str]:
    """What these limits let pass that ours would not, a sentence each: for the doctor."""
    ours = {limit.name: plain(limit) for limit in limits_from({})}
    found = []
    for limit in limits:
        for figure, value in plain(limit).items():
            default = ours[limit.name][figure]
            if value < default if figure in ("per_seconds", "share") else value > default:
                found.append(f"limits.{limit.name}: {figure} is {value}, ours is {default}")
    return found


def _of_account(limit: Window) -> Window:
    return replace(limit, name=f"{limit.name}_account", rank=QUIET)
