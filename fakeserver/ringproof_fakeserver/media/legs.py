"""The interface of media legs. No aiortc here: the shell imports this early.

A leg is the platform's end of one dialog's media. Two backends satisfy ``Legs``: ``AiortcLegs``
(``aiortc_legs.py``, packets on real sockets) and ``EventModelLegs`` (``event_model.py``, none).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.tones import Tone

if TYPE_CHECKING:
    from ringproof_fakeserver.media.recording import Recording

Playable = Path | Tone
"""What a leg can play: a file, or a tone that is made on the way."""

OnConnected = Callable[[str], None]
"""Called with the dialog once all transports of its leg are up."""

OnFailed = Callable[[str, str], None]
"""Called with the dialog and a sentence when a leg cannot connect."""

OnDigit = Callable[[str, str], None]
"""Called with the dialog and a digit that the client sent in its media."""

Counts = dict[str, int]
"""RTP packets by kind (``audio``, ``video``)."""


KINDS = frozenset({"audio", "video"})
"""What a leg can carry."""


class LegError(Exception):
    """A leg failed; ``reason`` says why, for a person."""

    def __init__(self, dialog: str, reason: str) -> None:
        super().__init__(dialog, reason)
        self.dialog = dialog
        self.reason = reason

    def __str__(self) -> str:
        return f"media of dialog {self.dialog}: {self.reason}"


class UnplayableError(Exception):
    """A file cannot be decoded, or holds neither sound nor picture; the text says which."""


class Sink(Protocol):
    """Where a leg passes on what it receives. Both methods return at once, and may drop things."""

    def sound(self, samples: bytes) -> None:
        """Take 20 ms of sound: 960 samples of 16 bits, signed, mono, at 48,000 Hz."""

    def picture(self, width: int, height: int, planes: bytes) -> None:
        """Take a picture: planar yuv420p of even sides, ``width * height * 3 / 2`` bytes."""


class NoSink:
    """The ``Sink`` of a leg that sends nothing."""

    def sound(self, samples: bytes) -> None:
        """Drop it."""

    def picture(self, width: int, height: int, planes: bytes) -> None:
        """Drop it."""


class Fan:
    """Passes sound on to some sinks, and pictures to some: one leg heard and seen by several."""

    def __init__(self, sound_to: Sequence[Sink], picture_to: Sequence[Sink]) -> None:
        self._sound_to = sound_to
        self._picture_to = picture_to

    def sound(self, samples: bytes) -> None:
        """See ``Sink.sound``."""
        for sink in self._sound_to:
            sink.sound(samples)

    def picture(self, width: int, height: int, planes: bytes) -> None:
        """See ``Sink.picture``."""
        for sink in self._picture_to:
            sink.picture(width, height, planes)


class Legs(Protocol):
    """All media legs of one backend, by dialog id.

    Backends take ``on_connected`` and ``on_failed`` at construction. Both are called in the loop
    thread, at most one of them per leg and at most once, never before ``apply_answer`` or
    ``answer_offer`` has returned and never after ``close``. A leg that was connected never fails: a
    client that leaves sends a bye, and on the media path alone that looks the same as a lost path.
    An error of a method that is being awaited is raised as ``LegError`` and not reported to
    ``on_failed``; the leg is then unusable: close it.
    """

    real: bool
    """True when packets cross a socket (the ``real`` of ``MediaConnected``, ``MediaFact``)."""
    on_digit: OnDigit
    """Set it before the first leg is made."""

    async def create_offer(
        self, dialog: str, media: tuple[str, ...], msid: bool, codecs: tuple[str, ...] = ()
    ) -> str:
        """Make the leg and return its complete offer, every section ``sendrecv``, unbundled.

        ``media`` names the m-lines in order; ``msid`` False leaves out all stream hints;
        ``codecs`` are those that the dial named, by SignalWire's names, none for the default.
        Raises ``LegError`` when the dialog has a leg already, when a kind is unknown, when no
        candidate can be gathered, or when the leg is closed meanwhile.
        """

    async def apply_answer(self, dialog: str, sdp: str) -> None:
        """Set the client's description; connecting goes on after the return.

        Raises ``LegError`` when the dialog has no leg or the description cannot be used.
        """

    async def renegotiate(self, dialog: str, sdp: str, on_restarted: Callable[[], None]) -> str:
        """Take a new offer of the client of a connected leg, and return the answer.

        ``on_restarted`` is called once, when ICE is up with credentials that are new in the offer.
        Raises ``LegError`` when the leg is not connected or cannot use the offer; it then goes on
        as it was.
        """

    async def answer_offer(self, dialog: str, offer: str, msid: bool) -> str:
        """Make a leg for a client's own offer and return its complete answer.

        It agrees to all of the offer, and connecting goes on after the return; ``msid`` as for
        ``create_offer``. Raises ``LegError``
        when the dialog has a leg already or the offer cannot be used.
        """

    async def play(self, dialog: str, items: Sequence[Playable], pace: Pace | None = None) -> None:
        """Send these files, one after the other, in real time; return when the last has ended.

        ``pace`` says how often and how loud, and pauses; None plays them once. Waits for the leg to
        connect first, so that the start is not lost. A kind a file lacks keeps what it sends
        otherwise. ``stop_play`` and ``close`` make this return early; cancelling it stops the
        playback too. A second ``play`` replaces the first. Raises ``LegError`` when the dialog has
        no leg, when it fails to connect, or when a file cannot be decoded.
        """

    def stop_play(self, dialog: str) -> None:
        """Return to tone and test picture. Ignored when nothing is played."""

    async def send_digits(self, dialog: str, digits: str) -> str:
        """Send digits (RFC 4733), and return once they are sent; ``w`` and ``W`` are pauses.

        They follow those that are being sent; cancelling this stops them. Returns why they could
        not be sent, such as that the client receives no sound, or nothing.
        """

    def record(self, dialog: str, recording: Recording) -> None:
        """Write what the client says to this file from now on. Ignored when there is no leg."""

    def stop_recording(self, dialog: str, recording: Recording) -> None:
        """Write no longer. Ignored when there is no leg."""

    async def close(self, dialog: str) -> None:
        """Close the leg. Ignored when there is none."""

    def watch(self, dialog: str, within_ms: int, on_silent: Callable[[], None]) -> None:
        """Call ``on_silent`` once, when no packet of the client has come for so long.

        Ignored when the dialog has no leg; never called after ``close``.
        """

    def cut(self, dialog: str, from_client: bool, to_client: bool) -> None:
        """Lose the packets of these directions from now on. Ignored when there is no leg."""

    def listen(self, dialog: str, sink: Sink) -> None:
        """Give all that the leg receives from now on to ``sink``, and to no other any more.

        Ignored when there is no leg. Nothing is given after ``close``.
        """

    def sink(self, dialog: str) -> Sink:
        """Return a sink that sends what it is given over this leg, from now on and alone.

        What it is not given, it does not make up: silence and a black picture. A playback goes
        first while it lasts. Once the leg is closed, and when there is none, it drops everything.
        """

    async def counts(self, dialog: str) -> tuple[Counts, Counts]:
        """Return packets sent and received so far; both empty when the dialog has no leg."""

    async def close_all(self) -> None:
        """Close every leg; for the end of the process."""
