"""The examples of the page on the library, run as they stand there."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.relying.conftest import Platform
from tests.support.acts import ONLY_SQLITE
from tests.support.asked import AskedHolder
from tests.support.exits import confirm, fortify, later
from watchword.handover.events import PLATFORM
from watchword.relying import errors

PAGE = (Path(__file__).parents[2] / "docs" / "relying.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@ONLY_SQLITE
def test_every_example_does_what_the_page_says(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("DOOR_URL", platform.url)
    monkeypatch.setenv("DOOR_CREDENTIAL", platform.credential)
    ann = platform.person()
    kept: list[str] = []
    cancelled: list[str] = []
    here: dict[str, Any] = {
        "token": platform.token(ann),
        "load_cursor": lambda: kept[-1] if kept else None,
        "save_cursor": kept.append,
        "cancel_open_withdrawals": cancelled.append,
    }
    for example in EXAMPLES:
        exec(compile(example, "docs/relying.md", "exec"), here)
    try:
        account = platform.session(ann)["account"]
        assert capsys.readouterr().out.splitlines() == [
            f"{account} {platform.session(ann)['session']} 1 False",
            "aal2 300",
        ]
        app = TestClient(here["app"])
        while not here["verifier"].hears():  # on a machine that has much else to do
            pass
        bearer = {"Authorization": f"Bearer {here['token']}"}
        assert app.get("/balance", headers=bearer).json() == {"account": account}
        assert app.post("/withdraw", headers=bearer).headers["www-authenticate"].startswith("Bearer error=")
        refused = asyncio.run(here["gateway"](scope("/"), b"", "192.0.2.1"))
        assert refused[0] == 401
        assert b'"code": "400001"' in refused[1]
        _leaves(platform, here)
        _keeps_up(platform, here, cancelled)
    finally:
        here["verifier"].stop()
        here["door"].close()


def scope(path: str) -> dict[str, Any]:
    return {"method": "GET", "raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"desk.example")]}


def _leaves(platform: Platform, here: dict[str, Any]) -> None:
    bob = fortify(platform.person("bob@example.org"))
    confirm(bob, here["action"])
    holder = AskedHolder(later(bob, hours=25))
    account, session = holder.session["account"], holder.session["session"]
    asked = here["begin"](account, session)
    assert here["send"](asked, account, session, "w-1") == "ask the holder again"
    holder.confirm({"address": asked.address})
    assert here["send"](asked, account, session, "w-1") == "broadcast"


def _keeps_up(platform: Platform, here: dict[str, Any], cancelled: list[str]) -> None:
    cyd = platform.person("cyd@example.org")
    account = platform.session(cyd)["account"]
    assert cyd.http.post("/api/v1/freeze", headers=cyd.bearer).status_code == 204

    class EnoughError(Exception):
        pass

    def cancel(frozen: str) -> None:
        cancelled.append(frozen)
        if frozen == account:
            raise EnoughError

    here["cancel_open_withdrawals"] = cancel
    with pytest.raises(EnoughError):
        here["keep_up"]()
    before = len(cancelled)
    with pytest.raises(EnoughError):
        here["keep_up"]()  # it crashed before it saved: the event comes again, and only that
    assert cancelled[before:] == [account]


def test_the_page_names_every_kind_of_event_with_its_facts():
    rows = re.findall(r"^\| (`[a-z_.`, ]+`) \|(.*)\|$", PAGE, re.MULTILINE)
    named = {kind: facts for kinds, facts in rows for kind in re.findall(r"`([a-z_.]+)`", kinds)}
    for kind, facts in PLATFORM.items():
        for fact in facts:
            assert f"`{fact}`" in named[kind], (kind, fact)
    assert {kind for kind in named if "." in kind or kind == "signed_in"} == set(PLATFORM)


def test_the_page_names_every_error():
    raised = {
        name for name, found in vars(errors).items() if isinstance(found, type) and found.__module__ == errors.__name__
    }
    assert {name for name in raised if f"`{name}`" not in PAGE} <= {"CursorLost"}
