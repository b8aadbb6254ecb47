"""A client calls another one through everything: signalling, ICE, DTLS, RTP, and the relay."""

from __future__ import annotations

from ringproof_fakeserver.protocol.sdp import directions
from tests.fakeserver.media.client import Client
from tests.fakeserver.media.test_relay import Grey, Tone, is_grey, is_tone
from tests.fakeserver.wire_client import issue, open_socket


async def test_sound_and_picture_go_both_ways_until_one_side_hangs_up(server):
    alice, bob = [await issue(server, name) for name in ("alice", "bob")]
    caller, callee = Client(), Client()
    async with open_socket(server) as calling, open_socket(server) as called:
        for client, issued in ((calling, alice), (called, bob)):
            await client.connect(issued["token"])
            await client.online()
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
