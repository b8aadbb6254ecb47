"""Stubs: clients that do not do the work, and must not pass clauses that need any.

They have more than one fault, so they are no mutants; what each may pass is listed with it.
"""

from __future__ import annotations

import contextlib

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import Command, SendFrame
from ringproof.client.core import ClientCore
from ringproof.client.events import Event, FrameReceived, Track
from ringproof.client.parts import ClientParts
from ringproof.client.record import Record
from ringproof.mutants.hooks import ignores
from ringproof.mutants.mutant import Mutant
from ringproof_fakeserver.protocol import jsonrpc, sdp
from ringproof_fakeserver.protocol.errors import FrameError


class _MakesCallsUp(InboundCalls):
    """Shows a whole call as soon as it is invited, and sends nothing to the platform."""

    def add(self, record: Record) -> None:
        super().add(record)
        offered = sdp.directions(record.offer)
        tracks = tuple([Track(f"made-up-{kind}", kind) for kind in offered])
        self.step(record, "accept")
        self.show_stream(record, "local", tracks)
        for number in range(len(tracks)):
            self.show_stream(record, "remote", tracks[: number + 1])
        self.step(record, "establish")
        self.end(record)


class _SendsBack(ClientCore):
    """Comes online, and then sends every event back as it came."""

    def handle(self, event: Event) -> list[Command]:
        with contextlib.suppress(FrameError):
            if (
                isinstance(event, FrameReceived)
                and jsonrpc.parse(event.text).method == "signalwire.event"
            ):
                return [SendFrame(str(event.text))]
        return super().handle(event)


class Stub(Mutant, frozen=True, kw_only=True):
    """A client that does not do the work. ``clause`` is one that it must fail."""

    passes: frozenset[str]
    """Clauses it may pass: they need nothing of it, or what it makes up satisfies them."""


_PLATFORM = frozenset(
    {
        "register/reference-is-stable",
        "platform/silent-device",
        "platform/token-refused",
        "register/late-device",
        "platform/undef-name",
        "register/guest-cannot-receive",
        "platform/ring-timeout",
        "platform/one-ended",
        "platform/fork-losers-bye",
        "platform/token-find-or-create",
        "platform/token-fresh-each-time",
        "platform/basic-credentials-required",
        "platform/address-channels",
        "platform/dial-returns-call",
        "platform/dial-origin",
        "platform/dial-unknown-target",
        "platform/status-callbacks",
    }
)
"""These depend on the platform alone."""

_COMES_ONLINE = frozenset(
    {
        "register/refused-token",
        "register/no-connection",
        "register/refused-online",
        "register/no-flood",
        "register/comes-back",
        "register/expired-token-told",
        "register/returns-with-fresh-token",
        "register/automatic",
        "register/user-addresses",
        "register/unregister-holds",
    }
)
"""Each stub comes online, and back, as the reference client does."""

_OPENS_AGAIN = frozenset(
    {
        "register/rings-again",
        "register/opens-again",
        "register/online-again",
        "end/unload-is-no-decline",
    }
)
"""A page that is opened again is a new client, which shows the calls that it is invited to; one
that sends nothing to the platform declines nothing."""

_EMPTY_LIST = frozenset({"list/current-on-subscribe"})
"""The list that every client comes online with is empty, and that is right."""

_FROM_THE_INVITE = frozenset(
    {
        "register/sync-point",
        "register/any-origin",
        "caller/direction",
        "caller/from",
        "caller/from-name",
        "caller/undef-name",
        "caller/display-fallback",
        "caller/to-alias",
        "list/every-change",
        "list/inbound-only",
        "list/no-dedupe",
        "list/no-queue",
        "list/ringing-filter",
        "list/silent-directory",
        "status/starts-ringing",
    }
)
"""To list a call with what its invite says is enough for these."""

_WELL_FORMED = frozenset(
    {
        "caller/identity-stable",
        "list/leaves-only-when-destroyed",
        "list/no-duplicate-emission",
        "list/snapshot",
        "list/stays-through-status",
        "status/destroyed-last",
        "status/getter-agrees",
        "status/known-words",
        "status/no-repeat",
        "status/single-exit",
        "stream/complete-at-end",
    }
)
"""A call that is made up can show its values in the right order."""

STUBS = (
    Stub(
        name="cheat-silent",
        clause="register/sync-point",
        fault="Comes online and ignores every call",
        parts=ClientParts(calls=ignores(invited=lambda *_: True)),
        passes=_PLATFORM | _COMES_ONLINE | _EMPTY_LIST,
    ),
    Stub(
        name="cheat-guessing",
        clause="outcome/three-ways",
        fault="Shows a whole call when it is invited, and sends nothing to the platform",
        parts=ClientParts(calls=_MakesCallsUp),
        passes=_PLATFORM
        | _COMES_ONLINE
        | _OPENS_AGAIN
        | _EMPTY_LIST
        | _FROM_THE_INVITE
        | _WELL_FORMED,
    ),
    Stub(
        name="cheat-echo",
        clause="register/sync-point",
        fault="Comes online and sends every event back as it came",
        parts=ClientParts(core_type=_SendsBack),
        passes=_PLATFORM | _COMES_ONLINE | _EMPTY_LIST,
    ),
)
