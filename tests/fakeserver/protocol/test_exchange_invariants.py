"""What holds whatever happens, in whatever order: Hypothesis plays the world."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ringproof_fakeserver.protocol import jsonrpc
from ringproof_fakeserver.protocol.commands import (
    AnyCommand,
    CancelTimer,
    CloseLeg,
    CreateOffer,
    PostCallback,
    SendFrame,
    StartPlayback,
    StartTimer,
)
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    AnyEvent,
    EndRequested,
    FrameReceived,
    LegAnswered,
    MediaConnected,
    MediaFailed,
    MediaRestarted,
    OfferReady,
    PlaybackFinished,
    ReofferAnswered,
    ReofferRefused,
    ServerStopping,
    SocketClosed,
    TimerFired,
)
from ringproof_fakeserver.protocol.journal import CallFact, DialogFact, SessionFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.swml import parse
from tests.playbook import AUDIO, Driver, add_room

ORDER = ["created", "ringing", "answered", "ended"]
SCRIPT = parse({"sections": {"main": [{"play": "http://x/y"}, {"sleep": 50}]}})
picks = st.integers(min_value=0, max_value=10**6)
ROOM_METHODS = ["call.mute", "call.lock", "call.unlock", "call.end", "call.layout.list"]
METHODS = ["verto.answer", "verto.bye", "verto.modify", "verto.info", "verto.dance"]


MEDIA = ("applied", "connected", "failed", "answered", "refused", "restarted", "leg")
"""What legs report."""


class World(RuleBasedStateMachine):
    """Two subscribers with two devices each; every rule is one event, sensible or not."""

    def __init__(self) -> None:
        super().__init__()
        self.driver = Driver(ended_calls=3, recent_ids=8)
        carol = self.driver.directory.find_or_create("carol", {}, 0)
        add_room(self.driver, "room")
        self.driver.exchange.set_platform(carol.id, Platform(bye_echo=True))
        self.owners = [self.driver.bob, self.driver.bob, carol, carol]
        self.open: dict[str, str] = {}
        self.memory: dict[str, dict[str, str]] = {}
        self.timers: set[str] = set()
        self.calls: list[str] = []
        self.offers: dict[str, object] = {}
        """By dialog: what announced it. Each is to be closed once."""
        self.in_rooms: set[str] = set()
        """Calls that rooms answer: no device wins them."""
        self.placed: set[str] = set()
        """Calls that clients placed: nobody asked for callbacks."""
        self.playbacks: list[StartPlayback] = []
        self.closed: set[str] = set()
        self.states: dict[str, list[str]] = defaultdict(list)
        self.posts: dict[str, list[str]] = defaultdict(list)
        self.winners: Counter[str] = Counter()
        self.transfers: Counter[str] = Counter()
        self.invites: Counter[str] = Counter()
        self.owner_of: dict[str, str] = {}
        self.known_to: dict[str, set[str]] = defaultdict(set)
        self.count = 0
        for number in range(4):
            self._arrive(number, {})

    def _arrive(self, device: int, memory: dict[str, str]) -> None:
        self.count += 1
        socket, jti = f"s{self.count}", f"j{device}"
        token = self.driver.token(jti, self.owners[device])
        mark = len(self.driver.commands)
        self.driver.connect(socket, token, **memory)
        self.open[socket] = jti
        self._check(self.driver.commands[mark:], None)
        frames = self.driver.sent(socket)
        if "error" in frames[0]:
            del self.open[socket]
            self._play(SocketClosed(socket, 1000))
            return
        self._play(self.driver.frame(socket, "subscriber.online", {}))
        # ``connect`` has let the timer of the state run off.
        self.timers -= {name for name in self.timers if name.startswith("state:")}
        known = memory.get("authorization_state", "")
        states = self.driver.authorization_states(socket) or [known]
        self.memory[jti] = {
            "protocol": frames[0]["result"]["protocol"],
            "authorization_state": states[-1],
        }

    def _play(self, event: AnyEvent, session: str | None = None) -> None:
        self._check(self.driver.handle(event), session)

    def _check(self, commands: list[AnyCommand], session: str | None) -> None:
        mine = set(self.known_to[session]) if session is not None else set(self.calls)
        for command in commands:
            match command:
                case StartTimer(name):
                    self.timers.add(name)
                case CancelTimer(name):
                    self.timers.discard(name)
                case CreateOffer(dialog):
                    self.offers[dialog] = command
                case CloseLeg(dialog):
                    self.closed.add(dialog)
                case StartPlayback():
                    self.playbacks.append(command)
                case PostCallback(call=call, body=body):
                    self.posts[call].append(body["params"]["call_state"])
                case CallFact():
                    self.states[command.call].append(command.state)
                    assert command.call in mine
                case DialogFact(state="placed"):
                    mine.add(command.call)
                    self.calls.append(command.call)
                    self.placed.add(command.call)
                    self.offers[command.dialog] = command
                    self.owner_of[command.dialog] = command.session
                    self._check_dialog(command)
                case DialogFact():
                    assert command.call in mine
                    self._check_dialog(command)
                case SendFrame(socket, fact):
                    assert fact.session in ("", self.open[socket])
                    if fact.method == "verto.invite" and fact.kind == "request":
                        self.invites[fact.dialog] += 1
                        self.owner_of[fact.dialog] = fact.session
                    elif fact.dialog in self.owner_of and fact.kind == "request":
                        # Whoever answers a dialog that is not its own is told bye, itself.
                        assert fact.session in (self.owner_of[fact.dialog], session)
                case _:
                    pass

    def _check_dialog(self, fact: DialogFact) -> None:
        self.known_to[fact.session].add(fact.call)
        if fact.state == "winner":
            self.winners[fact.call] += 1
        elif fact.state == "transferred":
            self.transfers[fact.call] += 1

    def _socket(self, pick: int) -> str | None:
        sockets = sorted(self.open)
        return sockets[pick % len(sockets)] if sockets else None

    def _dialog(self, pick: int) -> str | None:
        dialogs = list(self.offers)
        return dialogs[pick % len(dialogs)] if dialogs else None

    @rule(carol=st.booleans(), script=st.booleans(), ready=st.booleans())
    def dial(self, carol: bool, script: bool, ready: bool) -> None:
        known = set(self.offers)
        call = f"c{len(self.calls)}"
        self.calls.append(call)
        mark = len(self.driver.commands)
        self.driver.dial(
            call,
            "/private/carol" if carol else "/private/bob",
            script=SCRIPT if script else None,
            status_url="http://hooks",
            status_events=tuple(ORDER),
        )
        self._check(self.driver.commands[mark:], None)
        for dialog in [dialog for dialog in self.offers if dialog not in known and ready]:
            self._play(OfferReady(dialog, AUDIO))

    @rule(
        pick=picks,
        method=st.sampled_from(["verto.answer", "verto.answer", "verto.bye"]),
        media=st.booleans(),
    )
    def device_decides(self, pick: int, method: str, media: bool) -> None:
        ringing = [dialog for dialog in self.owner_of if dialog not in self.closed]
        if not ringing:
            return
        dialog = ringing[pick % len(ringing)]
        for socket, session in list(self.open.items()):
            # Several sockets may belong to one token; only one of them has the dialog.
            if session == self.owner_of[dialog]:
                self._play(self.driver.verto(socket, dialog, method, sdp=AUDIO), session)
        if media:
            self._play(AnswerApplied(dialog))
            self._play(MediaConnected(dialog, real=False))

    @rule(pick=picks)
    def offer_is_ready(self, pick: int) -> None:
        dialog = self._dialog(pick)
        if dialog is not None:
            self._play(OfferReady(dialog, AUDIO))

    @rule(pick=picks, kind=st.sampled_from(MEDIA))
    def media_moves(self, pick: int, kind: str) -> None:
        dialog = self._dialog(pick)
        if dialog is not None:
            events: dict[str, AnyEvent] = {
                "applied": AnswerApplied(dialog),
                "connected": MediaConnected(dialog, real=False),
                "failed": MediaFailed(dialog, "lost"),
                "answered": ReofferAnswered(dialog, AUDIO),
                "refused": ReofferRefused(dialog, "unusable"),
                "restarted": MediaRestarted(dialog),
                "leg": LegAnswered(dialog, AUDIO),
            }
            self._play(events[kind])

    @rule(pick=picks)
    def playback_finishes(self, pick: int) -> None:
        if self.playbacks:
            playback = self.playbacks[pick % len(self.playbacks)]
            self._play(PlaybackFinished(playback.dialog, playback.playback))

    @rule(
        socket=picks,
        dialog=picks,
        method=st.sampled_from(METHODS),
        action=st.sampled_from(["hold", "transfer", "updateMedia"]),
        to=st.sampled_from(["bob", "carol", "nobody"]),
    )
    def client_speaks(self, socket: int, dialog: int, method: str, action: str, to: str) -> None:
        name, target = self._socket(socket), self._dialog(dialog)
        if name is not None and target is not None:
            params = {"sdp": AUDIO, "action": action, "destination": f"/private/{to}"}
            frame = self.driver.verto(name, target, method, **params)
            self._play(frame, self.open[name])

    @rule(socket=picks, to=st.sampled_from(["bob", "carol", "nobody", "room"]), ready=st.booleans())
    def client_dials(self, socket: int, to: str, ready: bool) -> None:
        name, known = self._socket(socket), set(self.offers)
        if name is None:
            return
        self.count += 1
        dialog = f"dialled-{self.count}"
        context = "public" if to == "room" else "private"
        if to == "room":
            self.in_rooms.add(dialog)
        about = {"callID": dialog, "destination_number": f"/{context}/{to}"}
        invite = self.driver.verto(name, dialog, "verto.invite", sdp=AUDIO, dialogParams=about)
        self._play(invite, self.open[name])
        for offered in [each for each in self.offers if each not in {*known, dialog} and ready]:
            self._play(OfferReady(offered, AUDIO))

    @rule(socket=picks, main=picks)
    def client_shares(self, socket: int, main: int) -> None:
        name, call = self._socket(socket), self._dialog(main)
        if name is None or call is None:
            return
        self.count += 1
        dialog = f"shared-{self.count}"
        self.in_rooms.add(dialog)
        about = {"screenShare": True, "userVariables": {"memberCallId": call}}
        self._play(self.driver.places(name, dialog, "/public/room", **about), self.open[name])

    @rule(socket=picks, dialog=picks, method=st.sampled_from(ROOM_METHODS))
    def client_changes_its_room(self, socket: int, dialog: int, method: str) -> None:
        name, call = self._socket(socket), self._dialog(dialog)
        member = self._member_of(call)
        if name is not None and call is not None:
            target = {"call_id": call, "member_id": member}
            params = {"self": target, "target": target, "channels": ["audio"]}
            self._play(self.driver.frame(name, method, params), self.open[name])

    def _member_of(self, call: str | None) -> str:
        for command in self.driver.commands:
            if isinstance(command, SendFrame) and command.fact.dialog == call:
                created = msgspec.json.decode(command.text).get("result", {}).get("result", {})
                if "memberID" in created.get("result", {}):
                    return str(created["result"]["memberID"])
        return "nobody"

    @rule(socket=picks, method=st.sampled_from(["subscriber.online", "subscriber.offline"]))
    def client_registers(self, socket: int, method: str) -> None:
        name = self._socket(socket)
        if name is not None:
            self._play(self.driver.frame(name, method, {}))

    @rule(socket=picks, code=st.sampled_from([1000, 1001, 1006]))
    def socket_closes(self, socket: int, code: int) -> None:
        name = self._socket(socket)
        if name is not None:
            del self.open[name]
            self._play(SocketClosed(name, code))

    @rule(device=st.integers(0, 3), resume=st.booleans())
    def client_arrives(self, device: int, resume: bool) -> None:
        if len(self.open) < 8:
            self._arrive(device, self.memory.get(f"j{device}", {}) if resume else {})

    @rule(pick=picks)
    def timer_fires(self, pick: int) -> None:
        if self.timers:
            name = sorted(self.timers)[pick % len(self.timers)]
            self.timers.discard(name)
            self._play(TimerFired(name))

    @rule(pick=picks, reason=st.sampled_from(["cancel", "hangup", "noAnswer"]))
    def origin_ends(self, pick: int, reason: str) -> None:
        if self.calls:
            self._play(EndRequested(self.calls[pick % len(self.calls)], reason))

    @invariant()
    def calls_walk_forward_and_end_once(self) -> None:
        for call in self.calls:
            states = self.states[call]
            assert states == [state for state in ORDER if state in states]
            assert self.posts[call] == ([] if call in self.placed else states)

    @invariant()
    def one_winner_at_most_until_a_transfer_and_only_if_answered(self) -> None:
        for call in set(self.calls) - self.in_rooms:
            answered = self.states[call].count("answered")
            assert answered <= 1
            assert answered <= self.winners[call] <= answered + self.transfers[call]

    @invariant()
    def nobody_is_invited_twice_to_one_dialog(self) -> None:
        assert all(count == 1 for count in self.invites.values())

    def teardown(self) -> None:
        self._play(ServerStopping())
        assert self.driver.exchange.call_count() == 0
        assert set(self.offers) == self.closed
        assert not {name for name in self.timers if not name.startswith(("grace:", "login:"))}
        assert all(self.states[call][-1] == "ended" for call in self.calls)


TestWorld = World.TestCase
TestWorld.settings = settings(stateful_step_count=40)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    ["jsonrpc", "id", "method", "params", "message", "callID", "dialogParams", "sdp", "cause"]
)
words = st.sampled_from(
    ["2.0", "webrtc.verto", "signalwire.connect", "verto.bye", "verto.answer", "call.mute"]
)
frames = st.recursive(
    json_values | words,
    lambda inner: st.dictionaries(members, inner, max_size=6),
    max_leaves=12,
)


def outcome(driver: Driver) -> list[Any]:
    """What an innocent session and its call were told."""
    told = (CallFact, DialogFact, SessionFact)
    return [command for command in driver.commands if isinstance(command, told)]


class TestAnyFrame:
    """No frame raises, and none reaches another session."""

    def _judge(self, text: str) -> None:
        driver = Driver()
        driver.device(1)
        driver.device(2, driver.directory.find_or_create("carol", {}, 0))
        driver.dial()
        driver.ring("d1")
        before = outcome(driver)
        commands = driver.handle(FrameReceived("s2", text))
        assert outcome(driver) == before
        assert all(isinstance(c, SendFrame) and c.socket == "s2" for c in commands[1:])
        for command in commands[1:]:
            assert isinstance(command, SendFrame)
            assert msgspec.json.decode(command.text)["jsonrpc"] == "2.0"

    @given(st.text())
    def test_text_is_answered_on_its_own_socket(self, text: str) -> None:
        self._judge(text)

    @given(frames)
    def test_json_is_answered_on_its_own_socket(self, value: Any) -> None:
        self._judge(msgspec.json.encode(value).decode())

    @given(words, json_values)
    def test_request_with_any_params_is_answered(self, method: str, params: Any) -> None:
        self._judge(jsonrpc.request("x", method, params))
