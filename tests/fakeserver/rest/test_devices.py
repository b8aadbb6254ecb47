"""Tokens bound to the key of a device, and invites."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.dpop import thumbprint
from ringproof_fakeserver.rest.devices import REFRESH_PATH, TOKEN_PATH
from tests.fakeserver.wire_client import issue, open_socket, rest

INFO = "/api/fabric/subscriber/info"


class Device:
    """A client with a key."""

    def __init__(self, algorithm: str = "RS256") -> None:
        self.algorithm = algorithm
        if algorithm == "RS256":
            self.key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
            of_key = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key())
        else:
            self.key = ec.generate_private_key(ec.SECP256R1())
            of_key = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key())
        self.jwk = {name: value for name, value in json.loads(of_key).items() if name != "key_ops"}

    def proof(self, path: str, now_s: int, token: str = "", header=None, **claims) -> str:
        payload = {"jti": str(uuid.uuid4()), "htm": "POST", "htu": path, "iat": now_s, **claims}
        if token:
            digest = hashlib.sha256(token.encode()).digest()
            payload["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        headers = {"typ": "dpop+jwt", "jwk": self.jwk, **(header or {})}
        return jwt.encode(payload, self.key, algorithm=self.algorithm, headers=headers)


@pytest.fixture(scope="module")
def device() -> Device:
    return Device()


def now_s(server) -> int:
    return server._now_ms() // 1000


async def ask(server, path: str, token: str, body: dict):
    async with rest(server, basic=False) as client:
        return await client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})


async def refreshable(server, **more) -> str:
    return (await issue(server, "bob", scope="sat:refresh", **more))["token"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_the_first_token_keeps_the_time_that_was_left(server, algorithm):
    device = Device(algorithm)
    expires_s = now_s(server) + 1_000
    fingerprint = thumbprint(device.jwk)
    token = await refreshable(server, expire_at=expires_s, fingerprint=fingerprint)
    proof = device.proof(TOKEN_PATH, now_s(server))
    reply = await ask(server, TOKEN_PATH, token, {"dpop_token": proof, "expire_in": 900})
    claims = sat.peek(reply.json()["token"])
    async with rest(server, basic=False) as client:
        bearer = {"Authorization": f"Bearer {reply.json()['token']}"}
        info = (await client.get(INFO, headers=bearer)).json()
    assert reply.status_code == 201
    assert reply.json()["expires_at"] == claims.expires_s == expires_s
    assert 990 <= reply.json()["expires_in"] <= 1_000
    assert info["sat_claims"]["cnf"] == {"jkt": fingerprint}


async def test_a_refresh_gives_the_lifetime_that_is_asked_for_and_opens_sessions(server, device):
    token = await refreshable(server)
    first = await ask(
        server, TOKEN_PATH, token, {"dpop_token": device.proof(TOKEN_PATH, now_s(server))}
    )
    bound = first.json()["token"]
    proof = device.proof(REFRESH_PATH, now_s(server), bound)
    reply = await ask(server, REFRESH_PATH, bound, {"dpop_token": proof, "expire_in": 120})
    again = await ask(server, REFRESH_PATH, bound, {"dpop_token": proof, "expire_in": 120})
    assert reply.json()["expires_in"] == 120
    assert again.status_code == 422
    async with open_socket(server) as client:
        assert "result" in await client.connect(reply.json()["token"])


async def test_a_proof_needs_the_right_claims(server, device):
    token = await refreshable(server)
    now = now_s(server)
    wrong = [
        "no proof",
        "x" * 10_000,
        device.proof(REFRESH_PATH, now),
        device.proof("https://host.test/other", now),
        device.proof(f"https://host.test/other{TOKEN_PATH}", now),
        device.proof(f"https://host.test?{TOKEN_PATH}", now),
        device.proof(f"https://[{TOKEN_PATH}", now),
        device.proof(TOKEN_PATH, now, htm="GET"),
        device.proof(TOKEN_PATH, now - 1_000),
        device.proof(TOKEN_PATH, now, jti=7),
        device.proof(TOKEN_PATH, now, header={"typ": "JWT"}),
        device.proof(TOKEN_PATH, now, header={"jwk": {}}),
        device.proof(TOKEN_PATH, now, header={"jwk": Device("ES256").jwk}),
        device.proof(TOKEN_PATH, now)[:-8] + "AAAAAAAA",
    ]
    for proof in wrong:
        reply = await ask(server, TOKEN_PATH, token, {"dpop_token": proof})
        assert [item["code"] for item in reply.json()["errors"]] == ["token_invalid"], proof
    missing = await ask(server, TOKEN_PATH, token, {})
    assert [item["code"] for item in missing.json()["errors"]] == ["missing_required_parameter"]
    full_url = device.proof(f"{server.space_url}{TOKEN_PATH}", now)
    assert (await ask(server, TOKEN_PATH, token, {"dpop_token": full_url})).status_code == 201


async def test_a_token_bound_to_a_key_needs_proofs_of_that_key(server, device):
    token = await refreshable(server, fingerprint="A" * 43)
    proof = device.proof(TOKEN_PATH, now_s(server))
    reply = await ask(server, TOKEN_PATH, token, {"dpop_token": proof})
    assert reply.status_code == 422


async def test_only_tokens_with_the_scope_are_refreshed_by_devices(server, device):
    plain = (await issue(server, "bob"))["token"]
    body = {"dpop_token": device.proof(TOKEN_PATH, now_s(server))}
    assert (await ask(server, TOKEN_PATH, plain, body)).status_code == 403
    unbound = await refreshable(server)
    assert (await ask(server, REFRESH_PATH, unbound, body)).status_code == 403


async def test_an_invite_is_a_token_for_one_address(server):
    issued = await issue(server, "bob")
    bearer = {"Authorization": f"Bearer {issued['token']}"}
    path = "/api/fabric/subscriber/invites"
    async with rest(server, basic=False) as client:
        info = (await client.get(INFO, headers=bearer)).json()
        [address] = info["fabric_addresses"]
        body = {"address_id": address["id"], "expires_at": now_s(server) + 60}
        reply = await client.post(path, json=body, headers=bearer)
        wrong = await client.post(
            path, json={"address_id": "x", "expires_at": "soon"}, headers=bearer
        )
    async with rest(server) as client:
        basic = await client.post(path, json=body)
    claims = sat.peek(reply.json()["token"])
    assert reply.status_code == 201
    assert (claims.kind, claims.allowed_addresses) == ("guest", (address["id"],))
    assert [item["attribute"] for item in wrong.json()["errors"]] == ["address_id", "expires_at"]
    assert basic.status_code == 401
