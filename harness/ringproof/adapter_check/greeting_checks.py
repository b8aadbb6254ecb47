"""Checks that need no session: hello, versions, unknown ops, and how lines are read."""

from __future__ import annotations

import asyncio
import secrets

import msgspec

from ringproof.adapter_check.context import Context, ops_of, shown
from ringproof.adapter_check.peer import Peer
from ringproof.adapter_check.result import Unmet
from ringproof.adapter_check.transcript import code_of
from ringproof.adapters import wire
from ringproof.adapters.protocol import PROTOCOL

UNKNOWN_PROTOCOL = 99
TOO_LONG_BYTES = 2 * wire.LINE_LIMIT_BYTES
BURST = 64
SPLIT_S = 0.05
"""Between the two halves of a line, so that they arrive in two reads."""

SESSION_OPS = ("sync", "call.answer", "call.reject", "call.hangup", "session.close")
"""Ops that are tried on a session which was never opened."""

GARBAGE = (
    b"this is no JSON",
    b"",
    b'{"id":"half',
    b"[]",
    b"42",
    b'"text"',
    b"null",
    b"\xff\xfe\x00",
)


async def hello(context: Context) -> None:
    """Hello is answered with protocol, sut and caps."""
    async with context.process() as peer:
        ok = await peer.greet()
        try:
            greeting = msgspec.convert(ok, wire.HelloOk)
        except msgspec.ValidationError as error:
            raise Unmet(f"greets wrongly: {error}") from error
        if greeting.protocol != PROTOCOL:
            raise Unmet(f"speaks protocol {greeting.protocol}, which was not offered")


async def version_refusal(context: Context) -> None:
    """A hello that offers no version which the adapter knows is refused."""
    async with context.process() as peer:
        reply = await peer.ask("hello", protocols=[UNKNOWN_PROTOCOL], harness="ringproof check")
        if code_of(reply) != "version":
            raise Unmet(f"was offered protocol {UNKNOWN_PROTOCOL} only, and said {shown(reply)}")


async def unknown_op(context: Context) -> None:
    """An unknown op is answered with ``unsupported``."""
    async with context.peer() as peer:
        reply = await probe(peer)
        if code_of(reply) != "unsupported":
            raise Unmet(f"answered an unknown op with {shown(reply)}")


async def unknown_fields(context: Context) -> None:
    """Unknown fields change nothing."""
    more = {"colour": "blue", "nested": {"list": [1, None]}, "text": "é \U0001f4de"}
    async with context.peer() as peer:
        reply = await peer.ask("hello", protocols=[PROTOCOL], harness="ringproof check", **more)
        if code_of(reply):
            raise Unmet(f"answered hello with fields of our own with {shown(reply)}")


async def malformed_lines(context: Context) -> None:
    """Lines that are no command do no harm."""
    async with context.peer() as peer:
        for garbage in GARBAGE:
            await peer.write(garbage + b"\n")
            await alive(peer, f"after the line {garbage!r}")


async def concurrent_commands(context: Context) -> None:
    """Commands that come together are each answered, in whatever order."""
    async with context.peer() as peer:
        commands = [peer.command(_unknown_op()) for _ in range(BURST)]
        await peer.say(*commands)
        for number, command in enumerate(commands):
            try:
                await peer.reply(command)
            except Unmet as error:
                left = f"left {BURST - number} of {BURST} commands that came together unanswered"
                raise Unmet(f"{left}: it {error}") from error


async def split_line(context: Context) -> None:
    """A line that arrives in two pieces is one line, even when a letter is cut in two."""
    async with context.peer() as peer:
        command = peer.command(_unknown_op(), text="é")
        line = msgspec.json.encode(command) + b"\n"
        middle = line.index("é".encode()) + 1
        await peer.write(line[:middle])
        await asyncio.sleep(SPLIT_S)
        await peer.write(line[middle:])
        try:
            await peer.reply(command)
        except Unmet as error:
            raise Unmet(f"was sent one line in two pieces and {error}") from error


async def long_line(context: Context) -> None:
    """A line of the greatest length there may be is read like any other."""
    async with context.peer() as peer:
        command = _of_length(peer, wire.LINE_LIMIT_BYTES)
        try:
            await peer.say(command)
            await peer.reply(command)
        except Unmet as error:
            raise Unmet(f"was sent {wire.LINE_LIMIT_BYTES} bytes in a line and {error}") from error


async def oversized_line(context: Context) -> None:
    """A line that is longer than any may be is refused or answered, and does no harm."""
    async with context.peer() as peer:
        try:
            await peer.say(_of_length(peer, TOO_LONG_BYTES))
        except Unmet as error:
            raise Unmet(f"was sent {TOO_LONG_BYTES} bytes in a line and {error}") from error
        await alive(peer, f"after a line of {TOO_LONG_BYTES} bytes")


async def unknown_session(context: Context) -> None:
    """Commands to a session that was never opened are answered with ``not_ready``."""
    async with context.peer() as peer:
        for op in SESSION_OPS:
            fields = {"c": _unknown_op()} if op.startswith("call.") else {}
            reply = await peer.ask(op, s=_unknown_op(), **fields)
            accepted = ["not_ready"] if op in ops_of(peer) else ["not_ready", "unsupported"]
            if code_of(reply) not in accepted:
                raise Unmet(f"answered {op} to a session that is not open with {shown(reply)}")


async def probe(peer: Peer) -> dict[str, object]:
    """Send an unknown op, and return the reply."""
    return await peer.ask(_unknown_op())


async def alive(peer: Peer, when: str) -> None:
    """Raise ``Unmet`` unless the adapter still replies."""
    try:
        await probe(peer)
    except Unmet as error:
        raise Unmet(f"{error} ({when})") from error


def _unknown_op() -> str:
    return wire.PROBE + secrets.token_hex(6)


def _of_length(peer: Peer, length: int) -> dict[str, object]:
    command = peer.command(_unknown_op(), padding="")
    command["padding"] = "x" * (length - len(msgspec.json.encode(command)))
    return command
