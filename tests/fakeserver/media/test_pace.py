"""Tones, speech, and playbacks that are paused, repeated and made louder."""

from __future__ import annotations

import asyncio
import os
import sys

import numpy as np
import pytest

from ringproof_fakeserver.media import speech, tones
from ringproof_fakeserver.media.clip import resolve_all
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.player import play_tone
from ringproof_fakeserver.media.sources import SoundSource
from ringproof_fakeserver.media.tones import Tone
from tests.fakeserver.media.client import loudest_hz
from tests.fakeserver.media.test_aiortc_legs import connect
from tests.fakeserver.wire_client import WAIT_S


@pytest.mark.parametrize(
    ("url", "tone"),
    [
        ("silence:2", Tone(2.0)),
        ("silence: 0.5", Tone(0.5)),
        ("ring:us", Tone(tones.ONE_RING_S, "us")),
        ("ring: 1.5: DE", Tone(1.5, "de")),
        ("http://a", None),
        ("say:ring", None),
    ],
)
def test_tones_are_read_from_urls(url, tone):
    assert tones.read(url) == tone


def test_ring_tones_have_the_cadence_of_their_country():
    sounding = [bool(hertz) for hertz in tones.frequencies(Tone(6.0, "uk"))]
    edges = [n * 20 for n in range(1, len(sounding)) if sounding[n] != sounding[n - 1]]
    assert edges == [400, 600, 1_000, 3_000, 3_400, 3_600, 4_000]
    assert not any(tones.frequencies(Tone(1.0)))
    assert next(tones.frequencies(Tone(1.0, "it"))) == (425,)


class Supplied(SoundSource):
    """A source that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[np.ndarray] = []

    def supply(self, block) -> None:
        self.blocks.append(block)


async def test_volume_changes_what_is_sent():
    loud, soft = Supplied(), Supplied()
    await play_tone(Tone(0.1, "us"), loud, Pace(volume_db=0))
    await play_tone(Tone(0.1, "us"), soft, Pace(volume_db=-20))
    ratio = np.abs(loud.blocks[2]).max() / np.abs(soft.blocks[2]).max()
    assert ratio == pytest.approx(10, rel=0.05)
    overdriven = Supplied()
    await play_tone(Tone(0.1, "us"), overdriven, Pace(volume_db=40))
    assert np.abs(overdriven.blocks[2].astype(int)).max() >= 32_767


async def test_a_paused_playback_waits_and_then_goes_on(monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now_s)
    pace = Pace()
    playing = asyncio.create_task(play_tone(Tone(0.2), None, pace))

    async def is_done() -> bool:
        for _ in range(10):
            await asyncio.sleep(0)
        return playing.done()

    assert not await is_done()
    now_s += 0.1
    pace.pause()
    pace.pause()
    now_s += 0.4
    assert not await is_done()
    pace.resume()
    pace.resume()
    now_s += 0.09
    assert not await is_done()
    now_s += 0.02
    assert await is_done()


async def test_a_playback_without_end_goes_on_until_it_is_stopped(legs, client, reports):
    await connect(legs, client, reports)
    playing = asyncio.create_task(legs.play("d", [Tone(0.1, "it")], Pace(loops=0)))
    for _ in range(3):
        await client.see("audio", lambda frame: loudest_hz(frame) in (400, 450))
    assert not playing.done()
    legs.stop_play("d")
    async with asyncio.timeout(WAIT_S):
        await playing


@pytest.fixture
def espeak(tmp_path):
    """A program that takes the arguments of espeak-ng and writes what it is told as the file."""
    program = tmp_path / "espeak-ng"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "text = sys.stdin.read()\n"
        "assert sys.argv[1] == '-w' and sys.argv[3] == '--stdin'\n"
        "if text == 'fail': sys.exit(3)\n"
        "open(sys.argv[2], 'a').write(text)\n"
        "if text == 'half': sys.exit(3)\n"
    )
    program.chmod(0o755)
    return str(program)


async def test_speech_is_made_once_for_a_text(tmp_path, espeak):
    path = await speech.speak("Hello", tmp_path / "speech", espeak)
    assert path.read_text() == "Hello"
    os.utime(path, (1, 1))
    assert await speech.speak("Hello", tmp_path / "speech", "absent") == path
    assert sorted(path.parent.iterdir()) == [path]


async def test_urls_become_what_a_leg_can_play(tmp_path, espeak):
    items, note = await resolve_all(["say: Hello", "silence:1"], {}, tmp_path, espeak)
    assert items[0].read_text() == "Hello"
    assert (items[1], note) == (Tone(1.0), "")


async def test_the_oldest_speech_makes_room(tmp_path, espeak, monkeypatch):
    monkeypatch.setattr(speech, "MOST_FILES", 2)
    (tmp_path / "clip.mp4").write_text("another file")
    made = []
    for number, text in enumerate(("one", "two", "one", "three")):
        made.append(await speech.speak(text, tmp_path, espeak))
        os.utime(made[-1], (number, number))
    assert set(tmp_path.glob("say-*")) == {made[2], made[3]}
    assert (tmp_path / "clip.mp4").exists()


async def test_speech_that_fails_leaves_no_file(tmp_path, espeak):
    for text in ("half", "fail"):
        with pytest.raises(OSError, match="status 3"):
            await speech.speak(text, tmp_path / "speech", espeak)
    assert list((tmp_path / "speech").iterdir()) == []


@pytest.mark.parametrize("text", ["fail", "x" * 3_000])
async def test_speech_that_fails_or_is_long(tmp_path, espeak, text):
    if text == "fail":
        with pytest.raises(OSError, match="status 3"):
            await speech.speak(text, tmp_path, espeak)
        items, note = await resolve_all([f"say:{text}"], {}, tmp_path, espeak)
        assert items[0].name == "clip.mp4"
        assert "cannot be produced" in note
    else:
        path = await speech.speak(text, tmp_path, espeak)
        assert len(path.read_text()) == speech.LONGEST_TEXT
