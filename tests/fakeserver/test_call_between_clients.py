"""A client calls another one through everything: signalling, ICE, DTLS, RTP, and the relay."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ringproof_fakeserver.media.digits import DigitPath
from ringproof_fakeserver.media.profile import TELEPHONE_EVENT
from ringproof_fakeserver.protocol.sdp import directions
from tests.fakeserver.media.client import Client
from tests.fakeserver.media.test_relay import Grey, Tone, is_grey, is_tone
from tests.fakeserver.wire_client import WAIT_S, WireClient, issue, open_socket


def understands_events(sdp: str) -> str:
    """A description with telephone events, which aiortc's own never has."""
    event = f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/48000\r\n"
    return sdp.replace("a=rtpmap:", f"{event}a=rtpmap:", 1)


def presses_of(client: Client) -> tuple[DigitPath, asyncio.Queue[str]]:
    """Return what sends digits of a client, and those that it gets."""
    got: asyncio.Queue[str] = asyncio.Queue()
    path = DigitPath(TELEPHONE_EVENT, 48_000, got.put_nowait)
    path.wrap(client.connection.getTransceivers()[0].sender.transport)
    return path, got


@contextlib.asynccontextmanager
async def both_online(server) -> AsyncIterator[tuple[WireClient, WireClient]]:
    """Open the sessions of alice and bob, with real media."""
    async with open_socket(server) as calling, open_socket(server) as called:
        for client, name in ((calling, "alice"), (called, "bob")):
            await client.connect((await issue(server, name))["token"])
            await client.online()
        yield calling, called


async def test_key_presses_cross_in_media_whether_sent_there_or_by_info(server):
    caller, callee = Client(), Client()
    async with both_online(server) as (calling, called):
        about = {"callID": "from-alice", "destination_number": "/private/bob"}
        offer = understands_events(await caller.offer(("audio",)))
        await calling.verto("verto.invite", {"dialogParams": about, "sdp": offer})
        rings = await called.event("verto.invite")
        dialog = {"dialogParams": {"callID": rings["callID"]}}
        answer = understands_events(await callee.answer(rings["sdp"]))
        await called.verto("verto.answer", {"sdp": answer, **dialog})
        await caller.take((await calling.event("verto.answer"))["sdp"])
        try:
            for client in (caller, callee):
                client.connection.getSenders()[0].replaceTrack(Tone())
            for client in (caller, callee):
                await client.see("audio", is_tone)
            presses, heard_by_alice = presses_of(caller)
            _, heard_by_bob = presses_of(callee)
            async with asyncio.timeout(WAIT_S):
                presses.send("7#", lambda: None)
                assert [await heard_by_bob.get() for _ in "7#"] == ["7", "#"]
                await called.verto("verto.info", {"dtmf": "42", **dialog})
                assert [await heard_by_alice.get() for _ in "42"] == ["4", "2"]
        finally:
            await caller.close()
            await callee.close()
    assert server.faults == ()


async def test_sound_and_picture_go_both_ways_until_one_side_hangs_up(server):
    caller, callee = Client(), Client()
    async with both_online(server) as (calling, called):
        about = {"callID": "from-alice", "destination_number": "/private/bob"}
        invite = {"dialogParams": about, "sdp": await caller.offer()}
        created = (await calling.verto("verto.invite", invite))["result"]["result"]["result"]
        assert (created["message"], created["callID"]) == ("CALL CREATED", "from-alice")

        rings = await called.event("verto.invite")
        assert (rings["caller_id_number"], rings["caller_id_name"]) == ("/private/alice", "alice")
        assert list(directions(rings["sdp"])) == ["audio", "video"]
        dialog = rings["callID"]
        answer = {"sdp": await callee.answer(rings["sdp"]), "dialogParams": {"callID": dialog}}
        await called.verto("verto.answer", answer)
        answered = await calling.event("verto.answer")
        assert answered["callID"] == "from-alice"
        await caller.take(answered["sdp"])
        try:
            for client in (caller, callee):
                for track, sender in zip(
                    (Tone(), Grey()), client.connection.getSenders(), strict=True
                ):
                    sender.replaceTrack(track)
            for client in (caller, callee):
                await client.see("video", is_grey)
                await client.see("audio", is_tone)
            reply = await calling.verto("verto.bye", {"dialogParams": {"callID": "from-alice"}})
            assert reply["result"]["result"]["result"]["message"] == "CALL ENDED"
            assert (await called.event("verto.bye"))["callID"] == dialog
        finally:
            await caller.close()
            await callee.close()
    assert server.faults == ()
