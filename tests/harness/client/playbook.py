"""Plays for the client core: the platform's frames go in, and each command comes out as one line.

No event loop and no clock. ``d1`` is a call, ``p1`` a promise of the user.
"""

from __future__ import annotations

import itertools

import msgspec

from ringproof.client import commands as c
from ringproof.client import events as e
from ringproof.client.calls import InboundCalls
from ringproof.client.core import ClientCore
from ringproof_fakeserver.protocol import jsonrpc, messages, sdp

PROTOCOL = "signalwire_j1_s1"
AUDIO = sdp.event_model({"audio": "sendrecv"})
AUDIO_VIDEO = sdp.event_model({"audio": "sendrecv", "video": "sendrecv"})
NODE = "node-a@dc1"


class Play:
    """A client core, everything it said, and the platform's half of the conversation."""

    def __init__(self, calls: type[InboundCalls] = InboundCalls) -> None:
        numbers = itertools.count(1)
        self.core = ClientCore("token", lambda: f"r{next(numbers)}", calls)
        self.log: list[c.Command] = []
        self._events = itertools.count(1)
        self._requests: dict[str, str] = {}
        """Method of the client's requests → id of the last."""

    @classmethod
    def online(cls, calls: type[InboundCalls] = InboundCalls) -> Play:
        """A client that is online, with nothing in its log."""
        play = cls(calls)
        play.give(e.Started())
        play.connect()
        play.reply("subscriber.online", {"code": "200", "message": "OK"})
        play.log.clear()
        return play

    def give(self, event: e.Event) -> list[str]:
        """Hand over one event and return its commands as lines."""
        commands = self.core.handle(event)
        self.log += commands
        return [self._line(command) for command in commands]

    def frame(self, text: str) -> list[str]:
        """Deliver a frame as it is."""
        return self.give(e.FrameReceived(text))

    def reply(self, method: str, result: object) -> list[str]:
        """Answer the client's last request of this method."""
        return self.frame(jsonrpc.result(self._requests[method], result))

    def refuse(self, method: str, code: int, message: str) -> list[str]:
        """Answer the client's last request of this method with an error."""
        return self.frame(jsonrpc.error(self._requests[method], code, message))

    def connect(self, protocol: str = PROTOCOL, state: str = "as-1") -> list[str]:
        """Open the socket, accept the connect, and hand out a state to resume with."""
        self.give(e.SocketOpened())
        lines = self.reply(
            "signalwire.connect",
            {"identity": "u@n", "protocol": protocol, "authorization": {"jti": "j1"}},
        )
        self.event("signalwire.authorization.state", {"authorization_state": state}, channel="")
        return lines

    def event(self, kind: str, params: object, channel: str = PROTOCOL) -> list[str]:
        """Push an event; its acknowledgement is checked here and left out of the lines."""
        request_id = f"e{next(self._events)}"
        body = {"event_type": kind, "event_channel": channel, "node_id": NODE, "params": params}
        lines = self.frame(jsonrpc.request(request_id, "signalwire.event", body))
        assert lines[0] == f"send result {request_id}"
        return lines[1:]

    def verto(self, method: str, params: object, channel: str = PROTOCOL) -> list[str]:
        """Push a verto message."""
        message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}
        return self.event("webrtc.message", message, channel)

    def invite(self, call: str = "d1", **fields: str) -> list[str]:
        """Push an invite from Alice."""
        filled = {
            "sdp": AUDIO,
            "caller_id_name": "Alice",
            "caller_id_number": "/private/alice",
            "callee_id_name": "Bob",
            "callee_id_number": "/private/bob",
            **fields,
        }
        return self.verto("verto.invite", messages.Invite(call_id=call, **filled))

    def ring(self, call: str = "d1", **fields: str) -> list[str]:
        """Push an invite and answer the look-up."""
        self.invite(call, **fields)
        return self.give(e.LookupAnswered(call))

    def bye(self, call: str = "d1", cause: str = "NORMAL_CLEARING") -> list[str]:
        """Push a bye."""
        return self.verto("verto.bye", messages.Bye(call_id=call, cause=cause, cause_code=16))

    def answer(
        self, call: str = "d1", audio: bool | None = None, video: bool | None = None
    ) -> list[str]:
        """The user answers; promise ``p1``."""
        return self.give(e.AnswerRequested(call, "p1", audio, video))

    def reject(self, call: str = "d1", promise: str = "p2") -> list[str]:
        """The user declines."""
        return self.give(e.RejectRequested(call, promise))

    def hang_up(self, call: str = "d1", promise: str = "p3") -> list[str]:
        """The user hangs up."""
        return self.give(e.HangupRequested(call, promise))

    def negotiate(self, call: str = "d1", kinds: tuple[str, ...] = ("audio",)) -> list[str]:
        """Let the media of an answered call get as far as its answer."""
        lines: list[str] = []
        for kind in kinds:
            lines += self.give(e.RemoteTrack(call, e.Track(f"far-{kind}", kind)))
        lines += self.give(e.OfferApplied(call))
        lines += self.give(e.LocalMediaReady(call, (e.Track("mic", "audio"),)))
        return lines + self.give(e.AnswerReady(call, AUDIO))

    def confirm(self, method: str = "verto.answer") -> list[str]:
        """Confirm the client's last verto request of this method."""
        inner = {"jsonrpc": "2.0", "id": "v", "result": {"method": method}}
        return self.reply(method, {"code": "200", "node_id": NODE, "result": inner})

    def talk(self, call: str = "d1") -> None:
        """Bring a ringing call to ``connected``."""
        self.answer(call)
        self.negotiate(call)
        self.confirm()
        self.give(e.MediaConnected(call))

    def statuses(self, call: str = "d1") -> list[str]:
        """Return the whole status history of a call, as its first subscriber saw it."""
        return ["ringing"] + [
            command.status
            for command in self.log
            if isinstance(command, c.EmitStatus) and command.call == call
        ]

    def lists(self) -> list[tuple[str, ...]]:
        """Return every list emitted so far."""
        return [command.calls for command in self.log if isinstance(command, c.EmitList)]

    def sent(self) -> list[str]:
        """Return a line for every frame the client sent, acknowledgements left out."""
        lines = [self._line(command) for command in self.log if isinstance(command, c.SendFrame)]
        return [line for line in lines if not line.startswith("send result")]

    def _line(self, command: c.Command) -> str:
        match command:
            case c.SendFrame():
                return self._frame_line(command.text)
            case c.EmitStatus():
                return f"{command.call} {command.status}"
            case c.EmitList():
                return " ".join(["list", *command.calls])
            case c.EmitStream():
                return f"{command.call} {command.side} stream {','.join(command.stream.kinds)}"
            case c.EmitComplete():
                return f"{command.call} {command.what} done".strip()
            case c.EmitError():
                return f"error {command.call} {command.text}"
            case c.Settle():
                return f"settle {command.promise} {command.error}".strip()
            case c.AddCall():
                return f"add {command.info.id}"
            case _:
                fields = msgspec.structs.astuple(command)
                texts = [str(field) for field in fields if not str(field).startswith("v=0")]
                return " ".join([type(command).__name__, *texts])

    def _frame_line(self, text: str) -> str:
        message = jsonrpc.parse(text)
        if message.method is None:
            return f"send {'result' if message.has_result else 'error'} {message.id}"
        assert message.id is not None
        if message.method == "signalwire.connect":
            self._requests[message.method] = message.id
            connect = msgspec.json.decode(message.params, type=messages.ConnectParams)
            return f"send connect {connect.protocol} {connect.authorization_state}".rstrip()
        if message.method != "webrtc.verto":
            self._requests[message.method] = message.id
            return f"send {message.method}"
        outer = msgspec.json.decode(message.params, type=messages.VertoParams)
        # A client that places a call learns of its node with the answer.
        assert outer.node_id == NODE or outer.call_id.startswith("o")
        inner = msgspec.json.decode(outer.message, type=messages.VertoMessage)
        body = msgspec.json.decode(inner.params, type=messages.ClientVerto)
        assert body.dialog == outer.call_id
        self._requests[inner.method] = message.id
        sent = " ".join(f"{kind}={way}" for kind, way in sdp.directions(body.sdp).items())
        cause = f"{body.cause}/{body.cause_code}" if body.cause else ""
        return " ".join(filter(None, ["send", inner.method, body.dialog, sent, cause]))
