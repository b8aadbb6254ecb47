"""Scripted tests of the exchange: events go in, and the commands are compared line by line.

A command or fact becomes one short line (``line_of``), so that a test reads like a transcript and
a mismatch shows as a diff. ``s1`` is a socket, ``j1`` a session (the token's id), ``c1`` a call,
``d1`` the first dialog that was offered.
"""

from __future__ import annotations

import difflib
import itertools
from typing import Any

import msgspec

from ringproof_fakeserver.protocol import bye_replies, jsonrpc, sat, sdp
from ringproof_fakeserver.protocol.commands import (
    AnswerLookup,
    AnswerOffer,
    AnyCommand,
    ApplyAnswer,
    ApplyReoffer,
    CancelTimer,
    ChangePlayback,
    CloseLeg,
    CloseSocket,
    CreateOffer,
    CutSocket,
    FetchScript,
    JoinLegs,
    PauseRecording,
    PostCallback,
    RelayMedia,
    SendDigits,
    SendFrame,
    SendRequest,
    StartPlayback,
    StartRecording,
    StartTimer,
    StopPlayback,
    StopRecording,
)
from ringproof_fakeserver.protocol.directory import Directory, Subscriber
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    AnyEvent,
    DialPlaced,
    EndRequested,
    FrameReceived,
    MediaConnected,
    OfferReady,
    SocketClosed,
    SocketOpened,
    TimerFired,
)
from ringproof_fakeserver.protocol.exchange import Exchange
from ringproof_fakeserver.protocol.journal import (
    CallFact,
    DialogFact,
    FaultFact,
    FrameFact,
    LookupFact,
    MediaFact,
    ScriptFact,
    SessionFact,
    TransferFact,
)
from ringproof_fakeserver.protocol.resource_kinds import CONFERENCE_ROOM
from ringproof_fakeserver.protocol.resources import Resource
from ringproof_fakeserver.protocol.settings import Settings
from ringproof_fakeserver.protocol.sip_commands import (
    SipBye,
    SipCallerProgressed,
    SipInvite,
    SipReferAnswered,
    SipReferProgressed,
)

KEY = b"0123456789abcdef0123456789abcdef"
NOW_MS = 1_700_000_000_000
AUDIO = sdp.event_model({"audio": "sendrecv"})
AUDIO_VIDEO = sdp.event_model({"audio": "sendrecv", "video": "sendrecv"})


class Driver:
    """An exchange with one subscriber, Bob, at ``/private/bob``, and every command it returned."""

    def __init__(self, **settings: Any) -> None:
        counter = itertools.count(1)
        self.settings = Settings(key=KEY, **settings)
        self.directory = Directory()
        self.exchange = Exchange(self.directory, self.settings, lambda: f"id-{next(counter)}")
        self.bob = self.directory.find_or_create("bob@example.com", {"display_name": "Bob"}, NOW_MS)
        self.now_ms = NOW_MS
        self.commands: list[AnyCommand] = []
        self._names: dict[str, str] = {}
        self._request_ids = itertools.count(1)

    def handle(self, event: AnyEvent) -> list[AnyCommand]:
        """Handle one event and return its commands."""
        commands = self.exchange.handle(event, self.now_ms)
        self.commands += commands
        for command in commands:
            if isinstance(command, CreateOffer):
                self._names[command.dialog] = f"d{len(self._names) + 1}"
        return commands

    def after(self, event: AnyEvent) -> list[str]:
        """Handle one event and return the lines of its commands."""
        return self.lines(self.handle(event))

    def lines(self, commands: list[AnyCommand]) -> list[str]:
        """Return the lines of some commands, with dialogs by their short names.

        Authorization states that come with requests about calls, and the timers that limit how
        long a socket may take to log in, are left out: they have tests of their own.
        """
        return [
            self._short(line_of(command)) for command in commands if not _is_told_elsewhere(command)
        ]

    def dialog(self, name: str) -> str:
        """Return the id of a dialog by its short name."""
        return {short: dialog for dialog, short in self._names.items()}[name]

    def newest_dialog(self) -> str:
        """Return the short name of the dialog that was offered last."""
        return list(self._names.values())[-1]

    def token(self, jti: str, owner: Subscriber | None = None, **claims: Any) -> str:
        """Mint a token; Bob's unless another owner is given."""
        subscriber = (owner or self.bob).id
        claims = {"expires_s": NOW_MS // 1000 + 7200, "subscriber": subscriber, **claims}
        return sat.mint(sat.Claims(jti=jti, **claims), KEY, self.settings.ch)

    def frame(self, socket: str, method: str, params: Any, request_id: str = "") -> FrameReceived:
        """Build a request of a client, with a fresh id unless one is given."""
        request_id = request_id or f"r{next(self._request_ids)}"
        return FrameReceived(socket, jsonrpc.request(request_id, method, params))

    def verto(self, socket: str, dialog: str, method: str, **params: Any) -> FrameReceived:
        """Build a verto message of a client about a dialog, by short name or as it is."""
        call_id = self.dialog(dialog) if dialog in self._names.values() else dialog
        inner = {"jsonrpc": "2.0", "id": f"v-{method}", "method": method}
        body = {"dialogParams": {"callID": call_id}, **params}
        envelope = {"callID": call_id, "node_id": "", "message": {**inner, "params": body}}
        return self.frame(socket, "webrtc.verto", envelope)

    def connect(self, socket: str, token: str, *, reached: str = "", **params: Any) -> list[str]:
        """Open a socket and connect, until the session's authorization state is sent."""
        self.handle(SocketOpened(socket, reached))
        authentication = {"jwt_token": token}
        commands = self.handle(
            self.frame(socket, "signalwire.connect", {"authentication": authentication, **params})
        )
        timers = [each.name for each in commands if isinstance(each, StartTimer)]
        due = [name for name in timers if name.startswith("state:")]
        return self.lines(commands) + [
            line for name in due for line in self.after(TimerFired(name))
        ]

    def device(self, number: int, subscriber: Subscriber | None = None) -> str:
        """Bring a device online: socket ``s<number>``, session ``j<number>``."""
        socket = f"s{number}"
        self.connect(socket, self.token(f"j{number}", subscriber))
        self.handle(self.frame(socket, "subscriber.online", {}))
        return socket

    def page_returns(self, old: str, socket: str, jti: str) -> list[str]:
        """A page resumes the session of an old socket, with a fresh token, and comes online."""
        protocol = self.sent(old)[0]["result"]["protocol"]
        states = self.authorization_states(old)
        resumed = {"protocol": protocol, "authorization_state": states[-1] if states else ""}
        lines = self.connect(socket, self.token(jti), **resumed)
        return lines + self.after(self.frame(socket, "subscriber.online", {}))

    def asks_for(self, socket: str, dialog: str, offer: str = AUDIO) -> FrameReceived:
        """Build the invite of a page that was opened again and wants its call back."""
        about = {"callID": self.dialog(dialog), "attach": True, "reattaching": True}
        return self.verto(socket, dialog, "verto.invite", sdp=offer, dialogParams=about)

    def places(
        self, socket: str, dialog: str, to: str = "/private/bob", sdp: str = AUDIO, **about: Any
    ) -> FrameReceived:
        """Build the invite of a client that calls somebody; ``about`` adds dialog parameters."""
        params = {"callID": dialog, "destination_number": to, **about}
        return self.verto(socket, dialog, "verto.invite", sdp=sdp, dialogParams=params)

    def dial(self, call: str = "c1", to: str = "/private/bob", **fields: Any) -> list[str]:
        """Place a call from Alice."""
        fields = {"from_": "/private/alice", "from_name": "Alice", "media": ("audio",), **fields}
        return self.after(DialPlaced(call=call, to=to, **fields))

    def ring(self, *dialogs: str) -> list[str]:
        """Let the offers of these dialogs be ready."""
        return [
            line for name in dialogs for line in self.after(OfferReady(self.dialog(name), AUDIO))
        ]

    def answer(self, socket: str, dialog: str) -> list[str]:
        """A device answers, its SDP is applied, and media connects."""
        return (
            self.after(self.verto(socket, dialog, "verto.answer", sdp=AUDIO))
            + self.after(AnswerApplied(self.dialog(dialog)))
            + self.after(MediaConnected(self.dialog(dialog), real=False))
        )

    def bye(self, socket: str, dialog: str, **params: Any) -> list[str]:
        """A device says bye, and the platform's reply is due."""
        return self.after(self.verto(socket, dialog, "verto.bye", **params)) + self.bye_replies()

    def bye_replies(self) -> list[str]:
        """Let the replies to the last byes be due; return the lines of all commands since."""
        timers = [
            command.name
            for command in self.commands
            if isinstance(command, StartTimer) and command.name.startswith(bye_replies.TIMER)
        ]
        return [line for name in timers for line in self.after(TimerFired(name))]

    def decline(self, socket: str, dialog: str) -> list[str]:
        """A device declines as the browser SDK does."""
        return self.bye(socket, dialog, cause="USER_BUSY", causeCode="17")

    def end(self, call: str = "c1", reason: str = "cancel") -> list[str]:
        """The caller gives up, or hangs up."""
        return self.after(EndRequested(call, reason))

    def close(self, socket: str, code: int = 1006) -> list[str]:
        """A socket is lost."""
        return self.after(SocketClosed(socket, code))

    def states(self, call: str = "c1") -> list[str]:
        """Return the whole history of a call's states."""
        return [
            command.state
            for command in self.commands
            if isinstance(command, CallFact) and command.call == call
        ]

    def ended(self, call: str = "c1") -> tuple[str, str]:
        """Return why a call ended, and by whom."""
        [fact] = [
            command
            for command in self.commands
            if isinstance(command, CallFact) and command.call == call and command.state == "ended"
        ]
        return fact.reason, fact.by

    def dialog_states(self, name: str) -> list[str]:
        """Return the whole history of a dialog's states."""
        return [
            command.state
            for command in self.commands
            if isinstance(command, DialogFact) and command.dialog == self.dialog(name)
        ]

    def callbacks(self, call: str = "c1") -> list[str]:
        """Return the states that were posted for a call."""
        return [
            command.body["params"]["call_state"]
            for command in self.commands
            if isinstance(command, PostCallback) and command.call == call
        ]

    def sent(self, socket: str) -> list[dict[str, Any]]:
        """Return every frame that was sent to a socket, decoded, as ``lines`` would show it."""
        return [
            msgspec.json.decode(command.text)
            for command in self.commands
            if isinstance(command, SendFrame)
            and command.socket == socket
            and not _is_told_elsewhere(command)
        ]

    def authorization_states(self, socket: str) -> list[str]:
        """Return every authorization state that was pushed to a socket."""
        frames = [
            msgspec.json.decode(command.text)["params"]["params"]
            for command in self.commands
            if isinstance(command, SendFrame)
            and command.socket == socket
            and _state_number(command)
        ]
        return [frame["authorization_state"] for frame in frames]

    def _short(self, line: str) -> str:
        for dialog, name in self._names.items():
            line = " ".join(
                name if word == dialog else word.replace(f":{dialog}", f":{name}")
                for word in line.split(" ")
            )
        return line


def add_room(driver: Driver, name: str, **attributes: Any) -> Resource:
    """Make a conference room at ``/public/<name>``."""
    ids = (f"resource-{name}", f"room-{name}")
    given = {"name": name, **attributes}
    room = driver.directory.resources.create(CONFERENCE_ROOM, given, ids, NOW_MS)
    driver.directory.publish(room)
    return room


def _state_number(command: AnyCommand) -> int:
    """Return which authorization state of its session a command pushes, from 1; 0 for none."""
    return command.fact.detail.get("number", 0) if isinstance(command, SendFrame) else 0


def _is_told_elsewhere(command: AnyCommand) -> bool:
    if isinstance(command, StartTimer | CancelTimer):
        return command.name.startswith("login:")
    return _state_number(command) > 1


def play(stage: Driver, *entries: tuple[AnyEvent, list[str]]) -> None:
    """Handle events one by one; raise with a diff where the lines are not the expected ones."""
    for event, expected in entries:
        lines = stage.after(event)
        if lines != expected:
            diff = "\n".join(difflib.ndiff(expected, lines))
            raise AssertionError(f"after {event}:\n{diff}")


def line_of(command: AnyCommand) -> str:
    """Return one short line for a command or a fact."""
    match command:
        case SendFrame(socket, fact, _):
            return f"{socket} < {_frame(fact)}"
        case FrameFact():
            return f"{command.session or '?'} > {_frame(command)}"
        case CloseSocket(socket, code, _):
            return f"{socket} closed with {code}"
        case StartTimer(name, delay_ms):
            return f"timer {name} {delay_ms}"
        case CancelTimer(name):
            return f"no timer {name}"
        case CutSocket(socket):
            return f"{socket} cut"
        case CreateOffer(dialog, _, media, msid, reachable):
            words = "" if msid else " without msid"
            words += "" if reachable else " from nowhere"
            words += "" if command.direction == "sendrecv" else f" {command.direction}"
            return f"leg {dialog} offers {'+'.join(media)}{words}"
        case ApplyAnswer(dialog, _):
            return f"leg {dialog} takes the answer"
        case ApplyReoffer(dialog, _):
            return f"leg {dialog} takes a new offer"
        case AnswerOffer(dialog):
            return f"leg {dialog} answers an offer"
        case JoinLegs(first, second):
            return f"leg {first} joined with {second}"
        case RelayMedia(dialog, sound_to, picture_to):
            return f"leg {dialog} heard by {'+'.join(sound_to)} seen by {'+'.join(picture_to)}"
        case CloseLeg(dialog):
            return f"leg {dialog} closes"
        case StartPlayback(dialog, _, urls):
            return f"leg {dialog} plays {' '.join(urls)}"
        case StopPlayback(dialog, _):
            return f"leg {dialog} stops playing"
        case ChangePlayback(dialog, _, paused, volume_db):
            words = {True: "pauses", False: "goes on"}.get(paused, "")  # type: ignore[arg-type]
            return f"leg {dialog} {words or f'plays at {volume_db:g} dB'}"
        case SendDigits(dialog, _, digits):
            return f"leg {dialog} sends {digits}"
        case StartRecording(dialog, _):
            return f"leg {dialog} records"
        case PauseRecording(dialog, _, paused, silent):
            how = " silently" if silent else ""
            return f"leg {dialog} {'pauses' if paused else 'resumes'} recording{how}"
        case StopRecording(dialog, _):
            return f"leg {dialog} stops recording"
        case _:
            return _line_of_fact(command)


def _line_of_fact(command: AnyCommand) -> str:
    match command:
        case FetchScript(call, url, method):
            return f"fetch {method} {url} for {call}"
        case SendRequest(call, url, method):
            return f"request {method} {url} for {call}"
        case PostCallback(call, url, body):
            about = body["params"]
            state = about.get("call_state") or about.get("state") or about.get("result", "")
            return f"post {state} of {call} to {url}"
        case AnswerLookup(lookup, status, body):
            found = [found["name"] for found in body["data"]] if status == 200 else body["error"]
            return f"lookup {lookup} {status} {found}"
        case SessionFact(session=session, state=state, code=code):
            return f"session {session} {state}" + (f" {code}" if code else "")
        case CallFact(call=call, state=state, reason=reason, by=by):
            return f"call {call} {state}" + (f" {reason} by {by}" if reason else "")
        case DialogFact(dialog=dialog, state=state, reason=reason):
            return f"dialog {dialog} {state}" + (f" {reason}" if reason else "")
        case TransferFact(call=call, destination=destination, state=state):
            return f"call {call} {state} at {destination}"
        case LookupFact(name=name, state=state):
            return f"lookup of {name} {state}"
        case MediaFact(dialog=dialog, state=state):
            return f"media {dialog} {state}"
        case FaultFact(session=session, what=what, point=point, dialog=dialog):
            return " ".join(["fault", *filter(None, (what, point, dialog or session))])
        case ScriptFact(call=call, verb=verb, note=note):
            return f"script {call} {verb or '-'} {note}"
        case SipInvite(dialog) | SipBye(dialog) | SipCallerProgressed(dialog):
            return f"{type(command).__name__} {dialog}"
        case SipReferAnswered(leg) | SipReferProgressed(leg):
            return f"{type(command).__name__} {leg}"
        case _:
            raise AssertionError(f"no line for {command}")


def _frame(fact: FrameFact) -> str:
    words = [fact.kind] if fact.kind != "request" else []
    words += [word for word in (fact.method, fact.dialog) if word]
    if fact.kind in ("error", "malformed"):
        words.append(str(fact.detail.get("code", "")))
    if fact.method == "verto.bye" and fact.kind == "request":
        words.append(fact.detail["cause"] or "-")
    return " ".join(words)
