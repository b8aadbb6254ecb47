"""Media parameters: the constraints that a client is asked to put on its tracks.

The platform pushes them once for each connected leg, in a message of their own for each kind of
media. Source: the end-to-end log of a bad network in the repository signalwire/signalwire-js.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import CancelTimer, StartTimer
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.platform import Platform

TIMER: Final = "params"
METHOD: Final = "verto.mediaParams"

_SIZE: Final = {"width": {"min": 1280, "ideal": 1280}, "height": {"min": 720, "ideal": 720}}
_RATE: Final = {"frameRate": {"min": 10, "ideal": 20, "max": 20}}

CONSTRAINTS: Final[dict[str, dict[str, Any]]] = {
    "audio": {"autoGainControl": True, "echoCancellation": True, "noiseSuppression": True},
    "video": {
        **_RATE,
        "aspectRatio": {"exact": 1.777778},
        **_SIZE,
        "advanced": [{**_SIZE, **_RATE}],
        "resizeMode": "none",
    },
}
"""Kind of media → what its track should be like: constraints as for ``applyConstraints``."""


class MediaParams:
    """The media parameters of all connected legs; ``platform`` is by subscriber."""

    def __init__(self, buffer: CommandBuffer, platform: Callable[[str], Platform]) -> None:
        self._buffer = buffer
        self._platform = platform

    def start(self, dialog: Dialog) -> None:
        """Wait until they are due, unless the platform variant has none."""
        delay_ms = self._platform(dialog.session.subscriber).media_params_ms
        if delay_ms:
            dialog.params_due = True
            self._buffer.add(StartTimer(f"{TIMER}:{dialog.id}", delay_ms))

    def stop(self, dialog: Dialog) -> None:
        """Push no more of them."""
        if dialog.params_due:
            dialog.params_due = False
            self._buffer.add(CancelTimer(f"{TIMER}:{dialog.id}"))

    def due(self, dialog: Dialog) -> None:
        """Push them; a client without a socket gets none, as it missed any other event."""
        dialog.params_due = False
        if dialog.session.socket is None:
            return
        for kind in dialog.kinds:
            params = {"callID": dialog.id, "mediaParams": {kind: CONSTRAINTS[kind]}}
            self._buffer.verto(dialog.session, METHOD, params, dialog.id, {"kind": kind})
