"""The tracks of a leg: a tone and a test picture, or what a playback or another leg supplies.

A source is one track for the life of a leg: changing what it sends leaves its timestamps
continuous. Sound is ``(960,)`` int16 mono at 48,000 Hz: blocks of 20 ms. Pictures are planar
``(360, 320)`` uint8 yuv420p of 320x240 pixels at 15 a second.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.stream import Stream

SAMPLE_RATE_HZ = 48_000
BLOCK_SAMPLES = 960
BLOCKS_PER_S = SAMPLE_RATE_HZ // BLOCK_SAMPLES

TONE_HZ = 440
BEEP_HZ = 880

_BITS_PER_S = 48_000
_TONE_AMPLITUDE = 3_000
_BEEP_AMPLITUDE = 9_000

Samples = npt.NDArray[np.int16]

PICTURES_PER_S = 15
WIDTH, HEIGHT = 320, 240

_BAR_WIDTH = 24
_BAR_STEP = 8
_COUNTER_BITS = 10
_COUNTER_CELL = 24

# A track that is later than this skips the lost time instead of sending a burst.
_LARGEST_BACKLOG_S = 0.5
# Half a second: what a playback may supply before it is sent; older blocks are dropped.
_LARGEST_QUEUE_BLOCKS = 25
# The same for what another leg has received: what waits longer is late for a conversation.
_LARGEST_RELAY_BLOCKS = 10

Block = Samples | bytes
"""20 ms of sound, plain or encoded as Opus."""

Picture = npt.NDArray[np.uint8]


@functools.cache
def tone() -> tuple[Samples, ...]:
    """Return one second in blocks; it repeats without a click.

    440 Hz, and a beep an octave above during the first fifth of every second.
    """
    time_s = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    wave = _TONE_AMPLITUDE * np.sin(2 * np.pi * TONE_HZ * time_s)
    beep = time_s < 0.2
    wave[beep] = _BEEP_AMPLITUDE * np.sin(2 * np.pi * BEEP_HZ * time_s[beep])
    return tuple(wave.astype(np.int16).reshape(BLOCKS_PER_S, BLOCK_SAMPLES))


class Opus:
    """An encoder of consecutive blocks."""

    def __init__(self) -> None:
        codec = av.CodecContext.create("libopus", "w")
        assert isinstance(codec, av.AudioCodecContext)
        codec.bit_rate = _BITS_PER_S
        codec.format = av.AudioFormat("s16")
        codec.layout = av.AudioLayout("mono")
        codec.sample_rate = SAMPLE_RATE_HZ
        codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
        self._codec = codec
        self._encoded = 0

    def encode(self, block: Samples) -> bytes:
        """Return the payload of one RTP packet."""
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts = self._encoded * BLOCK_SAMPLES
        self._encoded += 1
        (packet,) = self._codec.encode(frame)
        return bytes(packet)


@functools.cache
def opus_tone() -> tuple[bytes, ...]:
    """Return one second of the tone; the encoder is warmed up by a second that is dropped.

    Encoding it once for all legs saves a thread hop per block. Measured with six legs: 4 % of a
    core per audio leg instead of 8 % with an encoder in each.
    """
    encoder = Opus()
    return tuple([encoder.encode(block) for block in tone() * 2][len(tone()) :])


@functools.cache
def opus_silence() -> bytes:
    """Return one block of silence."""
    return Opus().encode(np.zeros(BLOCK_SAMPLES, np.int16))


@functools.cache
def _background() -> Picture:
    picture = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    picture[:HEIGHT] = np.linspace(40, 150, WIDTH, dtype=np.uint8)
    # Both chroma planes lie one after the other below the luma: blue, and no red.
    picture[HEIGHT : HEIGHT * 5 // 4] = 170
    picture[HEIGHT * 5 // 4 :] = 100
    return picture


def test_picture(number: int) -> Picture:
    """Draw picture ``number``: a bar that moves right and the number as ten binary cells."""
    picture = _background().copy()
    bar = (number * _BAR_STEP) % (WIDTH - _BAR_WIDTH)
    picture[: HEIGHT - 2 * _COUNTER_CELL, bar : bar + _BAR_WIDTH] = 235
    top = HEIGHT - _COUNTER_CELL
    for bit in range(_COUNTER_BITS):
        left = WIDTH - (bit + 1) * _COUNTER_CELL
        picture[top:HEIGHT, left : left + _COUNTER_CELL - 4] = 235 if number >> bit & 1 else 16
    return picture


@functools.cache
def black_picture() -> Picture:
    """Return a picture without any light."""
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    picture[:HEIGHT] = 16
    return picture


class _Source(MediaStreamTrack):
    """A track that sends at a fixed rate, counted from its first item."""

    def __init__(self, items_per_s: int) -> None:
        super().__init__()
        self._items_per_s = items_per_s
        self._next_s: float | None = None
        self._sent = 0

    async def _due(self) -> int:
        """Return the number of the next item once it is due; a late caller catches up a little."""
        now_s = asyncio.get_running_loop().time()
        due_s = now_s if self._next_s is None else self._next_s
        if now_s - due_s > _LARGEST_BACKLOG_S:
            due_s = now_s
        self._next_s = due_s + 1 / self._items_per_s
        if due_s > now_s:
            await asyncio.sleep(due_s - now_s)
        if self.readyState != "live":
            raise MediaStreamError
        self._sent += 1
        return self._sent - 1


class SoundSource(_Source):
    """The sound of one leg. While a playback or a relay is active, missing blocks are silence."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__(BLOCKS_PER_S)
        self.opus = False
        """True once the client chose Opus: blocks are then supplied and sent encoded."""
        self._supplied: deque[Block] | None = None
        self._relayed: deque[Samples] | None = None
        self._encoder: Opus | None = None
        """Of what is relayed."""

    def start_relay(self) -> None:
        """Give up the tone for good: blocks come from ``relay``, except during a playback."""
        if self._relayed is None:
            self._relayed = deque(maxlen=_LARGEST_RELAY_BLOCKS)

    def relay(self, block: Samples) -> None:
        """Queue one block of another leg; ignored before ``start_relay``."""
        if self._relayed is not None:
            self._relayed.append(block)

    def start_playback(self) -> None:
        """Stop the tone: blocks come from ``supply`` until ``end_playback``."""
        self._supplied = deque(maxlen=_LARGEST_QUEUE_BLOCKS)

    def end_playback(self) -> None:
        """Go back to what was sent before it."""
        self._supplied = None

    def supply(self, block: Block) -> None:
        """Queue one block; ignored when no playback is active."""
        if self._supplied is not None:
            self._supplied.append(block)

    def _block(self, number: int) -> Block:
        if self._supplied is None and self._relayed is None:
            return (opus_tone() if self.opus else tone())[number % BLOCKS_PER_S]
        if self._supplied:
            return self._supplied.popleft()
        if self._supplied is None and self._relayed:
            return self._encoded(self._relayed.popleft())
        return opus_silence() if self.opus else np.zeros(BLOCK_SAMPLES, np.int16)

    def _encoded(self, block: Samples) -> Block:
        """Encode a block of another leg if blocks are sent encoded: 0.2 ms of the loop's time."""
        if not self.opus:
            return block
        self._encoder = self._encoder or Opus()
        return self._encoder.encode(block)

    async def recv(self) -> av.AudioFrame | av.Packet[Stream]:
        """Return the next 20 ms when they are due."""
        number = await self._due()
        block = self._block(number)
        item: av.AudioFrame | av.Packet[Stream]
        if isinstance(block, bytes):
            item = av.Packet(block)
        else:
            item = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
            item.sample_rate = SAMPLE_RATE_HZ
        item.pts, item.time_base = number * BLOCK_SAMPLES, Fraction(1, SAMPLE_RATE_HZ)
        return item


class PictureSource(_Source):
    """The picture of one leg. One that was supplied stays until the next is."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__(PICTURES_PER_S)
        self._supplied: Picture | None = None
        self._relayed: Picture | None = None

    def start_relay(self) -> None:
        """Give up the test picture for good: it is black until ``relay`` has brought another."""
        if self._relayed is None:
            self._relayed = black_picture()

    def relay(self, picture: Picture) -> None:
        """Show this picture of another leg from now on, except during a playback."""
        self._relayed = picture

    def end_playback(self) -> None:
        """Go back to what was shown before it."""
        self._supplied = None

    def supply(self, picture: Picture) -> None:
        """Show this picture from now on; any size with even sides."""
        self._supplied = picture

    async def recv(self) -> av.VideoFrame:
        """Return the next picture when it is due."""
        number = await self._due()
        picture = self._supplied if self._supplied is not None else self._relayed
        picture = test_picture(number) if picture is None else picture
        # A fresh frame each time: the encoder marks frames, and other legs encode theirs in
        # other threads.
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, PICTURES_PER_S)
        return frame
