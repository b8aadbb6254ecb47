"""Faults of the stream family."""

from __future__ import annotations

from fakeserver.protocol import sdp
from harness.client.calls import InboundCalls
from harness.client.events import RemoteTrack, Track
from harness.client.parts import ClientParts
from harness.client.record import Record
from harness.mutants.mutant import Mutant


class _EarlyStream(InboundCalls):
    """Shows the far side's tracks as soon as the offer is there, and never again."""

    def add(self, record: Record) -> None:
        super().add(record)
        for kind, direction in sdp.directions(record.offer).items():
            if direction in ("sendrecv", "sendonly"):
                record.remote += (Track(f"early-{kind}", kind),)
                self.show_stream(record, "remote", record.remote)

    def remote_track(self, event: RemoteTrack) -> None:
        """It was shown already."""


MUTANTS = (
    Mutant(
        name="stream-before-accept",
        clause="stream/remote-after-accept",
        fault="emits the remote stream while the call is still ringing",
        parts=ClientParts(calls=_EarlyStream),
        entails=("stream/never-without-accept",),
    ),
)
