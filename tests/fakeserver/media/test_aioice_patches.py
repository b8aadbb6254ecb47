"""What is replaced inside aioice is still there, and does what a leg needs."""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect

import pytest
from aioice import Candidate, Connection, ice, stun

from ringproof_fakeserver.media import aioice_patches
from ringproof_fakeserver.media.aioice_patches import patch_aioice, with_loopback
from tests.fakeserver.wire_client import WAIT_S


@pytest.mark.parametrize(
    ("name", "original", "parameters"),
    [
        (
            "ice.get_host_addresses",
            aioice_patches.original_host_addresses,
            ["use_ipv4", "use_ipv6"],
        ),
        (
            "Connection.request_received",
            aioice_patches.original_request_received,
            ["self", "message", "addr", "protocol"],
        ),
        ("Connection.connect", aioice_patches.original_connect, ["self"]),
    ],
)
def test_aioice_still_has_what_is_replaced(name, original, parameters):
    assert list(inspect.signature(original).parameters) == parameters, (
        f"aioice {importlib.metadata.version('aioice')} has changed {name}: adapt "
        "media/aioice_patches.py to it, or cap aioice in pyproject.toml"
    )


def test_loopback_is_used_only_where_there_is_nothing_else():
    assert with_loopback(["192.0.2.2"], use_ipv4=True) == ["192.0.2.2"]
    assert with_loopback([], use_ipv4=True) == ["127.0.0.1"]
    assert with_loopback([], use_ipv4=False) == []


def test_aioice_asks_for_our_addresses(monkeypatch):
    asked = []
    monkeypatch.setattr(
        aioice_patches, "original_host_addresses", lambda *kinds: asked.append(kinds) or []
    )
    patch_aioice()
    assert ice.get_host_addresses(True, False) == ["127.0.0.1"]
    assert asked == [(True, False)]


class Checked(Connection):
    """A connection that says when it was first checked."""

    def __init__(self, **settings):
        super().__init__(**settings)
        self.checked = asyncio.Event()

    def request_received(self, message, addr, protocol):
        super().request_received(message, addr, protocol)
        self.checked.set()


@pytest.fixture
async def pair():
    patch_aioice()
    patch_aioice()
    offerer = Checked(ice_controlling=True)
    answerer = Connection(ice_controlling=False)
    await asyncio.gather(offerer.gather_candidates(), answerer.gather_candidates())
    await learn(answerer, offerer)
    yield offerer, answerer
    await asyncio.gather(offerer.close(), answerer.close())


async def learn(connection, remote):
    """Give a connection the candidates and credentials of the other."""
    for candidate in remote.local_candidates:
        await connection.add_remote_candidate(Candidate.from_sdp(candidate.to_sdp()))
    await connection.add_remote_candidate(None)
    connection.remote_username = remote.local_username
    connection.remote_password = remote.local_password


@pytest.fixture
def replies(monkeypatch):
    """The receivers of the checks that were replied to, in order."""
    receivers = []
    send = ice.StunProtocol.send_stun

    def record(self, message, addr):
        if message.message_class == stun.Class.RESPONSE:
            receivers.append(self.receiver)
        send(self, message, addr)

    monkeypatch.setattr(ice.StunProtocol, "send_stun", record)
    return receivers


async def test_checks_before_the_answer_are_replied_to_once_it_came(pair, replies):
    offerer, answerer = pair
    async with asyncio.timeout(WAIT_S):
        connecting = asyncio.create_task(answerer.connect())
        await offerer.checked.wait()
        assert replies == []

        await learn(offerer, answerer)
        assert replies == []
        accepting = asyncio.create_task(offerer.connect())
        # At once, before anything else can arrive: not when the other end repeats its check.
        await asyncio.sleep(0)
        assert replies
        assert set(replies) == {offerer}
        await asyncio.gather(accepting, connecting)
