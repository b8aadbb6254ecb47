"""Legs of plain RTP, against a socket that speaks it."""

from __future__ import annotations

import asyncio
import contextlib
import wave
from itertools import pairwise

import numpy as np
import pytest
from aiortc.codecs.g711 import PcmuDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from ringproof_fakeserver.media.clip import generate_clip
from ringproof_fakeserver.media.legs import LegError
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.recording import Recording
from ringproof_fakeserver.media.rtp_legs import RtpLegs
from ringproof_fakeserver.protocol.sdp import directions
from ringproof_fakeserver.sip import description
from tests.fakeserver.media.client import Reports, loudest_hz
from tests.fakeserver.wire_client import WAIT_S

PCMU, EVENTS = 0, 101
SILENCE = b"\xff" * 160
LOUD = bytes([0x80, 0x00]) * 80


class Phone(asyncio.DatagramProtocol):
    """One end of RTP that keeps what it gets."""

    def __init__(self):
        self.packets: list[RtpPacket] = []
        self._more = asyncio.Event()
        self._sequence = 65_530

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, address):
        self.packets.append(RtpPacket.parse(data))
        self._more.set()

    @property
    def port(self) -> int:
        return self.transport.get_extra_info("sockname")[1]

    def describe(self, direction: str = "sendrecv", codec: str = "PCMU") -> str:
        number = description.CODECS[codec]
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self.port} RTP/AVP {number} {EVENTS}\r\n"
            f"a=rtpmap:{EVENTS} telephone-event/8000\r\na={direction}\r\n"
        )

    def send(self, sdp: str, payload: bytes = LOUD, number: int = PCMU, **more: int) -> None:
        self._sequence = (self._sequence + 1) % 65_536
        packet = RtpPacket(
            **{
                "payload_type": number,
                "sequence_number": self._sequence,
                "timestamp": 160 * self._sequence,
                "ssrc": 7,
                **more,
            },
            payload=payload,
        )
        self.send_raw(sdp, packet.serialize())

    def send_raw(self, sdp: str, data: bytes) -> None:
        sound = description.read(sdp)
        self.transport.sendto(data, (sound.host, sound.port))

    async def until(self, wanted) -> None:
        async with asyncio.timeout(WAIT_S):
            while not wanted(self.packets):
                self._more.clear()
                await self._more.wait()


class Heard:
    """A sink that keeps the loudest sample."""

    def __init__(self):
        self.blocks: list[np.ndarray] = []
        self._more = asyncio.Event()

    def sound(self, samples: bytes) -> None:
        self.blocks.append(np.frombuffer(samples, np.int16))
        self._more.set()

    def picture(self, width: int, height: int, planes: bytes) -> None:
        raise AssertionError("there is none")

    async def until(self, count: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while len(self.blocks) < count:
                self._more.clear()
                await self._more.wait()


@pytest.fixture
async def phone():
    _, made = await asyncio.get_running_loop().create_datagram_endpoint(
        Phone, local_addr=("127.0.0.1", 0)
    )
    yield made
    made.transport.close()


@pytest.fixture
async def legs():
    reports = Reports()
    made = RtpLegs(reports.connected, reports.failed)
    made.reports = reports
    yield made
    await made.close_all()


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_a_leg_that_answers_is_connected_and_sends_a_tone(legs, phone, codec):
    answer = await legs.answer_offer("d", phone.describe(codec=codec), msid=False)

    assert await legs.reports.wait() == [("connected", "d")]
    assert directions(answer) == {"audio": "sendrecv"}
    await phone.until(lambda packets: len(packets) >= 5)
    first = phone.packets[0]
    assert (first.payload_type, len(first.payload)) == (description.CODECS[codec], 160)
    times = [packet.timestamp for packet in phone.packets]
    assert {(later - earlier) % 2**32 for earlier, later in pairwise(times)} == {160}


async def test_a_leg_that_offers_is_connected_once_it_is_answered(legs, phone):
    offer = await legs.create_offer("d", ("audio",), msid=False)
    assert description.read(offer).codec == "PCMU"

    await legs.apply_answer("d", phone.describe())

    assert await legs.reports.wait() == [("connected", "d")]
    await phone.until(lambda packets: bool(packets))
    sent, received = await legs.counts("d")
    assert sent["audio"] >= 1
    assert received == {"audio": 0}


async def test_what_comes_is_decoded_for_a_sink_in_order_and_once(legs, phone):
    answer = await legs.answer_offer("d", phone.describe(), msid=False)
    heard = Heard()
    legs.listen("d", heard)
    for _ in range(12):  # across the end of the sequence numbers
        phone.send(answer)
    phone.send(answer, sequence_number=2)  # late
    phone.send(answer, number=99)  # of no codec
    phone.send(answer, number=18)
    for data in (b"", b"\x80", b"\xff" * 60, bytes(200), b"\x80\x00" + b"\xff" * 9):
        phone.send_raw(answer, data)
    phone.send(answer)
    await heard.until(12)

    assert max(int(block.max()) for block in heard.blocks) > 30_000
    assert (await legs.counts("d"))[1] == {"audio": 13}


async def test_hold_stops_what_is_sent_and_resume_goes_on(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    await phone.until(lambda packets: bool(packets))

    held = await legs.renegotiate("d", phone.describe("sendonly"), lambda: None)
    sent = (await legs.counts("d"))[0]
    assert directions(held) == {"audio": "recvonly"}
    probe = await legs.answer_offer("other", phone.describe(), msid=False)
    await phone.until(lambda packets: len({packet.ssrc for packet in packets}) == 2)
    assert (await legs.counts("d"))[0] == sent
    assert "m=audio" in probe

    resumed = await legs.renegotiate("d", phone.describe(), lambda: None)
    assert directions(resumed) == {"audio": "sendrecv"}
    count = sum(packet.ssrc == phone.packets[0].ssrc for packet in phone.packets)
    await phone.until(lambda packets: sum(each.ssrc == packets[0].ssrc for each in packets) > count)


async def test_a_key_press_is_reported_once(legs, phone):
    digits = []
    legs.on_digit = lambda dialog, digit: digits.append((dialog, digit))
    answer = await legs.answer_offer("d", phone.describe(), msid=False)
    heard = Heard()
    legs.listen("d", heard)
    for duration in (160, 320, 480):
        payload = bytes([5, 10]) + duration.to_bytes(2)
        phone.send(answer, payload, EVENTS, timestamp=4_000)
    phone.send(answer, b"", EVENTS)
    for _ in range(3):
        phone.send(answer)
    await heard.until(1)

    assert digits == [("d", "5")]


async def test_digits_are_sent_as_events(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    assert await legs.send_digits("d", "1#") == ""
    events = [packet.payload[0] for packet in phone.packets if packet.payload_type == EVENTS]
    assert set(events) == {1, 11}


async def test_digits_are_not_sent_while_the_call_is_on_hold(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    sending = asyncio.create_task(legs.send_digits("d", "WWW1"))
    await phone.until(lambda packets: bool(packets))
    await legs.renegotiate("d", phone.describe("sendonly"), lambda: None)
    async with asyncio.timeout(WAIT_S):
        assert "on hold" in await sending
        assert "on hold" in await legs.send_digits("d", "1")
        await legs.renegotiate("d", phone.describe(), lambda: None)
        assert await legs.send_digits("d", "2") == ""
    events = [packet.payload[0] for packet in phone.packets if packet.payload_type == EVENTS]
    assert set(events) == {2}


async def test_two_sendings_of_digits_both_end(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    async with asyncio.timeout(WAIT_S):
        both = await asyncio.gather(legs.send_digits("d", "1"), legs.send_digits("d", "2"))
    assert both == ["", ""]


async def test_digits_need_a_telephone_event(legs, phone):
    plain = phone.describe().replace(f" {EVENTS}\r\n", "\r\n")
    await legs.answer_offer("d", plain, msid=False)
    assert "telephone-event" in await legs.send_digits("d", "1")


CHORD_HZ = {500, 550, 650}
"""523 and 659 Hz of the clip, as ``loudest_hz`` sees them; the idle tone has 440 and 880 Hz."""


def heard_hz(packets: list[RtpPacket]) -> set[int]:
    """The strongest frequency of each packet of sound."""
    decoder = PcmuDecoder()
    frames = [
        frame
        for packet in packets
        if packet.payload_type == PCMU
        for frame in decoder.decode(JitterFrame(data=packet.payload, timestamp=packet.timestamp))
    ]
    return {loudest_hz(frame) for frame in frames}


async def test_a_file_that_is_played_is_heard_at_the_other_end(legs, phone, tmp_path):
    await asyncio.to_thread(generate_clip, tmp_path / "clip.mp4", 1)
    await legs.answer_offer("d", phone.describe(), msid=False)
    await phone.until(lambda packets: len(packets) >= 5)
    assert not heard_hz(phone.packets) & CHORD_HZ
    await legs.play("d", [tmp_path / "clip.mp4"], Pace())
    await phone.until(lambda packets: bool(heard_hz(packets) & CHORD_HZ))


async def test_what_the_other_end_says_is_recorded(legs, phone, tmp_path):
    answer = await legs.answer_offer("d", phone.describe(), msid=False)
    heard, recording = Heard(), Recording(tmp_path / "said.wav")
    legs.listen("d", heard)
    legs.record("d", recording)
    for _ in range(12):
        phone.send(answer, bytes([0x80] * 4 + [0x00] * 4) * 20)
    await heard.until(11)  # what is heard is resampled, and some of it still on its way
    legs.stop_recording("d", recording)
    duration_ms, _ = recording.close()
    assert duration_ms == pytest.approx(240, abs=40)
    with wave.open(str(recording.path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert np.abs(samples.astype(int)).max() > 20_000


async def test_a_file_without_sound_cannot_be_played(legs, phone, tmp_path):
    (tmp_path / "no.mp4").write_bytes(b"nothing")
    await legs.answer_offer("d", phone.describe(), msid=False)
    with pytest.raises(LegError):
        await legs.play("d", [tmp_path / "no.mp4"])


async def test_a_relay_sends_what_it_is_given(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    sink = legs.sink("d")
    loud = np.full(960, 20_000, np.int16).tobytes()

    async def feed():
        while True:
            sink.sound(loud)
            await asyncio.sleep(0.02)

    feeding = asyncio.create_task(feed())
    await phone.until(lambda packets: any(packet.payload[80] < 0x90 for packet in packets))
    feeding.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await feeding


@pytest.mark.parametrize("sdp", ["", "v=0\r\nm=audio 9 RTP/SAVPF 0\r\n"])
async def test_an_offer_that_cannot_be_used_is_refused(legs, sdp):
    with pytest.raises(LegError):
        await legs.answer_offer("d", sdp, msid=False)
    await legs.close("d")
    assert legs.reports.log == []


async def test_a_leg_that_is_closed_while_it_is_made_is_refused(legs, phone):
    making = asyncio.create_task(legs.answer_offer("d", phone.describe(), msid=False))
    await asyncio.sleep(0)
    await legs.close("d")
    with pytest.raises(LegError):
        await making
    assert legs.reports.log == []


async def test_silence_is_noticed(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    silent = asyncio.Event()
    legs.watch("d", 50, silent.set)
    async with asyncio.timeout(WAIT_S):
        await silent.wait()


async def test_a_second_leg_of_a_dialog_is_refused(legs, phone):
    await legs.answer_offer("d", phone.describe(), msid=False)
    with pytest.raises(LegError):
        await legs.create_offer("d", ("audio",), msid=False)
