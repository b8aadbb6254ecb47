from __future__ import annotations

import asyncio
from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamError

from ringproof_fakeserver.media.legs import LegError, UnplayableError
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.player import fitted_size, play_file
from ringproof_fakeserver.media.sources import PictureSource, SoundSource, opus_silence
from tests.fakeserver.media.client import Client, loudest_hz, redness
from tests.fakeserver.media.test_aiortc_legs import connect
from tests.fakeserver.wire_client import WAIT_S


def write_wav(path, seconds=0.3, hertz=2_000, rate_hz=8_000):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=rate_hz, layout="mono")
        time_s = np.arange(int(seconds * rate_hz)) / rate_hz
        samples = (9_000 * np.sin(2 * np.pi * hertz * time_s)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


async def test_file_reaches_the_client_and_the_test_picture_comes_back(legs, client, reports, clip):
    await connect(legs, client, reports)
    await client.see("video", lambda frame: redness(frame) < 120)
    start = asyncio.get_running_loop().time()
    playing = asyncio.create_task(legs.play("d", [clip]))
    # Looked for side by side: a picture that comes late must not cost the sound, which lasts 1 s.
    await asyncio.gather(
        client.see("video", lambda frame: redness(frame) > 180),
        client.see("audio", lambda frame: abs(loudest_hz(frame) - 523) <= 60),
    )
    await playing
    assert asyncio.get_running_loop().time() - start > 0.9
    await client.see("video", lambda frame: redness(frame) < 120)
    await client.see("audio", lambda frame: abs(loudest_hz(frame) - 440) <= 50)


async def test_file_without_picture_keeps_the_test_picture(legs, client, reports, tmp_path):
    write_wav(tmp_path / "a.wav")
    await connect(legs, client, reports)
    playing = asyncio.create_task(legs.play("d", [tmp_path / "a.wav", tmp_path / "a.wav"]))
    await client.see("audio", lambda frame: abs(loudest_hz(frame) - 2_000) <= 60)
    assert redness(await client.see("video", lambda frame: True)) < 120
    await playing


async def test_playing_starts_when_the_leg_is_connected(legs, client, reports, endless):
    offer = await legs.create_offer("d", ("audio", "video"), True)
    playing = asyncio.create_task(legs.play("d", endless))
    await asyncio.sleep(0)
    await legs.apply_answer("d", await client.answer(offer))
    await client.see("video", lambda frame: redness(frame) > 180)
    legs.stop_play("d")
    await playing


@pytest.mark.parametrize("how", ["stop_play", "close"])
async def test_playing_ends_early(legs, client, reports, endless, how):
    await connect(legs, client, reports)
    playing = asyncio.create_task(legs.play("d", endless))
    await client.see("video", lambda frame: redness(frame) > 180)
    if how == "close":
        await legs.close("d")
    else:
        legs.stop_play("d")
        await client.see("video", lambda frame: redness(frame) < 120)
    async with asyncio.timeout(WAIT_S):
        await playing


async def test_second_playback_replaces_the_first(legs, client, reports, clip, endless):
    await connect(legs, client, reports)
    first = asyncio.create_task(legs.play("d", endless))
    await client.see("video", lambda frame: redness(frame) > 180)
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(first, legs.play("d", [clip]))


async def test_cancelling_stops_the_playback(legs, client, reports, endless):
    await connect(legs, client, reports)
    playing = asyncio.create_task(legs.play("d", endless))
    await client.see("video", lambda frame: redness(frame) > 180)
    playing.cancel()
    await client.see("video", lambda frame: redness(frame) < 120)
    with pytest.raises(asyncio.CancelledError):
        await playing


async def test_leg_closed_before_it_connected_plays_nothing(legs, clip):
    await legs.create_offer("d", ("audio",), True)
    playing = asyncio.create_task(legs.play("d", [clip]))
    await asyncio.sleep(0)
    await legs.close("d")
    await playing


async def test_file_that_cannot_be_decoded_raises(legs, client, reports, tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no media at all" * 100)
    await connect(legs, client, reports, ("audio",))
    with pytest.raises(LegError, match=r"bad.mp4 cannot be played"):
        await legs.play("d", [tmp_path / "bad.mp4"])


async def test_file_that_is_gone_raises(tmp_path):
    with pytest.raises(UnplayableError, match="cannot be played"):
        await play_file(tmp_path / "absent.mp4", None, None, Pace())


async def test_file_without_sound_and_picture_raises(tmp_path):
    text = "1\n00:00:00,000 --> 00:00:01,000\nhello\n"
    (tmp_path / "words.srt").write_text(text)
    with pytest.raises(UnplayableError, match="neither sound nor picture"):
        await play_file(tmp_path / "words.srt", None, None, Pace())


@pytest.mark.parametrize("sources", [(SoundSource, PictureSource), None], ids=["unheard", "none"])
async def test_playback_goes_on_when_no_frame_is_read(clip, sources):
    """A client that listens to nothing does not make the playback last for ever."""
    sound, picture = [source() for source in sources] if sources else (None, None)
    start = asyncio.get_running_loop().time()
    async with asyncio.timeout(WAIT_S):
        await play_file(clip, sound, picture, Pace())
    assert asyncio.get_running_loop().time() - start > 0.9


async def test_file_plays_to_a_client_without_opus(legs, reports, endless):
    client = Client("PCMU")
    try:
        await connect(legs, client, reports)
        await client.see("audio", lambda frame: abs(loudest_hz(frame) - 440) <= 50)
        playing = asyncio.create_task(legs.play("d", endless))
        await client.see("audio", lambda frame: abs(loudest_hz(frame) - 523) <= 60)
        legs.stop_play("d")
        await playing
    finally:
        await client.close()


async def test_sound_that_decodes_too_slowly_leaves_silence():
    for opus in (True, False):
        source = SoundSource()
        source.opus = opus
        source.start_playback()
        sent = await source.recv()
        assert bytes(sent) == opus_silence() if opus else not sent.to_ndarray().any()
        source.stop()
        with pytest.raises(MediaStreamError):
            await source.recv()


@pytest.mark.parametrize(
    ("size", "fitted"),
    [
        ((320, 240), (320, 240)),
        ((1920, 1080), (640, 360)),
        ((333, 111), (332, 110)),
        ((1, 1), (2, 2)),
    ],
)
def test_large_pictures_are_scaled_to_fit(size, fitted):
    assert fitted_size(*size) == fitted
