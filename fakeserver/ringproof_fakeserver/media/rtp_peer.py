"""One leg of plain RTP: sends its source as G.711, and passes on what it gets (RFC 3550, 3551).

Importing this imports aiortc, PyAV and numpy: only ``rtp_legs.py`` does, when the first leg is
asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import Self, cast

import av
import numpy as np
from aiortc.codecs.g711 import (
    PcmaDecoder,
    PcmaEncoder,
    PcmDecoder,
    PcmEncoder,
    PcmuDecoder,
    PcmuEncoder,
)
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket

from ringproof_fakeserver.media.digits import DigitPath
from ringproof_fakeserver.media.legs import Playable, Sink
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.player import Playback, play_items
from ringproof_fakeserver.media.recording import Recording
from ringproof_fakeserver.media.relay import Tap
from ringproof_fakeserver.media.silence import Silence
from ringproof_fakeserver.media.sources import SoundSource
from ringproof_fakeserver.sip.description import Sound

RATE_HZ = 8_000
SAMPLES = 160
"""Of a packet: 20 ms at 8,000 Hz."""
ON_HOLD = "the user agent receives no sound: it is on hold"
HALF = 2**15
"""Half of all sequence numbers: what is further ahead than this is behind."""

_CODECS: dict[str, tuple[Callable[[], PcmEncoder], Callable[[], PcmDecoder]]] = {
    "PCMU": (PcmuEncoder, PcmuDecoder),
    "PCMA": (PcmaEncoder, PcmaDecoder),
}


class RtpPeer(asyncio.DatagramProtocol):
    """The platform's end of one dialog's media; also the ``Sink`` of the leg."""

    def __init__(self, on_digit: Callable[[str], None]) -> None:
        self._on_digit = on_digit
        self.sent = 0
        self.received = 0
        self.deaf = False
        """Whether what arrives is dropped."""
        self.mute = False
        """Whether nothing is sent, on purpose."""
        self._transport: asyncio.DatagramTransport
        self._source = SoundSource()
        self._sound: Sound | None = None
        """What the other end has described last."""
        self._encoder: PcmEncoder = PcmuEncoder()
        self._decoder: PcmDecoder = PcmuDecoder()
        self._tap: Tap | None = None
        self._silence: Silence | None = None
        self._version = 0
        self._sending: asyncio.Task[None] | None = None
        self._playback = Playback()
        self._digits: DigitPath | None = None
        """None while the other end has no telephone-event."""
        self._waiting: set[asyncio.Future[str]] = set()
        """Done when digits that are being sent are out, or with what is in the way."""
        self.recordings: set[Recording] = set()
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(31)
        self._last: tuple[int, int] | None = None
        """Source and sequence number of the newest packet that came."""

    @classmethod
    async def open(cls, host: str, on_digit: Callable[[str], None]) -> Self:
        """Bind a free port; ``on_digit`` gets each digit that comes. Raises ``OSError``."""
        loop = asyncio.get_running_loop()
        _, peer = await loop.create_datagram_endpoint(lambda: cls(on_digit), local_addr=(host, 0))
        return peer

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port where it receives."""
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    def next_version(self) -> int:
        """Return the version of the next description of this leg."""
        self._version += 1
        return self._version

    def agree(self, sound: Sound) -> None:
        """Send what the other end has described, from now on."""
        if self._sound is None or self._sound.codec != sound.codec:
            make_encoder, make_decoder = _CODECS[sound.codec]
            self._encoder, self._decoder = make_encoder(), make_decoder()
        if self._sound is None or self._sound.events != sound.events:
            events = sound.events
            self._digits = None if events is None else DigitPath(events, RATE_HZ, self._on_digit)
            self._give_up("the user agent has another telephone-event now")
        self._sound = sound
        if not sound.wants:
            self._give_up(ON_HOLD)
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    async def _send(self) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await self._source.recv()
                assert isinstance(frame, av.AudioFrame), "this leg's source is not encoded"
                payloads, _ = self._encoder.encode(frame)
                for payload in payloads:
                    self._send_packet(payload)

    def _send_packet(self, payload: bytes) -> None:
        sound = self._sound
        assert sound is not None, "sending begins with a description"
        self._timestamp = (self._timestamp + SAMPLES) % 2**32
        if self.mute or not sound.wants or self._transport.is_closing():
            return
        self._sequence = (self._sequence + 1) % 2**16
        packet = RtpPacket(
            payload_type=sound.number,
            marker=int(self.sent == 0),
            sequence_number=self._sequence,
            timestamp=self._timestamp,
            ssrc=self._ssrc,
            payload=payload,
        )
        # An address that cannot be sent to is the other end's own fault, and its loss.
        with contextlib.suppress(OSError):
            data = packet.serialize()
            data = self._digits.replaced(data) if self._digits is not None else data
            self._transport.sendto(data, (sound.host, sound.port))
            self.sent += 1

    # What comes.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        # asyncio's own transport of datagrams is no subclass of its interface.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def error_received(self, error: Exception) -> None:
        """Ignore that nobody listens there (any more)."""

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Take one packet of the other end."""
        sound = self._sound
        if self.deaf or sound is None or address[0] != sound.host:
            return
        try:
            packet = RtpPacket.parse(data)
        except ValueError:
            return
        if packet.payload_type not in (sound.number, sound.events) or not self._is_newer(packet):
            return
        self.received += 1
        if self._silence is not None:
            self._silence.heard()
        if packet.payload_type == sound.number:
            self._heard(packet)
        elif self._digits is not None:
            self._digits.heard(data)

    def _heard(self, packet: RtpPacket) -> None:
        if not packet.payload or (self._tap is None and not self.recordings):
            return
        frame = JitterFrame(data=packet.payload, timestamp=packet.timestamp)
        for decoded in self._decoder.decode(frame):
            assert isinstance(decoded, av.AudioFrame), "G.711 is sound"
            for recording in self.recordings:
                recording.write(decoded)
            if self._tap is not None:
                self._tap.take(decoded)

    def _is_newer(self, packet: RtpPacket) -> bool:
        """Whether this packet is no repetition and not too late; another source begins anew."""
        if self._last is not None and self._last[0] == packet.ssrc:
            ahead = (packet.sequence_number - self._last[1]) % 2**16
            if not 0 < ahead < HALF:
                return False
        self._last = packet.ssrc, packet.sequence_number
        return True

    # What the legs ask for.

    def watch(self, within_ms: int, on_silent: Callable[[], None]) -> None:
        """Call ``on_silent`` once, when no packet has come for so long."""
        self._stop_watching()
        self._silence = Silence(within_ms, on_silent)

    def _stop_watching(self) -> None:
        if self._silence is not None:
            self._silence.stop()
            self._silence = None

    def listen(self, sink: Sink) -> None:
        """Give what comes to this sink from now on."""
        self._tap = Tap(sink)

    def start_relay(self) -> None:
        """Send only what ``sound`` is given, outside of playbacks."""
        self._source.start_relay()

    def sound(self, samples: bytes) -> None:
        """See ``Sink.sound``."""
        self._source.relay(np.frombuffer(samples, np.int16))

    def picture(self, width: int, height: int, planes: bytes) -> None:
        """See ``Sink.picture``: dropped."""

    async def play(self, items: Sequence[Playable], pace: Pace) -> None:
        """Play files one after the other; a stop makes it return. Raises ``UnplayableError``."""
        await self._playback.run(lambda: play_items(items, self._source, None, pace))

    def stop_play(self) -> None:
        """Go back to what was sent before the playback."""
        self._playback.stop()

    async def send_digits(self, digits: str) -> str:
        """Send digits in the sound; return what was in the way, or nothing."""
        if self._digits is None:
            return "the user agent's description has no telephone-event"
        if self._sound is not None and not self._sound.wants:
            return ON_HOLD
        sent: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        path = self._digits

        def on_sent() -> None:
            if not sent.done():
                sent.set_result("")

        self._waiting.add(sent)
        path.send(digits, on_sent)
        try:
            return await sent
        finally:
            path.withdraw(on_sent)
            self._waiting.discard(sent)

    def _give_up(self, note: str) -> None:
        """End all sending of digits."""
        for sent in self._waiting:
            if not sent.done():
                sent.set_result(note)

    async def close(self) -> None:
        """Free the port and the tasks."""
        self._stop_watching()
        self._tap = None
        self._give_up("")
        self._transport.close()
        self._source.stop()
        tasks = [*self._playback.tasks, *([self._sending] if self._sending else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
