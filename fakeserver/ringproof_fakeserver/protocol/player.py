"""Runs a call's SWML script on the caller's leg: starts its playbacks, waits and fetches."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol import commands, swml
from ringproof_fakeserver.protocol.call import Call, fetch_body
from ringproof_fakeserver.protocol.command_buffer import CommandBuffer
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.swml import Finish, Play, Script, Wait

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

    def answered(self, call: Call) -> None:
        """Fetch the script of an answered call, unless the dial brought it along (rest.md 3.2)."""
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
        call.cues = swml.run(call.script)
        self._advance(call)

    def fetched(self, call: Call, script: Script | None, error: str) -> None:
        """Run the fetched document; if that failed, fetch the fallback, else end the call."""
        call.fetches -= 1
        if call.fetches > 0:
            return  # another document was asked for since
        if script is not None:
            call.script = script
            self.ready(call)
        elif call.fallback_url is not None:
            url, call.fallback_url = call.fallback_url, None
            self._note(call, "", f"{error or 'no document'}; trying the fallback")
            self._fetch(call, url, "POST")
        else:
            self._note(call, "", error or "no document")
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
            self._advance(call)

    def played(self, call: Call, playback: str, note: str) -> None:
        """Go on after a playback; one that was stopped is ignored."""
        if call.cues is None or call.playback != playback:
            return
        call.playback = ""
        if note:
            self._note(call, "play", note)
        self._advance(call)

    def digits_sent(self, call: Call, sending: str, note: str) -> None:
        """Go on after digits of the script; those of the dial are none of its steps."""
        if note:
            self._note(call, "send_digits", note)
        if call.cues is not None and call.playback == sending:
            call.playback = ""
            self._advance(call)

    def overtaken(self, call: Call) -> None:
        """Go on with the script in a moment, because something else plays from now on."""
        if call.playback and call.winner is not None:
            self._buffer.add(commands.StopPlayback(call.winner.id, call.playback))
            call.playback = ""
            self._buffer.add(commands.StartTimer(f"{TIMER}:{call.id}", 0))

    def stop(self, call: Call) -> None:
        """Stop whatever is in progress."""
        if call.playback and call.winner is not None:
            self._buffer.add(commands.StopPlayback(call.winner.id, call.playback))
            call.playback = ""
        elif call.cues is not None:
            self._buffer.add(commands.CancelTimer(f"{TIMER}:{call.id}"))
        call.cues = None

    def _advance(self, call: Call) -> None:
        assert call.cues is not None, "only a running script advances"
        assert call.winner is not None, "a script runs on the leg of the device that answered"
        while True:
            match next(call.cues):
                case Play(urls):
                    self.on_play(call)
                    call.playback = self._ids()
                    self._note(call, "play", " ".join(urls))
                    self._buffer.add(commands.StartPlayback(call.winner.id, call.playback, urls))
                    return
                case Wait(verb, delay_ms, note):
                    self._note(
                        call, verb, note or ("for ever" if delay_ms is None else f"{delay_ms} ms")
                    )
                    if delay_ms is None:
                        return
                    if delay_ms > 0:
                        self._buffer.add(commands.StartTimer(f"{TIMER}:{call.id}", delay_ms))
                        return
                case Finish("") if call.far_end:
                    self._note(call, "", "end of the document; the next one follows")
                    self._follow(call)
                    return
                case Finish(verb, reason, note):
                    self._note(call, verb, note or (reason if verb else "end of the document"))
                    call.cues = None
                    self._finish(call, reason)
                    return

    def _follow(self, call: Call) -> None:
        """Go on with the dial's own script after the one of the far end."""
        call.cues, call.far_end, call.script = None, False, call.dial.script
        self.answered(call)
        self.ready(call)

    def _fetch(self, call: Call, url: str, method: str) -> None:
        call.fetches += 1
        body = fetch_body(call, self._buffer.settings)
        self._buffer.add(commands.FetchScript(call.id, url, method, body))

    def _note(self, call: Call, verb: str, note: str) -> None:
        self._buffer.add(ScriptFact(subscriber=call.subscriber, call=call.id, verb=verb, note=note))
