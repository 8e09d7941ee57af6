"""How the house behaves towards a browser: cookies, caches, weight, well-known addresses, the way back."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.browser import checked
from tests.support.visitor import ServedHouse, Visitor

BUDGET = 70_000
PRIVATE = ["/account", "/account/devices", "/account/activity", "/account/sign-in"]


@pytest.fixture
def holder(visitor, request: pytest.FixtureRequest) -> Visitor:
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")[:40]
    opened: Visitor = visitor(person={"address": f"{name}@example.org"})
    return opened.sign_up()


def test_the_sign_in_page_weighs_little(visitor, door: ServedHouse):
    """Everything it asks for, heads included, as it goes over the wire."""
    reader = visitor()
    asked: set[str] = set()
    reader.page.on("request", lambda request: asked.add(urlsplit(request.url).path))
    reader.go("/sign-in")
    checked(reader.page)
    assert {path.rpartition(".")[2] for path in asked} >= {"css", "js"}
    assert any("human-worker" in path for path in asked)
    weight = 0
    for path in asked:
        reply = door.server.get(path.encode(), b"Accept-Encoding: gzip")
        assert reply.status == 200, path
        weight += len(reply.raw)
    assert 20_000 < weight <= BUDGET


def test_cookies_are_for_this_house_and_not_for_scripts(holder):
    cookies = {cookie["name"]: cookie for cookie in holder.page.context.cookies()}
    assert set(cookies) == {"session", "device"}
    for cookie in cookies.values():
        assert cookie["httpOnly"]
        assert cookie["sameSite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == "localhost"
    assert holder.page.evaluate("document.cookie") == ""


def test_signing_out_clears_the_cache_and_the_way_back_shows_nothing(holder):
    for path in PRIVATE:
        holder.go(path)
    with holder.page.expect_response("**/sign-out") as answered:
        holder.sign_out()
    assert answered.value.all_headers()["clear-site-data"] == '"cache"'
    assert {cookie["name"] for cookie in holder.page.context.cookies()} == {"device"}
    for _ in PRIVATE:
        holder.page.go_back()
        expect(holder.find("body")).not_to_contain_text(holder.address)
        holder.is_at("/sign-in")
        holder.page.go_forward()


def test_a_page_that_needs_signing_in_is_shown_afterwards(holder):
    shown = {
        "/account/devices": "/account/devices",
        "/account/activity?before=99": "/account/activity?before=99",
        "/.well-known/change-password": "/account/passphrase",
    }
    for path, afterwards in shown.items():
        holder.sign_out()
        holder.go(path)
        holder.is_at("/sign-in")
        holder.give_passphrase()
        holder.is_at(afterwards)
    holder.sign_out()
    holder.go("/sign-in")
    holder.give_passphrase()
    holder.is_at("/account")


def test_nothing_leads_elsewhere_after_signing_in(holder):
    for elsewhere in ("//evil.example", "https://evil.example", "/account\\@evil.example", "/sign-out", "x"):
        holder.sign_out()
        holder.page.context.add_cookies([{"name": "after", "value": elsewhere, "url": holder.door.origin}])
        holder.go("/sign-in")
        holder.give_passphrase()
        holder.is_at("/account")


def test_an_ended_session_leads_to_the_door_from_every_page_and_form(holder):
    holder.go("/account/app")
    holder.door.clock.advance(timedelta(hours=2))
    holder.begin()
    holder.is_at("/sign-in")
    for path in PRIVATE:
        holder.go(path)
        holder.is_at("/sign-in")


def test_who_is_signed_in_is_not_asked_again(holder):
    for path in ("/", "/sign-in", "/sign-up", "/sign-out"):
        holder.go(path)
        holder.is_at("/account")


def test_help_and_guide_lead_back_to_where_one_came_from(visitor, holder):
    reader = visitor()
    for path in ("/help", "/guide"):
        holder.go(path)
        expect(holder.find("header a.button")).to_have_attribute("href", "/account")
        reader.go(path)
        expect(reader.find("header a.button")).to_have_attribute("href", "/sign-in")


def test_it_can_be_installed(visitor, door: ServedHouse):
    reader = visitor()
    reader.go("/sign-in")
    link = reader.find("link[rel=manifest]").get_attribute("href")
    manifest = json.loads(door.server.get(link.encode()).body)
    assert manifest["name"] == "Watchword"
    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    icons = [icon["src"] for icon in manifest["icons"]]
    for path in (*icons, "/favicon.ico", reader.find("link[rel=apple-touch-icon]").get_attribute("href")):
        reply = door.server.get(path.encode())
        assert reply.status == 200, path
        assert reply["content-type"].startswith("image/")
    problems = reader.page.context.new_cdp_session(reader.page).send("Page.getAppManifest")["errors"]
    assert problems == []


def test_well_known_addresses(door: ServedHouse):
    assert door.server.get(b"/.well-known/change-password")["location"] == "/account/passphrase"
    security = door.server.get(b"/.well-known/security.txt").body.decode()
    assert "Contact: mailto:security@localhost" in security
    assert f"Canonical: {door.origin}/.well-known/security.txt" in security
    assert b"Disallow: /" in door.server.get(b"/robots.txt").body


@pytest.mark.parametrize("path", ["/sign-in", "/help", "/accent.css", "/manifest.webmanifest", "/favicon.ico", "/none"])
def test_asking_for_the_head_alone_gives_the_same_head(door: ServedHouse, path: str):
    whole, head = door.server.get(path.encode()), door.server.get(path.encode(), method=b"HEAD")
    assert head.status == whole.status
    assert head["content-type"] == whole["content-type"]
    assert head["content-length"] == whole["content-length"]
    assert head.body == b""


def test_assets_are_compressed_for_who_takes_it_and_kept_for_ever(door: ServedHouse):
    page = door.server.get(b"/help").body.decode()
    (style,) = re.findall(r'href="(/assets/main-[^"]+\.css)"', page)
    plain, small = door.server.get(style.encode()), door.server.get(style.encode(), b"Accept-Encoding: br, gzip;q=0.5")
    assert small["content-encoding"] == "gzip"
    assert len(small.body) < len(plain.body) / 3
    for reply in (plain, small):
        assert reply["cache-control"] == "public, max-age=31536000, immutable"
        assert reply["vary"] == "Accept-Encoding"
        assert reply["content-type"] == "text/css; charset=utf-8"
    assert not door.server.get(style.encode(), b"Accept-Encoding: gzip;q=0").all("content-encoding")


@pytest.mark.parametrize("name", ["manifest.json", ".stamp", "main-00000000.css", "main.css"])
def test_only_what_carries_a_hash_is_an_asset(door: ServedHouse, name: str):
    reply = door.server.get(f"/assets/{name}".encode())
    assert reply.status == 404
    assert reply["cache-control"] == "no-store"


def test_pages_are_never_compressed_and_never_kept(door: ServedHouse):
    reply = door.server.get(b"/sign-in", b"Accept-Encoding: gzip")
    assert not reply.all("content-encoding")
    assert reply["cache-control"] == "no-store"


def test_the_page_says_what_the_address_bar_must_read_and_invites_to_keep_it(visitor):
    reader = visitor()
    reader.go("/sign-in")
    expect(reader.find(".address code")).to_have_text(reader.door.origin)
    expect(reader.find("[data-keep]")).to_contain_text("Bookmark this page")
