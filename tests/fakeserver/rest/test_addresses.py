from __future__ import annotations

import asyncio
import time

import pytest

from ringproof_fakeserver.protocol.journal import LookupFact
from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.wire_client import issue, rest

ADDRESSES = "/api/fabric/addresses"
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


async def get(server, query: str = "", token: str = ""):
    async with rest(server, basic=not token) as client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await client.get(ADDRESSES + query, headers=headers)


async def names(server, query: str = "") -> list[str]:
    reply = await get(server, query)
    assert reply.status_code == 200, reply.text
    return [address["name"] for address in reply.json()["data"]]


def problem(reply) -> tuple[str, str]:
    assert reply.status_code == 422
    [item] = reply.json()["errors"]
    return item["code"], item["attribute"]


@pytest.mark.parametrize("name", ["bob", "/private/bob", "/private/bob?channel=audio"])
async def test_a_name_is_looked_up(server, name):
    token = (await issue(server, "bob"))["token"]
    await issue(server, "carol")
    async with rest(server, basic=False) as client:
        reply = await client.get(
            ADDRESSES, params={"name": name}, headers={"Authorization": f"Bearer {token}"}
        )

    assert reply.status_code == 200
    assert [address["name"] for address in reply.json()["data"]] == ["bob"]
    assert reply.json()["links"] == {}


async def test_a_name_that_nobody_has(server):
    token = (await issue(server, "bob"))["token"]
    reply = await get(server, "?name=nobody", token)
    assert (reply.status_code, reply.json()) == (200, {"data": [], "links": {}})


async def test_a_look_up_takes_as_long_as_the_platform_variant_says(server):
    issued = await issue(server, "bob")
    server.exchange.set_platform(issued["subscriber_id"], Platform(lookup_delay_ms=120))
    facts: list[object] = []
    server.watch(issued["subscriber_id"], facts.append)

    begin = time.monotonic()
    reply = await get(server, "?name=bob", issued["token"])

    assert reply.status_code == 200
    assert time.monotonic() - begin >= 0.12
    lookups = [fact for fact in facts if isinstance(fact, LookupFact)]
    assert [(fact.name, fact.state, fact.status) for fact in lookups] == [
        ("bob", "asked", 0),
        ("bob", "answered", 200),
    ]


async def test_a_slow_look_up_delays_nobody_else(server):
    issued = await issue(server, "bob")
    server.exchange.set_platform(issued["subscriber_id"], Platform(lookup_delay_ms=60_000))
    asked = asyncio.Event()
    server.watch(issued["subscriber_id"], lambda fact: asked.set())
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(get(server, "?name=bob", issued["token"]))
        await asked.wait()
        assert await names(server, "?name=bob") == ["bob"]
        assert not slow.done()
        slow.cancel()


async def test_the_list_is_sorted(server):
    for reference in ("bob", "carol", "alice"):
        await issue(server, reference)

    assert await names(server) == ["bob", "carol", "alice"]
    assert await names(server, "?sort_by=name&sort_order=asc") == ["alice", "bob", "carol"]
    assert await names(server, "?sort_by=name&sort_order=desc") == ["carol", "bob", "alice"]
    assert await names(server, "?sort_by=created_at") == ["bob", "carol", "alice"]


async def test_the_list_is_filtered(server):
    await issue(server, "bob", display_name="Bob")
    await issue(server, "carol")

    assert await names(server, "?type=subscriber") == ["bob", "carol"]
    assert await names(server, "?type=room") == []
    assert await names(server, "?display_name=Bob") == ["bob"]
    assert await names(server, "?name=carol") == ["carol"]
    assert await names(server, "?name=nobody") == []


async def test_links_lead_through_all_pages(server):
    for number in range(5):
        await issue(server, f"user-{number}")
    seen: list[list[str]] = []
    links: list[set[str]] = []
    async with rest(server) as client:
        url = f"{server.space_url}{ADDRESSES}?sort_by=name&page_size=2"
        while url:
            body = (await client.get(url)).json()
            seen.append([address["name"] for address in body["data"]])
            links.append(set(body["links"]))
            assert all(link.startswith(server.space_url) for link in body["links"].values())
            last, url = body, body["links"].get("next")
        back = (await client.get(last["links"]["prev"])).json()
        first = (await client.get(last["links"]["first"])).json()
        same = (await client.get(last["links"]["self"])).json()

    assert seen == [["user-0", "user-1"], ["user-2", "user-3"], ["user-4"]]
    assert links == [
        {"self", "first", "next"},
        {"self", "first", "next", "prev"},
        {"self", "first", "prev"},
    ]
    assert [address["name"] for address in back["data"]] == seen[1]
    assert [address["name"] for address in first["data"]] == seen[0]
    assert same == last


async def test_an_empty_list_has_links(server):
    """Browser clients read ``links.next`` without asking whether there are links."""
    body = (await get(server)).json()
    assert body["data"] == []
    assert set(body["links"]) == {"self", "first"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?sort_order=asc", ("sort_order_validations", "sort_order")),
        ("?sort_by=name&sort_order=up", ("sort_order_validations", "sort_order")),
        ("?sort_by=size", ("invalid_parameter", "sort_by")),
        ("?page_size=0", ("invalid_parameter", "page_size")),
        ("?page_size=1001", ("invalid_parameter", "page_size")),
        ("?page_size=many", ("invalid_parameter", "page_size")),
        ("?page_size=-1", ("invalid_parameter", "page_size")),
        ("?page_number=" + "9" * 5000, ("page_token_required", "page_token")),
        ("?page_number=1", ("page_token_required", "page_token")),
        ("?page_number=1&page_token=PAwrong", ("page_token_is_invalid", "page_token")),
    ],
)
async def test_a_wrong_question(server, query, expected):
    assert problem(await get(server, query)) == expected


async def test_one_address(server):
    token = (await issue(server, "bob", display_name="Bob"))["token"]
    listed = (await get(server)).json()["data"][0]

    reply = await get(server, f"/{listed['id']}", token)
    missing = await get(server, f"/{UNKNOWN}", token)

    assert reply.status_code == 200
    assert reply.json() == listed
    assert (missing.status_code, missing.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize("path", ["", f"/{UNKNOWN}", "?name=bob"])
async def test_nobody_sees_addresses_without_credentials(server, path):
    async with rest(server, basic=False) as client:
        assert (await client.get(ADDRESSES + path)).status_code == 401
