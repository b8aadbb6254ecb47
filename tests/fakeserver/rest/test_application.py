"""CORS, request ids, error pages and what a person's browser finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from tests.fakeserver.wire_client import rest, trust

TOKENS = "/api/fabric/subscribers/tokens"
INFO = "/api/fabric/subscriber/info"
PAGE = "https://app.example.com"


async def test_a_preflight_is_answered(server):
    async with rest(server, basic=False) as client:
        reply = await client.options(
            INFO,
            headers={
                "Origin": PAGE,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization,content-type,accept",
                "Access-Control-Request-Private-Network": "true",
            },
        )

    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert reply.headers["access-control-allow-headers"] == "authorization,content-type,accept"
    assert "GET" in reply.headers["access-control-allow-methods"]
    assert reply.headers["access-control-allow-private-network"] == "true"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", INFO, 401),
        ("POST", TOKENS, 401),
        ("GET", "/api/nothing", 404),
        ("PUT", TOKENS, 405),
        ("GET", "/", 200),
    ],
)
async def test_every_reply_carries_cors_and_a_request_id(server, method, path, status):
    async with rest(server, basic=False) as client:
        replies = [await client.request(method, path, headers={"Origin": PAGE}) for _ in range(2)]

    first, second = replies
    assert first.status_code == status
    assert first.headers["access-control-allow-origin"] == PAGE
    assert "x-request-id" in first.headers["access-control-expose-headers"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_fault_of_ours_is_a_500_with_cors(server, monkeypatch):
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(server.exchange.directory, "find_or_create", broken)
    async with rest(server) as client:
        reply = await client.post(TOKENS, json={"reference": "bob"}, headers={"Origin": PAGE})

    assert (reply.status_code, reply.json()) == (500, {"error": "Internal Server Error"})
    assert reply.headers["access-control-allow-origin"] == PAGE
    assert reply.headers["x-request-id"]


async def test_unauthorized_names_the_scheme(server):
    async with rest(server, basic=False) as client:
        reply = await client.post(TOKENS, json={"reference": "bob"})
    assert reply.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize("token", ["Bearer x.y.z", "Bearer", ""])
async def test_page_with_a_refused_token_is_not_asked_for_a_password(server, token):
    """Chromium keeps such a reply from the page: a person might type a password."""
    async with rest(server, basic=False) as client:
        headers = {"Authorization": token} if token else {}
        reply = await client.get("/api/fabric/subscriber/info", headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == 'Bearer realm="ringproof"'


async def test_the_root_says_what_this_is(server):
    async with rest(server, basic=False) as client:
        reply = await client.get("/")
    assert reply.headers["content-type"].startswith("text/plain")
    assert "ringproof" in reply.text
    assert "/demo" in reply.text


async def test_the_demo_and_its_parts(server):
    async with rest(server, basic=False) as client:
        page = await client.get("/demo")
        script = await client.get("/demo/demo.mjs")

    assert page.headers["content-type"].startswith("text/html")
    assert script.status_code == 200
    assert "javascript" in script.headers["content-type"]


async def test_mounted_folders_are_served_and_nothing_beside_them(state_dir: Path, tmp_path: Path):
    folder = tmp_path / "sdk"
    folder.mkdir()
    (folder / "browser.mjs").write_text("export const x = 1;\n")
    (tmp_path / "secret").write_text("secret")
    config = Config(state_dir=state_dir, mounts={"/sdk": folder})
    async with Server(config) as server, rest(server, basic=False) as client:
        reply = await client.get("/sdk/browser.mjs")
        outside = await client.get("/sdk/%2e%2e/secret")

    assert reply.text == "export const x = 1;\n"
    assert "javascript" in reply.headers["content-type"]
    assert outside.status_code == 404


def test_trust_is_limited_to_the_authority(server: Server):
    assert len(trust(server).get_ca_certs()) == 1
