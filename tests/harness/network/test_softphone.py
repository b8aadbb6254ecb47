"""A softphone whose stand-in does not keep to SIP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from ringproof.network import softphone
from ringproof.network.softphone import Softphone
from ringproof.play.context import ScenarioFault
from ringproof_fakeserver.protocol.sip_endpoints import SipEndpoint
from ringproof_fakeserver.sip.message import Request, parse, respond

ENDPOINT = SipEndpoint(id="e", subscriber="s", username="desk", password="right")


@contextlib.asynccontextmanager
async def answering(answer: bytes | int) -> AsyncIterator[tuple[str, int]]:
    """Answer the first request with these bytes, or with a status."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if isinstance(answer, bytes):
            writer.write(answer)
        else:
            request = parse(head.replace(b"Content-Length", b"X-Length"))
            assert isinstance(request, Request)
            writer.write(respond(request, answer, tag="t").written())
        await reader.read()
        writer.close()
        await writer.wait_closed()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2]
        await over.wait()


def phone_at(address: tuple[str, int]) -> Softphone:
    return Softphone(address, ENDPOINT, number="1", name=None, real_media=False)


async def test_a_refused_call_keeps_no_port(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[softphone._Sound] = []
    close = softphone._Sound.close
    monkeypatch.setattr(
        softphone._Sound, "close", lambda sound: (closed.append(sound), close(sound))
    )
    async with answering(403) as address, phone_at(address) as phone:
        with pytest.raises(ScenarioFault, match="answered with 403"):
            await phone.dial("/private/bob", video=False)
        assert len(closed) == 1


async def test_what_cannot_be_read_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softphone, "WITHIN_S", 0.5)
    async with answering(b"no SIP\r\nContent-Length: 0\r\n\r\n") as address:
        phone = await phone_at(address).__aenter__()
        with pytest.raises(ScenarioFault, match="no answer to INVITE: MessageError"):
            await phone.dial("/private/bob", video=False)
        with pytest.raises(ScenarioFault, match="its work has failed: MessageError"):
            await phone.__aexit__()
