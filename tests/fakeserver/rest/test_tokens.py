from __future__ import annotations

import time

import jwt
import pytest

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.wire_client import issue, rest

TOKENS = "/api/fabric/subscribers/tokens"
REFRESH = TOKENS + "/refresh"
GUESTS = "/api/fabric/guests/tokens"
EMBEDS = "/api/fabric/embeds/tokens"
EMBED = "c2c_" + "0123456789abcdef" * 2
UNKNOWN = "00000000-0000-4000-8000-00000000dead"
FINGERPRINT = "A" * 43


async def post(server, path: str, body: object, *, basic: bool = True):
    async with rest(server, basic=basic) as client:
        return await client.post(path, json=body)


def problems(reply) -> list[tuple[str, str, str]]:
    assert reply.status_code == 422
    return [(item["attribute"], item["code"], item["message"]) for item in reply.json()["errors"]]


async def test_a_token_names_this_server(server):
    issued = await issue(server)

    assert set(issued) == {"subscriber_id", "token", "refresh_token"}
    header = jwt.get_unverified_header(issued["token"])
    assert header == {"alg": "HS256", "typ": "SAT", "ch": server.host_header}
    assert jwt.get_unverified_header(issued["refresh_token"])["typ"] == "Refresh"


async def test_a_token_lasts_two_hours(server):
    claims = sat.peek((await issue(server))["token"])

    assert claims.kind == "subscriber"
    assert claims.expires_s - claims.issued_s == 7200
    assert abs(claims.issued_s - time.time()) < 5


async def test_the_same_reference_is_the_same_subscriber_with_a_new_token(server):
    first, second = await issue(server, "bob"), await issue(server, "bob")
    other = await issue(server, "carol")

    assert first["subscriber_id"] == second["subscriber_id"] != other["subscriber_id"]
    assert first["token"] != second["token"]


async def test_profile_fields_overwrite_what_was_stored(server):
    profile = {"first_name": "Bob", "display_name": "Bob Z", "job_title": "Clerk"}
    issued = await issue(server, "bob@example.com", **profile)
    await issue(server, "bob@example.com", job_title="Boss")

    subscriber = server.exchange.directory.subscriber(issued["subscriber_id"])
    assert subscriber is not None
    assert subscriber.profile == profile | {"email": "bob@example.com", "job_title": "Boss"}


async def test_expire_at_is_accepted(server):
    moment = int(time.time()) + 90
    assert sat.peek((await issue(server, expire_at=moment))["token"]).expires_s == moment


@pytest.mark.parametrize("scope", ["sat:refresh", ["sat:refresh"]])
async def test_a_refresh_scope_without_key_lasts_a_minute(server, scope):
    claims = sat.peek((await issue(server, scope=scope))["token"])

    assert claims.scope == ("sat:refresh",)
    assert claims.expires_s - claims.issued_s == 60


async def test_a_refresh_scope_with_a_key_lasts_as_long_as_any(server):
    issued = await issue(server, scope="sat:refresh", fingerprint=FINGERPRINT)
    claims = sat.peek(issued["token"])
    assert claims.expires_s - claims.issued_s == 7200


async def test_all_wrong_fields_are_named_at_once(server):
    body = {
        "reference": 7,
        "expire_at": 1,
        "application_id": "no uuid",
        "fingerprint": "short",
        "scope": "sat:everything",
        "region": "moon",
        "display_name": ["Bob"],
        "password": 3,
    }

    reply = await post(server, TOKENS, body)

    codes = {attribute: code for attribute, code, _ in problems(reply)}
    assert codes == {
        "reference": "not_a_string",
        "expire_at": "invalid_parameter",
        "application_id": "invalid_parameter",
        "fingerprint": "invalid_parameter",
        "scope": "invalid_parameter",
        "region": "invalid_parameter",
        "display_name": "not_a_string",
        "password": "not_a_string",
    }


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("soon", "Expire At must be an integer"),
        (True, "Expire At must be an integer"),
        (1.5, "Expire At must be an integer"),
        (1733254773, "Expire At must be greater than "),
    ],
)
async def test_a_wrong_expire_at(server, value, message):
    reply = await post(server, TOKENS, {"reference": "bob", "expire_at": value})

    [(attribute, code, text)] = problems(reply)
    assert (attribute, code) == ("expire_at", "invalid_parameter")
    assert text.startswith(message)


@pytest.mark.parametrize("scope", [7, ["sat:refresh", 7]])
async def test_a_scope_that_is_no_list_of_strings(server, scope):
    reply = await post(server, TOKENS, {"reference": "bob", "scope": scope})
    assert [code for _, code, _ in problems(reply)] == ["not_an_array_of_strings"]


async def test_unknown_keys_and_null_fields_are_ignored(server):
    body = {"reference": "bob", "async": True, "expire_at": None, "scope": None, "region": None}
    assert (await post(server, TOKENS, body)).status_code == 200


async def test_a_refresh_token_is_traded_for_a_pair(server):
    issued = await issue(server, display_name="Bob", scope="sat:refresh")

    reply = await post(server, REFRESH, {"refresh_token": issued["refresh_token"]})

    assert reply.status_code == 201
    assert set(reply.json()) == {"token", "refresh_token"}
    claims = sat.peek(reply.json()["token"])
    assert claims.subscriber == issued["subscriber_id"]
    assert claims.scope == ("sat:refresh",)
    again = await post(server, REFRESH, {"refresh_token": reply.json()["refresh_token"]})
    assert again.status_code == 201


async def test_a_refresh_token_is_consumed(server):
    issued = await issue(server)
    body = {"refresh_token": issued["refresh_token"]}
    assert (await post(server, REFRESH, body)).status_code == 201

    reply = await post(server, REFRESH, body)

    assert problems(reply) == [("refresh_token", "token_invalid", "Token is invalid")]


async def test_a_refresh_token_may_stay_good_on_another_platform(server):
    issued = await issue(server)
    platform = Platform(refresh_token_reusable=True)
    server.exchange.set_platform(issued["subscriber_id"], platform)

    for _ in range(2):
        reply = await post(server, REFRESH, {"refresh_token": issued["refresh_token"]})
        assert reply.status_code == 201


async def test_what_is_no_refresh_token_is_not_traded(server):
    issued = await issue(server)

    for text, problem in [
        (issued["token"], ("not_a_refresh_token", "Token is not a refresh token")),
        ("nonsense", ("token_invalid", "Token is invalid")),
        ("", ("missing_required_parameter", "Required parameter is missing")),
    ]:
        reply = await post(server, REFRESH, {"refresh_token": text})
        assert problems(reply) == [("refresh_token", *problem)]


async def test_an_expired_refresh_token_is_not_traded(server):
    issued = await issue(server)
    server.clock_offset_ms = (7200 + 301) * 1000

    reply = await post(server, REFRESH, {"refresh_token": issued["refresh_token"]})

    assert problems(reply) == [("refresh_token", "token_expired", "Token has expired.")]


async def address_of(server, reference: str) -> str:
    issued = await issue(server, reference)
    subscriber = server.exchange.directory.subscriber(issued["subscriber_id"])
    assert subscriber is not None
    return subscriber.addresses[0].id


async def test_a_guest_token_with_basic_credentials(server):
    address = await address_of(server, "bob")

    reply = await post(server, GUESTS, {"allowed_addresses": [address], "ch": "us-central"})

    assert reply.status_code == 201
    assert set(reply.json()) == {"token", "refresh_token"}
    claims = sat.peek(reply.json()["token"])
    assert (claims.kind, claims.subscriber, claims.allowed_addresses) == ("guest", "", (address,))
    assert jwt.get_unverified_header(reply.json()["token"])["ch"] == server.host_header


async def test_a_guest_token_with_a_subscribers_token(server):
    address = await address_of(server, "bob")
    bearer = {"Authorization": f"bearer {(await issue(server))['token']}"}
    async with rest(server, basic=False) as client:
        reply = await client.post(GUESTS, json={"allowed_addresses": [address]}, headers=bearer)
        guest = {"Authorization": f"Bearer {reply.json()['token']}"}
        refused = await client.post(GUESTS, json={"allowed_addresses": [address]}, headers=guest)

    assert reply.status_code == 201
    assert refused.status_code == 401


async def test_a_refreshed_guest_stays_a_guest(server):
    address = await address_of(server, "bob")
    first = await post(server, GUESTS, {"allowed_addresses": [address]})

    reply = await post(server, REFRESH, {"refresh_token": first.json()["refresh_token"]})

    claims = sat.peek(reply.json()["token"])
    assert (claims.kind, claims.allowed_addresses) == ("guest", (address,))


@pytest.mark.parametrize(
    ("allowed", "code"),
    [
        (None, "missing_required_parameter"),
        ([UNKNOWN], "must_belong_to_project"),
        (["bob"], "must_belong_to_project"),
        ([UNKNOWN] * 11, "allowed_address_limit_exceeded"),
        ([7], "not_an_array_of_strings"),
    ],
)
async def test_a_guest_token_for_wrong_addresses(server, allowed, code):
    reply = await post(server, GUESTS, {"allowed_addresses": allowed})
    assert [(problem[0], problem[1]) for problem in problems(reply)] == [
        ("allowed_addresses", code)
    ]


@pytest.mark.parametrize("path", [EMBEDS, "/api/embeds/tokens"])
async def test_an_embed_token_needs_no_credentials(server, path):
    reply = await post(server, path, {"token": EMBED}, basic=False)

    assert reply.status_code == 201
    assert list(reply.json()) == ["token"]
    assert sat.peek(reply.json()["token"]).kind == "embed"


async def test_an_embed_token_ignores_credentials(server):
    assert (await post(server, EMBEDS, {"token": EMBED})).status_code == 201


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("token", "missing_required_parameter", "token is required")),
        ({"token": "abc"}, ("token", "token_has_invalid_prefix", "Token has an invalid prefix")),
    ],
)
async def test_a_wrong_embed_token(server, body, problem):
    assert problems(await post(server, EMBEDS, body, basic=False)) == [problem]


async def test_an_embed_token_that_cannot_exist(server):
    reply = await post(server, EMBEDS, {"token": "c2c_7"}, basic=False)
    assert (reply.status_code, reply.json()) == (404, {"error": "Not Found"})
