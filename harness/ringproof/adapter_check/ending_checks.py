"""Checks of the end of a process: bye, the end of input, signals, and processes left behind."""

from __future__ import annotations

import signal

from ringproof.adapter_check.context import LEFT_BEHIND, Context
from ringproof.adapter_check.peer import EXITS_WITHIN_S, Peer
from ringproof.adapter_check.result import NotJudged, Unmet


async def bye(context: Context) -> None:
    """Bye ends the process with status 0, with its input still open."""
    async with context.own_peer() as peer:
        await peer.say(peer.command("bye"))
        await _exits_with_0(context, peer, "bye")


async def end_of_input(context: Context) -> None:
    """The end of its input ends the process with status 0."""
    async with context.own_peer() as peer:
        peer.end_input()
        await _exits_with_0(context, peer, "the end of its standard input")


async def sigterm(context: Context) -> None:
    """SIGTERM ends the process in time, with whatever status."""
    async with context.own_peer() as peer:
        peer.signal(signal.SIGTERM)
        await _exits(context, peer, "SIGTERM")


async def restart_after_kill(context: Context) -> None:
    """Being killed in the middle leaves nothing that keeps it from starting again."""
    async with context.own_peer() as peer:
        peer.signal(signal.SIGKILL)
        await peer.exit_status()
    async with context.process() as again:
        try:
            await again.greet()
        except Unmet as error:
            raise Unmet(f"was killed with SIGKILL, started again, and {error}") from error


async def no_leftovers(context: Context) -> None:
    """Nothing that it started outlives it: looked at wherever it ended by itself."""
    if not context.exits:
        async with context.own_peer() as peer:
            peer.end_input()
            try:
                await _exits(context, peer, "the end of its standard input")
            except Unmet as error:
                text = "needs protocol/end-of-input: it never ends by itself"
                raise NotJudged(text) from error
    context.require_no_fault(LEFT_BEHIND)


async def _exits_with_0(context: Context, peer: Peer, cause: str) -> None:
    if await _exits(context, peer, cause) != 0:
        raise Unmet(f"{peer.ending()} after {cause}, not 0{peer.last_words}")


async def _exits(context: Context, peer: Peer, cause: str) -> int:
    """Wait for the exit status, and take note of processes that are left behind."""
    status = await peer.exit_status()
    if status is None:
        raise Unmet(f"still runs {EXITS_WITHIN_S:g} s after {cause}")
    context.exits += 1
    if left := await peer.left_behind():
        context.fault(LEFT_BEHIND, f"left {len(left)} behind after {cause}: {'; '.join(left)}")
    return status
