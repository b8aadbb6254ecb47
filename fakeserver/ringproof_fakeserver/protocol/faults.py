"""Faults on purpose: which frame, request, look-up or leg is hit, and what becomes of it. Pure.

Rules are planned for one session (a device), by the id of its token, and each strikes once. They
bend the commands that the exchange has written already, so the exchange itself never knows: to it a
lost frame was sent. The record is not deceived. A frame's fact stands for what really left, when it
left; what became of the rest is said by a ``FaultFact``.

Every shell performs the bent commands as any others, so a fault hits the same frame in a simulation
and over the network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ringproof_fakeserver.protocol.commands import AnyCommand, CreateOffer, SendFrame, StartTimer
from ringproof_fakeserver.protocol.journal import FaultFact

TIMER = "fault"

REORDER_MS = 50
"""A frame that is to change places with the next one waits no longer than this for it."""

HELD_MAX = 1_000
"""Frames held back at any time; what comes on top is left alone."""

Point = Literal[
    "invite",
    "bye",
    "answer-reply",
    "bye-reply",
    "answer",
    "bye-request",
    "look-up",
    "media",
    "devices",
]
"""Where a fault strikes: frames to the client, requests of the client, or neither."""

What = Literal["drop", "delay", "duplicate", "reorder", "refuse", "ignore", "fail"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fault that waits for its moment."""

    what: What
    """drop, delay, duplicate, reorder: of frames. refuse, ignore: of requests. fail: of the rest"""
    point: Point
    call: str = ""
    """Label of the call (``DialPlaced.label``); empty for any. A look-up belongs to no call."""
    nth: int = 0
    """Which of the frames, requests or look-ups that match is hit, from 0."""
    delay_ms: int = 0
    """How long a frame, its copy, or the answer to a look-up is held back."""
    code: int = 0
    """Of ``refuse``: the error's code. Of a look-up: the HTTP status."""


_FRAMES: dict[tuple[str, bool], Point] = {
    ("verto.invite", True): "invite",
    ("verto.bye", True): "bye",
    ("verto.answer", False): "answer-reply",
    ("verto.bye", False): "bye-reply",
}
"""(method, whether it is a request) → point."""

_REQUESTS: dict[str, Point] = {"verto.answer": "answer", "verto.bye": "bye-request"}


class Target(msgspec.Struct, frozen=True):
    """Whose a dialog is."""

    subscriber: str
    session: str
    call: str
    """The call's label."""


class _Armed(msgspec.Struct, eq=False):
    rule: Rule
    seen: int = 0
    """How many matching things have come by."""


class _Held(msgspec.Struct, frozen=True):
    """A frame that is to leave later."""

    command: SendFrame
    rule: Rule


class Faults:
    """All planned faults of one exchange.

    ``find`` returns whose a live dialog is, or None; ``add`` appends to the commands that are being
    written.
    """

    def __init__(
        self, find: Callable[[str], Target | None], add: Callable[[AnyCommand], None]
    ) -> None:
        self._find = find
        self._add = add
        self._armed: dict[str, list[_Armed]] = {}
        self._calls: dict[str, str] = {}
        """Dialog → label of its call: the bye of an ended dialog is still to be matched."""
        self._held: dict[str, _Held] = {}
        """By timer."""
        self._swaps: dict[str, list[str]] = {}
        """Session → timers of the frames that wait for the next one."""
        self._count = 0
        self._as_written = False

    @property
    def active(self) -> bool:
        """Whether ``bend`` may change anything."""
        return bool(self._armed or self._held or self._as_written)

    def plan(self, session: str, rules: tuple[Rule, ...]) -> None:
        """Arm these rules for a session, instead of those it had."""
        self._armed.pop(session, None)
        if rules:
            self._armed[session] = [_Armed(rule) for rule in rules]
        if not self._armed:
            self._calls.clear()

    def bend(self, commands: list[AnyCommand]) -> list[AnyCommand]:
        """Return what is really to be done instead of ``commands``."""
        if self._as_written:
            self._as_written = False
            return commands
        bent: list[AnyCommand] = []
        for command in commands:
            if type(command) is SendFrame:
                self._frame(command, bent)
            elif type(command) is CreateOffer:
                bent.append(self._offer(command, bent))
            else:
                bent.append(command)
        return bent

    def release(self, timer: str) -> None:
        """Send what a timer held back."""
        self._as_written = True
        held = self._held.pop(timer, None)
        if held is not None:
            self._let_go(held, self._add)

    def request(self, target: Target, dialog: str, method: str) -> Rule | None:
        """Return the rule that hits this request of a client, if one does, and say so."""
        point = _REQUESTS.get(method)
        if point is None or target.session not in self._armed:
            return None
        rule = self._strike(target.session, dialog, point)
        if rule is not None:
            self._add(_fact(target, dialog, rule.what, point))
        return rule

    def look_up(self, subscriber: str, session: str) -> Rule | None:
        """Return the rule that hits this look-up, if one does, and say so."""
        rule = self._strike(session, "", "look-up")
        if rule is not None:
            target = Target(subscriber, session, "")
            self._add(_fact(target, "", rule.what, "look-up", rule.delay_ms))
        return rule

    # -- inside ------------------------------------------------------------------------------

    def _strike(self, session: str, dialog: str, point: Point) -> Rule | None:
        """Count the match for every rule it concerns; return the first whose turn it is."""
        found: Rule | None = None
        for armed in self._armed.get(session, ()):
            rule = armed.rule
            if rule.point != point or (rule.call and rule.call != self._calls.get(dialog)):
                continue
            if armed.seen == rule.nth and found is None:
                found = rule
            armed.seen += 1
        return found

    def _frame(self, command: SendFrame, bent: list[AnyCommand]) -> None:
        fact = command.fact
        point = _FRAMES.get((fact.method, fact.kind == "request"))
        rule = None
        if point is not None and fact.session in self._armed and len(self._held) < HELD_MAX:
            rule = self._strike(fact.session, fact.dialog, point)
        if rule is None:
            self._pass(command, bent)
            return
        bent.append(_of_frame(_Held(command, rule), rule.what, rule.delay_ms))
        if rule.what == "duplicate":
            self._pass(command, bent)
        if rule.what == "reorder":
            timer = self._hold(_Held(command, rule), REORDER_MS, bent)
            self._swaps.setdefault(fact.session, []).append(timer)
        elif rule.what != "drop":
            self._hold(_Held(command, rule), rule.delay_ms, bent)

    def _pass(self, command: SendFrame, bent: list[AnyCommand]) -> None:
        """Send a frame, and after it those that waited for it to pass."""
        bent.append(command)
        for timer in self._swaps.pop(command.fact.session, ()):
            held = self._held.pop(timer, None)
            if held is not None:
                self._let_go(held, bent.append)

    def _hold(self, held: _Held, delay_ms: int, bent: list[AnyCommand]) -> str:
        self._count += 1
        timer = f"{TIMER}:{self._count}"
        self._held[timer] = held
        bent.append(StartTimer(timer, delay_ms))
        return timer

    def _let_go(self, held: _Held, add: Callable[[AnyCommand], None]) -> None:
        rule, dialog = held.rule, held.command.fact.dialog
        # No link makes a second call out of one that was over in good order: the copy of an invite
        # comes in time, or not at all.
        late = rule.what == "duplicate" and rule.point == "invite" and self._find(dialog) is None
        add(_of_frame(held, "withdrawn" if late else "released"))
        if not late:
            add(held.command)

    def _offer(self, command: CreateOffer, bent: list[AnyCommand]) -> CreateOffer:
        """Take note of a new dialog; its media may be fated never to connect."""
        target = self._find(command.dialog)
        if target is None or target.session not in self._armed:
            return command
        self._calls[command.dialog] = target.call
        rule = self._strike(target.session, command.dialog, "devices")
        if rule is not None:  # the client's own end: a shell that has no client can only note it
            bent.append(_fact(target, command.dialog, rule.what, "devices"))
        rule = self._strike(target.session, command.dialog, "media")
        if rule is None:
            return command
        bent.append(_fact(target, command.dialog, rule.what, "media"))
        return msgspec.structs.replace(command, reachable=False)


def _of_frame(held: _Held, what: str, delay_ms: int = 0) -> FaultFact:
    fact = held.command.fact
    target = Target(fact.subscriber, fact.session, "")
    return _fact(target, fact.dialog, what, held.rule.point, delay_ms)


def _fact(target: Target, dialog: str, what: str, point: Point, delay_ms: int = 0) -> FaultFact:
    return FaultFact(
        subscriber=target.subscriber,
        session=target.session,
        what=what,
        point=point,
        dialog=dialog,
        delay_ms=delay_ms,
    )
