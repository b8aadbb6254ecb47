"""Checks that need the platform: sessions, calls, and the sequence of events."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from ringproof.adapter_check.context import Bench, Visit, caps_of, listed, shown
from ringproof.adapter_check.result import NotApplicable, Unmet
from ringproof.adapter_check.transcript import NUMBERS, code_of
from ringproof_fakeserver.protocol.journal import AnyFact

CALL_OPS = ("call.answer", "call.reject", "call.hangup")


async def opens(bench: Bench) -> None:
    """A real token opens a session: it is registered, and the platform knows it online."""
    async with bench.peer() as peer:
        visit = await bench.visit(peer)
        await visit.open()
        if not visit.account.is_online(visit.s):
            raise Unmet("said that the session is open, but its client has not registered")
        if not await peer.until(lambda: any(peer.transcript.of(visit.s, "registered"))):
            raise Unmet("opened the session but never sent the event `registered`")
        await visit.leave()


async def double_open(bench: Bench) -> None:
    """A session that is open cannot be opened again, and stays as it was."""
    async with bench.session() as visit:
        reply = await visit.ask("session.open", **visit.opening())
        if code_of(reply) != "bad_request":
            raise Unmet(f"answered a second session.open of one session with {shown(reply)}")
        after = await visit.ask("sync")
        if code := code_of(after):
            raise Unmet(f"refused a second session.open, but then answered sync with {code}")


async def unknown_call(bench: Bench) -> None:
    """Commands about a call that was never listed are answered with ``no_such_call``."""
    async with bench.session() as visit:
        for op in CALL_OPS:
            reply = await visit.ask(op, c=secrets.token_hex(8))
            if code_of(reply) != "no_such_call":
                raise Unmet(f"answered {op} of a call that never was with {shown(reply)}")


async def side_by_side(bench: Bench) -> None:
    """Two sessions in one process do not mix."""
    async with bench.session() as first:
        sessions = caps_of(first.peer).get("sessions", 1)
        if sessions == 1:
            raise NotApplicable("caps.sessions is 1")
        second = await bench.visit(first.peer)
        await second.open()
        _, c = await second.ring()
        await first.must("sync")
        if first.lists(c):
            raise Unmet("reported a call of one session as another session's")
        await second.leave()


async def listed_call(bench: Bench) -> None:
    """A call that rings is listed, under the wire's ``callID``."""
    async with bench.session() as visit:
        peer = visit.peer
        call = await visit.stand_in.dial(visit.account)
        c = await visit.stand_in.rings(visit.account, call, peer.timeout_s)
        if await peer.until(lambda: visit.lists(c)):
            return
        emissions = list(peer.transcript.of(visit.s, "calls"))
        named = [id for event in emissions for id in listed(event)]
        if named:
            raise Unmet(f"listed the call as {named[0]!r}; the wire calls it {c!r}")
        raise Unmet(f"sent {len(emissions)} `calls` events, and none lists the call that rings")


async def barrier(bench: Bench) -> None:
    """After the reply to ``sync`` nothing is told of what had arrived before."""
    async with bench.session() as visit:
        peer = visit.peer
        call, c = await visit.ring()
        await visit.stand_in.end(call)
        await visit.stand_in.caught_up(visit.account, visit.s, peer.timeout_s)
        sync = peer.command("sync", s=visit.s)
        await peer.say(sync)
        if code := code_of(await peer.reply(sync)):
            raise Unmet(f"answered sync with {code}")
        told = peer.transcript.events[: peer.transcript.before[sync["id"]]]
        emissions = [e for e in told if e.get("s") == visit.s and e.get("ev") == "calls"]
        if c in listed(emissions[-1]):
            raise Unmet("replied to sync before it told that the caller had given up")


async def command_event(bench: Bench) -> None:
    """The receipt of a command is an event of its session, told before the reply."""
    async with bench.session() as visit:
        _, c = await visit.ring()
        reply = await visit.must("call.reject", c=c)
        transcript = visit.peer.transcript
        told = transcript.events[: transcript.before[reply["re"]]]
        ids = [e.get("id") for e in told if e.get("s") == visit.s and e.get("ev") == "command"]
        if reply["re"] not in ids:
            raise Unmet("replied to call.reject without the event `command` of that id before it")


async def declines(bench: Bench) -> None:
    """``call.reject`` reaches the platform."""
    async with bench.session() as visit:
        call, c = await visit.ring()
        await visit.must("call.reject", c=c)
        await _comes(visit, call, lambda state: state == "ended", "end", "call.reject")


async def answers(bench: Bench) -> None:
    """``call.answer`` reaches the platform."""
    async with bench.session() as visit:
        call, c = await visit.ring()
        await visit.must("call.answer", c=c, media={"audio": True})
        await _comes(visit, call, lambda state: state == "answered", "be answered", "call.answer")


async def closes(bench: Bench) -> None:
    """``session.close`` takes the client offline, and the session is gone."""
    async with bench.session() as visit:
        await visit.must("session.close")
        account, s = visit.account, visit.s
        if not await account.witnessed(lambda _: not account.is_online(s), visit.peer.timeout_s):
            raise Unmet("closed the session, but its client is still online")
        reply = await visit.ask("sync")
        if code_of(reply) != "not_ready":
            raise Unmet(f"answered sync to a session that was closed with {shown(reply)}")


async def event_numbers(bench: Bench) -> None:
    """Each session numbers its events from 0 without gaps, and its clock never goes back."""
    if not bench.events:
        async with bench.session() as visit:
            await visit.ring()
    if fault := bench.fault_of(NUMBERS):
        raise Unmet(fault)


async def _comes(visit: Visit, call: str, holds: Callable[[str], bool], what: str, op: str) -> None:
    account, timeout_s = visit.account, visit.peer.timeout_s

    def seen(_: AnyFact) -> bool:
        return holds(account.call_state(call))

    if not await account.witnessed(seen, timeout_s):
        state: Any = account.call_state(call) or "nowhere"
        raise Unmet(f"said ok to {op}, but the platform saw the call {what} never: it is {state}")
