"""Telephone events in RTP (RFC 4733): digits that a leg sends and receives.

aiortc knows no telephone events. What a leg receives is read where SRTP is decrypted; what it sends
takes the place of the sound packets that would leave meanwhile, under their sequence numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from aiortc.rtp import is_rtcp

EVENTS = "0123456789*#ABCD"
TONE_PACKETS = 5
"""Of 20 ms each; the last of them is sent three times, marked as the end."""
END_PACKETS = 3
GAP_PACKETS = 3
PAUSES = {"w": 25, ",": 25, "W": 50}
"""Packets of sound that a pause lasts: 0.5 s and 1 s."""
_VOLUME = 10
_HEADER_BYTES = 12


class DigitPath:
    """The digits of one sound section, both ways. ``on_digit`` gets each one that comes in."""

    def __init__(self, event_type: int, rate_hz: int, on_digit: Callable[[str], None]) -> None:
        self._type = event_type
        self._step = rate_hz // 50
        self._on_digit = on_digit
        self._heard: int | None = None
        """RTP timestamp of the event that was reported last."""
        self._queue: deque[tuple[deque[str], Callable[[], None]]] = deque()
        """What is to be sent, and what to call then."""
        self._packets: deque[tuple[int, int, bool]] = deque()
        """(event, duration, end) of the digit that is being sent; -1 lets the sound through."""
        self._started = 0
        """RTP timestamp of the event that is being sent."""

    def wrap(self, transport: Any) -> None:  # noqa: ANN401 - the inside of aiortc has no types
        """Stand between a DTLS transport and its socket."""
        receive, send = transport._handle_rtp_data, transport._send_rtp

        async def received(data: bytes, **more: object) -> None:
            self.heard(data)
            await receive(data, **more)

        async def sent(data: bytes) -> None:
            await send(data if is_rtcp(data) else self.replaced(data))

        transport._handle_rtp_data, transport._send_rtp = received, sent

    def send(self, digits: str, on_sent: Callable[[], None]) -> None:
        """Send digits and pauses after those that are under way; then call ``on_sent``."""
        self._queue.append((deque(digits), on_sent))

    def withdraw(self, on_sent: Callable[[], None]) -> None:
        """Send no more of the digits that were given with ``on_sent``, which is not called."""
        if self._queue and self._queue[0][1] == on_sent:
            self._packets.clear()
        self._queue = deque(each for each in self._queue if each[1] != on_sent)

    def heard(self, data: bytes) -> None:
        """Report a digit when the first packet of its event comes."""
        payload = payload_of(data, self._type)
        if payload is None or len(payload) < 4:
            return
        timestamp = int.from_bytes(data[4:8])
        if timestamp != self._heard and payload[0] < len(EVENTS):
            self._heard = timestamp
            self._on_digit(EVENTS[payload[0]])

    def replaced(self, data: bytes) -> bytes:
        """Return the packet to send in place of a sound packet."""
        if not self._packets and not self._begin(data):
            return data
        event, duration, end = self._packets.popleft()
        if event < 0:
            return data
        first = duration == self._step and not end
        marker = 0x80 if first else 0
        payload = bytes([event, (0x80 if end else 0) | _VOLUME]) + duration.to_bytes(2)
        return (
            bytes([data[0] & 0xC0, marker | self._type])
            + data[2:4]
            + self._started.to_bytes(4)
            + data[8:_HEADER_BYTES]
            + payload
        )

    def _begin(self, data: bytes) -> bool:
        """Plan the packets of the next digit or pause; False if nothing is to be sent."""
        while self._queue and not self._queue[0][0]:
            _, on_sent = self._queue.popleft()
            on_sent()
        if not self._queue:
            return False
        digit = self._queue[0][0].popleft()
        if digit in PAUSES:
            self._packets.extend([(-1, 0, False)] * PAUSES[digit])
            return True
        event = EVENTS.index(digit.upper())
        self._started = int.from_bytes(data[4:8])
        whole = TONE_PACKETS * self._step
        self._packets.extend((event, n * self._step, False) for n in range(1, TONE_PACKETS + 1))
        self._packets.extend([(event, whole, True)] * END_PACKETS)
        self._packets.extend([(-1, 0, False)] * GAP_PACKETS)
        return True


def payload_of(data: bytes, event_type: int) -> bytes | None:
    """Return the payload of an RTP packet of this payload type, without padding; else None."""
    if len(data) < _HEADER_BYTES or data[1] & 0x7F != event_type:
        return None
    start = _HEADER_BYTES + 4 * (data[0] & 0x0F)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4])
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    return data[start:end] if start <= end else None
