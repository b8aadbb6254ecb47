"""Real media: one aiortc peer connection a call, packets on sockets.

Imports aiortc; import it only when real media is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any

from aioice import Connection
from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcicetransport import candidate_to_aioice
from aiortc.sdp import SessionDescription
from av import AudioFrame, VideoFrame
from av.frame import Frame
from av.packet import Packet

from ringproof.client import content, events
from ringproof.client.media import STALLED_MS, Counts, Deliver, Spawn, answer_directions
from ringproof_fakeserver.media.ice_restart import (
    Credentials,
    IceRestart,
    credentials_of,
    fresh_credentials,
    restart_offer,
)
from ringproof_fakeserver.media.peer import UNUSABLE
from ringproof_fakeserver.media.silence import Silence
from ringproof_fakeserver.media.sources import PictureSource, SoundSource
from ringproof_fakeserver.protocol import sdp


class _NewestFrame(MediaStreamTrack):
    """The far side's track as the user gets it: ``recv`` waits for the next frame."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._next: asyncio.Future[Frame | Packet[Any]] = asyncio.get_running_loop().create_future()

    async def recv(self) -> Frame | Packet[Any]:
        """Wait for the next frame. Raises ``MediaStreamError`` once the track has ended."""
        if self.readyState != "live":
            raise MediaStreamError
        try:
            return await asyncio.shield(self._next)
        except asyncio.CancelledError:
            if self._next.cancelled():
                raise MediaStreamError from None
            raise

    async def follow(
        self, track: MediaStreamTrack, on_frame: Callable[[Frame | Packet[Any]], None]
    ) -> None:
        """Take every frame of the connection's track until it ends, or until cancelled."""
        try:
            while True:
                frame = await track.recv()
                on_frame(frame)
                current, self._next = self._next, asyncio.get_running_loop().create_future()
                current.set_result(frame)
        except MediaStreamError:
            return  # the track ended
        finally:
            self.stop()
            self._next.cancel()


class _Leg:
    """One call's connection, what it was offered and what it sends."""

    def __init__(self, offer: str, ice_servers: tuple[str, ...]) -> None:
        self.asks = bool(ice_servers)
        """An ICE server is asked for a candidate."""
        servers = [RTCIceServer(urls=url) for url in ice_servers]
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=servers, bundlePolicy=RTCBundlePolicy.MAX_COMPAT)
        )
        self.offer = offer
        """The far side's; empty where the client itself makes one, of these ``kinds``."""
        self.kinds: tuple[str, ...] = ()
        self.local: list[MediaStreamTrack] = []
        self.sinks: list[asyncio.Task[None]] = []
        self.sound: deque[AudioFrame] = deque(maxlen=content.FRAMES)
        self.picture: VideoFrame | None = None
        """What came last of the far side."""
        self.silence: Silence | None = None
        """Since the last frame of the far side; None before the first."""
        self.offering: Credentials | None = None
        """Our credentials in the last offer of a restart."""
        self.restarting: asyncio.Task[None] | None = None
        self.negotiating = asyncio.Lock()
        """Locked while descriptions are set: aiortc leaks the sockets it opens during a close."""


class AiortcMedia:
    """Peer connections by call. ``spawn`` runs a coroutine until the client ends."""

    def __init__(self, deliver: Deliver, spawn: Spawn) -> None:
        self._deliver = deliver
        self._spawn = spawn
        self._legs: dict[str, _Leg] = {}
        self._ice_servers: tuple[str, ...] = ()
        self._closing: set[asyncio.Task[None]] = set()

    def use_ice_servers(self, urls: tuple[str, ...]) -> None:
        """Ask the first of these STUN servers from the next call on: aiortc uses no more."""
        self._ice_servers = tuple([url for url in urls if url.startswith("stun:")])[:1]

    def apply_offer(self, call: str, offer: str) -> None:
        """Make a peer connection and set the offer."""
        leg = self._leg(call, offer)
        self._spawn(self._set_offer(call, leg))

    def prepare_offer(self, call: str, kinds: tuple[str, ...]) -> None:
        """Make a peer connection that will offer these kinds."""
        leg = self._leg(call, "")
        leg.kinds = kinds

    def make_offer(self, call: str) -> None:
        """Offer what was acquired, and to receive all kinds."""
        leg = self._legs.get(call)
        if leg is not None:
            self._spawn(self._make_offer(call, leg))

    async def _make_offer(self, call: str, leg: _Leg) -> None:
        connection = leg.connection
        local = {track.kind: track for track in leg.local}
        async with leg.negotiating:
            if self._legs.get(call) is not leg:
                return
            for kind in leg.kinds:
                if kind in local:
                    connection.addTransceiver(local[kind], direction="sendrecv")
                else:
                    connection.addTransceiver(kind, direction="recvonly")
            try:
                await connection.setLocalDescription(await connection.createOffer())
            except UNUSABLE as error:
                self._failed(call, leg, f"no offer could be made: {error!r}")
                return
        if self._legs.get(call) is leg:
            self._deliver(events.OfferMade(call, connection.localDescription.sdp))

    def apply_answer(self, call: str, answer: str) -> None:
        """Set the far side's answer."""
        leg = self._legs.get(call)
        if leg is not None:
            self._spawn(self._set_answer(call, leg, answer))

    async def _set_answer(self, call: str, leg: _Leg, answer: str) -> None:
        async with leg.negotiating:
            try:
                description = RTCSessionDescription(sdp.with_mids(answer), "answer")
                await leg.connection.setRemoteDescription(description)
            except UNUSABLE as error:
                self._failed(call, leg, f"unusable answer: {error!r}")

    def _leg(self, call: str, offer: str) -> _Leg:
        leg = self._legs[call] = _Leg(offer, self._ice_servers)
        connection = leg.connection

        @connection.on("track")
        def on_track(track: MediaStreamTrack) -> None:
            # aiortc queues frames without a bound: one reader always takes them.
            source = _NewestFrame(track.kind)
            following = source.follow(track, lambda frame: self._flows(call, leg, frame))
            leg.sinks.append(asyncio.ensure_future(following))
            if self._legs.get(call) is leg:
                self._deliver(events.RemoteTrack(call, events.Track(track.id, track.kind, source)))

        @connection.on("connectionstatechange")
        def on_state() -> None:
            if self._legs.get(call) is not leg:
                return
            if connection.connectionState == "connected":
                self._deliver(events.MediaConnected(call))
            elif connection.connectionState == "failed":
                self._deliver(events.MediaFailed(call, "the media transport failed"))

        return leg

    async def _set_offer(self, call: str, leg: _Leg) -> None:
        async with leg.negotiating:
            try:
                # aiortc tells sections apart by their mids alone.
                offer = RTCSessionDescription(sdp.with_mids(leg.offer), "offer")
                await leg.connection.setRemoteDescription(offer)
            except UNUSABLE as error:
                self._failed(call, leg, f"unusable offer: {error!r}")
                return
        if self._legs.get(call) is leg:
            self._deliver(events.OfferApplied(call))

    def acquire(self, call: str, audio: bool, video: bool, chosen: tuple[int, int]) -> None:
        """Start a tone and a moving test picture, as asked; every device gives the same."""
        leg = self._legs.get(call)
        if leg is None:
            return
        if audio:
            leg.local.append(SoundSource())
        if video:
            leg.local.append(PictureSource())
        devices = dict(zip(("audio", "video"), chosen, strict=True))
        tracks = tuple(
            [events.Track(one.id, one.kind, one, devices[one.kind]) for one in leg.local]
        )
        self._deliver(events.LocalMediaReady(call, tracks))

    def make_answer(self, call: str) -> None:
        """Answer with what was acquired, as far as the offer lets it through."""
        leg = self._legs.get(call)
        if leg is not None:
            self._spawn(self._make_answer(call, leg))

    async def _make_answer(self, call: str, leg: _Leg) -> None:
        connection = leg.connection
        sending = frozenset(track.kind for track in leg.local)
        directions = answer_directions(sdp.directions(leg.offer), sending)
        async with leg.negotiating:
            if self._legs.get(call) is not leg:
                return
            for track in leg.local:
                if directions.get(track.kind) in ("sendrecv", "sendonly"):
                    connection.addTrack(track)
            try:
                await connection.setLocalDescription(await connection.createAnswer())
            except UNUSABLE as error:
                self._failed(call, leg, f"no answer could be made: {error!r}")
                return
        answer = connection.localDescription.sdp
        if "a=group:BUNDLE" not in leg.offer:
            # aiortc bundles every answer, even to an offer that did not ask for it.
            answer = sdp.without_bundle(answer)
        if self._legs.get(call) is leg:
            unaided = leg.asks and " typ srflx" not in answer
            self._deliver(events.AnswerReady(call, answer, unaided))

    def make_restart_offer(self, call: str) -> None:
        """Offer the sockets that there are, under fresh credentials: nothing changes by that."""
        leg, offer = self._legs.get(call), ""
        if leg is not None:
            leg.offering = fresh_credentials()
            offer = restart_offer(leg.connection.localDescription.sdp, leg.offering)
            if "a=group:BUNDLE" not in leg.offer:
                offer = sdp.without_bundle(offer)
        self._deliver(events.RestartOfferReady(call, offer))

    def apply_restart_answer(self, call: str, answer: str) -> None:
        """Check the path with the credentials of the last offer and of this answer."""
        leg = self._legs.get(call)
        if leg is not None and leg.offering is not None:
            earlier, own = leg.restarting, leg.offering
            leg.restarting = asyncio.ensure_future(_restart(leg.connection, earlier, own, answer))

    def _flows(self, call: str, leg: _Leg, frame: Frame | Packet[Any]) -> None:
        if isinstance(frame, AudioFrame):
            leg.sound.append(frame)
        elif isinstance(frame, VideoFrame):
            leg.picture = frame
        if leg.silence is None and self._legs.get(call) is leg:
            leg.silence = Silence(STALLED_MS, lambda: self._stalled(call, leg))
        elif leg.silence is not None:
            leg.silence.heard()

    def _stalled(self, call: str, leg: _Leg) -> None:
        leg.silence = None  # the next frame begins a new one
        self._deliver(events.MediaStalled(call))

    def _failed(self, call: str, leg: _Leg, error: str) -> None:
        if self._legs.get(call) is leg:
            self._deliver(events.MediaFailed(call, error))

    def close(self, call: str) -> None:
        """Close the connection in the background."""
        leg = self._legs.pop(call, None)
        if leg is not None:
            if leg.silence is not None:
                leg.silence.stop()
            closing = asyncio.ensure_future(_close(leg))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def counts(self, call: str) -> Counts:
        """Read the connection's own statistics."""
        leg = self._legs.get(call)
        if leg is None:
            return Counts()
        sent: dict[str, int] = {}
        received: dict[str, int] = {}
        for entry in (await leg.connection.getStats()).values():
            if entry.type == "outbound-rtp":
                sent[entry.kind] = sent.get(entry.kind, 0) + entry.packetsSent
            elif entry.type == "inbound-rtp":
                received[entry.kind] = received.get(entry.kind, 0) + entry.packetsReceived
        shown: dict[str, dict[str, int]] = {}
        if leg.sound:
            shown["audio"] = content.of_sound(leg.sound)
        if leg.picture is not None:
            shown["video"] = content.of_picture(leg.picture)
        return Counts(sent, received, shown)

    async def aclose(self) -> None:
        """Close every connection, and wait for those being closed."""
        for call in list(self._legs):
            self.close(call)
        await asyncio.gather(*self._closing)


async def _close(leg: _Leg) -> None:
    for track in leg.local:
        track.stop()
    await _stop(leg.restarting)
    async with leg.negotiating:
        await leg.connection.close()
    # A track that never got a packet does not end with its connection.
    for sink in leg.sinks:
        sink.cancel()
    await asyncio.gather(*leg.sinks, return_exceptions=True)


async def _stop(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _restart(
    connection: RTCPeerConnection,
    earlier: asyncio.Task[None] | None,
    own: Credentials,
    answer: str,
) -> None:
    """Restart ICE in every section of the answer, in place of an earlier restart."""
    await _stop(earlier)
    begun: dict[Connection, IceRestart] = {}
    # After an answer that cannot be used, media goes on over the path that there is.
    with contextlib.suppress(*UNUSABLE):
        sections = SessionDescription.parse(sdp.with_mids(answer)).media
        for transceiver, section in zip(connection.getTransceivers(), sections, strict=False):
            ice = transceiver.sender.transport.transport._connection
            if section.port and ice not in begun:
                begun[ice] = IceRestart(ice, own, credentials_of(section), controlling=True)
                for candidate in section.ice_candidates:
                    await ice.add_remote_candidate(candidate_to_aioice(candidate))
    await asyncio.gather(*[restart.run() for restart in begun.values()])
