"""aioice's codec is the independent judge of what the responder writes."""

from __future__ import annotations

import asyncio

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.media.stun import (
    MAPPED_ADDRESS,
    MAPPED_IPV6_ADDRESS,
    mute_server,
    respond,
    stun_server,
)
from tests.fakeserver.wire_client import WAIT_S


def binding_request():
    return stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)


class Asker(asyncio.DatagramProtocol):
    def __init__(self):
        self.answers = asyncio.Queue()

    def datagram_received(self, data, addr):
        self.answers.put_nowait(data)


@pytest.fixture
async def server():
    async with stun_server() as url:
        yield url


@pytest.fixture
async def asker(server):
    loop = asyncio.get_running_loop()
    transport, asker = await loop.create_datagram_endpoint(
        Asker, remote_addr=("127.0.0.1", int(server.removeprefix("stun:127.0.0.1:")))
    )
    asker.transport = transport
    yield asker
    transport.close()


async def test_response_has_the_mapped_address_and_the_port_of_the_client(asker):
    request = binding_request()
    asker.transport.sendto(bytes(request))
    async with asyncio.timeout(WAIT_S):
        answer = stun.parse_message(await asker.answers.get())
    port = asker.transport.get_extra_info("sockname")[1]
    assert answer.message_class == stun.Class.RESPONSE
    assert answer.transaction_id == request.transaction_id
    assert answer.attributes == {"XOR-MAPPED-ADDRESS": (MAPPED_ADDRESS, port)}


@pytest.mark.parametrize(
    ("asked_at", "mapped"), [("127.0.0.1", MAPPED_ADDRESS), ("::1", MAPPED_IPV6_ADDRESS)]
)
async def test_responder_for_both_families_answers_in_the_family_of_the_client(asked_at, mapped):
    loop = asyncio.get_running_loop()
    async with stun_server("::", "ringproof.example") as url:
        host, _, port = url.removeprefix("stun:").rpartition(":")
        assert host == "ringproof.example"
        transport, asker = await loop.create_datagram_endpoint(
            Asker, remote_addr=(asked_at, int(port))
        )
        transport.sendto(bytes(binding_request()))
        async with asyncio.timeout(WAIT_S):
            answer = stun.parse_message(await asker.answers.get())
        own_port = transport.get_extra_info("sockname")[1]
        transport.close()
    assert answer.attributes == {"XOR-MAPPED-ADDRESS": (mapped, own_port)}


async def test_responder_survives_garbage(asker):
    for datagram in (b"", b"\0", b"GET / HTTP/1.1\r\n\r\n", bytes(20), b"\xff" * 1400):
        asker.transport.sendto(datagram)
    asker.transport.sendto(bytes(binding_request()))
    async with asyncio.timeout(WAIT_S):
        await asker.answers.get()
    assert asker.answers.empty()


def test_request_with_attributes_is_answered():
    request = binding_request()
    request.attributes["SOFTWARE"] = "test"
    request.add_fingerprint()
    assert respond(bytes(request), 1) is not None


def allocate_request():
    request = stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)
    request.attributes["REQUESTED-TRANSPORT"] = 17 << 24
    return request


def test_request_for_a_relay_needs_credentials():
    request = allocate_request()
    answer = stun.parse_message(respond(bytes(request), 1))
    assert (answer.message_method, answer.message_class) == (stun.Method.ALLOCATE, stun.Class.ERROR)
    assert answer.transaction_id == request.transaction_id
    assert answer.attributes["ERROR-CODE"] == (401, "Unauthorized")
    assert answer.attributes["REALM"] == "ringproof"
    assert answer.attributes["NONCE"]


def test_request_for_a_relay_is_refused_with_credentials_too():
    request = allocate_request()
    request.attributes |= {"USERNAME": "1:p", "REALM": "ringproof", "NONCE": b"n"}
    request.add_message_integrity(b"key")
    answer = stun.parse_message(respond(bytes(request), 1))
    assert answer.attributes == {"ERROR-CODE": (508, "Insufficient Capacity")}


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + bytes(4),
        lambda data: b"\1\1" + data[2:],
        lambda data: data[:4] + bytes(4) + data[8:],
        lambda data: data[:2] + b"\x02\x44" + data[4:] + bytes(580),
    ],
    ids=["truncated", "longer than it says", "a response", "no magic cookie", "oversize"],
)
def test_damaged_request_is_ignored(change):
    assert respond(change(bytes(binding_request())), 1) is None


@given(st.binary(max_size=600), st.integers(0, 65535))
def test_no_datagram_raises(datagram, port):
    assert respond(datagram, port) is None or len(datagram) >= 20


async def test_mute_server_takes_requests_and_answers_none():
    """Nothing comes back, not even that the port is closed; the other server answers meanwhile."""
    loop = asyncio.get_running_loop()
    async with mute_server() as mute, stun_server() as heard:
        asked = []
        for url in (mute, heard):
            at = ("127.0.0.1", int(url.removeprefix("stun:127.0.0.1:")))
            transport, one = await loop.create_datagram_endpoint(Asker, remote_addr=at)
            transport.sendto(bytes(binding_request()))
            asked.append((transport, one))
        async with asyncio.timeout(WAIT_S):
            await asked[1][1].answers.get()
        assert asked[0][1].answers.empty()
        for transport, _ in asked:
            transport.close()
