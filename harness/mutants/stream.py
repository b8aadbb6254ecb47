"""Faults of the stream family."""

from __future__ import annotations

from fakeserver.protocol import sdp
from harness.client.calls import InboundCalls, Record
from harness.client.events import RemoteTrack, Track
from harness.mutants.mutant import Mutant


class _EarlyStream(InboundCalls):
    """Shows the far side's tracks as soon as the offer is there, and never again."""

    def listed(self, record: Record) -> None:
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
        calls=_EarlyStream,
        entails=("stream/never-without-accept",),
    ),
)
