"""The published SDK, unmodified, against the stand-in: one test a way that a call can go."""

from __future__ import annotations

import pytest

from ringproof.trace import Calls, Packets
from ringproof_fakeserver.protocol.journal import Direction, FrameFact, MediaFact, SessionFact
from tests.browser.conftest import Phone, StandIn

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_answered_call_has_sound_and_picture_both_ways(
    stand_in: StandIn, phone: Phone
) -> None:
    await stand_in.dial(phone.user.channels["video"], from_name="Alice")
    c = await phone.rings()
    listed = next(e for e in phone.log.entries if isinstance(e, Calls) and e.list).list[0]
    assert (listed.direction, listed.from_name, listed.from_) == (
        "inbound",
        "Alice",
        "+15551230000",
    )

    await phone.send("call.answer", c, media={"audio": True, "video": True})
    await phone.status(c, "connected")
    wanted = {(side, kind) for side in ("sent", "received") for kind in ("audio", "video")}
    counted: dict[tuple[str, str], int] = {}
    while not wanted <= {key for key, packets in counted.items() if packets > 0}:
        assert (await phone.send("media", c)).ok == {}
        events = [e for e in phone.log.entries if isinstance(e, Packets)]
        counted = {(e.side, e.kind): e.packets for e in events}
    await stand_in.server.count_packets(c)
    fact = await phone.log.until(lambda e: isinstance(e, MediaFact) and e.state == "packets")
    assert fact.real
    assert min(fact.sent["audio"], fact.sent["video"]) > 0
    assert min(fact.received["audio"], fact.received["video"]) > 0

    await phone.send("call.hangup", c)
    assert (await phone.ended()).by == "callee"
    await phone.status(c, "destroyed")
    assert phone.statuses(c)[:3] == ["ringing", "connecting", "connected"]
    assert phone.lists()[-1] == []


async def test_declined_call_ends_as_busy_and_sends_no_media(
    stand_in: StandIn, phone: Phone
) -> None:
    await stand_in.dial(phone.user.channels["audio"])
    c = await phone.rings()
    await phone.send("call.reject", c)
    assert (await phone.ended()).by == "callee"
    await phone.status(c, "destroyed")
    sent = [
        e.method
        for e in phone.log.entries
        if isinstance(e, FrameFact) and e.direction == Direction.FROM_CLIENT and e.dialog == c
    ]
    assert "verto.bye" in sent
    assert "verto.answer" not in sent


async def test_caller_who_gives_up_clears_the_list(stand_in: StandIn, phone: Phone) -> None:
    call = await stand_in.dial(phone.user.channels["audio"])
    c = await phone.rings()
    await stand_in.end(call)
    await phone.status(c, "destroyed")
    assert phone.statuses(c) == ["ringing", "disconnected", "destroyed"]
    assert phone.lists()[-1] == []


async def test_page_that_closes_leaves_its_call_on_the_platform(
    stand_in: StandIn, phone: Phone
) -> None:
    call = await stand_in.dial(phone.user.channels["audio"])
    c = await phone.rings()
    await phone.send("call.answer", c, media={"audio": True})
    await phone.status(c, "connected")
    await phone.send("session.vanish")
    left = await phone.log.until(lambda e: isinstance(e, SessionFact) and e.state == "detached")
    assert left.code == 1001
    frames = [e for e in phone.log.entries if isinstance(e, FrameFact)]
    assert not [e for e in frames if e.method == "verto.bye"]
    await stand_in.end(call)
    assert (await phone.ended()).by == "origin"
