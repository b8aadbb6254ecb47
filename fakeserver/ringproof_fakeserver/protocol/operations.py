"""Operations of REST on answered calls: playing, recording and collecting, each with a control id.

Every change of one is reported to its ``status_url``. A leg plays one thing at a time: what begins
ends what played before, which counts as finished.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import commands, events, redaction
from ringproof_fakeserver.protocol.call import Call, event_body
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.errors import invalid, refusal
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.operation import Collect, Operation, Play, Record
from ringproof_fakeserver.protocol.player import Player
from ringproof_fakeserver.protocol.swml import Record as ScriptRecord
from ringproof_fakeserver.protocol.swml import StopRecord, UserEvent

COLLECT_TIMER = "collect"
RECORD_TIMER = "record"
TIMERS = (COLLECT_TIMER, RECORD_TIMER)
MOST_OPERATIONS = 100
"""Of one call at a time."""
USER_EVENT = "user_event"
TRANSCRIBE = "calling.transcribe"


class _Running(msgspec.Struct, eq=False):
    """An operation that goes on."""

    id: str
    call: Call
    dialog: str
    control: str
    operation: Operation
    status_url: str | None
    digits: str = ""
    """Collected so far."""
    scripted: bool = False
    """A script has started it, and learns where the file is."""


class Operations:
    """All operations of an exchange. ``find`` returns a call that has not ended, by id."""

    def __init__(
        self,
        buffer: CommandBuffer,
        find: Callable[[str], Call | None],
        player: Player,
        ids: Callable[[], str],
    ) -> None:
        self._buffer = buffer
        self._find = find
        self._player = player
        player.on_play = self._end_playback
        player.perform = self._from_script
        self._ids = ids
        self._running: dict[str, _Running] = {}
        """By id, also recordings whose file is being closed."""
        self._transcribed: set[str] = set()
        """Calls for which ``calling.transcribe`` was asked and not stopped."""

    # What REST may ask for.

    def check_new(self, call: str, kind: str, control: str) -> None:
        """Refuse an operation whose control id is in use, or one too many."""
        if self._by_control(call, kind, control) is not None:
            raise invalid("invalid_parameter", "control_id is in use", "control_id")
        if self._is_full(call):
            raise invalid("invalid_state", _TOO_MANY, "id")

    def check_known(self, call: str, kind: str, control: str) -> None:
        """Refuse a command about an operation that does not exist, or is over."""
        if self._by_control(call, kind, control) is None:
            message = f"there is no {kind} with this control_id"
            raise invalid("provided_id_is_unrecognized", message, "control_id")

    def check_unperformed(self, call: str, command: str) -> None:
        """Refuse a second transcription, which is documented although none is made here."""
        if command == TRANSCRIBE and call in self._transcribed:
            raise refusal(409)

    # Events.

    def started(self, event: events.OperationStarted) -> None:
        """Start an operation on the leg of the device that answered."""
        call = self._find(event.call)
        if call is None or call.winner is None:
            return
        running = _Running(
            self._ids(), call, call.winner.id, event.control, event.operation, event.status_url
        )
        if self._is_full(call.id):  # by a script: REST was refused before
            self._note(call, f"calling.{event.operation.kind}", _TOO_MANY)
            self._report(running, "error")
            return
        match event.operation:
            case Play(urls, volume_db, loops):
                self._end_playback(call)
                self._player.overtaken(call)
                self._buffer.add(
                    commands.StartPlayback(running.dialog, running.id, urls, loops, volume_db)
                )
            case Record(longest_ms):
                self._buffer.add(commands.StartRecording(running.dialog, running.id))
                if longest_ms:
                    timer = f"{RECORD_TIMER}:{running.id}"
                    self._buffer.add(commands.StartTimer(timer, longest_ms))
        self._running[running.id] = running
        self._note(call, f"calling.{event.operation.kind}", event.control)
        if event.operation.running:
            self._report(running, event.operation.running)
        if isinstance(event.operation, Collect) and event.operation.timers:
            self._await_digit(running, event.operation.initial_timeout_ms)

    def controlled(self, event: events.OperationControlled) -> None:
        """Change, pause or end an operation; one that is over meanwhile is ignored."""
        running = self._by_control(event.call, event.kind, event.control)
        if running is None:
            return
        self._note(running.call, f"calling.{event.kind}.{event.action}", event.control)
        paused = event.action == "pause"
        match running.operation, event.action:
            case Play(), "pause" | "resume":
                self._buffer.add(commands.ChangePlayback(running.dialog, running.id, paused=paused))
                self._report(running, "paused" if paused else "playing")
            case Play(), "volume":
                change = commands.ChangePlayback(
                    running.dialog, running.id, volume_db=event.volume_db
                )
                self._buffer.add(change)
            case Play(), _:
                self._stop_playback(running)
            case Record(), "pause" | "resume":
                self._buffer.add(
                    commands.PauseRecording(running.dialog, running.id, paused, event.silent)
                )
                self._report(running, "paused" if paused else "recording")
            case Record(), _:
                self._buffer.add(commands.StopRecording(running.dialog, running.id))
            case Collect() as collect, "start_input_timers":
                self._await_digit(running, collect.initial_timeout_ms)
            case _:
                self._end_collect(running, {"type": "stopped"})

    def playback_finished(self, event: events.PlaybackFinished) -> bool:
        """Report the end of a playback; False if it is none of ours."""
        running = self._running.pop(event.playback, None)
        if running is None:
            return False
        if event.note:
            self._note(running.call, "calling.play", event.note)
        self._report(running, "finished")
        return True

    def recording_finished(self, event: events.RecordingFinished) -> None:
        """Report where a recording can be fetched."""
        running = self._running.pop(event.recording, None)
        if running is None:
            return
        self._buffer.add(commands.CancelTimer(f"{RECORD_TIMER}:{running.id}"))
        if running.scripted and running.call.scope is not None:
            running.call.scope.set("record_call_url", event.url)
        record = {
            "url": event.url,
            "duration": event.duration_ms / 1000,
            "size": event.size_bytes,
            "format": "wav",
        }
        more = {"record": record, **{name: record[name] for name in ("url", "duration", "size")}}
        self._report(running, "finished", more) if event.url else self._report(running, "error")

    def connected(self, call: Call) -> None:
        """Send the dial's digits and start its script: the leg that answered has media."""
        digits, call.digits = call.digits, ""
        if digits and call.winner is not None:
            self._note(call, "send_digits", digits)
            self._buffer.add(commands.SendDigits(call.winner.id, self._ids(), digits))
        self._player.ready(call)

    def user_event(self, event: events.UserEventSent) -> None:
        """Push an event of the caller's own to the device that answered.

        Its pairs are the event's parameters, as documented; a client finds the call by ``call_id``.
        """
        call = self._find(event.call)
        if call is not None and call.winner is not None:
            self._note(call, "user_event", ", ".join(event.event))
            params = {**event.event, "call_id": call.winner.id}
            session = call.winner.session
            self._buffer.room_event(session, call.winner.id, USER_EVENT, params)

    def _from_script(self, call: Call, cue: UserEvent | ScriptRecord | StopRecord) -> None:
        """Carry out what a script has done beside it."""
        match cue:
            case UserEvent(event):
                self.user_event(events.UserEventSent(call.id, event))
            case ScriptRecord(control, record, status_url):
                if self._by_control(call.id, record.kind, control) is None:
                    self.started(events.OperationStarted(call.id, control, record, status_url))
                    running = self._by_control(call.id, record.kind, control)
                    if running is not None:
                        running.scripted = True
            case StopRecord(control):
                for running in tuple(self._running.values()):
                    is_meant = control in ("", running.control) and running.call is call
                    if is_meant and isinstance(running.operation, Record):
                        self._buffer.add(commands.StopRecording(running.dialog, running.id))

    def disconnected(self, event: events.LegsDisconnected) -> None:
        """Record that there is nothing to separate: the callee talks to the platform itself."""
        if (call := self._find(event.call)) is not None:
            self._note(call, "calling.disconnect", "the call has one leg")

    def digits(self, call: Call, digits: str) -> None:
        """Give valid digits of the device that answered to whatever waits for them."""
        for digit in digits:
            for running in tuple(self._running.values()):
                if running.call is call:
                    self._digit(running, digit)

    def timer(self, kind: str, name: str) -> None:
        """End a recording that is long enough, or a collection that waited too long."""
        running = self._running.get(name)
        if running is None:
            return
        if kind == RECORD_TIMER:
            self._buffer.add(commands.StopRecording(running.dialog, running.id))
        elif running.digits:
            self._end_collect(running, _digits(running.digits))
        else:
            self._end_collect(running, {"type": "no_input"})

    def not_performed(self, event: events.CommandNotPerformed) -> None:
        """Record a command that has no effect here."""
        call = self._find(event.call)
        if call is None:
            return
        if event.command == TRANSCRIBE:
            self._transcribed.add(call.id)
        elif event.command == f"{TRANSCRIBE}.stop":
            self._transcribed.discard(call.id)
        self._note(call, event.command, "accepted; not simulated here")

    def stop(self, call: Call) -> None:
        """End all operations of a call that ends; recordings report when their file is closed."""
        self._transcribed.discard(call.id)
        for running in tuple(self._running.values()):
            if running.call is not call:
                continue
            match running.operation:
                case Play():
                    self._stop_playback(running)
                case Record():
                    self._buffer.add(commands.StopRecording(running.dialog, running.id))
                case Collect():
                    self._end_collect(running, {"type": "stopped"})

    # Inside.

    def _is_full(self, call: str) -> bool:
        return sum(each.call.id == call for each in self._running.values()) >= MOST_OPERATIONS

    def _by_control(self, call: str, kind: str, control: str) -> _Running | None:
        for running in self._running.values():
            about = (running.call.id, running.operation.kind, running.control)
            if about == (call, kind, control):
                return running
        return None

    def _end_playback(self, call: Call) -> None:
        """End the operation that plays on the leg."""
        for running in tuple(self._running.values()):
            if running.call is call and isinstance(running.operation, Play):
                self._stop_playback(running)

    def _stop_playback(self, running: _Running) -> None:
        del self._running[running.id]
        self._buffer.add(commands.StopPlayback(running.dialog, running.id))
        self._report(running, "finished")

    def _digit(self, running: _Running, digit: str) -> None:
        operation = running.operation
        if isinstance(operation, Record) and digit in operation.terminators:
            self._buffer.add(commands.StopRecording(running.dialog, running.id))
        if not isinstance(operation, Collect):
            return
        if digit in operation.terminators:
            self._end_collect(running, _digits(running.digits, digit))
            return
        running.digits += digit
        if len(running.digits) >= operation.most:
            self._end_collect(running, _digits(running.digits))
            return
        if operation.partial:
            self._report(running, "", {"result": _digits(running.digits), "final": False})
        self._await_digit(running, operation.digit_timeout_ms)

    def _await_digit(self, running: _Running, within_ms: int) -> None:
        if within_ms:
            self._buffer.add(commands.StartTimer(f"{COLLECT_TIMER}:{running.id}", within_ms))

    def _end_collect(self, running: _Running, result: dict[str, Any]) -> None:
        self._buffer.add(commands.CancelTimer(f"{COLLECT_TIMER}:{running.id}"))
        collect = running.operation
        again = isinstance(collect, Collect) and collect.continuous and result["type"] == "digit"
        running.digits = ""
        if not again:
            del self._running[running.id]
        self._report(running, "", {"result": result, "final": True})

    def _report(self, running: _Running, state: str, more: dict[str, Any] | None = None) -> None:
        call, settings = running.call, self._buffer.settings
        details = {"control_id": running.control, "state": state, **(more or {})}
        name = running.operation.event.replace(".", "_")
        call.note(self._buffer.now_ms, name, details)
        if running.status_url is None:
            return
        params = {
            "control_id": running.control,
            "call_id": call.id,
            "node_id": settings.node_id,
            "segment_id": call.id,
            **({"state": state} if state else {}),
            **(more or {}),
        }
        body = event_body(running.operation.event, call, params, settings, self._buffer.now_ms)
        self._buffer.add(
            commands.PostCallback(call.id, running.status_url, body, call.callback_retries)
        )

    def _note(self, call: Call, verb: str, note: str) -> None:
        self._buffer.add(
            ScriptFact(
                subscriber=call.subscriber, call=call.id, verb=verb, note=redaction.note(note)
            )
        )


_TOO_MANY = f"no more than {MOST_OPERATIONS} operations of a call are possible"


def _digits(digits: str, terminator: str = "") -> dict[str, Any]:
    return {"type": "digit", "params": {"digits": digits, "terminator": terminator}}
