"""What is replaced inside aiortc is still there, and does what a leg needs."""

from __future__ import annotations

import importlib.metadata
import inspect
import threading

import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpSender
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters
from aiortc.rtcrtpreceiver import RemoteStreamTrack

from ringproof_fakeserver.media import aiortc_patches
from ringproof_fakeserver.media.aiortc_patches import patch_stopping


@pytest.mark.parametrize(
    ("original", "parameters"),
    [
        (aiortc_patches.original_receive, ["self", "parameters"]),
        (aiortc_patches.original_receiver_stop, ["self"]),
        (aiortc_patches.original_send, ["self", "parameters"]),
        (aiortc_patches.original_sender_stop, ["self"]),
    ],
    ids=["receive", "receiver stop", "send", "sender stop"],
)
def test_aiortc_still_has_what_is_replaced(original, parameters):
    assert list(inspect.signature(original).parameters) == parameters, (
        f"aiortc {importlib.metadata.version('aiortc')} has changed {original.__qualname__}: adapt "
        "media/aiortc_patches.py to it, or cap aiortc in pyproject.toml"
    )


def decoders() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "video-decoder"}


async def starts_late(receiver: RTCRtpReceiver, stop) -> bool:
    """Stop a receiver, start it as a connection does whose DTLS is up only then, and look."""
    before, receiver._track = decoders(), RemoteStreamTrack("video")
    await stop(receiver)
    await receiver.receive(RTCRtpReceiveParameters(codecs=[]))
    late = bool(decoders() - before)
    await aiortc_patches.original_receiver_stop(receiver)
    return late


async def test_receiver_that_was_stopped_starts_no_decoder():
    patch_stopping()
    connection = RTCPeerConnection()
    receiver = connection.addTransceiver("video").receiver
    assert not await starts_late(receiver, RTCRtpReceiver.stop)
    await connection.close()


async def test_without_the_patch_it_does():
    patch_stopping()
    connection = RTCPeerConnection()
    receiver = connection.addTransceiver("video").receiver
    assert await starts_late(receiver, aiortc_patches.original_receiver_stop)
    await connection.close()


async def test_sender_that_was_stopped_starts_no_more():
    patch_stopping()
    connection = RTCPeerConnection()
    sender = connection.addTransceiver("video").sender
    await RTCRtpSender.stop(sender)
    await sender.send(RTCRtpSendParameters(codecs=[]))
    assert not sender._RTCRtpSender__started  # type: ignore[attr-defined]
    await connection.close()
