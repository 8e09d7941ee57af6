"""While the door is away: prices can be read, and nobody comes in, nothing goes out, no bot is believed."""

import time
from contextlib import closing
from pathlib import Path

import httpx

from tests.support.exchange import Somebody, open_exchange

PATIENCE = 20.0
SORTS = ("name", "price", "change")


def test_nobody_is_let_in_while_the_door_is_away(tmp_path: Path, sqlite_template: bytes) -> None:
    path = tmp_path / "watchword.db"
    path.write_bytes(sqlite_template)
    with open_exchange(f"sqlite:///{path}", tmp_path) as exchange:
        person = Somebody(exchange, "ann@example.org").sign_in()
        with closing(person.desk) as desk, httpx.Client(base_url=exchange.for_programs, trust_env=False) as bot:
            exchange.door.server.stop()
            until = time.monotonic() + PATIENCE
            while (page := desk.get("/balances")).status_code == 200:
                assert time.monotonic() < until
            assert page.status_code == 503
            assert "Watchword does not answer" in page.text
            assert desk.get("/").status_code == 200
            names = [desk.get("/", params={"sort": sort, "q": "isk"}).text.split("/markets/")[1][:5] for sort in SORTS]
            assert names[0] == "ISADE"  # by name; by price and by change as they are now
            assert len(names) == 3
            assert desk.get("/markets/ISANT").status_code == 200
            assert "Sign in to trade" in desk.get("/markets/ISANT").text
            assert desk.get("/sign-in").status_code == 503
            form = {"side": "sell", "size": "1"}
            refused = desk.post("/markets/ISANT", data=form, headers={"Sec-Fetch-Site": "same-origin"})
            assert refused.status_code == 503
            assert exchange.desk.trading.orders("ann") == []
            answer = bot.get("/api/v1/accounts", headers={"KC-API-KEY": "x"})
            assert (answer.status_code, answer.json()["code"]) == (503, "503000")
            assert bot.get("/api/v2/symbols").status_code == 200
            told = bot.post("/door/logout", data={"logout_token": "x.y.z"})
            assert told.status_code in (400, 503)
