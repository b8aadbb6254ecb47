"""What legs need of aiortc and it has no setting for; the one place that touches its inside.

**Payload types.** The platform's offers number Opus 111 and VP8 96. aiortc takes its numbers from a
table, which is changed for the whole process; an answer of aiortc takes those of its offer anyway.

**ICE credentials.** aiortc gives all sections of a connection the same ones. Those of the platform
have their own, so a client that confuses the sections fails here as it does there.

**Stopping.** A connection that is closed while the DTLS of one of its sections comes up starts the
sender and the receiver of that section afterwards. Nobody stops these any more: the receiver's
decoder is a thread, which keeps the process from ending.
"""

from __future__ import annotations

from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import CODECS

from ringproof_fakeserver.media.ice_restart import fresh_credentials
from ringproof_fakeserver.media.profile import OPUS, VP8

_STOPPED = "ringproof_stopped"
"""Of a sender or receiver: it was stopped, started or not."""

original_receive, original_receiver_stop = RTCRtpReceiver.receive, RTCRtpReceiver.stop
original_send, original_sender_stop = RTCRtpSender.send, RTCRtpSender.stop

_NUMBERS = {"audio/opus": OPUS, "video/vp8": VP8}


def patch_aiortc() -> None:
    """Renumber the codecs; again is harmless."""
    for codecs in CODECS.values():
        for codec in codecs:
            codec.payloadType = _NUMBERS.get(codec.mimeType.lower(), codec.payloadType)


def own_credentials(transceiver: RTCRtpTransceiver) -> None:
    """Give the section of a transceiver ICE credentials of its own, before anything is offered."""
    connection = transceiver.sender.transport.transport.iceGatherer._connection
    own = fresh_credentials()
    connection._local_username, connection._local_password = own.name, own.password


def patch_stopping() -> None:
    """Have senders and receivers that were stopped stay so; again is harmless."""
    RTCRtpReceiver.receive = _receive  # type: ignore[method-assign,assignment]
    RTCRtpReceiver.stop = _stop_receiver  # type: ignore[method-assign,assignment]
    RTCRtpSender.send = _send  # type: ignore[method-assign,assignment]
    RTCRtpSender.stop = _stop_sender  # type: ignore[method-assign,assignment]


async def _receive(receiver: RTCRtpReceiver, parameters: Any) -> None:  # noqa: ANN401 - as aiortc has it
    if not hasattr(receiver, _STOPPED):
        await original_receive(receiver, parameters)


async def _stop_receiver(receiver: RTCRtpReceiver) -> None:
    setattr(receiver, _STOPPED, True)
    await original_receiver_stop(receiver)


async def _send(sender: RTCRtpSender, parameters: Any) -> None:  # noqa: ANN401 - as aiortc has it
    if not hasattr(sender, _STOPPED):
        await original_send(sender, parameters)


async def _stop_sender(sender: RTCRtpSender) -> None:
    setattr(sender, _STOPPED, True)
    await original_sender_stop(sender)
