"""The closed list of actions that can be confirmed, with their fields. An unknown kind or field is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchword.foundation.errors import Unacceptable
from watchword.gate.policy import Scope


@dataclass(frozen=True)
class Shape:
    """Fields besides ``kind`` and ``what``, with the type of each."""

    fields: Mapping[str, type]
    scope: Scope = "change"
    ends_with_new_passphrase: bool = False
    ends_recovery_codes: bool = False


CHANGES: Mapping[str, Shape] = {
    "bind_totp": Shape({}),
    "remove_totp": Shape({}, ends_with_new_passphrase=True, ends_recovery_codes=True),
    "recovery_codes": Shape({}, ends_recovery_codes=True),
    "message_code": Shape({"enabled": bool}),
    "passphrase": Shape({}),
    "sign_out_others": Shape({}, scope="devices"),
}
"""``change {what, …}`` of policy §6. Exits and the rest of the list come with what they guard."""

Action = dict[str, Any]


def read_action(data: object) -> Action:
    """The canonical action. Raises Unacceptable."""
    if not isinstance(data, Mapping) or data.get("kind") != "change":
        raise Unacceptable("unknown_action", "action")
    shape = CHANGES.get(str(data.get("what")))
    if shape is None or not isinstance(data.get("what"), str):
        raise Unacceptable("unknown_action", "action")
    given = {name: value for name, value in data.items() if name not in ("kind", "what")}
    if set(given) != set(shape.fields) or any(type(given[name]) is not kind for name, kind in shape.fields.items()):
        raise Unacceptable("unknown_action", "action")
    return {"kind": "change", "what": data["what"], **given}


def change(what: str, **fields: Any) -> Action:
    """An action of ours, checked by the same rules."""
    return read_action({"kind": "change", "what": what, **fields})


def canonical(action: Action) -> str:
    """One text for one action: sorted names, no spaces."""
    return json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def scope_of(action: Action | None) -> Scope:
    return "change" if action is None else CHANGES[action["what"]].scope


def ends_with_new_passphrase(action: Action | None) -> bool:
    return action is not None and CHANGES[action["what"]].ends_with_new_passphrase


def ends_recovery_codes(action: Action | None) -> bool:
    return action is not None and CHANGES[action["what"]].ends_recovery_codes
