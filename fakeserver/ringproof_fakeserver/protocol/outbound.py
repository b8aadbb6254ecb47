"""Calls that clients place: a ``verto.invite`` of the client, with its own offer.

The caller's device has a dialog like any other device, so that holding, new offers, pings, room
events and reloads work for it alike. What differs is how it begins: the reply ``CALL CREATED``
comes before anything else about the call, and ``verto.answer`` brings the platform's answer to the
client's offer once somebody has accepted. The call has the id that its client gave it.

Sources: two end-to-end logs of signalwire-js 3.29.2 against production, which show both for calls
to rooms; mod_verto, for everything that can go wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.causes import Cause
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer, remember
from ringproof_fakeserver.protocol.commands import AnswerOffer
from ringproof_fakeserver.protocol.dialog import Dialog, State, Trigger
from ringproof_fakeserver.protocol.directory import Directory
from ringproof_fakeserver.protocol.errors import SESSION_ERROR
from ringproof_fakeserver.protocol.events import DialPlaced, NextCallLabelled
from ringproof_fakeserver.protocol.incoming import VertoRequest
from ringproof_fakeserver.protocol.rooms.conferences import Conferences
from ringproof_fakeserver.protocol.sdp import directions

if TYPE_CHECKING:
    from ringproof_fakeserver.protocol.calls import Calls


class Outbound:
    """Places, answers and ends the calls of clients."""

    def __init__(self, buffer: CommandBuffer, calls: Calls, directory: Directory) -> None:
        self._buffer = buffer
        self._calls = calls
        self._directory = directory
        self._conferences = Conferences(buffer, calls, directory)
        self._labels: dict[str, str] = {}
        """By session: the label of the next call that it places."""

    def label_next(self, event: NextCallLabelled) -> None:
        """Take note of how the next call of a session is called in fault rules."""
        remember(self._labels, event.session, event.label, self._buffer.settings.recent_ids)

    def take_label(self, session: str) -> str:
        """Return the label of the call that a session places now; empty where it has none."""
        return self._labels.pop(session, "")

    def placed(self, request: VertoRequest) -> None:
        """Handle an invite of a client that does not ask for a call back."""
        dialog = self._calls.dialogs.get(request.dialog)
        if dialog is not None and _is_again(request, dialog):
            # After a resume: the reply was lost with the socket.
            self._confirm(request, dialog)
        elif not self._refuse(request):
            self._place(request)

    def _refuse(self, request: VertoRequest) -> bool:
        """Refuse an invite that cannot be carried out; say whether it was refused."""
        about, buffer = request.params.dialog_params, self._buffer
        wanted = {
            "callID": request.dialog,
            "sdp": _kinds(request),
            "destination_number": about.destination_number,
        }
        missing = [name for name, value in wanted.items() if not value]
        if missing:
            problem = f"verto.invite needs a usable {missing[0]}"
            buffer.refuse_verto(request, jsonrpc.INVALID_PARAMS, problem)
        elif request.dialog in self._calls.dialogs or self._calls.call(request.dialog):
            buffer.refuse_verto(request, SESSION_ERROR, "CALL ALREADY EXISTS")
        elif self._directory.subscriber(request.session.subscriber) is None:
            buffer.refuse_verto(request, SESSION_ERROR, "calls of guests are not simulated")
        elif self._directory.by_resource(request.session.subscriber) is None:
            buffer.refuse_verto(request, SESSION_ERROR, "the caller was deleted")
        elif len(self._calls.live) >= self._buffer.settings.max_calls:
            buffer.refuse_verto(request, SESSION_ERROR, "TOO MANY CALLS")
        elif obstacle := self._conferences.problem(request):
            buffer.refuse_verto(request, SESSION_ERROR, obstacle)
        else:
            return False
        return True

    def _place(self, request: VertoRequest) -> None:
        caller = self._directory.subscriber(request.session.subscriber)
        assert caller is not None, "guests were refused"
        dialog = Dialog(
            id=request.dialog,
            call=request.dialog,
            session=request.session,
            state=State.CALLING,
            outbound=True,
            invited=True,
            offer=request.params.sdp,
            answer_id=request.id,
            kinds=_kinds(request),
        )
        self._calls.dialogs[dialog.id] = dialog
        request.session.dialogs[dialog.id] = None
        to_room = self._conferences.admit(request, dialog)
        self._confirm(request, dialog)
        self._buffer.record_dialog(dialog, "placed")
        dial = DialPlaced(
            call=dialog.call,
            label=self.take_label(request.session.jti),
            from_=caller.addresses[0].uri,
            from_name=caller.display_name,
            to=request.params.dialog_params.destination_number,
            media=dialog.kinds,
        )
        if to_room:
            self._conferences.answer(dial, ClientParty(self, dialog))
        else:
            self._calls.dial(dial, ClientParty(self, dialog))

    def _confirm(self, request: VertoRequest, dialog: Dialog) -> None:
        member = self._calls.rooms.member(dialog)
        value = {"message": "CALL CREATED", "callID": dialog.id, "memberID": member}
        self._buffer.answer_verto(request, value)

    def far_answered(self, dialog: Dialog) -> None:
        """Have the caller's leg answer the offer: somebody has accepted the call."""
        dialog.fire(Trigger.FAR_ANSWER)
        subscriber = dialog.session.subscriber
        offer, dialog.offer = dialog.offer, ""
        msid = self._calls.platform(subscriber).msid
        self._buffer.add(AnswerOffer(dialog.id, subscriber, offer, msid))

    def leg_answered(self, dialog: Dialog, sdp: str) -> None:
        """Send the client the answer to its offer; the dialog accepts ``LEG_ANSWERED``."""
        dialog.fire(Trigger.LEG_ANSWERED)
        dialog.offer = sdp
        self._buffer.record_dialog(dialog, "answered")
        self.send_answer(dialog)
        self._calls.pings.start(dialog)
        self._calls.rooms.join(dialog)

    def send_answer(self, dialog: Dialog) -> None:
        """Push ``verto.answer`` if it is due and not sent yet.

        Assumed: a client that has no socket gets it once it has one again, or its call would be
        lost.
        """
        if dialog.state is not State.ACTIVE or not dialog.offer or dialog.session.socket is None:
            return
        sdp, dialog.offer = dialog.offer, ""
        params, detail = {"callID": dialog.id, "sdp": sdp}, {"media": directions(sdp)}
        self._buffer.verto(dialog.session, "verto.answer", params, dialog.id, detail)

    def hung_up(self, dialog: Dialog, cause: Cause) -> None:
        """Handle the bye of the device that placed the call: a cancel while it rings."""
        call = self._calls.live[dialog.call]
        self._calls.end_dialog(dialog, Trigger.CALLER_BYE, cause, send_bye=False)
        self._calls.caller_left(call)

    def far_ended(self, dialog: Dialog, cause: Cause) -> None:
        """End the caller's dialog with its call, unless it was the one that ended it."""
        if dialog.alive:
            self._calls.end_dialog(dialog, Trigger.FAR_END, cause)


def _kinds(request: VertoRequest) -> tuple[str, ...]:
    """Return the kinds of media that an invite offers, in the order of its sections."""
    return tuple([kind for kind in directions(request.params.sdp) if kind in ("audio", "video")])


def _is_again(request: VertoRequest, dialog: Dialog) -> bool:
    """Say whether this very request placed the call."""
    ours = dialog.outbound and dialog.session is request.session
    return ours and dialog.answer_id == request.id


class ClientParty:
    """The ``FarParty`` that is a client: it placed the call, or was left by who did."""

    def __init__(self, outbound: Outbound, dialog: Dialog) -> None:
        self._outbound = outbound
        self._dialog = dialog
        self.leg = dialog.id

    @property
    def media(self) -> bool:
        """See ``FarParty.media``."""
        return self._dialog.media

    def ringing(self) -> None:
        """Tell the client nothing: what it would hear is early media, which is not simulated."""

    def answered(self) -> None:
        """See ``FarParty.answered``."""
        self._outbound.far_answered(self._dialog)

    def ended(self, cause: Cause) -> None:
        """See ``FarParty.ended``."""
        self._outbound.far_ended(self._dialog, cause)
