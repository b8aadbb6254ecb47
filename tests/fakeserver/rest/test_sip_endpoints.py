from __future__ import annotations

import pytest

from ringproof_fakeserver.rest import sip_endpoints
from tests.fakeserver.wire_client import issue, rest

DESK = {"username": "desk", "password": "secret"}


async def endpoints(server, reference: str = "bob") -> str:
    """Return the path of a subscriber's endpoints."""
    subscriber = (await issue(server, reference))["subscriber_id"]
    return f"/api/fabric/resources/subscribers/{subscriber}/sip_endpoints"


async def test_an_endpoint_is_made_shown_changed_and_removed(server):
    path = await endpoints(server)
    async with rest(server) as client:
        made = await client.post(path, json={**DESK, "caller_id": "+15550001111"})
        shown = await client.get(f"{path}/{made.json()['id']}")
        changed = await client.patch(f"{path}/{made.json()['id']}", json={"codecs": ["PCMA"]})
        listed = await client.get(path)
        removed = await client.delete(f"{path}/{made.json()['id']}")
        gone = await client.get(f"{path}/{made.json()['id']}")

    assert made.status_code == 201
    assert shown.json() == made.json()
    assert set(made.json()) == {
        "id",
        "username",
        "caller_id",
        "send_as",
        "ciphers",
        "codecs",
        "encryption",
    }
    assert changed.json() == {**made.json(), "codecs": ["PCMA"]}
    assert listed.json()["data"] == [changed.json()]
    assert set(listed.json()["links"]) == {"self", "first"}
    assert (removed.status_code, removed.content, gone.status_code) == (204, b"", 404)


async def test_the_password_is_never_returned(server):
    path = await endpoints(server)
    async with rest(server) as client:
        replies = [await client.post(path, json=DESK), await client.get(path)]
    assert all("secret" not in reply.text for reply in replies)
    assert "secret" not in repr(next(server.exchange.sip_endpoints.of(path.split("/")[5])))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"username": "missing_required_parameter", "password": "missing_required_parameter"}),
        ({**DESK, "username": "no spaces"}, {"username": "invalid_parameter"}),
        ({**DESK, "username": "a" * 129}, {"username": "invalid_parameter"}),
        ({**DESK, "password": 7}, {"password": "not_a_string"}),
        ({**DESK, "password": "a\nb"}, {"password": "invalid_parameter"}),
        ({**DESK, "caller_id": "a\r\nb"}, {"caller_id": "invalid_parameter"}),
        ({**DESK, "codecs": ["MP3"]}, {"codecs": "invalid_parameter"}),
        ({**DESK, "ciphers": "none"}, {"ciphers": "invalid_parameter"}),
        ({**DESK, "encryption": "perhaps"}, {"encryption": "invalid_parameter"}),
    ],
)
async def test_wrong_fields_are_named(server, body, wrong):
    path = await endpoints(server)
    async with rest(server) as client:
        reply = await client.post(path, json=body)
    assert reply.status_code == 422
    assert {item["attribute"]: item["code"] for item in reply.json()["errors"]} == wrong


async def test_a_user_name_belongs_to_one_endpoint(server):
    first, second = await endpoints(server), await endpoints(server, "carol")
    async with rest(server) as client:
        await client.post(first, json=DESK)
        again = await client.post(second, json=DESK)
        other = await client.post(second, json={**DESK, "username": "other"})
        renamed = await client.patch(f"{second}/{other.json()['id']}", json={"username": "desk"})
    assert (again.status_code, renamed.status_code) == (422, 422)
    assert again.json()["errors"][0]["attribute"] == "username"


async def test_an_endpoint_is_found_below_its_own_subscriber_only(server):
    first, second = await endpoints(server), await endpoints(server, "carol")
    async with rest(server) as client:
        made = (await client.post(first, json=DESK)).json()["id"]
        replies = [
            await client.get(f"{second}/{made}"),
            await client.get(f"{first}/unknown"),
            await client.get("/api/fabric/resources/subscribers/unknown/sip_endpoints"),
        ]
    assert [reply.status_code for reply in replies] == [404, 404, 404]


async def test_it_takes_the_project_s_credentials(server):
    path = await endpoints(server)
    async with rest(server, basic=False) as client:
        assert (await client.get(path)).status_code == 401


@pytest.mark.parametrize("route", ["/api/fabric/resources/subscribers", "/api/fabric/resources"])
async def test_endpoints_go_with_their_subscriber(server, route):
    path = await endpoints(server)
    other = await endpoints(server, "carol")
    async with rest(server) as client:
        await client.post(path, json=DESK)
        await client.post(other, json={**DESK, "username": "kept"})
        gone = await client.delete(f"{route}/{path.split('/')[5]}")
    assert gone.status_code == 204
    accounts = server.exchange.sip_endpoints
    assert accounts.by_username("desk") is None
    assert accounts.by_username("kept") is not None


async def test_endpoints_are_limited_in_number(server, monkeypatch):
    monkeypatch.setattr(sip_endpoints, "MOST_ENDPOINTS", 1)
    path = await endpoints(server)
    async with rest(server) as client:
        first = await client.post(path, json=DESK)
        second = await client.post(path, json={**DESK, "username": "next"})
    assert first.status_code == 201
    assert second.status_code == 422
    assert [item["code"] for item in second.json()["errors"]] == ["invalid_state"]
