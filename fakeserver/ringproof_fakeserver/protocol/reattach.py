"""Reattachment: a page that was opened again asks for the call that the page before it had.

The client resumes its session and sends a ``verto.invite`` of its own, with the call's id and
``reattaching``. It is answered like a client's dial: the platform gets a media leg that answers the
client's offer, and the dialog goes on. Sources: AttachManager of the browser SDK 4.0.0-beta.12,
which sends this; the end-to-end tests of signalwire-js 3, in which a reloaded page joins with the
same call id again. The errors are those that these tests expect of production.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_fakeserver.protocol import events, jsonrpc
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.commands import AnswerOffer
from ringproof_fakeserver.protocol.dialog import Dialog, State
from ringproof_fakeserver.protocol.errors import NO_SUCH_CALL, SESSION_ERROR
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.sdp import directions

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls

NOT_YOURS = "Cannot reattach this call with this member ID"
NOT_YOURS_CAUSE = 95


def asks(request: VertoRequest) -> bool:
    """Say whether an invite of a client asks for a call that it had before."""
    return bool(request.params.dialog_params.reattaching or request.params.dialog_params.attach)


class Reattachments:
    """Gives calls back to pages that were opened again."""

    def __init__(self, buffer: CommandBuffer, calls: Calls) -> None:
        self._buffer = buffer
        self._calls = calls

    def handle(self, request: VertoRequest) -> None:
        """Handle an invite for which ``asks`` holds."""
        dialog = self._calls.dialogs.get(request.dialog)
        if dialog is None or dialog.state is not State.ACTIVE:
            self._buffer.refuse_verto(request, SESSION_ERROR, NO_SUCH_CALL)
        elif (
            dialog.session is not request.session
            or self._calls.platform(request.session.subscriber).reattach == "refuse"
        ):
            self._buffer.refuse_verto(request, SESSION_ERROR, NOT_YOURS, NOT_YOURS_CAUSE)
        elif not directions(request.params.sdp):
            problem = "verto.invite needs an sdp"
            self._buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        else:
            self._accept(request, dialog)

    def _accept(self, request: VertoRequest, dialog: Dialog) -> None:
        if dialog.media:
            dialog.media = False
            self._buffer.record_media(dialog, "closed")
        self._calls.media_params.stop(dialog)
        self._calls.reoffers.stop(dialog)
        self._calls.key_presses.forget(dialog.id)
        # The client is there and knows the call: as good as a pong. Assumed.
        self._calls.pings.pong(dialog)
        offered = directions(request.params.sdp)
        kinds = self._calls.live[dialog.call].dial.media
        dialog.kinds = tuple([kind for kind in kinds if kind in offered])
        member = self._calls.rooms.reopened(dialog)
        value = {"message": "CALL CREATED", "callID": dialog.id, "memberID": member}
        self._buffer.answer_verto(request, value)
        self._buffer.record_dialog(dialog, "reattached")
        subscriber = dialog.session.subscriber
        msid = self._calls.platform(subscriber).msid
        self._buffer.add(AnswerOffer(dialog.id, subscriber, request.params.sdp, msid))

    def answered(self, event: events.LegAnswered) -> None:
        """Send the client the answer to its offer; one without a socket asks again."""
        dialog = self._calls.dialogs.get(event.dialog)
        if dialog is None or dialog.session.socket is None:
            return
        params = {"callID": dialog.id, "sdp": event.sdp}
        detail = {"media": directions(event.sdp)}
        self._buffer.verto(dialog.session, "verto.answer", params, dialog.id, detail)
