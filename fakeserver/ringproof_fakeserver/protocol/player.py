"""Runs a call's SWML script on the caller's leg: starts its playbacks, waits and fetches."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol import commands, redaction, swml
from ringproof_fakeserver.protocol.call import Call, fetch_body
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.swml import (
    Accepted,
    Connect,
    ConnectResult,
    Fetch,
    Finish,
    Play,
    Record,
    Reply,
    Request,
    Response,
    Scope,
    Script,
    SendDigits,
    StopRecord,
    UserEvent,
    Wait,
)

TIMER = "script"


class Player:
    """Runs scripts. ``finish(call, reason)`` is called when a script is over."""

    def __init__(
        self, buffer: CommandBuffer, ids: Callable[[], str], finish: Callable[[Call, str], None]
    ) -> None:
        self._buffer = buffer
        self._ids = ids
        self._finish = finish
        self.on_play: Callable[[Call], None] = lambda call: None
        """Called before a script begins to play."""
        self.perform: Callable[[Call, UserEvent | Record | StopRecord], None] = _ignored
        """Called for what a script has done beside it."""
        self.connect: Callable[[Call, Connect], ConnectResult | None] = _not_connected
        """Called to connect the leg; ``connected`` brings the outcome of what returned None."""
        self.part: Callable[[Call], None] = lambda call: None
        """Called when a script leaves a connection that is being made or goes on."""

    def answered(self, call: Call) -> None:
        """Fetch the script of an answered call, unless the dial brought it along."""
        url = call.dial.far_script_url if call.far_end else call.dial.script_url
        if url is not None and call.script is None:
            self._fetch(call, url, "POST" if call.far_end else call.dial.script_method)

    def ready(self, call: Call) -> None:
        """Start the script if it is loaded, its leg has media, and it does not run already.

        The script waits for connected media and not only for the answer: whatever ``play`` sent
        before ICE and DTLS are up would be lost, and the callee would miss its beginning.
        """
        winner = call.winner
        if call.script is None or call.cues is not None or winner is None or not winner.media:
            return
        settings = self._buffer.settings
        call.scope = Scope(
            fetch_body(call, settings)["call"],
            call.dial.variables,
            speech=settings.speech,
            requests=settings.script_requests,
        )
        call.cues = swml.run(call.script, call.scope)
        self._advance(call)

    def fetched(self, call: Call, number: int, script: Script | None, error: str) -> None:
        """Run the fetched document; if that failed, fetch the fallback, else end the call.

        A document that is not waited for any more is ignored.
        """
        if number != call.awaited:
            return
        call.awaited = 0
        if call.awaiting == "fetch":
            self._answer(call, script or error or "no document")
        elif script is not None:
            call.script = script
            self.ready(call)
        elif call.fallback_url is not None:
            url, call.fallback_url = call.fallback_url, None
            self.note(call, "", f"{error or 'no document'}; trying the fallback")
            self._fetch(call, url, "POST")
        else:
            self.note(call, "", error or "no document")
            self._finish(call, "error")

    def replace(
        self, call: Call, script: Script | None, url: str | None, fallback_url: str | None = None
    ) -> None:
        """Leave the running script and start another one."""
        self.stop(call)
        call.script, call.fallback_url, call.far_end = script, fallback_url, False
        if url is not None and script is None:
            self._fetch(call, url, "POST")
        self.ready(call)

    def timer(self, call: Call) -> None:
        """Go on after a wait."""
        if call.cues is not None:
            self._end_backing(call)
            self._advance(call)

    def requested(self, call: Call, number: int, response: Response) -> None:
        """Go on after a request of the script; one that was left behind is ignored."""
        if number == call.awaited:
            call.awaited = 0
            self._answer(call, response)

    def connected(self, call: Call, result: ConnectResult) -> None:
        """Go on after a connection."""
        if call.awaiting == "connection":
            self._note_outcome(call, result)
            self._answer(call, result)

    def _note_outcome(self, call: Call, result: ConnectResult) -> None:
        self.note(call, "connect", result.reason or "the connection has ended")

    def _answer(self, call: Call, reply: Reply) -> None:
        call.awaiting = ""
        self._advance(call, reply)

    def played(self, call: Call, playback: str, note: str) -> None:
        """Go on after a playback; one that was stopped is ignored."""
        if call.cues is None or call.playback != playback:
            return
        call.playback = ""
        if note:
            self.note(call, "play", note)
        self._advance(call)

    def digits_sent(self, call: Call, sending: str, note: str) -> None:
        """Go on after digits of the script; those of the dial are none of its steps."""
        if note:
            self.note(call, "send_digits", note)
        if call.cues is not None and call.playback == sending:
            call.playback = ""
            self._advance(call, note)

    def overtaken(self, call: Call) -> None:
        """Go on with the script in a moment, because something else plays from now on."""
        self._end_backing(call)
        if call.playback and call.winner is not None:
            self._buffer.add(commands.StopPlayback(call.winner.id, call.playback))
            call.playback = ""
            self._buffer.add(commands.StartTimer(f"{TIMER}:{call.id}", 0))

    def stop(self, call: Call) -> None:
        """Stop whatever is in progress."""
        self._end_backing(call)
        if call.awaiting == "connection":
            self.part(call)
        elif call.playback and call.winner is not None:
            self._buffer.add(commands.StopPlayback(call.winner.id, call.playback))
            call.playback = ""
        elif call.cues is not None and not call.awaiting:
            self._buffer.add(commands.CancelTimer(f"{TIMER}:{call.id}"))
        call.cues, call.awaiting, call.awaited = None, "", 0

    def _end_backing(self, call: Call) -> None:
        if call.backing and call.winner is not None:
            self._buffer.add(commands.StopPlayback(call.winner.id, call.backing))
            call.backing = ""

    def _advance(self, call: Call, reply: Reply = None) -> None:
        assert call.cues is not None, "only a running script advances"
        while True:
            cue, reply = call.cues.send(reply), None
            match cue:
                case Accepted(verb, note):
                    self.note(call, verb, note)
                case UserEvent() | Record() | StopRecord():
                    self.perform(call, cue)
                case Finish("") if call.far_end:
                    self.note(call, "", "end of the document; the next one follows")
                    self._follow(call)
                    return
                case Finish(verb, reason, note):
                    self.note(call, verb, note or (reason if verb else "end of the document"))
                    call.cues = None
                    self._finish(call, reason)
                    return
                case Connect():
                    reply = self._connect(call, cue)
                    if reply is None:
                        return
                case _:
                    if self._begin(call, cue):
                        return

    def _connect(self, call: Call, cue: Connect) -> ConnectResult | None:
        """Begin to connect the leg; return the outcome where that is known at once."""
        call.awaiting = "connection"
        self.note(call, "connect", " ".join(t.to for group in cue.groups for t in group))
        result = self.connect(call, cue)
        if result is not None:
            call.awaiting = ""
            self._note_outcome(call, result)
        return result

    def _begin(self, call: Call, cue: Play | Wait | SendDigits | Fetch | Request) -> bool:
        """Begin something that takes time; False where it takes none."""
        assert call.winner is not None, "a script runs on the leg of the device that answered"
        leg = call.winner.id
        match cue:
            case Play(urls, volume_db):
                self.on_play(call)
                call.playback = self._ids()
                self.note(call, "play", " ".join(urls))
                play = commands.StartPlayback(leg, call.playback, urls, volume_db=volume_db)
                self._buffer.add(play)
            case SendDigits(digits):
                call.playback = self._ids()
                self.note(call, "send_digits", digits)
                self._buffer.add(commands.SendDigits(leg, call.playback, digits))
            case Wait():
                return self._wait(call, leg, cue)
            case Fetch(verb, url):
                call.awaiting = "fetch"
                self.note(call, verb, url)
                self._fetch(call, url, "POST")
            case Request(url, method, headers, body):
                call.awaiting = "request"
                self.note(call, "request", f"{method} {url}")
                number = self._numbered(call)
                self._buffer.add(commands.SendRequest(call.id, url, method, headers, body, number))
        return True

    def _wait(self, call: Call, leg: str, wait: Wait) -> bool:
        delay_ms = wait.delay_ms
        note = wait.note or ("for ever" if delay_ms is None else f"{delay_ms} ms")
        self.note(call, wait.verb, note)
        if delay_ms == 0:
            return False
        if wait.sound:
            self.on_play(call)
            call.backing = self._ids()
            self._buffer.add(commands.StartPlayback(leg, call.backing, (wait.sound,)))
        if delay_ms is not None:
            self._buffer.add(commands.StartTimer(f"{TIMER}:{call.id}", delay_ms))
        return True

    def _follow(self, call: Call) -> None:
        """Go on with the dial's own script after the one of the far end."""
        call.cues, call.far_end, call.script = None, False, call.dial.script
        self.answered(call)
        self.ready(call)

    def _fetch(self, call: Call, url: str, method: str) -> None:
        body = fetch_body(call, self._buffer.settings)
        self._buffer.add(commands.FetchScript(call.id, url, method, body, self._numbered(call)))

    def _numbered(self, call: Call) -> int:
        """Return the number of what is asked for now, whose reply alone is waited for."""
        call.asked += 1
        call.awaited = call.asked
        return call.asked

    def note(self, call: Call, verb: str, note: str) -> None:
        """Record a step of the script."""
        shown = redaction.note(note)
        fact = ScriptFact(subscriber=call.subscriber, call=call.id, verb=verb, note=shown)
        self._buffer.add(fact)


def _ignored(_call: Call, _cue: object) -> None:
    """Stand in for what nobody has taken on yet."""


def _not_connected(_call: Call, _cue: Connect) -> ConnectResult | None:
    """Stand in for connections that nobody has taken on yet."""
    return None
