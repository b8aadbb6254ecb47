"""Checks that need the platform: sessions, calls, and the sequence of events."""

from __future__ import annotations

import secrets

from ringproof.adapter_check.context import Context, caps_of, listed, ops_of, shown
from ringproof.adapter_check.result import NotApplicable, NotJudged, Unmet
from ringproof.adapter_check.transcript import NUMBERS, code_of

TRANSFER = "call.transfer"
CALL_OPS = ("call.answer", "call.reject", "call.hangup")


async def opens(context: Context) -> None:
    """A real token opens a session: it is registered, and the platform knows it online."""
    async with context.peer() as peer:
        session = await context.new_session(peer)
        await session.open()
        if not session.account.is_online:
            raise Unmet("said that the session is open, but its client has not registered")
        if not await peer.until(lambda: bool(session.events("registered"))):
            raise Unmet("opened the session but never sent the event `registered`")
        await session.close()


async def double_open(context: Context) -> None:
    """A session that is open cannot be opened again, and stays as it was."""
    async with context.session() as session:
        reply = await session.ask("session.open", **session.account.opening())
        if code_of(reply) != "bad_request":
            raise Unmet(f"answered a second session.open of one session with {shown(reply)}")
        after = await session.ask("sync")
        if code := code_of(after):
            raise Unmet(f"refused a second session.open, but then answered sync with {code}")


async def unknown_call(context: Context) -> None:
    """Commands about a call that was never listed are answered with ``no_such_call``."""
    async with context.session() as session:
        for op in CALL_OPS:
            reply = await session.ask(op, c=secrets.token_hex(8))
            if code_of(reply) != "no_such_call":
                raise Unmet(f"answered {op} of a call that never was with {shown(reply)}")


async def side_by_side(context: Context) -> None:
    """Two sessions in one process do not mix."""
    async with context.session() as first:
        if caps_of(first.peer).get("sessions", 1) == 1:
            raise NotApplicable("caps.sessions is 1")
        second = await context.new_session(first.peer)
        await second.open()
        _, c = await second.ring()
        await first.must("sync")
        if first.lists(c):
            raise Unmet("reported a call of one session as another session's")
        await second.close()


async def listed_call(context: Context) -> None:
    """A call that rings is listed, under the wire's ``callID``."""
    async with context.session() as session:
        _, c = await session.account.dial(session.timeout_s)
        if await session.peer.until(lambda: session.lists(c)):
            return
        emissions = session.events("calls")
        named = [id for event in emissions for id in listed(event)]
        if named:
            raise Unmet(f"listed the call as {named[0]!r}; the wire calls it {c!r}")
        raise Unmet(f"sent {len(emissions)} `calls` events, and none lists the call that rings")


async def barrier(context: Context) -> None:
    """After the reply to ``sync`` no event follows of what had arrived before it."""
    async with context.session() as session:
        call, c = await session.ring()
        await session.account.cancel(call)
        await session.account.catch_up(session.timeout_s)
        reply = await session.ask("sync")
        if code := code_of(reply):
            raise Unmet(f"answered sync with {code}")
        if c in listed(session.events("calls", before=reply["re"])[-1]):
            raise Unmet("replied to sync before it told that the caller had given up")


async def command_event(context: Context) -> None:
    """The receipt of a command is an event of its session, sent before the reply."""
    async with context.session() as session:
        _, c = await session.ring()
        id = (await session.must("call.reject", c=c))["re"]
        if id not in [event.get("id") for event in session.events("command", before=id)]:
            raise Unmet("replied to call.reject without the event `command` of that id before it")


async def declines(context: Context) -> None:
    """``call.reject`` reaches the platform."""
    await _reaches_platform(context, "call.reject", "ended", "end")


async def answers(context: Context) -> None:
    """``call.answer`` reaches the platform."""
    await _reaches_platform(context, "call.answer", "answered", "be answered", {"audio": True})


async def dials(context: Context) -> None:
    """``call.dial`` places a call that the platform sees, and tells which before its reply."""
    async with context.session() as session:
        account, sound_only = session.account, {"audio": True, "video": False}
        to = f"{account.stand_in.room()}?channel=audio"
        reply = await session.must("call.dial", to=to, media=sound_only)
        ok, id = reply.get("ok"), reply["re"]
        c = ok.get("c") if isinstance(ok, dict) else None
        if not isinstance(c, str):
            raise Unmet(f"names no call as `c` in its reply to call.dial: {shown(reply)}")
        dialled = session.events("dialled", before=id)
        if (id, c) not in [(event.get("id"), event.get("c")) for event in dialled]:
            raise Unmet("replied to call.dial without the event `dialled` of that call before it")
        if not await account.until(
            lambda: account.became(c, "placed") is not None, session.timeout_s
        ):
            raise Unmet(f"said ok to call.dial, but the platform never saw the call {c!r}")


async def transfers(context: Context) -> None:
    """``call.transfer`` hands a connected call over to the address that it names."""
    async with context.session() as session:
        if TRANSFER not in ops_of(session.peer):
            raise NotApplicable(f"caps.ops does not name {TRANSFER}")
        _, c = await session.ring()
        await session.must("call.answer", c=c, media={"audio": True})
        account = session.account
        if not await account.until(lambda: account.has_media(c), session.timeout_s):
            raise NotJudged("needs session/answer")
        await account.catch_up(session.timeout_s)
        to = await account.stand_in.address()
        await session.must(TRANSFER, c=c, destination=to)
        if not await account.until(
            lambda: account.became(c, "transferred") is not None, session.timeout_s
        ):
            raise Unmet(f"said ok to {TRANSFER}, but the platform was asked for no transfer")
        if (seen := account.became(c, "transferred")) != to:
            raise Unmet(f"transferred the call to {seen!r}; it was told {to!r}")


async def closes(context: Context) -> None:
    """``session.close`` takes the client offline, and the session is gone."""
    async with context.session() as session:
        await session.must("session.close")
        account = session.account
        if not await account.until(lambda: not account.is_online, session.timeout_s):
            raise Unmet("closed the session, but its client is still online")
        reply = await session.ask("sync")
        if code_of(reply) != "not_ready":
            raise Unmet(f"answered sync to a session that was closed with {shown(reply)}")


async def event_numbers(context: Context) -> None:
    """Each session numbers its events from 0 without gaps, and its clock never goes back."""
    if not any(peer.transcript.events for peer in context.peers):
        async with context.session() as session:
            await session.ring()
    context.require_no_fault(NUMBERS)


async def _reaches_platform(
    context: Context, op: str, state: str, verb: str, media: dict[str, bool] | None = None
) -> None:
    """Raise ``Unmet`` unless a call that rings gets the state at the platform by the op."""
    fields = {} if media is None else {"media": media}
    async with context.session() as session:
        call, c = await session.ring()
        await session.must(op, c=c, **fields)
        account = session.account
        if not await account.until(lambda: account.call_state(call) == state, session.timeout_s):
            now = account.call_state(call) or "nowhere"
            raise Unmet(f"said ok to {op}, but the platform saw the call {verb} never: it is {now}")
