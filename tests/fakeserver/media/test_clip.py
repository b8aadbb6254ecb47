from __future__ import annotations

from pathlib import Path

import av
import pytest

from ringproof_fakeserver.media.clip import generate_clip, resolve_all, resolve_media


def test_clip_has_sound_and_picture_of_its_length(clip):
    with av.open(str(clip)) as container:
        (picture,), (sound,) = container.streams.video, container.streams.audio
        assert (picture.codec_context.width, picture.codec_context.height) == (320, 240)
        assert float(picture.duration * picture.time_base) == pytest.approx(1, abs=0.1)
        assert sound.codec_context.sample_rate == 48_000
        assert float(sound.duration * sound.time_base) == pytest.approx(1, abs=0.1)


def test_failed_generation_leaves_nothing_behind(tmp_path):
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(OSError, match="clip"):
        generate_clip(tmp_path / "clip.mp4", seconds=1)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_mapped_url_plays_its_file(clip):
    url = "https://example.com/a.mp4"
    assert resolve_media(url, {url: clip}, Path("unused")) == (clip, "")


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("https://example.com/b.mp4", "is not fetched: a clip stands in"),
        ("say:hello", "cannot be produced"),
        ("https://example.com/lost.mp4", "is no file"),
    ],
)
def test_generated_clip_replaces_other_urls_with_a_note(tmp_path, url, note):
    stand_in = tmp_path / "state" / "clip.mp4"
    path, message = resolve_media(url, {"https://example.com/lost.mp4": tmp_path / "no"}, stand_in)
    assert path == stand_in
    assert path.is_file()
    assert url in message
    assert note in message


async def test_all_urls_of_one_play_are_resolved_with_one_note(tmp_path, clip):
    paths, note = await resolve_all(["a:1", "b:2", "c:3"], {"b:2": clip}, tmp_path)
    assert paths == [tmp_path / "clip.mp4", clip, tmp_path / "clip.mp4"]
    assert note.count("stands in") == 2
