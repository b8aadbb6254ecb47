"""Media paths: packets lost on purpose, clients that fall silent, candidates that say nothing."""

from __future__ import annotations

import asyncio
import re

import pytest
from aioice.mdns import MDnsProtocol

from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.protocol.sdp import event_model
from tests.fakeserver.wire_client import WAIT_S

SILENCE_MS = 300


async def _connect(legs, client, reports):
    offer = await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", await client.answer(offer, ("audio",)))
    assert await reports.wait() == [("connected", "d")]
    await client.see("audio", lambda frame: True)


async def _next_frames(client, count):
    """Wait for so many new frames of the far side; return the last."""
    frame = await client.see("audio", lambda frame: True)
    for _ in range(count):
        frame = await client.see("audio", lambda new, old=frame: new is not old)
    return frame


async def _received(legs, packets):
    """Wait until the platform has counted so many packets."""
    async with asyncio.timeout(WAIT_S):
        while True:
            _, received = await legs.counts("d")
            if received["audio"] >= packets:
                return
            await asyncio.sleep(0.02)


async def test_client_that_is_heard_is_not_silent_and_one_whose_packets_are_lost_is(
    legs, client, reports
):
    silent = asyncio.Event()
    await _connect(legs, client, reports)
    legs.watch("d", SILENCE_MS, silent.set)
    # 30 packets of 20 ms are twice the silence that is watched for.
    await _next_frames(client, 30)
    assert not silent.is_set()
    legs.cut("d", from_client=True, to_client=False)
    async with asyncio.timeout(WAIT_S):
        await silent.wait()
    await _next_frames(client, 3)
    assert reports.log == [("connected", "d")]


async def test_closed_peer_is_silence(legs, client, reports):
    silent = asyncio.Event()
    await _connect(legs, client, reports)
    legs.watch("d", SILENCE_MS, silent.set)
    await client.close()
    async with asyncio.timeout(WAIT_S):
        await silent.wait()


async def test_packets_to_the_client_are_lost_until_the_path_is_mended(legs, client, reports):
    await _connect(legs, client, reports)
    legs.cut("d", from_client=False, to_client=True)
    _, received = await legs.counts("d")
    # What the platform still receives tells how much time has passed.
    await _received(legs, received["audio"] + 10)
    seen = await client.see("audio", lambda frame: True)
    await _received(legs, received["audio"] + 20)
    assert await client.see("audio", lambda frame: True) is seen
    legs.cut("d", from_client=False, to_client=False)
    await _next_frames(client, 3)


async def test_closed_leg_is_not_silent(legs, client, reports):
    silent = asyncio.Event()
    await _connect(legs, client, reports)
    legs.watch("d", 1, silent.set)
    await legs.close("d")
    assert not silent.is_set()
    legs.watch("d", 1, silent.set)
    legs.cut("d", from_client=True, to_client=True)
    await asyncio.sleep(0)
    assert not silent.is_set()


async def test_event_model_is_silent_once_its_path_is_cut(reports):
    legs = EventModelLegs(reports.connected, reports.failed)
    silent = asyncio.Event()
    await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", event_model({"audio": "sendrecv"}))
    legs.watch("d", 10, silent.set)
    legs.cut("d", from_client=False, to_client=True)
    legs.cut("d", from_client=True, to_client=True)
    legs.cut("d", from_client=False, to_client=False)
    assert not silent.is_set()
    legs.cut("d", from_client=True, to_client=False)
    async with asyncio.timeout(WAIT_S):
        await silent.wait()
    await legs.close_all()


def _without_candidates(sdp: str) -> str:
    return re.sub(r"a=candidate:.*\r\n", "", sdp)


def _local_names(sdp: str) -> str:
    name = "7d9b2c9e-0000-4000-8000-000000000000.local"
    return re.sub(r"(a=candidate:\S+ \d+ \S+ \d+) \S+", rf"\1 {name}", sdp)


def _elsewhere(sdp: str) -> str:
    """Behind an address translator without STUN: every address is another host's."""
    return re.sub(r"(a=candidate:\S+ \d+ \S+ \d+) \S+ \d+", r"\1 127.0.0.1 9", sdp)


SILENT = {
    "no candidates": _without_candidates,
    "names nobody knows": _local_names,
    "addresses of another host": _elsewhere,
}


@pytest.mark.parametrize("change", SILENT.values(), ids=list(SILENT))
async def test_answer_whose_candidates_say_nothing_connects_by_the_clients_own_checks(
    legs, client, reports, change
):
    """RFC 8863: an agent waits for checks of the other side before it gives up."""
    offer = await legs.create_offer("d", ("audio",), True)
    answer = change(await client.answer(offer, ("audio",)))
    assert "a=end-of-candidates" in answer
    await legs.apply_answer("d", answer)
    assert await reports.wait() == [("connected", "d")]


@pytest.mark.parametrize("change", SILENT.values(), ids=list(SILENT))
async def test_restart_whose_candidates_say_nothing_is_checked_by_the_client(
    legs, client, reports, change
):
    restarted = asyncio.Event()
    offer = await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", await client.answer(offer, ("audio",)))
    assert await reports.wait() == [("connected", "d")]
    offer = client.restart_offer(change)
    assert await client.answered(await legs.renegotiate("d", offer, restarted.set))
    async with asyncio.timeout(WAIT_S):
        await restarted.wait()


async def test_names_of_a_client_are_asked_of_nobody(legs, client, reports, monkeypatch):
    """A query would leave the machine, and hold up the reply to the answer for a second."""
    asked = []

    async def resolve(self, hostname, **_):
        asked.append(hostname)

    monkeypatch.setattr(MDnsProtocol, "resolve", resolve)
    offer = await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", _local_names(await client.answer(offer, ("audio",))))
    assert await reports.wait() == [("connected", "d")]
    await legs.renegotiate("d", client.restart_offer(_local_names), lambda: None)
    assert asked == []
