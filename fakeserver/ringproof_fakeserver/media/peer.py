"""One leg on aiortc: a peer connection that sends its sources, and passes on what it gets.

Importing this imports aiortc, PyAV and numpy: 0.5 s and 60 MB, so only ``aiortc_legs.py`` does,
when the first leg is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import numpy as np
from aioice import Connection
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.sdp import MediaDescription, SessionDescription
from av import AudioFrame

from ringproof_fakeserver.media.aioice_patches import patch_aioice
from ringproof_fakeserver.media.aiortc_patches import own_credentials, patch_aiortc, patch_stopping
from ringproof_fakeserver.media.descriptions import (
    adapt_answer,
    adapt_offer,
    fingerprints,
    refused_places,
    wants_opus,
)
from ringproof_fakeserver.media.digits import DigitPath
from ringproof_fakeserver.media.ice_restart import (
    Credentials,
    IceRestart,
    credentials_of,
    fresh_credentials,
)
from ringproof_fakeserver.media.legs import Playable, Sink
from ringproof_fakeserver.media.pace import Pace
from ringproof_fakeserver.media.player import Playback, play_items
from ringproof_fakeserver.media.profile import (
    TELEPHONE_EVENT,
    platform_answer,
    platform_offer,
    sound_codecs,
)
from ringproof_fakeserver.media.recording import Recording
from ringproof_fakeserver.media.relay import Tap
from ringproof_fakeserver.media.sources import PictureSource, SoundSource
from ringproof_fakeserver.media.udp_path import UdpPath

patch_aioice()
patch_aiortc()
patch_stopping()

UNUSABLE = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    ArithmeticError,
    ConnectionError,
    InternalError,
    InvalidAccessError,
    InvalidStateError,
    OperationError,
)
"""What aiortc raises for descriptions it cannot use, and for a connection closed meanwhile."""


class Peer:
    """The platform's end of one dialog's media. ``on_state`` gets aiortc's connection states."""

    def __init__(
        self,
        media: tuple[str, ...],
        on_state: Callable[[str], None],
        codecs: tuple[str, ...] = (),
        on_digit: Callable[[str], None] = lambda digit: None,
    ) -> None:
        self._codecs = codecs
        self._on_digit = on_digit
        self._digits: DigitPath | None = None
        self._sending: set[asyncio.Event] = set()
        """Set when digits that are being sent are out, or the leg is closed."""
        self.recordings: set[Recording] = set()
        """Files that get the sound of the client."""
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_COMPAT)
        )
        self._sound = SoundSource() if "audio" in media else None
        self._picture = PictureSource() if "video" in media else None
        self._drains: set[asyncio.Task[None]] = set()
        self._tap: Tap | None = None
        """Where the client's media goes; None: nowhere."""
        self._relays = False
        """Whether the sources send what another leg has received."""
        self._playback = Playback()
        self._offer = ""
        self._msid = True
        self._remote = ""
        """What the client has described last."""
        self._offering: asyncio.Task[str] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self.path = UdpPath()
        """The sockets under the connection."""
        for kind in media:
            self._add(self._sound if kind == "audio" else self._picture, kind)
        self._connection.on("track", self._drain)
        self._connection.on(
            "connectionstatechange", lambda: on_state(self._connection.connectionState)
        )

    def _add(self, source: MediaStreamTrack | None, kind: str) -> None:
        assert source is not None
        transceiver = self._connection.addTransceiver(source, direction="sendrecv")
        # No retransmission streams: aiortc counts them under the same name as the media itself.
        names = sound_codecs(self._codecs) if kind == "audio" else ("VP8",)
        capabilities = RTCRtpSender.getCapabilities(kind).codecs
        known = [codec for name in names for codec in capabilities if codec.name.upper() == name]
        # Without any (G729 alone) aiortc would offer all it has: the offer that goes out does not.
        transceiver.setCodecPreferences(known)
        own_credentials(transceiver)

    async def offer(self, msid: bool) -> str:
        """Gather candidates and return the offer as it goes out. Raises ``ValueError``."""
        # A task of its own: gathering that is cancelled half way would leave its sockets open.
        self._offering = asyncio.get_running_loop().create_task(self._gather(msid))
        return await asyncio.shield(self._offering)

    async def _gather(self, msid: bool) -> str:
        self._msid = msid
        try:
            await self._connection.setLocalDescription(await self._connection.createOffer())
        except UNUSABLE as error:
            raise ValueError(f"no offer could be made: {error!r}") from error
        self._offer = self._connection.localDescription.sdp
        self.path.tap(self._connection)
        if "a=candidate:" not in self._offer:
            raise ValueError("no local address could be bound")
        return platform_offer(self._offer, msid=msid, codecs=self._codecs)

    async def answer(self, sdp: str) -> None:
        """Apply the client's answer. Raises ``ValueError`` when it cannot be used."""
        answer = adapt_answer(self._offer, sdp)
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        except UNUSABLE as error:
            raise ValueError(f"the answer cannot be used: {error!r}") from error
        self._remote = answer
        if self._sound:
            self._sound.opus = wants_opus(answer)
            self._watch_digits()

    def _watch_digits(self) -> None:
        """Read and send telephone events on the way of the sound, once it is negotiated."""
        for transceiver in self._connection.getTransceivers():
            if transceiver.kind == "audio" and self._digits is None:
                rate_hz = 48_000 if self._sound and self._sound.opus else 8_000
                self._digits = DigitPath(TELEPHONE_EVENT, rate_hz, self._on_digit)
                self._digits.wrap(transceiver.sender.transport)

    async def send_digits(self, digits: str) -> str:
        """Send digits in the sound; return what was in the way, or nothing."""
        if self._digits is None or "telephone-event" not in self._remote:
            return "the client's description has no telephone-event"
        if not self._sends_sound():
            return "the client receives no sound"
        sent, path = asyncio.Event(), self._digits
        self._sending.add(sent)
        path.send(digits, sent.set)
        try:
            await sent.wait()
        finally:
            path.withdraw(sent.set)
            self._sending.discard(sent)
        return ""

    def _sends_sound(self) -> bool:
        """Whether sound leaves, in which digits can: aiortc never stops a sender on hold."""
        return any(
            transceiver.kind == "audio" and transceiver.currentDirection in ("sendrecv", "sendonly")
            for transceiver in self._connection.getTransceivers()
        )

    async def renegotiate(self, offer: str, on_restarted: Callable[[], None]) -> str:
        """Take a new offer of the client and return the answer. Raises ``ValueError``.

        ``on_restarted`` is called once ICE is up with credentials that are new in the offer. After
        an error media goes on as it was.
        """
        adapted = adapt_offer(self._connection.localDescription.sdp, offer)
        refused = refused_places(offer)
        self._require_same_certificate(adapted)
        await self._stop_restarting()
        sections = _sections_of(adapted)
        restarts = self._restarts(sections, refused)
        try:
            await self._take_offer(adapted, sections)
        except UNUSABLE as error:
            for restart in restarts:
                restart.undo()
            raise ValueError(f"the offer cannot be used: {error!r}") from error
        if restarts:
            work = _run_all(restarts, on_restarted)
            self._restarting = asyncio.get_running_loop().create_task(work)
        return self._answer_taken(adapted, refused)

    async def _take_offer(self, offer: str, sections: list[MediaDescription]) -> None:
        """Agree to an offer of the client; what it has beyond our own media is added."""
        for section in sections[len(self._connection.getTransceivers()) :]:
            self._add_kind(section.kind)
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())

    def _answer_taken(self, offer: str, refused: frozenset[int]) -> str:
        """Return the platform's answer to an offer that ``_take_offer`` has agreed to."""
        self._remote = offer
        self.path.tap(self._connection)
        answer = self._connection.localDescription.sdp
        return platform_answer(answer, offer, refused=refused, msid=self._msid)

    def _require_same_certificate(self, offer: str) -> None:
        """Raise ``ValueError`` for a client that would begin DTLS anew, which aiortc cannot."""
        for before, now in zip(fingerprints(self._remote), fingerprints(offer), strict=False):
            if now != before:
                raise ValueError("the offer has another certificate")

    def _restarts(
        self, offered: list[MediaDescription], refused: frozenset[int]
    ) -> list[IceRestart]:
        """Begin an ICE restart for each section whose credentials are new."""
        wanted: dict[Connection, Credentials] = {}
        for place, (before, now) in enumerate(
            zip(_sections_of(self._remote), offered, strict=False)
        ):
            transceiver = self._connection.getTransceivers()[place]
            if place in refused:
                continue
            if transceiver._bundled:
                raise ValueError("a section that was refused cannot come back")
            credentials = credentials_of(now)
            if credentials.name != credentials_of(before).name:
                wanted[transceiver.sender.transport.transport._connection] = credentials
        return [
            IceRestart(connection, fresh_credentials(), remote, controlling=False)
            for connection, remote in wanted.items()
        ]

    async def _stop_restarting(self) -> None:
        if self._restarting:
            self._restarting.cancel()
            await asyncio.gather(self._restarting, return_exceptions=True)

    def _add_kind(self, kind: str) -> None:
        if kind == "audio":
            self._sound = SoundSource()
        else:
            self._picture = PictureSource()
        self._add(self._sound if kind == "audio" else self._picture, kind)
        if self._relays:
            self.start_relay()

    async def answer_to(self, offer: str, msid: bool) -> str:
        """Answer a client's first offer, agreeing to all of it. Raises ``ValueError``.

        For a peer that was made without media; gathering is shielded as in ``offer``.
        """
        self._msid = msid
        self._offering = asyncio.get_running_loop().create_task(self._make_answer(offer))
        return await asyncio.shield(self._offering)

    async def _make_answer(self, offer: str) -> str:
        adapted = adapt_offer("", offer)
        try:
            await self._take_offer(adapted, _sections_of(adapted))
        except UNUSABLE as error:
            raise ValueError(f"the offer cannot be answered: {error!r}") from error
        if self._sound:
            self._sound.opus = wants_opus(self._connection.localDescription.sdp)
        answer = self._answer_taken(adapted, refused_places(offer))
        self._watch_digits()
        return answer

    def _drain(self, track: MediaStreamTrack) -> None:
        """Read what the client sends, which aiortc would pile up; pass it on and record it."""

        async def drain() -> None:
            with contextlib.suppress(MediaStreamError):
                while True:
                    frame = await track.recv()
                    if self._tap is not None:
                        self._tap.take(frame)
                    if isinstance(frame, AudioFrame):
                        for recording in self.recordings:
                            recording.write(frame)

        task = asyncio.get_running_loop().create_task(drain())
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    def listen(self, sink: Sink) -> None:
        """Give what the client sends to this sink from now on."""
        self._tap = Tap(sink)

    def start_relay(self) -> None:
        """Send only what ``relay_sound`` and ``relay_picture`` are given, outside of playbacks."""
        self._relays = True
        for source in (self._sound, self._picture):
            if source:
                source.start_relay()

    def relay_sound(self, samples: bytes) -> None:
        """See ``Sink.sound``; dropped by a leg without sound."""
        if self._sound:
            self._sound.relay(np.frombuffer(samples, np.int16))

    def relay_picture(self, width: int, height: int, planes: bytes) -> None:
        """See ``Sink.picture``; dropped by a leg without picture."""
        if self._picture:
            picture = np.frombuffer(planes, np.uint8).reshape(height * 3 // 2, width)
            self._picture.relay(picture)

    async def play(self, items: Sequence[Playable], pace: Pace) -> None:
        """Play files one after the other; a stop makes it return. Raises ``UnplayableError``."""
        await self._playback.run(lambda: play_items(items, self._sound, self._picture, pace))

    def stop_play(self) -> None:
        """Go back to tone and test picture."""
        self._playback.stop()

    async def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return RTP packets sent and received, by kind."""
        sent: dict[str, int] = {}
        received: dict[str, int] = {}
        for transceiver in self._connection.getTransceivers():
            out = (await transceiver.sender.getStats()).values()
            sent[transceiver.kind] = sum(s.packetsSent for s in out if s.type == "outbound-rtp")
            into = (await transceiver.receiver.getStats()).values()
            received[transceiver.kind] = sum(
                s.packetsReceived for s in into if s.type == "inbound-rtp"
            )
        return sent, received

    async def close(self) -> None:
        """Free sockets, threads and tasks."""
        self.path.stop()
        self.stop_play()
        for sending in self._sending:
            sending.set()
        if self._offering:
            # A connection that is closed while it gathers binds its sockets afterwards.
            await asyncio.gather(self._offering, return_exceptions=True)
        await self._stop_restarting()
        await self._connection.close()
        tasks = [*self._drains, *self._playback.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # aiortc never stops sources whose sender did not start.
        for source in (self._sound, self._picture):
            if source:
                source.stop()


def _sections_of(sdp: str) -> list[MediaDescription]:
    """Parse a description. Raises ``ValueError``."""
    try:
        return SessionDescription.parse(sdp).media
    except UNUSABLE as error:
        raise ValueError(f"the description cannot be read: {error!r}") from error


async def _run_all(restarts: list[IceRestart], on_done: Callable[[], None]) -> None:
    if all(await asyncio.gather(*[restart.run() for restart in restarts])):
        on_done()
