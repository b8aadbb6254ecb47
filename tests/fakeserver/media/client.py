"""A plain aiortc client that answers offers, and a recorder for what legs report."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.rtcicetransport import candidate_to_aioice
from aiortc.sdp import SessionDescription

from ringproof_fakeserver.media.ice_restart import (
    Credentials,
    IceRestart,
    fresh_credentials,
    restart_offer,
)
from ringproof_fakeserver.protocol.sdp import with_mids
from tests.fakeserver.wire_client import WAIT_S


class Reports:
    """Remembers callbacks in order and lets a test wait for some of them."""

    def __init__(self):
        self.log = []
        self._more = asyncio.Event()

    def connected(self, dialog):
        self._add("connected", dialog)

    def failed(self, dialog, error):
        self._add("failed", dialog, error)

    def _add(self, *report):
        self.log.append(report)
        self._more.set()

    async def wait(self, count=1):
        async with asyncio.timeout(WAIT_S):
            while len(self.log) < count:
                self._more.clear()
                await self._more.wait()
        return self.log


class Client:
    """Answers one offer, and shows each frame that comes in to all who look for one."""

    def __init__(self, sound_codec=None):
        self._sound_codec = sound_codec
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._last = {}
        self._looking = []
        """(kind, what is looked for, future): every frame is shown, since a process that was held
        up reads many at once, and a short sound is over with them."""
        self._readers = []
        self.connection.on("track", self._read)

    def _read(self, track):
        self._readers.append(asyncio.get_running_loop().create_task(self._keep(track)))

    async def _keep(self, track):
        with contextlib.suppress(MediaStreamError):
            while True:
                self._show(track.kind, await track.recv())

    def _show(self, kind, frame):
        self._last[kind] = frame
        for looked_for, wanted, found in self._looking:
            if looked_for == kind and not found.done() and wanted(frame):
                found.set_result(frame)

    async def answer(self, offer, send=("audio", "video")):
        await self.connection.setRemoteDescription(RTCSessionDescription(with_mids(offer), "offer"))
        for transceiver in self.connection.getTransceivers():
            if transceiver.kind == "audio" and self._sound_codec:
                known = RTCRtpSender.getCapabilities("audio").codecs
                wanted = [codec for codec in known if codec.name == self._sound_codec]
                transceiver.setCodecPreferences(wanted)
            if transceiver.kind in send:
                track = AudioStreamTrack() if transceiver.kind == "audio" else VideoStreamTrack()
                transceiver.sender.replaceTrack(track)
                transceiver.direction = "sendrecv"
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        return self.connection.localDescription.sdp

    def restart_offer(self, change=lambda sdp: sdp):
        """Offer anew with fresh credentials on the same sockets; ``answered`` takes the answer."""
        self._own = fresh_credentials()
        return change(restart_offer(self.connection.localDescription.sdp, self._own))

    async def answered(self, answer):
        """Check the path again as the answer to ``restart_offer`` says; wait until it is up."""
        restarts = []
        sections = SessionDescription.parse(with_mids(answer)).media
        for transceiver, section in zip(self.connection.getTransceivers(), sections, strict=False):
            connection = transceiver.sender.transport.transport._connection
            remote = Credentials(section.ice.usernameFragment, section.ice.password)
            restart = IceRestart(connection, self._own, remote, controlling=True)
            for candidate in section.ice_candidates:
                await connection.add_remote_candidate(candidate_to_aioice(candidate))
            restarts.append(restart)
        async with asyncio.timeout(WAIT_S):
            return all(await asyncio.gather(*[restart.run() for restart in restarts]))

    async def offer(self, send=("audio", "video")):
        """Offer both kinds, and send those of ``send``."""
        for kind, make in (("audio", AudioStreamTrack), ("video", VideoStreamTrack)):
            if kind in send:
                self.connection.addTransceiver(make(), direction="sendrecv")
            else:
                self.connection.addTransceiver(kind, direction="recvonly")
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def take(self, answer):
        """Apply the answer to its offer."""
        await self.connection.setRemoteDescription(
            RTCSessionDescription(with_mids(answer), "answer")
        )

    async def see(self, kind, wanted):
        """Wait for a frame of ``kind`` that satisfies ``wanted``."""
        if kind in self._last and wanted(self._last[kind]):
            return self._last[kind]
        look = kind, wanted, asyncio.get_running_loop().create_future()
        self._looking.append(look)
        try:
            async with asyncio.timeout(WAIT_S):
                return await look[-1]
        finally:
            self._looking.remove(look)

    async def hear(self, count):
        """Wait for so many further frames of sound: the client sends as many in that time."""
        heard = itertools.count(1)
        self._last.pop("audio", None)
        await self.see("audio", lambda frame: next(heard) >= count)

    async def close(self):
        await self.connection.close()
        # A track whose transport never came up does not end by itself.
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)


def redness(frame):
    """Mean of the red-difference plane: 100 in the test picture, 200 in the clip."""
    return float(frame.reformat(format="yuv420p").to_ndarray()[frame.height * 5 // 4 :].mean())


def loudest_hz(frame):
    """Strongest frequency of a block of 20 ms, to the nearest 50 Hz."""
    samples = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)].astype(float)
    return int(np.abs(np.fft.rfft(samples)).argmax() * frame.sample_rate / len(samples))
