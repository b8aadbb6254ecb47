"""Recordings: what a client says reaches a file, and the file only those who know its URL."""

from __future__ import annotations

import wave

import av
import numpy as np
import pytest

from ringproof_fakeserver.media import recorder, recording
from ringproof_fakeserver.media.recorder import Recorder, Recordings
from ringproof_fakeserver.protocol.events import RecordingFinished


def frame(value: int = 1_000, samples: int = 960) -> av.AudioFrame:
    made = av.AudioFrame.from_ndarray(
        np.full((1, samples), value, np.int16), format="s16", layout="mono"
    )
    made.sample_rate = 48_000
    return made


@pytest.fixture
def files(tmp_path) -> Recordings:
    return Recordings(tmp_path, "https://a.test", "secret")


def samples(path) -> np.ndarray:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def test_sound_is_written_paused_and_silenced(files):
    made = files.begin("one")
    for paused, silent in ((False, False), (True, False), (True, True)):
        made.pause(paused, silent)
        for _ in range(10):
            made.write(frame())
    duration_ms, size_bytes = made.close()
    assert duration_ms == pytest.approx(400, abs=20)
    assert size_bytes == made.path.stat().st_size
    written = samples(made.path)
    assert abs(written[1_000]) > 900
    assert not written[4_000:].any()


def test_what_comes_after_the_longest_recording_is_not_written(files, monkeypatch):
    monkeypatch.setattr(recording, "LONGEST_S", 1)
    made = files.begin("one")
    for _ in range(100):
        made.write(frame())
    assert made.close()[0] == pytest.approx(1_000, abs=20)


def test_files_are_found_by_their_whole_url_alone(files):
    made = files.begin("one")
    made.close()
    assert files.url(made) == "https://a.test/recordings/secret/one.wav"
    assert files.find("secret", "one.wav") == made.path
    for secret, name in (("other", "one.wav"), ("secret", "../one.wav"), ("sécret", "one.wav")):
        assert files.find(secret, name) is None


def test_the_oldest_file_makes_room(files, monkeypatch):
    monkeypatch.setattr(recorder, "MOST_FILES", 2)
    for name in ("one", "two", "three"):
        files.begin(name).close()
    assert files.find("secret", "one.wav") is None
    assert files.find("secret", "three.wav") is not None


def test_a_file_that_cannot_be_opened_is_reported(tmp_path):
    reports: list[RecordingFinished] = []
    for folder in (None, tmp_path / "absent"):
        files = folder and Recordings(folder, "https://a.test", "secret")
        Recorder(files, reports.append).start("d", "r", object())  # type: ignore[arg-type]
    assert reports == [RecordingFinished("d", "r", "", 0, 0)] * 2


class FullDisk:
    """A file that takes nothing: it stands in for the raw file of a recording."""

    def write(self, data: bytes) -> int:
        raise OSError("no space left on device")


class Leg:
    """A leg that records nothing."""

    def record(self, dialog: str, recording: recording.Recording) -> None:
        pass

    stop_recording = record


def test_a_file_that_is_still_written_is_not_replaced(files, monkeypatch):
    monkeypatch.setattr(recorder, "MOST_FILES", 2)
    open_file = files.begin("one")
    files.begin("two").close()
    files.begin("three").close()
    assert files.find("secret", "two.wav") is None
    open_file.write(frame())
    duration_ms, size_bytes = open_file.close()
    assert duration_ms > 0
    assert size_bytes == files.find("secret", "one.wav").stat().st_size


def test_no_further_recording_begins_while_all_files_are_written(files, monkeypatch):
    monkeypatch.setattr(recorder, "MOST_FILES", 1)
    reports: list[RecordingFinished] = []
    made = Recorder(files, reports.append)
    made.start("d", "one", Leg())  # type: ignore[arg-type]
    made.start("d", "two", Leg())  # type: ignore[arg-type]
    assert reports == [RecordingFinished("d", "two", "", 0, 0)]
    made.stop("one")
    assert reports[-1].url.endswith("/one.wav")


def test_a_file_that_was_removed_can_be_finished(files):
    made = files.begin("one")
    made.path.unlink()
    assert made.close()[1] > 0


def test_a_failed_write_is_reported_at_the_end(files, monkeypatch):
    reports: list[RecordingFinished] = []
    made = Recorder(files, reports.append)
    begun: list[recording.Recording] = []
    begin = files.begin
    monkeypatch.setattr(files, "begin", lambda name: begun.append(begin(name)) or begun[-1])
    made.start("d", "one", Leg())  # type: ignore[arg-type]
    monkeypatch.setattr(begun[0]._file, "writeframes", FullDisk().write)
    for _ in range(3):
        begun[0].write(frame())
    made.stop("one")
    assert reports == [RecordingFinished("d", "one", "", 0, 0)]
    assert begun[0].is_closed
