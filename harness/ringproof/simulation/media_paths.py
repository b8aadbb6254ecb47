"""Media paths of a simulation: cut on purpose, closed by the client, and watched by both ends."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof.client import events
from ringproof.client.media import STALLED_MS
from ringproof.simulation.scheduler import Scheduler
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming


class _Path(msgspec.Struct, eq=False):
    within_ms: int = 0
    """The platform's media timeout; 0: nobody watches."""
    from_client: bool = False
    to_client: bool = False
    """Which packets are lost."""
    closed: bool = False
    """The client sends nothing any more, and waits for nothing."""
    ended: bool = False
    """The platform has closed its side."""
    changes: int = 0
    """Every change makes the timers before it void."""


class MediaPaths:
    """By dialog. ``to_platform`` gives the platform an event, ``to_devices`` every device."""

    def __init__(
        self,
        clock: Scheduler,
        to_platform: Callable[[incoming.AnyEvent], None],
        to_devices: Callable[[events.Event], None],
    ) -> None:
        self._clock = clock
        self._to_platform = to_platform
        self._to_devices = to_devices
        self._paths: dict[str, _Path] = {}

    def watch(self, command: platform.WatchMedia) -> None:
        """Watch the client's packets for the platform."""
        path = self._path(command.dialog)
        path.within_ms = command.within_ms
        self._changed(command.dialog, path)

    def cut(self, command: platform.CutMedia) -> None:
        """Lose the packets of these directions from now on."""
        path = self._path(command.dialog)
        path.from_client, path.to_client = command.from_client, command.to_client
        self._changed(command.dialog, path)

    def is_whole(self, dialog: str) -> bool:
        """Say whether packets pass in both directions."""
        path = self._paths.get(dialog)
        return path is None or not (path.from_client or path.to_client or path.closed)

    def client_closed(self, dialog: str) -> None:
        """Let the client send nothing any more."""
        path = self._paths.get(dialog)
        if path is not None:
            path.closed = True
            self._changed(dialog, path)
            if path.ended:
                self.forget(dialog)

    def platform_closed(self, dialog: str) -> None:
        """End the platform's side of the path.

        A client that cannot be told of it, because nothing reaches it, goes on waiting for packets.
        """
        path = self._paths.get(dialog)
        if path is not None:
            path.ended = True
            if path.closed or not path.to_client:
                self.forget(dialog)

    def forget(self, dialog: str) -> None:
        """End the path for both sides: another one may take its place."""
        path = self._paths.pop(dialog, None)
        if path is not None:
            path.changes += 1

    def _path(self, dialog: str) -> _Path:
        return self._paths.setdefault(dialog, _Path())

    def _changed(self, dialog: str, path: _Path) -> None:
        path.changes += 1
        if path.within_ms and (path.from_client or path.closed):
            silent = incoming.MediaSilent(dialog)
            self._later(path, path.within_ms, lambda: path.ended or self._to_platform(silent))
        if path.to_client and not path.closed:
            stalled = events.MediaStalled(dialog)
            self._later(path, STALLED_MS, lambda: self._to_devices(stalled))

    def _later(self, path: _Path, delay_ms: int, action: Callable[[], object]) -> None:
        changes = path.changes

        def due() -> None:
            if changes == path.changes:
                action()

        self._clock.after(delay_ms * 1000, due)
