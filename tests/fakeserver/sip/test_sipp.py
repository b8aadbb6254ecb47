"""SIPp registers, calls and is called, over real sockets: an implementation that is not ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ringproof_fakeserver.protocol.events import EndRequested
from ringproof_fakeserver.protocol.journal import AnyFact, CallFact, DialogFact, MediaFact
from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.media.client import Client
from tests.fakeserver.media.test_relay import Tone, is_tone
from tests.fakeserver.sip import sipp as xml
from tests.fakeserver.sip.sipp import Sipp, sipp
from tests.fakeserver.test_whole_call import Journal
from tests.fakeserver.wire_client import WAIT_S, dial, registered


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_registers(phones, tmp_path: Path, transport: str):
    async with sipp(phones.sip_address, xml.register(), tmp_path, transport=transport) as run:
        await run.done()


async def test_a_wrong_password_is_refused(phones, tmp_path: Path):
    steps = xml.register(answers=(401, 401, 401, 403))
    async with sipp(phones.sip_address, steps, tmp_path, password="wrong") as run:
        await run.done()


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_a_call_is_answered_sound_goes_both_ways_and_the_callee_hangs_up(
    phones, tmp_path: Path, transport: str
):
    steps = xml.invite() + xml.ANSWERED + xml.TAKE_BYE
    callee = Client()
    async with registered(phones, "bob") as bob:
        phones.set_media(subscriber(phones, "bob"), True)
        async with sipp(phones.sip_address, steps, tmp_path, transport=transport) as run:
            rings = await bob.event("verto.invite")
            assert (rings["caller_id_number"], rings["caller_id_name"]) == ("desk", "Alice")
            dialog = rings["callID"]
            sdp = await callee.answer(rings["sdp"])
            await bob.verto("verto.answer", {"sdp": sdp, "dialogParams": {"callID": dialog}})
            try:
                callee.connection.getSenders()[0].replaceTrack(Tone())
                # SIPp sends back what it hears: the callee hears its own tone.
                await callee.see("audio", is_tone)
                await bob.bye(dialog)
                await run.done()
            finally:
                await callee.close()


async def test_the_caller_puts_the_call_on_hold(phones, tmp_path: Path):
    steps = xml.invite() + xml.ANSWERED + xml.HOLD + xml.HANG_UP
    async with (
        registered(phones, "bob") as bob,
        sipp(phones.sip_address, steps, tmp_path) as run,
    ):
        await accept(bob)
        await run.done()


async def test_the_caller_leaves_the_offer_to_us(phones, tmp_path: Path):
    steps = xml.invite(sdp="") + xml.ANSWERED_WITH_OFFER + xml.TAKE_BYE
    journal = Journal()
    async with registered(phones, "bob") as bob:
        phones.watch(subscriber(phones, "bob"), journal.note)
        async with sipp(phones.sip_address, steps, tmp_path) as run:
            dialog = await accept(bob)
            call = next(fact.call for fact in journal.facts if isinstance(fact, CallFact))
            async with asyncio.timeout(WAIT_S):
                while not any(map(both_ways, journal.facts)):
                    await phones.count_packets(call)
                    await asyncio.sleep(0.02)
            await bob.bye(dialog)
            await run.done()


async def test_the_caller_hands_the_callee_over_to_another_client(phones, tmp_path: Path):
    steps = xml.invite() + xml.ANSWERED + xml.hand_over("<sip:carol@[remote_ip]>")
    async with (
        registered(phones, "bob") as bob,
        registered(phones, "carol") as carol,
        sipp(phones.sip_address, steps, tmp_path) as run,
    ):
        dialog = await accept(bob)
        rings = await carol.event("verto.invite")
        assert rings["caller_id_number"] == "/private/bob"
        await answer_invite(carol, rings)
        await run.done()
        await carol.bye(rings["callID"])
        assert (await bob.event("verto.bye"))["callID"] == dialog


@pytest.mark.parametrize(
    ("to", "status"),
    [
        ("<sip:nobody@[remote_ip]>", 404),
        ("<sip:carol@elsewhere.test>", 404),
        ("<sip:carol@[remote_ip]?Replaces=x>", 501),
        ("<tel:+15550001111>", 416),
    ],
)
async def test_a_refused_transfer_leaves_the_call_to_the_caller(
    phones, tmp_path: Path, to: str, status: int
):
    refer = xml.send("REFER", 3, to=xml.THEIRS, refer_to=to) + xml.receive(status)
    steps = xml.invite() + xml.ANSWERED + refer + xml.HANG_UP
    await until_the_caller_hangs_up(phones, steps, tmp_path)


async def test_the_caller_hangs_up(phones, tmp_path: Path):
    steps = xml.invite() + xml.ANSWERED + xml.HANG_UP
    await until_the_caller_hangs_up(phones, steps, tmp_path)


@pytest.mark.parametrize(("reason", "status"), [("decline", 603), ("busy", 486)])
async def test_the_callee_declines(phones, tmp_path: Path, reason: str, status: int):
    steps = xml.invite() + xml.refused(status)
    async with registered(phones, "bob") as bob:
        phones.exchange.set_platform(subscriber(phones, "bob"), Platform(decline_reason=reason))
        async with sipp(phones.sip_address, steps, tmp_path) as run:
            rings = await bob.event("verto.invite")
            await bob.bye(rings["callID"])
            await run.done()


async def test_the_caller_gives_up(phones, tmp_path: Path):
    steps = xml.invite() + xml.CANCEL
    async with (
        registered(phones, "bob") as bob,
        sipp(phones.sip_address, steps, tmp_path) as run,
    ):
        rings = await bob.event("verto.invite")
        bye = await bob.event("verto.bye")
        await run.done()

    assert (bye["callID"], bye["cause"]) == (rings["callID"], "ORIGINATOR_CANCEL")


ANSWER = (
    xml.RINGING + xml.answer("200 OK", sdp=xml.describe(), tagged=True) + xml.receive_request("ACK")
)


async def test_a_registered_device_is_rung_by_a_dial_and_sound_goes_both_ways(
    phones, tmp_path: Path
):
    journal = Journal()
    phones.watch(subscriber(phones, "alice"), journal.note)
    async with device(
        phones, xml.receive_request("INVITE") + ANSWER + xml.TAKE_BYE, tmp_path
    ) as run:
        call = await dial(phones, "/private/alice")
        answered = await journal.until(lambda fact: is_dialog(fact, "answered"))
        await journal.until(lambda fact: isinstance(fact, MediaFact) and fact.state == "connected")
        async with asyncio.timeout(WAIT_S):
            while not any(map(both_ways, journal.facts)):
                await phones.count_packets(answered.dialog)
                await asyncio.sleep(0.02)
        phones.dispatch(EndRequested(call["id"], "hangup"))
        await run.done()

    assert journal.states(CallFact) == ["created", "ringing", "answered", "ended"]


async def test_a_device_hangs_up(phones, tmp_path: Path):
    journal = Journal()
    phones.watch(subscriber(phones, "alice"), journal.note)
    steps = xml.NAMED + ANSWER + xml.HANG_UP_ON_CALLER
    async with device(phones, steps, tmp_path) as run:
        await dial(phones, "/private/alice")
        await run.done()
        ended = await journal.until(lambda fact: is_call(fact, "ended"))

    assert (ended.reason, ended.by) == ("hangup", "callee")


@pytest.mark.parametrize(("status", "reason"), [("486 Busy", "busy"), ("603 No", "decline")])
async def test_a_device_declines(phones, tmp_path: Path, status: str, reason: str):
    journal = Journal()
    phones.watch(subscriber(phones, "alice"), journal.note)
    steps = xml.RING + xml.answer(status, tagged=True) + xml.receive_request("ACK")
    async with device(phones, steps, tmp_path) as run:
        await dial(phones, "/private/alice")
        await run.done()
        ended = await journal.until(lambda fact: is_call(fact, "ended"))

    assert (ended.reason, ended.by) == (reason, "callee")


async def test_a_device_stops_ringing_when_another_one_answers(phones, tmp_path: Path):
    journal = Journal()
    cancelled = (
        xml.receive_request("CANCEL")
        + xml.answer("200 OK")
        + xml.answer_invite("487 Request Terminated")
        + xml.receive_request("ACK")
    )
    async with (
        registered(phones, "alice") as alice,
        device(phones, xml.RING + cancelled, tmp_path) as run,
    ):
        phones.watch(subscriber(phones, "alice"), journal.note)
        await dial(phones, "/private/alice")
        await journal.until(lambda _: sum(is_dialog(f, "offered") for f in journal.facts) == 2)
        await accept(alice)
        await run.done()


@contextlib.asynccontextmanager
async def device(server, steps: str, folder: Path) -> AsyncIterator[Sipp]:
    """Run a scenario for a user agent of alice's endpoint that is registered."""
    async with sipp(server.sip_address, steps, folder / "device") as running:
        registration = xml.register(port=str(running.port))
        async with sipp(server.sip_address, registration, folder / "register") as registering:
            await registering.done()
        yield running


def is_call(fact: AnyFact, state: str) -> bool:
    return isinstance(fact, CallFact) and fact.state == state


def is_dialog(fact: AnyFact, state: str) -> bool:
    return isinstance(fact, DialogFact) and fact.state == state


def both_ways(fact: AnyFact) -> bool:
    return isinstance(fact, MediaFact) and bool(
        fact.sent.get("audio") and fact.received.get("audio")
    )


def subscriber(server, reference: str) -> str:
    """Return the id of a subscriber."""
    found = server.exchange.directory.by_reference(reference)
    assert found is not None
    return found.id


async def accept(client) -> str:
    """Answer the next call in the event model and return the dialog's id."""
    return await answer_invite(client, await client.event("verto.invite"))


async def answer_invite(client, rings) -> str:
    """Answer this call in the event model and return the dialog's id."""
    dialog = rings["callID"]
    sdp = "v=0\r\nm=audio 9 X 0\r\n"
    await client.verto("verto.answer", {"sdp": sdp, "dialogParams": {"callID": dialog}})
    return str(dialog)


async def until_the_caller_hangs_up(server, steps: str, folder: Path) -> None:
    """Have bob answer the call of a scenario, which ends it."""
    async with registered(server, "bob") as bob, sipp(server.sip_address, steps, folder) as run:
        dialog = await accept(bob)
        assert (await bob.event("verto.bye"))["callID"] == dialog
        await run.done()
