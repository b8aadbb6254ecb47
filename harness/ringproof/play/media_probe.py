"""Watches packets flow: real media is a fact only when both ends have counted it."""

from __future__ import annotations

from ringproof.adapters.protocol import CONTENT, Hello
from ringproof.call_tracker import Leg
from ringproof.checks.rest import is_of_file
from ringproof.play.context import Context
from ringproof.trace import Emitted, Packets
from ringproof_scenarios.backend import FILE_MS
from ringproof_scenarios.model import RestartIce

PROBE_EVERY_MS = 60
"""No event announces a packet, so counts are sampled: every three packets of 20 ms."""


LOOK_EVERY_MS = 200
"""How long it takes to hear a frequency."""


def counts_packets(hello: Hello) -> bool:
    """Say whether the SUT can be asked for the RTP packets that it has seen."""
    return hello.media == "rtp" and "media" in hello.ops


def flowing(leg: Leg, *, sut_counts: bool) -> bool:
    """Say whether every negotiated kind has been received at both ends.

    ``sut_counts`` is False for a SUT that cannot count packets: the platform's counts must do.
    """
    to_sut = leg.sut_received if sut_counts else leg.platform_sent
    return all(to_sut.get(kind, 0) > 0 for kind in leg.kinds_to_sut()) and all(
        leg.platform_received.get(kind, 0) > 0 for kind in leg.kinds_from_sut()
    )


async def watch_restart(context: Context, action: RestartIce, leg: Leg, watched: set[int]) -> None:
    """Have a client restart the media path, then watch more of its packets come.

    The call is ``watched`` meanwhile: what would end it waits. What the platform makes of the
    restart is waited for as long as for media, and the growth of its counts once more.
    """
    restarts, refusals = leg.restarts, leg.refusals
    watched.add(action.call)
    try:
        reply = await context.send("call.restart_ice", action.device, c=leg.dialog)
        if not reply.error and await context.clock.wait(
            lambda: leg.ended or leg.restarts > restarts or leg.refusals > refusals,
            context.deadlines.media_ms,
        ):
            await _watch_growth(context, leg, action.device)
    finally:
        watched.discard(action.call)
        context.clock.notify()


async def _watch_growth(context: Context, leg: Leg, device: int) -> None:
    """Count the client's packets until there are more of each kind than at first."""
    clock, kinds = context.clock, leg.kinds_from_sut()
    deadline_us = clock.now_us + context.deadlines.media_ms * 1000
    first: dict[str, int] = {}
    while not leg.ended and device in context.present:
        await context.server.count_packets(leg.dialog)
        now = {kind: leg.platform_received.get(kind, 0) for kind in kinds}
        if first and all(now[kind] > first[kind] for kind in kinds):
            return
        first = first or now
        if not kinds or clock.now_us >= deadline_us:
            return
        await clock.wait(lambda: leg.ended, PROBE_EVERY_MS)


async def watch_media(
    context: Context, leg: Leg, device: int, *, sut_counts: bool, plays: bool
) -> None:
    """Watch packets flow, or where the caller ``plays`` a file and the SUT tells what it receives,
    watch that come.
    """
    if plays and sut_counts and CONTENT in context.recorder.trace.header.features:
        await watch_file(context, leg, device)
    else:
        await probe(context, leg, device, sut_counts=sut_counts)


async def watch_file(context: Context, leg: Leg, device: int) -> None:
    """Have a SUT tell what it receives, until that is the caller's file, or the call is over.

    What the SUT tells is in the trace, and a check decides by it.
    """
    deadline_us = context.clock.now_us + (FILE_MS + context.deadlines.media_ms) * 1000
    missing = set(leg.kinds_to_sut())
    while missing and not leg.ended and device in context.present:
        start = len(context.recorder.trace)
        await context.server.count_packets(leg.dialog)
        await context.send("media", device, c=leg.dialog)
        entries = context.recorder.trace.entries[start:]
        events = [entry.event for entry in entries if isinstance(entry, Emitted)]
        counted = [event for event in events if isinstance(event, Packets)]
        missing -= {event.kind for event in counted if is_of_file(event)}
        if context.clock.now_us >= deadline_us:
            return
        await context.clock.wait(lambda: leg.ended, LOOK_EVERY_MS)


async def probe(context: Context, leg: Leg, device: int, *, sut_counts: bool) -> bool:
    """Count packets at both ends until they flow; False when they do not before the deadline.

    The counts are in the trace, and a check decides by them; this only gives the media its time.
    """
    clock = context.clock
    deadline_us = clock.now_us + context.deadlines.media_ms * 1000
    while True:
        await context.server.count_packets(leg.dialog)
        if sut_counts:
            await context.send("media", device, c=leg.dialog)
        if flowing(leg, sut_counts=sut_counts):
            return True
        if leg.ended or clock.now_us >= deadline_us:
            return False
        await clock.wait(lambda: leg.ended, PROBE_EVERY_MS)
