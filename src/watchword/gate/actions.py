"""The closed list of actions that can be confirmed, with their typed fields (policy §6).

What is read here is canonical: two actions that mean the same are the same text. An unknown kind or field is refused.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.foundation.errors import Unacceptable
from watchword.gate import fields
from watchword.gate.policy import Scope

Action = dict[str, Any]
Destination = tuple[str, str | None, str | None, str, str | None]
"""(kind, asset, network, address, memo): where value goes. No memo is not the same as an empty one."""


@dataclass(frozen=True)
class Shape:
    """Fields besides ``kind`` and ``what``, each with its reader."""

    fields: Mapping[str, fields.Reader]
    scope: Scope = "change"
    removes_second_step: bool = False
    """It may be the last: then the passphrase has to stand alone, and the recovery codes go too."""
    agrees: Callable[[Action], bool] = lambda _: True
    """Whether the fields go together."""


_PERMISSIONS = ("read", "trade", "transfer", "withdraw")
_EXPIRIES = (30, 90, 180, 360, "never")
_ASSET, _NETWORK, _ADDRESS, _SOMEBODY = fields.name(32), fields.name(64), fields.word(256), fields.word(128)


def _key_agrees(action: Action) -> bool:
    """A key that withdraws names its networks; one that does more than read ends some day."""
    if "withdraw" in action["permissions"] and not action["networks"]:
        return False
    return action["expiry"] != "never" or _only_reads(action)


EXITS: Mapping[str, Shape] = {
    "withdraw": Shape(
        {
            "asset": _ASSET,
            "network": _NETWORK,
            "address": _ADDRESS,
            "memo": fields.memo,
            "amount": fields.amount,
        },
        scope="exit",
    ),
    "transfer": Shape({"asset": _ASSET, "amount": fields.amount, "to": _SOMEBODY}, scope="exit"),
    "p2p_release": Shape(
        {
            "asset": _ASSET,
            "amount": fields.amount,
            "price": fields.amount,
            "currency": fields.name(16),
            "counterparty": _SOMEBODY,
        },
        scope="exit",
    ),
    "allow_destination": Shape(
        {"asset": _ASSET, "network": _NETWORK, "address": _ADDRESS, "memo": fields.memo}, scope="exit"
    ),
    "create_api_key": Shape(
        {
            "name": fields.name(64),
            "permissions": fields.some_of(*_PERMISSIONS),
            "networks": fields.networks,
            "expiry": fields.one_of(*_EXPIRIES),
            "public_key": fields.or_none(fields.name(1024)),
        },
        scope="key",
        agrees=_key_agrees,
    ),
}

CHANGES: Mapping[str, Shape] = {
    "bind_totp": Shape({}),
    "remove_totp": Shape({}, removes_second_step=True),
    "bind_passkey": Shape({}),
    "remove_passkey": Shape({"passkey": fields.word(64)}, scope="passkey", removes_second_step=True),
    "passkey_only": Shape({"enabled": fields.flag}, scope="passkey"),
    "recovery_codes": Shape({}),
    "message_code": Shape({"enabled": fields.flag}),
    "passphrase": Shape({}),
    "trading_passphrase": Shape({}),
    "anti_phishing_code": Shape({}),
    "replace_identifier": Shape(
        {"identifier_kind": fields.one_of("email", "phone"), "identifier": fields.word(320)},
    ),
    "remove_destination": Shape({"destination": fields.word(64)}),
    "allow_list": Shape({"enabled": fields.flag}),
    "close_account": Shape({}),
    "export": Shape({"of": fields.one_of("activity", "account")}),
    "thaw": Shape({}, scope="thaw"),
    "sign_out_others": Shape({}, scope="devices"),
    "remove_device": Shape({"device": fields.word(64)}, scope="devices"),
    "widen_api_key": Shape(
        {
            "key": fields.word(64),
            "name": fields.name(64),
            "permissions": fields.some_of(*_PERMISSIONS),
            "networks": fields.networks,
            "expiry": fields.or_none(fields.one_of(*_EXPIRIES)),
        },
        scope="key",
        agrees=_key_agrees,
    ),
    "unpause_api_key": Shape({"key": fields.word(64), "name": fields.name(64)}, scope="key"),
}
"""``change {what, …}``. Of a key that is widened all that it will be; ``expiry`` None: as it is."""

SPELLED_CHANGES = frozenset({"widen_api_key", "unpause_api_key"})
"""Changes that are told with every field of theirs, like an exit."""


def read_action(data: object) -> Action:
    """The canonical action. Raises Unacceptable."""
    if not isinstance(data, Mapping):
        raise Unacceptable("unknown_action", "action")
    naming = ("kind", "what") if data.get("kind") == "change" else ("kind",)
    named = {name: data.get(name) for name in naming}
    shape = _shape(named)
    given = {name: value for name, value in data.items() if name not in naming}
    if shape is None or set(given) != set(shape.fields):
        raise Unacceptable("unknown_action", "action")
    try:
        read = {name: reader(given[name]) for name, reader in shape.fields.items()}
    except ValueError:
        raise Unacceptable("unknown_action", "action") from None
    if not shape.agrees(read):
        raise Unacceptable("unknown_action", "action")
    return {**named, **read}


def change(what: str, **given: Any) -> Action:
    """An action of ours, checked by the same rules."""
    return read_action({"kind": "change", "what": what, **given})


def canonical(action: Action) -> str:
    """One text for one action: sorted names, no spaces."""
    return json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def scope_of(action: Action | None) -> Scope:
    return "change" if action is None else _known(action).scope


def is_replacing(action: Action | None) -> bool:
    """Whether an address takes the place of another, or joins: its passage ends with a code to the new one."""
    return action is not None and action.get("what") == "replace_identifier"


def is_spelled(action: Mapping[str, Any]) -> bool:
    """Whether whoever confirms it reads all of its fields, not only its name."""
    return action["kind"] != "change" or action["what"] in SPELLED_CHANGES


def is_exit(action: Action) -> bool:
    """Whether value can leave by it. A key that only reads lets none out, though it is confirmed like one that does."""
    if action["kind"] == "create_api_key":
        return not _only_reads(action)
    return action["kind"] in EXITS


def destination_of(action: Action) -> Destination | None:
    """Where the value goes; a destination put on the allow-list is the one withdrawals go to."""
    kind = action["kind"]
    if kind in ("withdraw", "allow_destination"):
        return ("withdraw", action["asset"], action["network"], action["address"], action["memo"])
    if kind == "transfer":
        return (kind, None, None, action["to"], None)
    if kind == "p2p_release":
        return (kind, None, None, action["counterparty"], None)
    return None


def removes_second_step(action: Action | None) -> bool:
    return action is not None and _known(action).removes_second_step


def _only_reads(key: Action) -> bool:
    return bool(key["permissions"] == ["read"])


def _known(action: Action) -> Shape:
    shape = _shape(action)
    assert shape is not None, "only what read_action gave comes here"
    return shape


def _shape(named: Mapping[str, Any]) -> Shape | None:
    table, name = (CHANGES, named.get("what")) if named.get("kind") == "change" else (EXITS, named.get("kind"))
    return table.get(name) if type(name) is str else None
