"""Finds what to play for a URL: a file, a tone or speech; generates a small clip for the rest.

Nothing is ever fetched: the stand-in platform works without a network.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof_fakeserver.media import speech, tones
from ringproof_fakeserver.media.clip_content import CHORD_HZ, CLIP_SECONDS
from ringproof_fakeserver.media.legs import Playable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av import AudioStream, VideoStream
    from av.container import OutputContainer

SAY = "say:"
CLIP_NAME = "clip.mp4"

logger = logging.getLogger("ringproof.media")

_WIDTH, _HEIGHT = 320, 240
_PICTURES_PER_S = 15
_SAMPLE_RATE_HZ = 48_000
_AMPLITUDE = 4_000


def resolve_media(url: str, media_files: Mapping[str, Path], stand_in: Path) -> tuple[Path, str]:
    """Return the file to play for ``url`` and a note; the note is empty for a mapped file.

    ``media_files`` maps URLs, spelled exactly as in the ``play`` verb, to local files. Anything
    else is played as ``stand_in``, generated when it is missing (that takes up to a second:
    call this in a thread).
    """
    mapped = media_files.get(url)
    if mapped is not None and mapped.is_file():
        return mapped, ""
    if not stand_in.is_file():
        generate_clip(stand_in)
    if mapped is not None:
        return stand_in, f"{url} is mapped to {mapped}, which is no file: a clip stands in for it"
    scheme = url.partition(":")[0].lower()
    if scheme in ("http", "https"):
        return stand_in, f"{url} is not fetched: a clip stands in (map the URL to a local file)"
    return stand_in, f"{url} cannot be produced: a clip stands in for it"


async def resolve_all(
    urls: Sequence[str],
    media_files: Mapping[str, Path],
    state_dir: Path,
    espeak: str | None = None,
) -> tuple[list[Playable], str]:
    """Resolve all URLs of one ``play`` without blocking the loop; notes are joined by ``; ``.

    The stand-in clip is kept in ``state_dir`` from one run to the next. ``silence:`` and ``ring:``
    are tones, ``say:`` is spoken by the program ``espeak``.
    """
    found = [await _resolve(url, media_files, state_dir, espeak) for url in urls]
    return [item for item, _ in found], "; ".join(note for _, note in found if note)


async def _resolve(
    url: str, media_files: Mapping[str, Path], state_dir: Path, espeak: str | None
) -> tuple[Playable, str]:
    tone = tones.read(url)
    if tone is not None:
        return tone, ""
    if url.startswith(SAY) and url not in media_files and espeak is not None:
        try:
            return await speech.speak(
                url.removeprefix(SAY).strip(), state_dir / "speech", espeak
            ), ""
        except OSError as error:
            logger.warning("say: %s", error)
    return await asyncio.to_thread(resolve_media, url, media_files, state_dir / CLIP_NAME)


def generate_clip(path: Path, seconds: int = CLIP_SECONDS) -> None:
    """Write an MP4 of ``seconds`` with a chord and a sun that crosses a red sky.

    320x240 at 15 pictures a second, H.264 where FFmpeg has it, else MPEG-4; AAC mono at
    48,000 Hz. Neither looks nor sounds like the test picture and the tone of ``sources.py``.
    The file appears whole or not at all, so several processes may make it at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        _write(Path(name), seconds)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _write(path: Path, seconds: int) -> None:
    import av

    with av.open(str(path), "w", format="mp4") as container:
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        picture = container.add_stream(codec, rate=_PICTURES_PER_S)
        sound = container.add_stream("aac", rate=_SAMPLE_RATE_HZ, layout="mono")
        assert isinstance(picture, av.VideoStream)
        assert isinstance(sound, av.AudioStream)
        picture.width, picture.height, picture.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for second in range(seconds):
            _write_pictures(container, picture, second, seconds)
            _write_sound(container, sound, second)
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))


def _write_pictures(
    container: OutputContainer, stream: VideoStream, second: int, seconds: int
) -> None:
    import av

    for number in range(second * _PICTURES_PER_S, (second + 1) * _PICTURES_PER_S):
        drawn = _draw(number / (seconds * _PICTURES_PER_S))
        frame = av.VideoFrame.from_ndarray(drawn, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, _PICTURES_PER_S)
        container.mux(stream.encode(frame))


def _draw(progress: float) -> npt.NDArray[np.uint8]:
    import numpy as np

    picture = np.full((_HEIGHT * 3 // 2, _WIDTH), 90, np.uint8)
    picture[_HEIGHT * 5 // 4 :] = 200
    rows, columns = np.ogrid[:_HEIGHT, :_WIDTH]
    sun = (rows - _HEIGHT // 2) ** 2 + (columns - progress * _WIDTH) ** 2 < 40**2
    picture[:_HEIGHT][sun] = 220
    return picture


def _write_sound(container: OutputContainer, stream: AudioStream, second: int) -> None:
    import av
    import numpy as np

    time_s = np.arange(_SAMPLE_RATE_HZ) / _SAMPLE_RATE_HZ
    # Whole hertz: every second begins at phase zero, so seconds join without a click.
    wave = sum(_AMPLITUDE * np.sin(2 * np.pi * hertz * time_s) for hertz in CHORD_HZ)
    samples = np.asarray(wave, np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = _SAMPLE_RATE_HZ
    frame.pts, frame.time_base = second * _SAMPLE_RATE_HZ, Fraction(1, _SAMPLE_RATE_HZ)
    container.mux(stream.encode(frame))
