"""Fault injection: frames, requests, look-ups and legs that fail on purpose. Pure.

Rules are planned for one session (a device), by the id of its token, and each applies once. They
change the commands that the exchange has returned, so the exchange itself does not know of them: it
takes a lost frame for sent. The record stays true: a frame is recorded when it is really sent, and
a ``FaultFact`` records what happened to one that was not.

Every shell performs the changed commands like any others, so a fault affects the same frame in a
simulation and over the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ringproof_fakeserver.protocol.commands import AnyCommand, CreateOffer, SendFrame, StartTimer
from ringproof_fakeserver.protocol.journal import FaultFact, FrameFact
from ringproof_fakeserver.protocol.session import Session

TIMER = "fault"

REORDER_MS = 50
"""How long a frame that is to change places with the next one waits for it."""

Point = Literal[
    "invite",
    "bye",
    "answer-reply",
    "bye-reply",
    "ping",
    "answer",
    "bye-request",
    "pong",
    "look-up",
    "media",
    "connect",
    "online",
    "token",
    "stun",
]
"""What a fault affects: frames to the client, requests of the client, or neither."""

What = Literal["drop", "delay", "duplicate", "reorder", "refuse", "ignore", "close", "fail"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One planned fault."""

    what: What
    """drop, delay, duplicate, reorder: of frames. refuse, ignore, close: of requests. fail: of
    the rest"""
    point: Point
    call: str = ""
    """Label of the call (``DialPlaced.label``); empty for any. A look-up belongs to no call."""
    nth: int = 0
    """Which of the matching frames, requests or look-ups is affected, from 0."""
    times: int = 1
    """How many of them in a row, from there on; 0: all."""
    delay_ms: int = 0
    """How long a frame, its copy, or the answer to a look-up is delayed."""
    code: int = 0
    """Of ``refuse``: the error's code. Of a look-up: the HTTP status."""


_FRAMES: dict[tuple[str, bool], Point] = {
    ("verto.invite", True): "invite",
    ("verto.bye", True): "bye",
    ("verto.answer", False): "answer-reply",
    ("verto.bye", False): "bye-reply",
    ("verto.ping", True): "ping",
}
"""(method, whether it is a request) → point."""

_REQUESTS: dict[str, Point] = {
    "verto.answer": "answer",
    "verto.bye": "bye-request",
    "verto.pong": "pong",
}


class _Armed(msgspec.Struct, eq=False):
    rule: Rule
    seen: int = 0
    """How many frames, requests or look-ups have matched."""


class Faults:
    """All planned faults of one exchange.

    ``find`` returns the session of a live dialog and its call's label, or None; ``add`` adds to
    the commands of the present event; at most ``limit`` frames are delayed at any time.
    """

    def __init__(
        self,
        find: Callable[[str], tuple[Session, str] | None],
        add: Callable[[AnyCommand], None],
        limit: int,
    ) -> None:
        self._find = find
        self._add = add
        self._limit = limit
        self._armed: dict[str, list[_Armed]] = {}
        self._calls: dict[str, str] = {}
        """Dialog → label of its call: the bye of an ended dialog is still to be matched."""
        self._delayed: dict[str, tuple[SendFrame, Rule]] = {}
        """By timer: frames that are sent later."""
        self._swaps: dict[str, list[str]] = {}
        """Session → timers of the frames that wait for the next one."""
        self._count = 0
        self._skip_next = False

    @property
    def active(self) -> bool:
        """Whether ``apply`` may change anything."""
        return bool(self._armed or self._delayed or self._skip_next)

    def plan(self, session: str, rules: tuple[Rule, ...]) -> None:
        """Arm these rules for a session, instead of those it had."""
        self._armed.pop(session, None)
        if rules:
            self._armed[session] = [_Armed(rule) for rule in rules]
        if not self._armed:
            self._calls.clear()

    def apply(self, commands: list[AnyCommand]) -> list[AnyCommand]:
        """Return what to do instead of ``commands``."""
        if self._skip_next:
            self._skip_next = False
            return commands
        result: list[AnyCommand] = []
        for command in commands:
            if type(command) is SendFrame:
                self._frame(command, result)
            elif type(command) is CreateOffer:
                result.append(self._offer(command, result))
            else:
                result.append(command)
        return result

    def release(self, timer: str) -> None:
        """Send what was delayed until this timer."""
        self._skip_next = True
        self._send_late(timer, self._add)

    def request(self, session: Session, dialog: str, method: str) -> Rule | None:
        """Return the rule that applies to this request of a client, or None; record it."""
        point = _REQUESTS.get(method)
        if point is None or session.jti not in self._armed:
            return None
        rule = self._match(session.jti, dialog, point)
        if rule is not None:
            self._add(_fact(session.subscriber, session.jti, dialog, rule))
        return rule

    def strikes(
        self, point: Literal["connect", "online", "stun", "look-up"], subscriber: str, session: str
    ) -> Rule | None:
        """Return the rule that applies now to what concerns no call, or None; record it."""
        rule = self._match(session, "", point)
        if rule is not None:
            self._add(_fact(subscriber, session, "", rule, delay_ms=rule.delay_ms))
        return rule

    def _match(self, session: str, dialog: str, point: Point) -> Rule | None:
        """Count the match for every rule that it matches; return the first whose turn it is."""
        due: Rule | None = None
        for armed in self._armed.get(session, ()):
            rule = armed.rule
            if rule.point != point or (rule.call and rule.call != self._calls.get(dialog)):
                continue
            since = armed.seen - rule.nth
            if since >= 0 and (since < rule.times or not rule.times) and due is None:
                due = rule
            armed.seen += 1
        return due

    def _frame(self, command: SendFrame, result: list[AnyCommand]) -> None:
        fact = command.fact
        point = _FRAMES.get((fact.method, fact.kind == "request"))
        rule = None
        if point is not None and fact.session in self._armed and len(self._delayed) < self._limit:
            rule = self._match(fact.session, fact.dialog, point)
        if rule is None:
            self._pass(command, result)
            return
        ids = (fact.subscriber, fact.session, fact.dialog)
        result.append(_fact(*ids, rule, delay_ms=rule.delay_ms))
        if rule.what == "duplicate":
            self._pass(command, result)
        if rule.what == "drop":
            return
        self._count += 1
        timer = f"{TIMER}:{self._count}"
        self._delayed[timer] = (command, rule)
        if rule.what == "reorder":
            self._swaps.setdefault(fact.session, []).append(timer)
        result.append(StartTimer(timer, REORDER_MS if rule.what == "reorder" else rule.delay_ms))

    def _pass(self, command: SendFrame, result: list[AnyCommand]) -> None:
        """Send a frame, and after it those that were to come after it."""
        result.append(command)
        for timer in self._swaps.pop(command.fact.session, ()):
            self._send_late(timer, result.append)

    def _send_late(self, timer: str, add: Callable[[AnyCommand], None]) -> None:
        if timer not in self._delayed:
            return  # it was sent after the next frame already
        frame, rule = self._delayed.pop(timer)
        fact = frame.fact
        # The copy of an invite comes before the call's end or not at all: no network turns a call
        # that has ended into a second one.
        late = (
            rule.what == "duplicate" and rule.point == "invite" and self._find(fact.dialog) is None
        )
        what = "withdrawn" if late else "released"
        add(_fact(fact.subscriber, fact.session, fact.dialog, rule, what))
        if not late:
            add(frame)

    def _offer(self, command: CreateOffer, result: list[AnyCommand]) -> CreateOffer:
        """Remember the label of a new dialog; a rule may say that its media never connects."""
        owner = self._find(command.dialog)
        if owner is None or owner[0].jti not in self._armed:
            return command
        session, self._calls[command.dialog] = owner
        ids = (session.subscriber, session.jti, command.dialog)
        rule = self._match(session.jti, command.dialog, "media")
        if rule is None:
            return command
        result.append(_fact(*ids, rule))
        return msgspec.structs.replace(command, reachable=False)


def lost(frame: FrameFact) -> FaultFact | None:
    """Return the fact of a frame that was lost; None where no call needs it."""
    point = _FRAMES.get((frame.method, frame.kind == "request"))
    if point is None:
        return None
    ids = (frame.subscriber, frame.session, frame.dialog)
    return _fact(*ids, Rule(what="drop", point=point))


def _fact(
    subscriber: str, session: str, dialog: str, rule: Rule, what: str = "", delay_ms: int = 0
) -> FaultFact:
    """Return the fact of a fault, or of ``what`` became later of what it delayed."""
    return FaultFact(
        subscriber=subscriber,
        session=session,
        what=what or rule.what,
        point=rule.point,
        dialog=dialog,
        delay_ms=delay_ms,
    )
