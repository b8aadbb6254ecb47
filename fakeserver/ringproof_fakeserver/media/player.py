"""Plays local files into a leg's sources in real time, decoding a little ahead in threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np

from ringproof_fakeserver.media import tones
from ringproof_fakeserver.media.legs import KINDS, Playable, UnplayableError
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.sources import (
    BLOCK_SAMPLES,
    BLOCKS_PER_S,
    PICTURES_PER_S,
    SAMPLE_RATE_HZ,
    Block,
    Opus,
    Picture,
    PictureSource,
    Samples,
    SoundSource,
)
from ringproof_fakeserver.media.tones import Tone

LARGEST_PICTURE = (640, 360)
"""Larger pictures are scaled down to fit: encoding more in real time costs half a core a leg."""

# Sound is handed over this much early, so that no block is missed when the loop is late.
_LEAD_S = 0.1
_BLOCKS_AT_ONCE = 25
_PICTURES_AT_ONCE = 4
# A picture that claims to come later than this after the one before comes now.
_LARGEST_GAP_S = 10.0

SHORTEST_LOOP_S = 0.02
"""A playback that repeats takes at least so long each time."""

Result = TypeVar("Result")


class Playback:
    """The playback of one leg, at most one at a time."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        """What is under way, for who closes the leg."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Play, once what plays now has stopped; a stop makes it return. Raises its error."""
        self.stop()
        if self.tasks:
            await asyncio.wait(self.tasks)
        playing = asyncio.get_running_loop().create_task(work())
        self.tasks.add(playing)
        playing.add_done_callback(self.tasks.discard)
        try:
            await asyncio.wait({playing})
        finally:
            playing.cancel()
        if not playing.cancelled():
            playing.result()

    def stop(self) -> None:
        """Stop what plays."""
        for task in self.tasks:
            task.cancel()


async def play_items(
    items: Sequence[Playable],
    sound: SoundSource | None,
    picture: PictureSource | None,
    pace: Pace,
) -> None:
    """Send these, one after the other, as often as ``pace`` says. Raises ``UnplayableError``."""
    played = 0
    while pace.loops == 0 or played < pace.loops:
        played += 1
        began_s = asyncio.get_running_loop().time()
        for item in items:
            if isinstance(item, Tone):
                await play_tone(item, sound, pace)
            else:
                await play_file(item, sound, picture, pace)
        # Items that take no time must not keep the loop busy for ever.
        await pace.until(began_s + SHORTEST_LOOP_S)


async def play_file(
    path: Path, sound: SoundSource | None, picture: PictureSource | None, pace: Pace
) -> None:
    """Send ``path`` through the sources a leg has; return when its last kind has ended.

    A source whose kind the file lacks is left alone. A file none of whose kinds the leg has is
    waited for. Raises ``UnplayableError``.
    """
    kinds, duration_s = await _decoding(path, lambda: _probe(path))
    if not kinds:
        raise UnplayableError(f"{path.name} holds neither sound nor picture")
    start_s = asyncio.get_running_loop().time()
    pumps = []
    if sound and "audio" in kinds:
        pumps.append(_play_sound(path, start_s, sound, pace))
    if picture and "video" in kinds:
        pumps.append(_play_picture(path, start_s, picture, pace))
    failure: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for pump in pumps or [pace.until(start_s + duration_s)]:
                group.create_task(pump)
    except* UnplayableError as failures:
        failure = failures.exceptions[0]
    if failure:
        raise failure


async def _decoding(path: Path, work: Callable[[], Result]) -> Result:
    """Do a piece of decoding in a thread."""
    try:
        return await asyncio.to_thread(work)
    except (av.FFmpegError, OSError) as error:
        raise UnplayableError(f"{path.name} cannot be played: {error}") from error


def _probe(path: Path) -> tuple[frozenset[str], float]:
    """Return the kinds of a file's streams and the duration that it declares, in s."""
    with av.open(str(path)) as container:
        kinds = KINDS.intersection(stream.type for stream in container.streams)
        return kinds, (container.duration or 0) / av.time_base


async def play_tone(tone: Tone, sound: SoundSource | None, pace: Pace) -> None:
    """Send a tone through the sound of a leg, or wait as long where it has none."""
    start_s = asyncio.get_running_loop().time()
    if sound is None:
        await pace.until(start_s + tone.duration_s)
        return
    encoder = Opus() if sound.opus else None
    sound.start_playback()
    try:
        for number, hertz in enumerate(tones.frequencies(tone)):
            await pace.until(start_s + number / BLOCKS_PER_S - _LEAD_S)
            samples = _amplified(_wave(hertz, number), pace.gain)
            sound.supply(encoder.encode(samples) if encoder else samples)
        await pace.until(start_s + tone.duration_s)
    finally:
        sound.end_playback()


def _wave(hertz: tuple[int, ...], number: int) -> Samples:
    """Return block ``number`` of the sum of these frequencies."""
    time_s = (np.arange(BLOCK_SAMPLES) + number * BLOCK_SAMPLES) / SAMPLE_RATE_HZ
    total = np.zeros(BLOCK_SAMPLES)
    for each in hertz:
        total += tones.amplitude(len(hertz)) * np.sin(2 * np.pi * each * time_s)
    return total.astype(np.int16)


def _amplified(samples: Samples, gain: float) -> Samples:
    if gain == 1.0:
        return samples
    return np.asarray(np.clip(samples * gain, -32_768, 32_767), np.int16)


async def _play_sound(path: Path, start_s: float, source: SoundSource, pace: Pace) -> None:
    # An iterator that is left half-way closes its file when the last reference goes.
    blocks = _read_sound(path, source.opus, pace)
    due_s = start_s
    source.start_playback()
    try:
        while chunk := await _decoding(path, lambda: list(islice(blocks, _BLOCKS_AT_ONCE))):
            for block in chunk:
                await pace.until(due_s - _LEAD_S)
                source.supply(block)
                due_s += 1 / BLOCKS_PER_S
        await pace.until(due_s)
    finally:
        source.end_playback()


async def _play_picture(path: Path, start_s: float, source: PictureSource, pace: Pace) -> None:
    pictures = _read_pictures(path)
    due_s = start_s
    try:
        while chunk := await _decoding(path, lambda: list(islice(pictures, _PICTURES_AT_ONCE))):
            for at_s, picture in chunk:
                due_s = start_s + at_s
                await pace.until(due_s)
                source.supply(picture)
        await pace.until(due_s + 1 / PICTURES_PER_S)
    finally:
        source.end_playback()


def _read_sound(path: Path, opus: bool, pace: Pace) -> Iterator[Block]:
    encoder = Opus() if opus else None
    resampler = av.AudioResampler(
        format="s16", layout="mono", rate=SAMPLE_RATE_HZ, frame_size=BLOCK_SAMPLES
    )
    with av.open(str(path)) as container:
        for frame in chain(container.decode(audio=0), [None]):
            for block in resampler.resample(frame):
                samples = np.asarray(block.to_ndarray(), np.int16).reshape(-1)
                samples = np.pad(samples, (0, BLOCK_SAMPLES - len(samples)))
                samples = _amplified(samples, pace.gain)
                yield encoder.encode(samples) if encoder else samples


def _read_pictures(path: Path) -> Iterator[tuple[float, Picture]]:
    """Yield the time since the first picture in s, and the picture; no faster than can be sent."""
    first_s: float | None = None
    at_s = next_s = 0.0
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if first_s is None:
                first_s = frame.time or 0.0
            claimed_s = at_s if frame.time is None else frame.time - first_s
            at_s = claimed_s if at_s <= claimed_s <= at_s + _LARGEST_GAP_S else at_s
            # Half a tick of tolerance keeps all pictures of a file at just our rate.
            if at_s < next_s - 0.5 / PICTURES_PER_S:
                continue
            next_s = max(next_s, at_s) + 1 / PICTURES_PER_S
            width, height = fitted_size(frame.width, frame.height)
            scaled = frame.reformat(width=width, height=height, format="yuv420p")
            yield at_s, np.asarray(scaled.to_ndarray(), np.uint8)


def fitted_size(width: int, height: int) -> tuple[int, int]:
    """Return a size within ``LARGEST_PICTURE`` with the same shape and even sides."""
    factor = min(1.0, LARGEST_PICTURE[0] / width, LARGEST_PICTURE[1] / height)
    return max(2, int(width * factor) // 2 * 2), max(2, int(height * factor) // 2 * 2)
