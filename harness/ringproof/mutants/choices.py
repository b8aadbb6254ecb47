"""Clients that send from other devices than those that their user has chosen."""

from __future__ import annotations

from msgspec.structs import replace

from ringproof.client import events
from ringproof.client.calls import InboundCalls
from ringproof.mutants.mutant import Mutants

mutants = Mutants()


@mutants.breaks("stream/selected-devices", "takes-the-first-devices")
class _TakesTheFirst(InboundCalls):
    """Sends from the first microphone and camera, whichever its user has chosen."""

    def answer(self, event: events.AnswerRequested) -> None:
        super().answer(replace(event, chosen=(0, 0)))


@mutants.breaks("stream/selected-devices", "takes-the-first-camera")
class _TakesTheFirstCamera(InboundCalls):
    """Heeds the choice of the microphone alone."""

    def answer(self, event: events.AnswerRequested) -> None:
        super().answer(replace(event, chosen=(event.chosen[0], 0)))


@mutants.breaks("stream/selected-devices", "goes-back-to-the-first-devices")
class _GoesBack(InboundCalls):
    """Replaces the tracks by those of the first devices once the call has media."""

    _local: tuple[events.Track, ...] = ()

    def local_media_ready(self, event: events.LocalMediaReady) -> None:
        self._local = event.tracks
        super().local_media_ready(event)

    def media_connected(self, event: events.MediaConnected) -> None:
        super().media_connected(event)
        record = self.find(event.call)
        if record is not None and any(record.chosen) and self._local:
            tracks = tuple([replace(track, device=0) for track in self._local])
            self.show_stream(record, "local", tracks)
