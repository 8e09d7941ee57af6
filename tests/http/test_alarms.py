"""What no honest mistake brings about is a line of its own in the operator's log, and a figure."""

import io
import json
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import update
from starlette.testclient import TestClient

from tests.support.acts import ONLY_SQLITE
from tests.support.exits import OTHER_EVM, Platform, code, confirm, fortify, withdrawal
from tests.support.house import Person
from watchword.app import House, web_application
from watchword.serving import edge_plan
from watchword.storage.schema import sessions
from watchword.web.edge import guarded
from watchword.web.edge.logs import configure_logging

pytestmark = ONLY_SQLITE


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    told = io.StringIO()
    configure_logging("warning", readable=False, stream=told)
    yield told
    configure_logging("error", readable=False, stream=io.StringIO())


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def http(house: House, registry: CollectorRegistry) -> TestClient:
    app = guarded(web_application(house), edge_plan(house.settings, registry))
    return TestClient(app, base_url=house.settings.public_url, raise_server_exceptions=False)


def rung(registry: CollectorRegistry, lines: io.StringIO, alarm: str) -> tuple[float | None, int]:
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    logged = [line for line in told if (line["event"], line.get("alarm")) == ("alarm", alarm)]
    assert all(line["level"] == "warning" and line["request"] for line in logged)
    return registry.get_sample_value("watchword_alarms_total", {"alarm": alarm}), len(logged)


def test_an_approval_for_something_else(
    person: Person, house: House, http: TestClient, registry: CollectorRegistry, lines: io.StringIO
):
    platform = Platform(house, asks_by=http)
    approval = confirm(fortify(person), withdrawal())
    assert rung(registry, lines, "approval_mismatch") == (0, 0)
    assert code(platform.consume(person, approval, withdrawal(address=OTHER_EVM))) == "not_confirmed"
    assert rung(registry, lines, "approval_mismatch") == (1, 1)
    assert code(platform.consume(person, "nothing", withdrawal())) == "not_confirmed"  # which may be a mistake
    assert rung(registry, lines, "approval_mismatch") == (1, 1)
    assert OTHER_EVM not in lines.getvalue()
    assert approval not in lines.getvalue()


def test_an_edited_row(person: Person, house: House, http: TestClient, registry: CollectorRegistry, lines: io.StringIO):
    with house.database.begin() as tx:
        tx.connection.execute(update(sessions).values(aal=2))
    assert http.get("/api/v1/devices", headers=person.bearer).status_code == 500
    assert rung(registry, lines, "row_refused") == (1, 1)
    http.cookies.set("session", person.session)
    assert http.get("/account").status_code == 500
    assert rung(registry, lines, "row_refused")[0] == 2
