"""baresip registers, calls, is called and transfers: a second implementation that is not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakeserver.media.client import Client
from tests.fakeserver.media.test_relay import is_tone
from tests.fakeserver.sip.baresip import baresip
from tests.fakeserver.sip.test_sipp import answer_invite, subscriber
from tests.fakeserver.wire_client import dial, registered


@pytest.mark.long
async def test_a_softphone_calls_is_heard_hands_over_and_is_called(phones, tmp_path: Path):
    callee = Client()
    async with (
        registered(phones, "bob") as bob,
        registered(phones, "carol") as carol,
        baresip(phones.sip_address, tmp_path) as phone,
    ):
        phones.set_media(subscriber(phones, "bob"), True)
        await phone.command("dial", f"sip:bob@{phones.sip_address[0]}:{phones.sip_address[1]}")
        rings = await bob.event("verto.invite")
        assert rings["caller_id_number"] == "desk"
        sdp = await callee.answer(rings["sdp"])
        about = {"dialogParams": {"callID": rings["callID"]}}
        await bob.verto("verto.answer", {"sdp": sdp, **about})
        try:
            await phone.event("CALL_ESTABLISHED")
            await callee.see("audio", is_tone)

            await phone.command("transfer", f"sip:carol@{phones.sip_address[0]}")
            taken = await carol.event("verto.invite")
            assert taken["caller_id_number"] == "/private/bob"
            await answer_invite(carol, taken)
            await phone.event("CALL_CLOSED")
            await carol.bye(taken["callID"])
            assert (await bob.event("verto.bye"))["callID"] == rings["callID"]
        finally:
            await callee.close()

        call = await dial(phones, "/private/alice")
        await phone.event("CALL_INCOMING")
        await phone.command("accept")
        await phone.event("CALL_ESTABLISHED")
        assert phones.exchange.call_state(call["id"]) == "answered"
        await phone.command("hangup")
        await phone.event("CALL_CLOSED")
