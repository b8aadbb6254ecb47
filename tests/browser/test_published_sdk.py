"""The published SDK, unmodified, against the stand-in: one test a way that a call can go."""

from __future__ import annotations

import pytest
from playwright.async_api import Page

from ringproof.trace import Calls, Packets, Sources
from ringproof_fakeserver.protocol.journal import Direction, FrameFact, MediaFact, SessionFact
from ringproof_fakeserver.protocol.platform import Platform
from tests.browser.conftest import MakePhone, Phone, StandIn

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


async def test_chosen_devices_and_what_is_heard_and_seen_are_told(
    stand_in: StandIn, phone: Phone
) -> None:
    """The stand-in sends a tone of 440 Hz and a blue picture."""
    await stand_in.dial(phone.user.channels["video"])
    c = await phone.rings()
    media, devices = {"audio": True, "video": True}, {"microphone": 1, "camera": 1}
    await phone.send("call.answer", c, media=media, devices=devices)
    sources = await phone.log.until(lambda e: isinstance(e, Sources))
    assert sources.devices == devices
    await phone.status(c, "connected")
    heard: set[str] = set()
    while heard != {"audio", "video"}:
        assert (await phone.send("media", c)).ok == {}
        for event in (e for e in phone.log.entries if isinstance(e, Packets) and e.content):
            right = (
                abs(event.content["hz"] - 440) < 10
                if event.kind == "audio"
                else event.content["blue"] > event.content["red"] + 40
            )
            heard |= {event.kind} if right else set()
    await phone.send("call.hangup", c)
    await phone.status(c, "destroyed")


async def test_call_connects_where_turn_servers_alone_are_announced(
    stand_in: StandIn, make_phone: MakePhone
) -> None:
    """No relay is to be had there, and the client gets on without one."""
    phone = await make_phone(Platform(ice_servers="turn"))
    await stand_in.dial(phone.user.channels["video"])
    c = await phone.rings()
    await phone.send("call.answer", c, media={"audio": True, "video": True})
    await phone.status(c, "connected")
    await phone.log.until(lambda e: isinstance(e, MediaFact) and e.real)
    await phone.send("call.hangup", c)
    await phone.status(c, "destroyed")


GATHERED = """async ({url}) => {
  const username = "1:p", credential = "x";
  const peer = new RTCPeerConnection({iceServers: [{urls: [url], username, credential}]});
  const errors = [], kinds = new Set();
  const over = new Promise((resolve) => {
    peer.onicecandidate = ({candidate}) => candidate ? kinds.add(candidate.type) : resolve();
  });
  peer.onicecandidateerror = ({errorCode}) => errors.push(errorCode);
  peer.createDataChannel("any");
  await peer.setLocalDescription(await peer.createOffer());
  await over;
  return [[...new Set(errors)], [...kinds].sort()];
}"""


async def test_chromium_is_told_that_there_is_no_relay_and_gets_its_reflexive_candidate(
    stand_in: StandIn, page: Page
) -> None:
    await page.goto(f"{stand_in.server.origin}/demo")
    settings = stand_in.server.exchange.settings
    [server] = settings.as_turn(settings.ice_servers_at("127.0.0.1"), 0)
    errors, kinds = await page.evaluate(GATHERED, {"url": server["urls"][0]})
    assert (errors, kinds) == ([508], ["host", "srflx"])


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
