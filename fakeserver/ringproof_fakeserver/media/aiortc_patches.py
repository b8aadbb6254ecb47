"""What legs need of aiortc and it has no setting for; the one place that touches its inside.

**Payload types.** The platform's offers number Opus 111 and VP8 96. aiortc takes its numbers from a
table, which is changed for the whole process; an answer of aiortc takes those of its offer anyway.

**ICE credentials.** aiortc gives all sections of a connection the same ones. Those of the platform
have their own, so a client that confuses the sections fails here as it does there.
"""

from __future__ import annotations

from aiortc import RTCRtpTransceiver
from aiortc.codecs import CODECS

from ringproof_fakeserver.media.ice_restart import fresh_credentials
from ringproof_fakeserver.media.profile import OPUS, VP8

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
