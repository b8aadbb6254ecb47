"""The calls of one client: what the user and the far side do, and what the user sees.

Outbound calls (``outbound.py``) share media, requests and the end with inbound ones, and are in no
list. Pure. A rule that is easy to get wrong is named, by its clause, where it is kept.
Lifecycle steps come from ``lifecycle.TRANSITIONS`` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from ringproof.client import commands, events, wire
from ringproof.client.connection import Connection
from ringproof.client.lifecycle import OUTBOUND_STEPS, STEPS, Status, Trigger
from ringproof.client.record import Record
from ringproof_fakeserver.protocol import messages

Emit: TypeAlias = Callable[[commands.Command], None]

RPC_MS = 5_000
"""How long the platform may take to answer a verto request."""

SESSION_ERROR = -32002
"""Code of ``CALL DOES NOT EXIST``: the platform has no call left to end."""

OVER_MAX = 64
"""Calls that are over and remembered: reordered and duplicated frames arrive close together."""


class InboundCalls:
    """Every live inbound call, oldest first.

    ``emit`` takes the commands in order. Subclasses may override what has no underscore: every
    emission about a call passes through a ``show_*`` method, every end through ``end``.
    """

    def __init__(self, emit: Emit, connection: Connection) -> None:
        self.emit = emit
        self.connection = connection
        self._calls: dict[str, Record] = {}
        self.outbound: dict[str, Record] = {}
        """Calls that the client placed."""
        self._unlisted: dict[str, Record] = {}
        """Invited, but the directory has not answered yet."""
        self._past: dict[str, None] = {}
        """Calls that ended here, or whose bye came before any invite; oldest first."""
        self.keeps_calls = False
        """A page that is opened again gets its calls back: they outlive the page."""

    def find(self, call: str) -> Record | None:
        """Return a listed call, or an outbound one."""
        return self._calls.get(call) or self.outbound.get(call)

    def is_over(self, call: str) -> bool:
        """Say whether a call ended a short while ago, or its bye came before anything else."""
        return call in self._past

    @property
    def listed(self) -> tuple[Record, ...]:
        """All listed calls."""
        return tuple(self._calls.values())

    @property
    def live(self) -> tuple[Record, ...]:
        """All listed calls, and the outbound ones."""
        return (*self._calls.values(), *self.outbound.values())

    # -- what the platform does --------------------------------------------------------------

    def invited(self, invite: messages.Invite, node: str) -> None:
        """Take a new call, which is listed once the directory has answered."""
        call = invite.call_id
        if call in self._calls or call in self._unlisted:
            return  # a live call is never invited twice
        if call in self._past:
            return  # a late or duplicate invite: no bye would ever end the call
        if not invite.sdp:
            self.emit(commands.EmitError("an invite without an offer", call))
            return
        info = commands.CallInfo(
            id=call,
            from_=invite.caller_id_number,
            from_name=invite.caller_id_name,
            to=invite.callee_id_number,
            to_name=invite.callee_id_name,
        )
        self._unlisted[call] = Record(info, invite.sdp, node)
        name = invite.callee_id_number or invite.caller_id_number
        self.emit(commands.Lookup(call, name.partition("?")[0]))

    def looked_up(self, event: events.LookupAnswered) -> None:
        """List a call, unless the caller has given up meanwhile."""
        record = self._unlisted.pop(event.call, None)
        if record is not None:
            self.add(record)

    def ended(self, call: str) -> None:
        """Take the far side's bye; one for an unknown call is remembered."""
        if self._unlisted.pop(call, None) is not None:
            return
        record = self.find(call)
        if record is not None:
            self.end(record)
        else:
            self._remember(call)  # it may have overtaken its invite

    def _remember(self, call: str) -> None:
        """Remember that a call is over: an invite that still comes for it is ignored."""
        self._past[call] = None
        if len(self._past) > OVER_MAX:
            del self._past[next(iter(self._past))]

    def pinged(self, call: str, node: str) -> None:
        """Answer ``verto.ping`` for a live call."""
        record = self.find(call)
        if record is not None:
            pong = messages.ClientVerto(call_id=call, dialog_params=wire.dialog(record.info))
            self.connection.request("verto.pong", node or record.node, pong, lambda _: None)

    def lost(self) -> None:
        """End every call: the platform no longer knows them, and no bye will ever come."""
        self._unlisted.clear()
        for record in self.live:
            self.end(record, "the session was lost before the reply" if record.offering else "")

    def timer(self, purpose: str, call: str) -> None:
        """Give up waiting for the reply to a call's request."""
        record = self.find(call)
        if record is None:
            return
        record.timer = ""
        if purpose == "bye":
            self.end(record)
        elif record.media_connected:
            # Only the confirmation is missing: media that flows proves that the answer arrived.
            self.connection.forget(record.request)
            self.confirmed(record)
        else:
            self.fail(record, f"no reply to the answer after {RPC_MS} ms")

    # -- what the user does ------------------------------------------------------------------

    def answer(self, event: events.AnswerRequested) -> None:
        """Accept a ringing call; any other is left as it is, and so is one that we placed."""
        record = self.find(event.call)
        if record is None or record.info.outbound or not self.step(record, "accept"):
            self.emit(commands.Settle(event.promise))
            return
        # The guide's defaults: audio on, video off (stream/answer-defaults).
        record.audio = event.audio if event.audio is not None else True
        record.video = event.video if event.video is not None else False
        record.chosen = event.chosen
        record.waiters += (event.promise,)
        record.media_open = True
        self.emit(commands.ApplyOffer(event.call, record.offer))

    def reject(self, event: events.RejectRequested) -> None:
        """Decline a ringing call before any media; in any other status it does nothing."""
        record = self.find(event.call)
        if record is None or not self.step(record, "decline"):
            self.emit(commands.Settle(event.promise))
            return
        record.waiters += (event.promise,)
        self.send_bye(record, cause="USER_BUSY", cause_code="17")

    def hang_up(self, event: events.HangupRequested) -> None:
        """End a call that is not ending already, and settle once it is torn down."""
        record = self.find(event.call)
        if record is None:
            self.emit(commands.Settle(event.promise))
            return
        record.waiters += (event.promise,)
        if self.step(record, "hang_up"):
            self.close_media(record)
            self.send_bye(record)

    def close(self) -> None:
        """End every call at once; the list completes."""
        self._unlisted.clear()
        for record in self.live:
            if self.step(record, "hang_up"):
                self.send_bye(record)
            self.end(record)
        self.emit(commands.EmitComplete("", "list"))

    def unload(self) -> None:
        """End every accepted call at the platform; the page is gone before any reply.

        A call that still rings is left alone: another device may take it (end/page-unload).
        """
        if self.keeps_calls:
            return  # the page may be opened again (return/reattaches)
        for record in self.live:
            if record.outbound or record.status in ("connecting", "connected"):
                self.send_bye(record)

    # -- media -------------------------------------------------------------------------------

    def _negotiating(self, call: str) -> Record | None:
        """Return the record if the call still wants media."""
        record = self.find(call)
        return record if record is not None and record.media_open else None

    def offer_applied(self, event: events.OfferApplied) -> None:
        """Go on to the user's own media."""
        record = self._negotiating(event.call)
        if record is not None and (record.audio or record.video):
            wanted = record.audio, record.video, record.chosen
            self.emit(commands.AcquireMedia(event.call, *wanted))
        elif record is not None:
            self.emit(commands.MakeAnswer(event.call))

    def remote_track(self, event: events.RemoteTrack) -> None:
        """Show the far side's tracks."""
        record = self._negotiating(event.call)
        if record is not None:
            # A new stream for each track, with all so far (stream/remote-new-per-track).
            record.remote += (event.track,)
            self.show_stream(record, "remote", record.remote)

    def local_media_ready(self, event: events.LocalMediaReady) -> None:
        """Show the user's own media and go on to the answer."""
        record = self._negotiating(event.call)
        if record is not None:
            self.show_stream(record, "local", event.tracks)
            make = commands.MakeOffer if record.offering else commands.MakeAnswer
            self.emit(make(event.call))

    def answer_ready(self, event: events.AnswerReady) -> None:
        """Send the answer, unless the call ended while it was made."""
        record = self._negotiating(event.call)
        if record is not None:
            self.send_answer(record, event.sdp)
            self.start_timer(record, "answer")

    def media_connected(self, event: events.MediaConnected) -> None:
        """Take note that media can flow."""
        record = self._negotiating(event.call)
        if record is not None:
            record.media_connected = True
            self.maybe_connected(record)

    def media_failed(self, event: events.MediaFailed) -> None:
        """End a call whose media cannot go on."""
        record = self._negotiating(event.call)
        if record is not None:
            self.fail(record, event.error)

    def answer_replied(self, call: str, error: wire.RpcError | None) -> None:
        """Take the platform's reply to our answer."""
        record = self.find(call)
        if record is None or record.status != "connecting":
            return
        if error is None:
            self.confirmed(record)
        elif error.code == SESSION_ERROR:
            self.emit(commands.EmitError(f"answer refused: {error}", call))
            self.end(record)
        else:
            self.fail(record, f"answer refused: {error}")

    def confirmed(self, record: Record) -> None:
        """Take note that the platform has our answer."""
        record.answered = True
        self.stop_timer(record)
        self.settle(record)
        self.maybe_connected(record)

    def maybe_connected(self, record: Record) -> None:
        """Show ``connected`` once all that it needs is there."""
        # Both are needed: after a caller has gone, the transport may still connect, but the call is
        # over (outcome/glare).
        if record.answered and record.media_connected:
            self.step(record, "establish")

    # -- a call's place in the list ----------------------------------------------------------

    def add(self, record: Record) -> None:
        """Put a call on the list."""
        self._calls[record.info.id] = record
        self.emit(commands.AddCall(record.info, record.status))
        self.show_list(tuple(self._calls))

    def remove(self, record: Record) -> None:
        """Take a call off the list; no list changes with an outbound one."""
        if self.outbound.pop(record.info.id, None) is not None:
            return
        del self._calls[record.info.id]
        self.show_list(tuple(self._calls))

    # -- the end of a call -------------------------------------------------------------------

    def fail(self, record: Record, error: str) -> None:
        """End a call that cannot go on, and report it to the user and to the platform."""
        self.emit(commands.EmitError(error, record.info.id, fatal=True))
        if record.request or not record.outbound:
            self.send_bye(record)  # of a dial that was never sent the platform knows nothing
        self.end(record, error)

    def end(self, record: Record, error: str = "") -> None:
        """Take a call from whatever status it is in to its end, and off the list.

        ``destroyed`` comes before the list without the call: nothing is listed short of it, and
        no status follows the removal (list/stays-through-status, list/leaves-only-when-destroyed).
        """
        if record.timer.startswith(("answer:", "reattach:", "dial:")):
            # The call is over: a later resume must not send the request again.
            self.connection.forget(record.request)
        self.stop_timer(record)
        self.close_media(record)
        self.step(record, "end")
        self.show_complete(record, "local_stream")
        self.show_complete(record, "remote_stream")
        self.step(record, "destroy")
        self.show_complete(record, "status")
        self.remove(record)
        self._remember(record.info.id)
        self.settle(record, error)

    def close_media(self, record: Record) -> None:
        """Stop the tracks and the transport, if there are any."""
        if record.media_open:
            record.media_open = False
            self.emit(commands.CloseMedia(record.info.id))

    def settle(self, record: Record, error: str = "") -> None:
        """Settle every promise that waits on the call."""
        waiters, record.waiters = record.waiters, ()
        for promise in waiters:
            self.emit(commands.Settle(promise, error))

    # -- requests ----------------------------------------------------------------------------

    def send_answer(self, record: Record, sdp: str) -> None:
        """Send the platform our answer."""
        params = messages.ClientVerto(dialog_params=wire.dialog(record.info), sdp=sdp)
        done = partial(self.answer_replied, record.info.id)
        record.request = self.connection.request("verto.answer", record.node, params, done)

    def send_bye(self, record: Record, cause: str = "", cause_code: str = "") -> None:
        """Send the platform a bye; its reply, or 5 s without one, ends the call here."""
        self.connection.forget(record.request)
        self.stop_timer(record)
        dialog = wire.dialog(record.info)
        params = messages.ClientVerto(dialog_params=dialog, cause=cause, cause_code=cause_code)
        done = partial(self.bye_replied, record.info.id)
        record.request = self.connection.request("verto.bye", record.node, params, done)
        self.start_timer(record, "bye")

    def start_timer(self, record: Record, purpose: str) -> None:
        """Bound the wait for the reply to the request in flight."""
        record.timer = f"{purpose}:{record.info.id}"
        self.emit(commands.StartTimer(record.timer, RPC_MS))

    def stop_timer(self, record: Record) -> None:
        """Stop the timer of the request in flight."""
        if record.timer:
            self.emit(commands.CancelTimer(record.timer))
            record.timer = ""

    def bye_replied(self, call: str, _: wire.RpcError | None) -> None:
        """End a call whose bye has arrived."""
        # A refusal means that the platform has no such call: it is over all the same.
        record = self.find(call)
        if record is not None:
            self.end(record)

    # -- what the user sees ------------------------------------------------------------------

    def step(self, record: Record, trigger: Trigger) -> bool:
        """Take one step of the lifecycle; False when the table has no such step."""
        steps = OUTBOUND_STEPS if record.outbound else STEPS
        target = steps.get((record.status, trigger))
        if target is None:
            return False
        record.status = target
        self.show_status(record, target)
        return True

    def show_status(self, record: Record, status: Status) -> None:
        """Emit a status."""
        self.emit(commands.EmitStatus(record.info.id, status))

    def show_list(self, calls: tuple[str, ...]) -> None:
        """Emit the whole list."""
        self.emit(commands.EmitList(calls))

    def show_stream(
        self, record: Record, side: commands.Side, tracks: tuple[events.Track, ...]
    ) -> None:
        """Emit a new stream object with these tracks."""
        record.streams += 1
        stream = commands.MediaStream(f"{record.info.id}/{record.streams}", tracks)
        self.emit(commands.EmitStream(record.info.id, side, stream))

    def show_complete(self, record: Record, what: commands.Observable) -> None:
        """End one of the call's observables."""
        self.emit(commands.EmitComplete(record.info.id, what))
