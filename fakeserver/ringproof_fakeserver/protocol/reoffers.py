"""A client's new offer for an answered call: ``verto.modify`` with ``updateMedia``.

The reply waits for the media leg, which makes the answer. Whatever goes wrong is a refusal, and
leaves the call on the media that it has.
"""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol import commands, events, jsonrpc
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.errors import NO_SUCH_CALL, SESSION_ERROR
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.platform import Platform

ACTION = "updateMedia"


class Reoffers:
    """The new offers that the legs of all dialogs are answering; ``platform`` is by subscriber."""

    def __init__(
        self,
        buffer: CommandBuffer,
        platform: Callable[[str], Platform],
        dialogs: Callable[[str], Dialog | None],
    ) -> None:
        self._buffer = buffer
        self._platform = platform
        self._dialogs = dialogs
        """Returns a live dialog by its id."""
        self._pending: dict[str, VertoRequest] = {}
        """By dialog: the offer that is being answered."""

    def offered(self, request: VertoRequest, dialog: Dialog) -> None:
        """Take a new offer of an answered dialog."""
        pending = self._pending.get(dialog.id)
        if pending is not None and pending.id == request.id:
            return  # the same request again, after a resume: its reply is still to come
        if self._platform(dialog.session.subscriber).renegotiation == "refuse":
            # An error of this code leaves the call alive on the media it has; a made-up SDP
            # would end it in the browser.
            self._buffer.refuse_verto(request, SESSION_ERROR, "RENEGOTIATION IS NOT SUPPORTED")
        elif not request.params.sdp:
            problem = f"{ACTION} needs an sdp"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        elif pending is not None or not dialog.media:
            self._buffer.refuse_verto(request, SESSION_ERROR, "MEDIA IS BEING NEGOTIATED")
        else:
            self._pending[dialog.id] = request
            self._buffer.add(commands.ApplyReoffer(dialog.id, request.params.sdp))

    def answered(self, event: events.ReofferAnswered) -> None:
        """Reply with the leg's answer."""
        request, dialog = self._pending.pop(event.dialog, None), self._dialogs(event.dialog)
        if request is None or dialog is None:
            return
        value = {
            "callID": dialog.id,
            "action": ACTION,
            "holdState": "held" if dialog.on_hold else "active",
            "sdp": event.sdp,
        }
        self._buffer.answer_verto(request, value)

    def refused(self, event: events.ReofferRefused) -> None:
        """Refuse an offer that the leg cannot use; the call goes on as it was."""
        request = self._pending.pop(event.dialog, None)
        if request is not None:
            self._buffer.refuse_verto(request, SESSION_ERROR, f"UNUSABLE OFFER: {event.error}")

    def restarted(self, event: events.MediaRestarted) -> None:
        """Take note that the leg's path was checked with the credentials of the new offer."""
        dialog = self._dialogs(event.dialog)
        if dialog is not None:
            self._buffer.record_media(dialog, "restarted")

    def stop(self, dialog: Dialog) -> None:
        """Refuse what is under way for a dialog that ends."""
        request = self._pending.pop(dialog.id, None)
        if request is not None:
            self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)
