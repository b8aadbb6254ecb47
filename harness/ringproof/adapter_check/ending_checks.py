"""Checks of the last words: bye, the end of input, signals, and what stays behind."""

from __future__ import annotations

import signal

from ringproof.adapter_check.context import LEFT_BEHIND, Context
from ringproof.adapter_check.peer import GOES_WITHIN_S, Peer
from ringproof.adapter_check.result import NotJudged, Unmet


async def bye(context: Context) -> None:
    """Bye ends the process with status 0, with its input still open."""
    async with context.own_peer() as peer:
        await peer.say(peer.command("bye"))
        await _goes(context, peer, "bye")


async def end_of_input(context: Context) -> None:
    """The end of its input ends the process with status 0."""
    async with context.own_peer() as peer:
        peer.end_input()
        await _goes(context, peer, "the end of its standard input")


async def sigterm(context: Context) -> None:
    """SIGTERM ends the process in time, with whatever status."""
    async with context.own_peer() as peer:
        peer.signal(signal.SIGTERM)
        status = await peer.exit_status()
        if status is None:
            raise Unmet(f"still runs {GOES_WITHIN_S:g} s after SIGTERM")
        await _look_behind(context, peer, "SIGTERM")


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
            if await peer.exit_status() is None:
                raise NotJudged("needs protocol/end-of-input: it never ends by itself")
            await _look_behind(context, peer, "the end of its standard input")
    if fault := context.fault_of(LEFT_BEHIND):
        raise Unmet(fault)


async def _goes(context: Context, peer: Peer, cause: str) -> None:
    status = await peer.exit_status()
    if status is None:
        raise Unmet(f"still runs {GOES_WITHIN_S:g} s after {cause}")
    await _look_behind(context, peer, cause)
    if status != 0:
        raise Unmet(f"{peer.ending()} after {cause}, not 0{peer.last_words}")


async def _look_behind(context: Context, peer: Peer, cause: str) -> None:
    context.exits += 1
    if left := await peer.left_behind():
        context.fault(LEFT_BEHIND, f"left {len(left)} behind after {cause}: {'; '.join(left)}")
