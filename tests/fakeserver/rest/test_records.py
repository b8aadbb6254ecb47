"""Voice logs of the calls that were placed, and the inventory of phone numbers."""

from __future__ import annotations

import pytest

from tests.fakeserver.wire_client import dial, issue, registered, rest

LOGS = "/api/voice/logs"
NUMBERS = "/api/relay/rest/phone_numbers"
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


async def test_a_call_is_logged_from_its_beginning_to_its_end(server):
    async with registered(server, "bob") as bob, rest(server) as client:
        call = await dial(server)
        invite = await bob.event("verto.invite")
        ringing = (await client.get(f"{LOGS}/{call['id']}")).json()
        await bob.answer(invite["callID"])
        answered = (await client.get(f"{LOGS}/{call['id']}")).json()
        await bob.bye(invite["callID"])
        await bob.request("signalwire.ping", {})
        [row] = (await client.get(LOGS)).json()["data"]
        events = (await client.get(f"{LOGS}/{call['id']}/events")).json()["data"]
    assert ringing == {**call, "status": "ringing"}
    assert answered["status"] == "answered"
    assert row == {**call, "status": "ended"}
    assert [event["details"]["call_state"] for event in events] == [
        "created",
        "ringing",
        "answered",
        "ended",
    ]
    assert events[-1] == {
        "event_at": events[-1]["event_at"],
        "level": "info",
        "name": "calling_call_state",
        "details": {"call_state": "ended", "end_reason": "hangup"},
        "project_id": server.project,
        "log_id": call["id"],
    }


async def test_logs_are_chosen_by_date_newest_first(server):
    await issue(server, "bob")
    calls = [(await dial(server))["id"] for _ in range(3)]

    async def chosen(**query: str) -> list[str]:
        reply = await client.get(LOGS, params=query)
        return [row["id"] for row in reply.json()["data"]]

    async with rest(server) as client:
        today = (await client.get(f"{LOGS}/{calls[0]}")).json()["created_at"][:10]
        assert set(await chosen()) == set(calls)
        assert len(await chosen(page_size="2")) == 2
        assert set(await chosen(created_after=f"{today}T00:00:00Z")) == set(calls)
        assert set(await chosen(created_on=today)) == set(calls)
        assert await chosen(created_before="2020-01-01") == []
        wrong = await client.get(LOGS, params={"created_on": "yesterday"})
        unknown = [await client.get(f"{LOGS}/{UNKNOWN}{end}") for end in ("", "/events")]
    assert [item["attribute"] for item in wrong.json()["errors"]] == ["created_on"]
    assert [reply.status_code for reply in unknown] == [404, 404]


async def test_a_number_is_found_bought_set_up_and_given_back(server):
    async with rest(server) as client:
        found = (await client.get(f"{NUMBERS}/search", params={"areacode": "512"})).json()["data"]
        number = found[0]["e164"]
        bought = await client.post(NUMBERS, json={"number": number})
        taken = await client.post(NUMBERS, json={"number": number})
        one = f"{NUMBERS}/{bought.json()['id']}"
        changed = await client.put(one, json={"name": "Front desk", "unknown": 1})
        shown = await client.get(one)
        listed = (await client.get(NUMBERS, params={"filter_name": "Front"})).json()["data"]
        others = (await client.get(NUMBERS, params={"filter_name": "Back"})).json()["data"]
        offered = (await client.get(f"{NUMBERS}/search", params={"areacode": "512"})).json()["data"]
        released = await client.delete(one)
        gone = await client.get(one)
    assert number == "+15125550100"
    assert bought.status_code == 201
    assert taken.status_code == 422
    assert changed.json()["name"] == "Front desk"
    assert shown.json() == changed.json() == listed[0]
    assert others == []
    assert number not in [each["e164"] for each in offered]
    assert (released.status_code, gone.status_code) == (204, 404)
    assert set(gone.json()["errors"][0]) == {"detail", "status", "title", "code"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {}),
        ("POST", "", {"number": 7}),
        ("POST", "", {"number": "+15550001111"}),
        ("GET", "/search?areacode=1x", None),
        ("GET", "/search?max_results=all", None),
    ],
)
async def test_wrong_requests_about_numbers_are_refused(server, method, path, body):
    async with rest(server) as client:
        reply = await client.request(method, NUMBERS + path, json=body)
    assert reply.status_code == 422
