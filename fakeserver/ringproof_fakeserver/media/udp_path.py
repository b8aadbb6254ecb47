"""The sockets under a peer connection: hears the client's packets, and loses them on purpose.

aioice has no hook for either, so its protocol objects, one for each local address, are wrapped:
``datagram_received`` and the transport's ``sendto``. Nothing else of its inside is touched here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aioice.ice import StunProtocol
from aiortc import RTCPeerConnection

from ringproof_fakeserver.media.silence import Silence


class UdpPath:
    """One leg's way to its client. Use it in the event loop's thread."""

    def __init__(self) -> None:
        self._deaf = False
        self._mute = False
        self._silence: Silence | None = None
        self._tapped: set[StunProtocol] = set()

    def tap(self, connection: RTCPeerConnection) -> None:
        """Wrap the sockets that the connection has gathered; those that are, stay as they are."""
        for transceiver in connection.getTransceivers():
            # The transports are the sender's own; there are several without BUNDLE.
            ice = transceiver.sender.transport.transport.iceGatherer
            for protocol in ice._connection._protocols:
                if protocol not in self._tapped:
                    self._tapped.add(protocol)
                    self._wrap(protocol)

    def watch(self, within_ms: int, on_silent: Callable[[], None]) -> None:
        """Call ``on_silent`` once, when no packet has come for so long."""
        self.stop()
        self._silence = Silence(within_ms, on_silent)

    def cut(self, from_client: bool, to_client: bool) -> None:
        """Lose the packets of these directions from now on."""
        self._deaf, self._mute = from_client, to_client

    def stop(self) -> None:
        """Watch no longer."""
        if self._silence is not None:
            self._silence.stop()
            self._silence = None

    def _wrap(self, protocol: StunProtocol) -> None:
        receive, send = protocol.datagram_received, protocol.transport.sendto

        def received(data: bytes | str, address: tuple[Any, ...]) -> None:
            if self._deaf:
                return
            if self._silence is not None:
                self._silence.heard()
            receive(data, address)

        def sent(data: bytes, address: Any = None) -> None:  # noqa: ANN401 - as asyncio has it
            if not self._mute:
                send(data, address)

        protocol.datagram_received = received  # type: ignore[method-assign,assignment]
        protocol.transport.sendto = sent  # type: ignore[method-assign,assignment]
