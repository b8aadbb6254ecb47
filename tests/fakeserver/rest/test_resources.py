"""Resources of the project: made, listed in pages, changed, deleted; and their addresses."""

from __future__ import annotations

import uuid

import pytest

from tests.fakeserver.wire_client import HANG_ON, issue, rest

BASE = "/api/fabric/resources"
BODIES = {
    "conference_rooms": {"name": "Stand-up", "enable_room_previews": True, "max_members": 5},
    "swml_scripts": {"name": "Greeting", "contents": '{"sections": {"main": ["answer"]}}'},
    "swml_webhooks": {"name": "Hook", "primary_request_url": "https://app.test/swml"},
}
KEYS = {
    "conference_rooms": ("video_room", "conference_room", "room"),
    "swml_scripts": ("swml_script", "swml_script", "app"),
    "swml_webhooks": ("swml_webhook", "swml_webhook", "app"),
}
kinds = pytest.mark.parametrize("kind", sorted(BODIES))


def codes(reply) -> list[tuple[str, str]]:
    assert reply.status_code == 422, reply.text
    return [(item["code"], item["attribute"]) for item in reply.json()["errors"]]


@kinds
async def test_a_resource_lives_from_its_creation_to_its_deletion(server, kind):
    type_, key, _ = KEYS[kind]
    async with rest(server) as client:
        made = await client.post(f"{BASE}/{kind}", json={**BODIES[kind], "unknown": 1})
        body = made.json()
        one = f"{BASE}/{kind}/{body['id']}"
        shown = await client.get(one)
        changed = await client.put(one, json={"name": "Other", "display_name": "Shown"})
        listed = (await client.get(f"{BASE}/{kind}")).json()
        deleted = await client.delete(one)
        gone = [await client.get(one), await client.delete(one), await client.put(one, json={})]
    assert made.status_code == 201
    assert shown.json() == body
    assert (body["type"], body["project_id"]) == (type_, server.project)
    for name, value in BODIES[kind].items():
        assert body[key].get(name, value) == value
    assert body["id"] != body[key]["id"]
    assert changed.json()["display_name"] == "Shown"
    assert listed["data"] == [changed.json()]
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [reply.status_code for reply in gone] == [404] * 3


@kinds
@pytest.mark.parametrize("path", ["{kind}", "{singular}", ""])
async def test_a_resource_has_an_address(server, kind, path):
    _, _, type_ = KEYS[kind]
    where = path.format(kind=kind, singular=kind.removesuffix("s"))
    async with rest(server) as client:
        made = (await client.post(f"{BASE}/{kind}", json=BODIES[kind])).json()
        prefix = f"{BASE}/{where}" if where else BASE
        [address] = (await client.get(f"{prefix}/{made['id']}/addresses")).json()["data"]
        listed = (await client.get("/api/fabric/addresses", params={"type": type_})).json()["data"]
        found = (await client.get("/api/fabric/addresses", params={"name": address["name"]})).json()
        await client.delete(f"{BASE}/{made['id']}")
        gone = await client.get(f"/api/fabric/addresses/{address['id']}")
    assert address["resource_id"] == made["id"]
    assert address["type"] == type_
    assert address["channels"]["audio"] == f"/public/{address['name']}?channel=audio"
    assert listed == found["data"] == [address]
    assert gone.status_code == 404


async def test_a_call_to_a_resource_is_refused_by_name(server):
    async with rest(server) as client:
        await client.post(f"{BASE}/conference_rooms", json=BODIES["conference_rooms"])
        params = {"from": "+15550001111", "to": "/public/stand-up", "swml": HANG_ON}
        reply = await client.post("/api/calling/calls", json={"command": "dial", "params": params})
    assert codes(reply) == [("uri_resolves_to_unsupported_resource", "to")]


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("conference_rooms", {}, [("missing_required_parameter", "name")]),
        ("conference_rooms", {"name": "x", "quality": "4k"}, [("invalid_parameter", "quality")]),
        ("conference_rooms", {"name": "x", "meta": []}, [("not_a_hash", "meta")]),
        (
            "swml_scripts",
            {},
            [("missing_required_parameter", "name"), ("missing_required_parameter", "contents")],
        ),
        ("swml_scripts", {"name": "x", "contents": "no"}, [("invalid_parameter", "contents")]),
        (
            "swml_webhooks",
            {"primary_request_url": "ftp://x"},
            [("not_an_http_url", "primary_request_url")],
        ),
    ],
)
async def test_wrong_fields_are_refused(server, kind, body, expected):
    async with rest(server) as client:
        assert codes(await client.post(f"{BASE}/{kind}", json=body)) == expected


async def test_unknown_kinds_are_not_found(server):
    async with rest(server) as client:
        for path in ("ai_agents", "call_flows", "sip_endpoints_", "ERR"):
            assert (await client.get(f"{BASE}/{path}")).status_code == 404
        assert (await client.get(f"{BASE}/{uuid.uuid4()}")).status_code == 404


async def test_credentials_are_required(server):
    async with rest(server, basic=False) as client:
        for path in ("", "/subscribers", "/conference_rooms", f"/{uuid.uuid4()}"):
            assert (await client.get(BASE + path)).status_code == 401
        for path in ("/api/voice/logs", "/api/relay/rest/phone_numbers"):
            assert (await client.get(path)).status_code == 401


async def test_lists_come_in_pages(server):
    async with rest(server) as client:
        for number in range(5):
            body = {**BODIES["conference_rooms"], "name": f"Room {number}"}
            await client.post(f"{BASE}/conference_rooms", json=body)
        names, url = [], f"{BASE}/conference_rooms?page_size=2"
        while url:
            page = (await client.get(url)).json()
            names += [each["display_name"] for each in page["data"]]
            url = page["links"].get("next")
    assert names == [f"Room {number}" for number in range(5)]


SUBSCRIBER = {"email": "ann@example.com", "display_name": "Ann", "timezone": "Europe/Berlin"}


async def test_a_subscriber_is_the_one_that_tokens_are_issued_for(server):
    async with rest(server) as client:
        made = await client.post(f"{BASE}/subscribers", json=SUBSCRIBER)
        again = await client.post(f"{BASE}/subscribers", json=SUBSCRIBER)
        token = await issue(server, "ann@example.com")
        inner = made.json()["subscriber"]
        by_inner_id = await client.get(f"{BASE}/subscribers/{inner['id']}")
        listed = (await client.get(f"{BASE}/subscribers")).json()["data"]
        everything = (await client.get(BASE)).json()["data"]
    body = made.json()
    assert made.status_code == 201
    assert body["type"] == "subscriber"
    assert inner["id"] == token["subscriber_id"] != body["id"]
    assert inner == {
        "id": inner["id"],
        **SUBSCRIBER,
        **dict.fromkeys(("first_name", "last_name", "job_title", "country", "company_name"), ""),
    }
    assert codes(again) == [("invalid_parameter", "email")]
    assert by_inner_id.json() == listed[0] == everything[0] == body


async def test_a_subscriber_is_changed_and_deleted_and_comes_back_with_a_token(server):
    async with rest(server) as client:
        made = (await client.post(f"{BASE}/subscribers", json=SUBSCRIBER)).json()
        one = f"{BASE}/subscribers/{made['id']}"
        changed = await client.put(one, json={"email": "ann@other.test", "last_name": "Lee"})
        patched = await client.patch(one, json={"display_name": "Ann Lee"})
        [address] = (await client.get(f"{one}/addresses")).json()["data"]
        token = (await issue(server, "ann@example.com"))["token"]
        deleted = await client.delete(one)
        gone = await client.get(one)
        listed = (await client.get(f"{BASE}/subscribers")).json()["data"]
        found = (await client.get("/api/fabric/addresses", params={"name": "ann"})).json()["data"]
        bearer = {"Authorization": f"Bearer {token}"}
        info = await client.get("/api/fabric/subscriber/info", headers=bearer, auth=None)
        back = await issue(server, "ann@example.com")
        again = await client.get(one)
    assert changed.json()["subscriber"]["email"] == "ann@other.test"
    assert patched.json()["display_name"] == address["display_name"] == "Ann Lee"
    assert (deleted.status_code, gone.status_code) == (204, 404)
    assert listed == found == []
    assert info.status_code == 401
    assert back["subscriber_id"] == made["subscriber"]["id"]
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, [("missing_required_parameter", "email")]),
        ({"email": 7}, [("not_a_string", "email")]),
        ({"email": "a@b", "password": "short"}, [("invalid_parameter", "password")]),
    ],
)
async def test_wrong_subscribers_are_refused(server, body, expected):
    async with rest(server) as client:
        assert codes(await client.post(f"{BASE}/subscribers", json=body)) == expected
