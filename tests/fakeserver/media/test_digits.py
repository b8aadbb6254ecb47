"""Telephone events: their packets, and digits between two real peers."""

from __future__ import annotations

import asyncio

import pytest
from aiortc.rtp import RtpPacket

from ringproof_fakeserver.media.digits import DigitPath, payload_of
from ringproof_fakeserver.media.legs import LegError
from ringproof_fakeserver.media.profile import TELEPHONE_EVENT
from tests.fakeserver.media.test_aiortc_legs import connect
from tests.fakeserver.wire_client import WAIT_S

SOUND = 111


def sound(number: int) -> bytes:
    packet = RtpPacket(payload_type=SOUND, sequence_number=number, timestamp=number * 960)
    packet.payload = b"opus"
    return packet.serialize()


def path(on_digit=lambda digit: None) -> DigitPath:
    return DigitPath(TELEPHONE_EVENT, 48_000, on_digit)


def test_sound_goes_through_while_there_are_no_digits():
    assert path().replaced(sound(1)) == sound(1)


def test_a_digit_takes_the_place_of_sound_under_its_sequence_numbers():
    digits, sent = path(), []
    digits.send("5", lambda: sent.append(True))
    packets = [RtpPacket.parse(digits.replaced(sound(n))) for n in range(1, 13)]
    assert [packet.sequence_number for packet in packets] == list(range(1, 13))
    events = [packet for packet in packets if packet.payload_type == TELEPHONE_EVENT]
    assert [packet.payload[0] for packet in events] == [5] * 8
    assert [packet.payload[1] >> 7 for packet in events] == [0] * 5 + [1] * 3
    durations = [int.from_bytes(packet.payload[2:4]) for packet in events]
    assert durations == [960, 1920, 2880, 3840, 4800, 4800, 4800, 4800]
    assert {packet.timestamp for packet in events} == {960}
    assert [packet.marker for packet in events] == [1] + [0] * 7
    assert [packet.payload_type for packet in packets[8:]] == [SOUND] * 4
    assert sent == [True]


def test_digits_of_two_sendings_follow_each_other_and_each_is_told():
    digits, told = path(), []
    digits.send("1", lambda: told.append("first"))
    digits.send("2", lambda: told.append("second"))
    packets = [RtpPacket.parse(digits.replaced(sound(n))) for n in range(30)]
    events = [each.payload[0] for each in packets if each.payload_type == TELEPHONE_EVENT]
    assert events == [1] * 8 + [2] * 8
    assert told == ["first", "second"]


def test_digits_that_are_withdrawn_are_not_sent():
    digits, told = path(), []

    def first() -> None:
        told.append("first")

    digits.send("111", first)
    digits.send("2", lambda: told.append("second"))
    digits.replaced(sound(0))
    digits.withdraw(first)
    packets = [RtpPacket.parse(digits.replaced(sound(n))) for n in range(1, 30)]
    assert {each.payload[0] for each in packets if each.payload_type == TELEPHONE_EVENT} == {2}
    assert told == ["second"]


def test_pauses_let_the_sound_through():
    digits = path()
    digits.send("w1", lambda: None)
    types = [RtpPacket.parse(digits.replaced(sound(n))).payload_type for n in range(27)]
    assert types == [SOUND] * 25 + [TELEPHONE_EVENT] * 2


def test_an_event_is_reported_once_however_many_packets_it_has():
    heard: list[str] = []
    listening, speaking = path(heard.append), path()
    speaking.send("1#D", lambda: None)
    for number in range(60):
        listening.heard(speaking.replaced(sound(number)))
    assert heard == ["1", "#", "D"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80" + bytes([TELEPHONE_EVENT]),
        b"\x80" + bytes([TELEPHONE_EVENT]) + bytes(10),
        b"\x90" + bytes([TELEPHONE_EVENT]) + bytes(10) + b"\xff\xff\xff\xff",
        b"\xa0" + bytes([TELEPHONE_EVENT]) + bytes(10) + b"\xff\xff\xff\xff",
        b"\x80" + bytes([TELEPHONE_EVENT]) + bytes(10) + b"\x63\x00\x00\x01",
        sound(1),
    ],
)
def test_packets_that_are_no_event_are_ignored(data):
    heard: list[str] = []
    path(heard.append).heard(data)
    assert heard == []
    assert payload_of(sound(1), SOUND) == b"opus"


def understands_events(answer: str) -> str:
    """An answer with telephone events, which aiortc's own never has."""
    rtpmap = f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/48000\r\n"
    return answer.replace("a=rtpmap:111", f"{rtpmap}a=rtpmap:111", 1)


async def test_digits_cross_real_sockets_both_ways(legs, client, reports):
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    legs.on_digit = lambda dialog, digit: heard.put_nowait((dialog, digit))
    got: asyncio.Queue[str] = asyncio.Queue()
    offer = await legs.create_offer("d", ("audio",), True)
    answer = understands_events(await client.answer(offer))
    await legs.apply_answer("d", answer)
    await reports.wait()
    [transceiver] = client.connection.getTransceivers()
    own = DigitPath(TELEPHONE_EVENT, 48_000, got.put_nowait)
    own.wrap(transceiver.sender.transport)
    async with asyncio.timeout(WAIT_S):
        assert await legs.send_digits("d", "4w2") == ""
        assert [await got.get() for _ in "42"] == ["4", "2"]
        own.send("9*", lambda: None)
        assert [await heard.get() for _ in "9*"] == [("d", "9"), ("d", "*")]


async def test_digits_need_a_client_that_understands_them(legs, client, reports):
    await connect(legs, client, reports)
    assert "telephone-event" in await legs.send_digits("d", "1")
    with pytest.raises(LegError):
        await legs.send_digits("unknown", "1")


async def test_a_leg_that_closes_sends_no_further_digits(legs, client, reports):
    offer = await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", understands_events(await client.answer(offer)))
    await reports.wait()
    sending = asyncio.create_task(legs.send_digits("d", "W" * 1_000))
    await asyncio.sleep(0)
    await legs.close("d")
    async with asyncio.timeout(WAIT_S):
        await sending


async def test_digits_need_a_client_that_receives_sound(legs, client, reports):
    offer = await legs.create_offer("d", ("audio",), True)
    answer = understands_events(await client.answer(offer))
    assert "a=sendrecv" in answer
    await legs.apply_answer("d", answer.replace("a=sendrecv", "a=sendonly"))
    await reports.wait()
    async with asyncio.timeout(WAIT_S):
        assert "receives no sound" in await legs.send_digits("d", "1")
