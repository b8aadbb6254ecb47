"""The microphone and the camera of one client's machine, and what a test makes of them. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

DeviceState = Literal["works", "missing", "refused", "busy"]

ERRORS: dict[str, str] = {
    "missing": "NotFoundError",
    "refused": "NotAllowedError",
    "busy": "NotReadableError",
}
"""What a browser's ``getUserMedia`` fails with. Source: W3C, Media Capture and Streams, 9.2."""


class DeviceSetting(msgspec.Struct, frozen=True, kw_only=True):
    """What a request for devices gets."""

    call: str = ""
    """The call that the setting is meant for; it is only passed on."""
    microphone: DeviceState = "works"
    camera: DeviceState = "works"
    after_ms: int = 0
    """How long the user takes to decide."""

    def error(self, kinds: tuple[str, ...]) -> str:
        """Return the name of the error for a request; empty when it is granted."""
        states = {"audio": self.microphone, "video": self.camera}
        return next((ERRORS[states[kind]] for kind in kinds if states[kind] != "works"), "")


Report = Callable[[str, Literal["asked", "granted", "failed"], tuple[str, ...], str], None]
"""Takes the setting's call, what happened, the kinds asked for, and the error's name."""


class Devices:
    """Answers each request for devices by the setting of that moment.

    ``later`` runs a callback after some milliseconds.
    """

    def __init__(self, later: Callable[[int, Callable[[], None]], object]) -> None:
        self._later = later
        self.setting = DeviceSetting()
        self.report: Report = lambda *_: None

    def ask(
        self,
        audio: bool,
        video: bool,
        granted: Callable[[], None],
        failed: Callable[[str], None],
    ) -> None:
        """Call ``granted`` or ``failed(error)``, at once or when the user has decided."""
        setting = self.setting
        kinds = tuple([kind for kind, on in (("audio", audio), ("video", video)) if on])
        error = setting.error(kinds)
        if not error and not setting.after_ms:
            granted()
            return
        self.report(setting.call, "asked", kinds, "")

        def decide() -> None:
            if self.setting is setting:  # a user who has decided is not asked again
                self.setting = msgspec.structs.replace(setting, after_ms=0)
            self.report(setting.call, "failed" if error else "granted", kinds, error)
            if error:
                failed(f"{error}: no {' and '.join(kinds)}")
            else:
                granted()

        if setting.after_ms:
            self._later(setting.after_ms, decide)
        else:
            decide()
