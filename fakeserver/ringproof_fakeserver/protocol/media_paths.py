"""The media of connected calls: paths that are cut on purpose, and clients that fall silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_fakeserver.protocol import causes, commands, events
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog, Trigger
from ringproof_fakeserver.protocol.journal import FaultFact

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls


class MediaPaths:
    """What happens to media between ``connected`` and the end of a call."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls

    def connected(self, dialog: Dialog) -> None:
        """Have the client's packets watched, on a platform with a media timeout."""
        timeout_ms = self._calls.platform(dialog.session.subscriber).media_timeout_ms
        if timeout_ms:
            self._buffer.add(commands.WatchMedia(dialog.id, timeout_ms))

    def silent(self, event: events.MediaSilent) -> None:
        """End a call whose client sends nothing any more, as FreeSWITCH's media timeout does."""
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is None:
            return
        self._buffer.record_media(dialog, "silent")
        call = self._calls.live[dialog.call]
        self._calls.end(call, "error", "platform", causes.MEDIA_TIMEOUT, Trigger.MEDIA_FAILED)

    def cut(self, event: events.MediaCutRequested) -> None:
        """Cut or mend the media path of a call on one device."""
        for dialog in tuple(self._calls.dialogs.values()):
            session = dialog.session
            label = self._calls.live[dialog.call].dial.label
            if session.jti != event.session or label != event.call:
                continue
            lost = {"media-in": event.from_client, "media-out": event.to_client}
            points = [point for point, cut in lost.items() if cut or not any(lost.values())]
            for point in points:
                self._buffer.add(
                    FaultFact(
                        subscriber=session.subscriber,
                        session=session.jti,
                        what="cut" if any(lost.values()) else "mended",
                        point=point,
                        dialog=dialog.id,
                    )
                )
            self._buffer.add(commands.CutMedia(dialog.id, event.from_client, event.to_client))
