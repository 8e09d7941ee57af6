"""A notice as plain facts and back, so that it can be kept and told again later, in any language."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, get_type_hints

from watchword.delivery.messages.catalogue import Held, Message, MessageKind, Scene
from watchword.foundation.terms import Reach

Plain = str | int | bool | None


def write_facts(message: Message) -> dict[str, Any]:
    """All it tells but when. Raises TypeError where it tells a secret: such a message is never kept."""
    own = {each.name: _plain(getattr(message, each.name)) for each in fields(message) if each.name != "scene"}
    scene = message.scene
    held = [[str(each.reach), each.ends_at.isoformat()] for each in scene.held]
    return {"device": scene.device, "country": scene.country, "held": held, "own": own}


def read_message(kind: MessageKind, at: datetime, facts: Mapping[str, Any]) -> Message:
    held = tuple(Held(reach=Reach(reach), ends_at=datetime.fromisoformat(ends)) for reach, ends in facts["held"])
    scene = Scene(at=at, device=facts["device"], country=facts["country"], held=held)
    cls, hints = _class_of(kind)
    own = {name: _read(hints[name], value) for name, value in facts["own"].items()}
    return cls(scene=scene, **own)


@cache
def _class_of(kind: MessageKind) -> tuple[type[Message], dict[str, Any]]:
    (found,) = (each for each in _subclasses(Message) if getattr(each, "kind", None) is kind)
    return found, get_type_hints(found)


def _subclasses(cls: type[Message]) -> list[type[Message]]:
    return [each for direct in cls.__subclasses__() for each in (direct, *_subclasses(direct))]


def _plain(value: object) -> Plain:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool):
        return value
    raise TypeError(f"not a plain fact: {type(value).__name__}")


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint is datetime:
        return datetime.fromisoformat(value)
    return hint(value) if isinstance(hint, type) and issubclass(hint, Enum) else value
