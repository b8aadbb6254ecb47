from __future__ import annotations

from tests.fakeserver.wire_client import issue, rest

INFO = "/api/fabric/subscriber/info"


async def info(server, token: str):
    async with rest(server, basic=False) as client:
        return await client.get(INFO, headers={"Authorization": f"Bearer {token}"})


async def test_a_subscriber_sees_itself(server):
    issued = await issue(server, "bob@example.com", display_name="Bob Z", time_zone="Europe/Rome")

    reply = await info(server, issued["token"])

    assert reply.status_code == 200
    body = reply.json()
    [address] = body.pop("fabric_addresses")
    assert body == {
        "id": issued["subscriber_id"],
        "email": "bob@example.com",
        "first_name": None,
        "last_name": None,
        "display_name": "Bob Z",
        "job_title": None,
        "time_zone": "Europe/Rome",
        "country": None,
        "region": None,
        "company_name": None,
        "push_notification_key": body["push_notification_key"],
        "app_settings": {"display_name": "", "scopes": []},
    }
    assert body["push_notification_key"]
    assert address["name"] == "bob-z"
    assert address["channels"]["audio"] == "/private/bob-z?channel=audio"


async def test_aliases_are_listed_after_the_first_address(server):
    issued = await issue(server, "bob")
    server.exchange.directory.add_address(issued["subscriber_id"], "sales")

    body = (await info(server, issued["token"])).json()

    assert [address["name"] for address in body["fabric_addresses"]] == ["bob", "sales"]


async def test_only_a_scoped_token_shows_its_claims(server):
    """The mere key would make browser clients ask for device tokens."""
    issued = await issue(server, scope="sat:refresh", expire_at=None)

    claims = (await info(server, issued["token"])).json()["sat_claims"]

    assert claims["scope"] == ["sat:refresh"]
    assert isinstance(claims["expires_at"], int)


async def test_a_guest_sees_the_addresses_it_may_call(server):
    issued = await issue(server, "bob")
    subscriber = server.exchange.directory.subscriber(issued["subscriber_id"])
    assert subscriber is not None
    async with rest(server) as client:
        guests = [
            (
                await client.post(
                    "/api/fabric/guests/tokens",
                    json={"allowed_addresses": [subscriber.addresses[0].id]},
                )
            ).json()["token"]
            for _ in range(2)
        ]

    first, second = [(await info(server, guest)).json() for guest in guests]

    assert first["id"] != second["id"]
    assert [address["name"] for address in first["fabric_addresses"]] == ["bob"]


async def test_a_refresh_token_does_not_open_anything(server):
    issued = await issue(server)
    reply = await info(server, issued["refresh_token"])
    assert (reply.status_code, reply.json()) == (401, {"error": "Unauthorized"})


async def test_basic_credentials_have_no_subscriber_info(server):
    async with rest(server) as client:
        assert (await client.get(INFO)).status_code == 401
