"""Writes small traces for the tests of checks: one method for each thing that happens.

Every method appends in the order of the calls, a millisecond apart, and returns the builder.
"""

from __future__ import annotations

from typing import Any, Self

from ringproof.trace import (
    FORMAT,
    AnyEntry,
    CalledBack,
    Calls,
    Commanded,
    Complete,
    DeviceRequest,
    Emitted,
    Getter,
    Header,
    Issue,
    ListedCall,
    Note,
    Packets,
    Platformed,
    Received,
    Registered,
    Replied,
    Reread,
    Rested,
    Settled,
    Status,
    Stream,
    SutError,
    Trace,
)
from ringproof_fakeserver.protocol.journal import (
    AnyFact,
    CallFact,
    DialogFact,
    Direction,
    FaultFact,
    FrameFact,
    LookupFact,
    MediaFact,
    SessionFact,
    TransferFact,
)
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import AnyAction, Caller, Scenario

A, B, C = "call-a", "call-b", "call-c"
"""Dialog ids; the origin call of ``call-a`` is ``origin-a`` unless a test gives another."""
AUDIO = {"audio": "sendrecv"}
AUDIO_VIDEO = {"audio": "sendrecv", "video": "sendrecv"}


class TraceBuilder:
    """A trace in the making. ``s`` is the device: ``"s0"`` by default."""

    def __init__(
        self,
        *,
        devices: int = 1,
        features: tuple[str, ...] = (),
        callers: tuple[Caller, ...] = (Caller(),),
        platform: Platform | None = None,
        mode: Any = "simulated",
        actions: tuple[AnyAction, ...] = (),
    ) -> None:
        scenario = Scenario(
            callers=callers, actions=actions, devices=devices, platform=platform or Platform()
        )
        self.header = Header(
            ringproof="0",
            format=FORMAT,
            mode=mode,
            scenario=scenario,
            features=features,
            sessions=tuple(f"s{n}" for n in range(devices)),
        )
        self.entries: list[AnyEntry] = []
        self.now_ms = 0
        self._n: dict[str, int] = {}
        self._numbers = 0
        self._invites: dict[str, dict[str, Any]] = {}
        self._status: dict[str, str] = {}
        self._origins: set[str] = set()

    def build(self) -> Trace:
        """Return the trace."""
        return Trace(self.header, self.entries)

    def later(self, ms: int) -> Self:
        """Let the harness's time pass."""
        self.now_ms += ms
        return self

    # The platform.

    def fact(self, fact: AnyFact) -> Self:
        """Append any fact."""
        return self._add(Platformed(at_us=self._tick(), fact=fact))

    def online(self, *sessions: str) -> Self:
        """The client is online, its list is subscribed to and empty."""
        for s in sessions or ("s0",):
            self.session("online", s)
            self.calls(s=s).emit(Registered, s=s)
        return self

    def emit_registered(self, s: str = "s0") -> Self:
        """The client comes online, and nothing is known of its list."""
        return self.emit(Registered, s=s)

    def session(self, state: str, s: str = "s0", *, code: int = 0) -> Self:
        """The platform's word on a session; ``code`` is the close code of a socket."""
        return self.fact(SessionFact(subscriber="u", session=s, state=state, code=code))

    def invite(
        self,
        c: str = A,
        *,
        s: str = "s0",
        name: str | None = "Alice",
        from_: str = "/private/alice",
        to: str = "/private/bob",
        media: dict[str, str] = AUDIO,
        origin: str = "",
    ) -> Self:
        """A caller rings one device."""
        origin = origin or c.replace("call", "origin")
        if origin not in self._origins:
            self._origins.add(origin)
            self.call(origin, "created")
        detail = {"from": from_, "from_name": name, "to": to, "to_name": "Bob", "media": media}
        self._invites[c] = detail
        self.frame("verto.invite", c, s=s, **detail)
        return self.dialog(c, "offered", s=s, origin=origin).call(origin, "ringing")

    def frame(
        self,
        method: str,
        c: str = "",
        *,
        s: str = "s0",
        out: bool = True,
        kind: str = "request",
        **detail: Any,
    ) -> Self:
        """A frame to the client, or from it (``out=False``)."""
        return self.fact(
            FrameFact(
                subscriber="u",
                session=s,
                direction=Direction.TO_CLIENT if out else Direction.FROM_CLIENT,
                text="{}",
                kind=kind,
                method=method,
                dialog=c,
                detail=detail,
            )
        )

    def call(self, origin: str, state: str, reason: str = "", by: str = "") -> Self:
        """The origin call changed."""
        return self.fact(
            CallFact(
                subscriber="u", call=origin, state=state, to="/private/bob", reason=reason, by=by
            )
        )

    def dialog(
        self, c: str, state: str, *, s: str = "s0", origin: str = "", reason: str = ""
    ) -> Self:
        """One device's dialog changed."""
        origin = origin or c.replace("call", "origin")
        return self.fact(
            DialogFact(subscriber="u", call=origin, dialog=c, session=s, state=state, reason=reason)
        )

    def platform_bye(
        self,
        c: str = A,
        cause: str = "ORIGINATOR_CANCEL",
        *,
        s: str = "s0",
        reason: str = "cancel",
        by: str = "origin",
    ) -> Self:
        """The far side ends the call."""
        self.frame("verto.bye", c, s=s, cause=cause)
        self.dialog(c, "ended", s=s, reason=cause)
        return self.call(c.replace("call", "origin"), "ended", reason, by)

    def client_bye(
        self, c: str = A, *, s: str = "s0", reason: str = "hangup", echo: bool = False
    ) -> Self:
        """The client's bye reaches the platform, which ends the call and replies."""
        self.frame("verto.bye", c, s=s, out=False)
        if echo:
            self.frame("verto.bye", c, s=s, cause="NORMAL_CLEARING")
        self.frame("verto.bye", c, s=s, kind="result")
        self.dialog(c, "ended", s=s, reason="NORMAL_CLEARING")
        return self.call(c.replace("call", "origin"), "ended", reason, "callee")

    def answer_frame(
        self, c: str = A, media: dict[str, str] = AUDIO, *, s: str = "s0", wins: bool = True
    ) -> Self:
        """The client's answer reaches the platform."""
        self.frame("verto.answer", c, s=s, out=False, media=media)
        if wins:
            self.dialog(c, "winner", s=s).call(c.replace("call", "origin"), "answered")
            self.frame("verto.answer", c, s=s, kind="result")
        return self

    def media(
        self, c: str = A, state: str = "connected", *, real: bool = False, **counts: Any
    ) -> Self:
        """The platform's media leg."""
        return self.fact(MediaFact(subscriber="u", dialog=c, state=state, real=real, **counts))

    def rung(self, destination: str, state: str = "ringing", *, origin: str = "origin-a") -> Self:
        """A device rings at the destination of a transfer."""
        fact = TransferFact(subscriber="u", call=origin, destination=destination, state=state)
        return self.fact(fact)

    def lookup(self, state: str) -> Self:
        """The client asks the directory."""
        return self.fact(LookupFact(subscriber="u", name="/private/bob", state=state))

    def fault(self, what: str, point: str, c: str = A, *, s: str = "s0") -> Self:
        """A fault on purpose strikes."""
        fact = FaultFact(subscriber="u", session=s, what=what, point=point, dialog=c)
        return self.fact(fact)

    def ping(self, s: str = "s0") -> Self:
        """The platform pings and is answered."""
        return self.ping_sent(s=s).ping_answered(s=s)

    def ping_sent(self, name: str = "barrier", s: str = "s0") -> Self:
        """A ping leaves."""
        return self.frame("signalwire.ping", s=s, ping=name)

    def ping_answered(self, name: str = "barrier", s: str = "s0") -> Self:
        """A ping's answer arrives."""
        return self.frame("signalwire.ping", s=s, out=False, kind="result", ping=name)

    # The SUT.

    def emit(self, event: Any, /, *, s: str = "s0", **fields: Any) -> Self:
        """Append any SUT event, numbered."""
        n = self._n.get(s, 0)
        self._n[s] = n + 1
        return self._add(Emitted(at_us=self._tick(), event=event(s=s, n=n, **fields)))

    def calls(self, *ids: str, s: str = "s0", **changed: Any) -> Self:
        """The list is emitted; ``changed`` overrides fields of every entry."""
        return self.emit(Calls, s=s, list=tuple(self.entry(c, **changed) for c in ids))

    def late_list(self, *ids: str, s: str = "s0", observer: str = "late") -> Self:
        """A late subscriber gets a list."""
        entries = tuple(self.entry(c) for c in ids)
        return self.emit(Calls, s=s, list=entries, observer=observer)

    def entry(self, c: str, **changed: Any) -> ListedCall:
        """What a good client shows of a call."""
        invite = self._invites.get(c, {})
        fields: dict[str, Any] = {
            "status": self._status.get(c, "ringing"),
            "direction": "inbound",
            "from_": invite.get("from"),
            "from_name": invite.get("from_name"),
            "to": invite.get("to"),
            "to_name": invite.get("to_name"),
        }
        return ListedCall(c=c, **{**fields, **changed})

    def status(self, *words: str, c: str = A, s: str = "s0", observer: str = "") -> Self:
        """Statuses are emitted, one after the other."""
        for word in words:
            if not observer:
                self._status[c] = word
            self.emit(Status, s=s, c=c, status=word, observer=observer)
        return self

    def stream(
        self,
        side: str,
        *tracks: str,
        c: str = A,
        s: str = "s0",
        stream: str = "",
        observer: str = "",
    ) -> Self:
        """A stream is emitted; its object is a new one unless named."""
        self._numbers += 1
        name = stream or f"{side}-{self._numbers}"
        return self.emit(Stream, s=s, c=c, side=side, stream=name, tracks=tracks, observer=observer)

    def complete(self, *what: str, c: str = A, s: str = "s0") -> Self:
        """Observables complete: status and both streams unless named."""
        for name in what or ("local_stream", "remote_stream", "status"):
            self.emit(Complete, s=s, what=name, c=c)
        return self

    def getter(self, status: str | None, c: str = A, s: str = "s0") -> Self:
        """The status property is read."""
        return self.emit(Getter, s=s, c=c, status=status)

    def reread(self, of: int, *ids: str, s: str = "s0") -> Self:
        """An emitted list is looked at again."""
        return self.emit(Reread, s=s, of=of, list=ids)

    def packets(self, side: str, kind: str, packets: int, c: str = A, s: str = "s0") -> Self:
        """The SUT counts RTP."""
        return self.emit(Packets, s=s, c=c, side=side, kind=kind, packets=packets)

    def devices(
        self,
        state: str,
        error: str = "",
        *,
        kinds: tuple[str, ...] = ("audio",),
        c: str = A,
        s: str = "s0",
    ) -> Self:
        """The client asked for devices that were made to fail or to wait."""
        return self.emit(DeviceRequest, s=s, c=c, state=state, kinds=kinds, error=error)

    def error(self, text: str, c: str = A, s: str = "s0") -> Self:
        """The call reports an error."""
        return self.emit(SutError, s=s, c=c, text=text)

    def issue(self, text: str, c: str = A, s: str = "s0") -> Self:
        """The call reports an issue."""
        return self.emit(Issue, s=s, c=c, text=text)

    # The harness.

    def command(
        self,
        op: str,
        c: str = A,
        *,
        s: str = "s0",
        received: bool = True,
        id: str = "",
        **args: Any,
    ) -> Self:
        """A command is sent, and reaches the SUT."""
        self._numbers += 1
        id = id or f"command-{self._numbers}"
        self.command_id = id
        self._add(Commanded(at_us=self._tick(), id=id, op=op, s=s, c=c, args=args))
        return self.emit(Received, s=s, id=id) if received else self

    def received(self, id: str, *, s: str = "s0") -> Self:
        """A command, of this id, is received (again)."""
        return self.emit(Received, s=s, id=id)

    def resolved(self, id: str = "", *, s: str = "s0", error: str = "") -> Self:
        """The promise of a command, the last one unless named, settles."""
        return self.emit(Settled, s=s, id=id or self.command_id, error=error)

    def reply(
        self, id: str = "", error: str = "", text: str = "", *, definite: bool = True
    ) -> Self:
        """A command, the last one unless named, is replied to."""
        at_us, id = self._tick(), id or self.command_id
        return self._add(Replied(at_us=at_us, id=id, error=error, text=text, definite=definite))

    def dial(self, caller: int = 0, origin: str = "origin-a") -> Self:
        """A caller's REST request, and the call it became."""
        id = f"dial-{caller}"
        self.command("rest.dial", "", s="", received=False, id=id, caller=caller)
        return self.reply(id, text=origin)

    def rest(
        self,
        path: str = "",
        status: int = 200,
        *,
        told: dict[str, Any] | None = None,
        **asked: Any,
    ) -> Self:
        """A REST request, with the project's credentials unless ``asked`` says otherwise."""
        asked = {"credentials": "project", **asked}
        entry = Rested(
            at_us=self._tick(), method="", path=path, status=status, asked=asked, told=told or {}
        )
        return self._add(entry)

    def callback(self, *states: str, caller: int = 0, origin: str = "origin-a") -> Self:
        """Status callbacks come, one after the other."""
        for state in states:
            at_us = self._tick()
            self._add(CalledBack(at_us=at_us, caller=caller, call=origin, state=state))
        return self

    def settled(self) -> Self:
        """Everything sent so far is handled and emitted."""
        return self._add(Note(at_us=self._tick(), what="settled"))

    def waited(self, text: str = "") -> Self:
        """A deadline passed."""
        return self._add(Note(at_us=self._tick(), what="waited", text=text))

    def stalled(self, ms: int) -> Self:
        """The harness stood still."""
        return self._add(Note(at_us=self._tick(), what="stalled", text=str(ms)))

    def lost(self, s: str = "s0") -> Self:
        """The client never comes back from a lost socket."""
        return self._add(Note(at_us=self._tick(), what="lost", text=s))

    # Whole stretches of a good client's life.

    def ringing(
        self, c: str = A, *, s: str = "s0", beside: tuple[str, ...] = (), **invite: Any
    ) -> Self:
        """A call arrives and is listed."""
        return self.invite(c, s=s, **invite).calls(c, *beside, s=s).status("ringing", c=c, s=s)

    def answered(
        self, c: str = A, *, s: str = "s0", media: dict[str, str] = AUDIO, **args: bool
    ) -> Self:
        """The subscriber accepts, and the call connects."""
        self.command("call.answer", c, s=s, **args)
        kinds = sorted(media)
        self.stream("local", *kinds, c=c, s=s).status("connecting", c=c, s=s)
        self.answer_frame(c, media, s=s).media(c)
        for count in range(1, len(kinds) + 1):
            self.stream("remote", *kinds[:count], c=c, s=s)
        return self.resolved(s=s).status("connected", c=c, s=s)

    def over(
        self,
        *words: str,
        c: str = A,
        s: str = "s0",
        beside: tuple[str, ...] = (),
    ) -> Self:
        """The client shows these words, then an emission without the call, then destroyed."""
        self.status(*words, c=c, s=s).calls(*beside, s=s)
        return self.status("destroyed", c=c, s=s).complete(c=c, s=s)

    def gave_up(self, c: str = A, *, s: str = "s0", beside: tuple[str, ...] = ()) -> Self:
        """The caller gives up, and the client shows it."""
        return self.platform_bye(c, s=s).over("disconnected", c=c, s=s, beside=beside)

    def declined(self, c: str = A, *, s: str = "s0", beside: tuple[str, ...] = ()) -> Self:
        """The subscriber declines."""
        self.command("call.reject", c, s=s).client_bye(c, s=s, reason="decline")
        return self.over("disconnected", c=c, s=s, beside=beside).resolved(s=s)

    def hung_up(self, c: str = A, *, s: str = "s0", beside: tuple[str, ...] = ()) -> Self:
        """The subscriber hangs up."""
        self.command("call.hangup", c, s=s).status("disconnecting", c=c, s=s).client_bye(c, s=s)
        return self.over("disconnected", c=c, s=s, beside=beside).resolved(s=s)

    def hangup_shown(self, c: str = A, *, s: str = "s0") -> Self:
        """The subscriber hangs up, and no more has happened than disconnecting."""
        return self.command("call.hangup", c, s=s).status("disconnecting", c=c, s=s)

    def remote_hangup(
        self, c: str = A, *, s: str = "s0", by: str = "origin", beside: tuple[str, ...] = ()
    ) -> Self:
        """The far side hangs up on an answered call."""
        self.platform_bye(c, "NORMAL_CLEARING", s=s, reason="hangup", by=by)
        return self.over("disconnected", c=c, s=s, beside=beside)

    def _tick(self) -> int:
        self.now_ms += 1
        return self.now_ms * 1000

    def _add(self, entry: AnyEntry) -> Self:
        self.entries.append(entry)
        return self


def start(**options: Any) -> TraceBuilder:
    """Begin with one client online."""
    return TraceBuilder(**options).online()
