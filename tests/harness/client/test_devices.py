"""The microphone and the camera of the reference client's machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ringproof.client.devices import Devices, DeviceSetting


class Machine:
    """Devices whose user decides when told to; what happened is in ``seen``."""

    def __init__(self, **setting: object) -> None:
        self.seen: list[str] = []
        self._undecided: list[Callable[[], None]] = []
        self.devices = Devices(lambda _, decide: self._undecided.append(decide))
        self.devices.setting = DeviceSetting(call="c", **setting)
        self.devices.report = self._report

    def _report(self, call: str, state: str, kinds: tuple[str, ...], error: str) -> None:
        self.seen.append(" ".join(filter(None, [call, state, "+".join(kinds), error])))

    def ask(self, *, audio: bool = True, video: bool = False) -> None:
        self.devices.ask(
            audio,
            video,
            granted=lambda: self.seen.append("got"),
            failed=lambda error: self.seen.append(error.partition(":")[0]),
        )

    def decide(self) -> None:
        self._undecided.pop(0)()


def test_request_that_no_setting_concerns_is_granted_and_not_reported():
    machine = Machine(camera="refused")
    machine.ask()
    assert machine.seen == ["got"]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("missing", "NotFoundError"),
        ("refused", "NotAllowedError"),
        ("busy", "NotReadableError"),
    ],
)
def test_device_that_does_not_work_fails_the_whole_request(state: str, error: str):
    machine = Machine(camera=state)
    machine.ask(video=True)
    assert machine.seen == ["c asked audio+video", f"c failed audio+video {error}", error]


def test_user_decides_once():
    machine = Machine(after_ms=100)
    machine.ask()
    assert machine.seen == ["c asked audio"]
    machine.decide()
    assert machine.seen[1:] == ["c granted audio", "got"]
    machine.ask()
    assert machine.seen[3:] == ["got"]


def test_user_who_forbids_is_not_asked_again():
    machine = Machine(microphone="refused", after_ms=100)
    machine.ask()
    machine.decide()
    machine.ask()
    assert machine.seen[3:] == [
        "c asked audio",
        "c failed audio NotAllowedError",
        "NotAllowedError",
    ]


def test_decision_on_an_older_setting_leaves_the_new_one_alone():
    machine = Machine(after_ms=100)
    machine.ask()
    machine.devices.setting = DeviceSetting(call="d", after_ms=50)
    machine.decide()
    assert machine.devices.setting.after_ms == 50
