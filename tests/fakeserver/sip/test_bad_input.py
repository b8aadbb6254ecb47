"""Hostile bytes over real sockets: whoever else registers and calls does not notice."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

from ringproof_fakeserver.sip.framing import Frames
from ringproof_fakeserver.sip.message import Request, Response, parse
from ringproof_fakeserver.sip_shell import CONNECTIONS
from tests.fakeserver.sip import sipp as xml
from tests.fakeserver.sip.sipp import sipp
from tests.fakeserver.sip.stage import Phone, Stage
from tests.fakeserver.sip.test_sipp import accept
from tests.fakeserver.sip.torture import BAD, FINE, message
from tests.fakeserver.wire_client import WAIT_S, registered

EVERYTHING = [data for _, data, *_ in (*BAD, *FINE)]


async def works(server, folder: Path) -> None:
    """Register, call bob and hang up, as somebody who has done nothing wrong."""
    steps = xml.invite() + xml.ANSWERED + xml.HANG_UP
    async with (
        registered(server, "bob") as bob,
        sipp(server.sip_address, steps, folder) as run,
    ):
        await accept(bob)
        await run.done()


async def test_malformed_datagrams_harm_nobody(phones, tmp_path: Path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        for data in EVERYTHING * 5:
            attacker.sendto(data, phones.sip_address)
        await works(phones, tmp_path)


async def test_malformed_streams_harm_nobody(phones, tmp_path: Path):
    async def attack(data: bytes) -> None:
        reader, writer = await asyncio.open_connection(*phones.sip_address)
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(WAIT_S):
            try:
                while await reader.read(65_536):
                    pass
            except ConnectionResetError:
                pass  # cut by the stand-in
        writer.close()

    await asyncio.gather(*(attack(data) for data in EVERYTHING))
    await works(phones, tmp_path)


async def test_a_connection_that_sends_no_message_is_cut(phones):
    reader, writer = await asyncio.open_connection(*phones.sip_address)
    writer.write(b"x" * 100_000)
    async with asyncio.timeout(WAIT_S):
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()


async def test_connections_that_say_nothing_give_way_to_one_that_does(phones):
    idle = [await asyncio.open_connection(*phones.sip_address) for _ in range(CONNECTIONS + 5)]
    reader, writer = await asyncio.open_connection(*phones.sip_address)
    writer.write(message())
    async with asyncio.timeout(WAIT_S):
        assert (await reader.readline()).startswith(b"SIP/2.0 200")
    for _, each in [*idle, (reader, writer)]:
        each.close()


async def test_a_phone_that_has_logged_in_keeps_its_connection(phones):
    reader, writer = await asyncio.open_connection(*phones.sip_address)
    phone, frames = Phone(Stage(), transport="TCP"), Frames()

    async def ask(request: Request) -> Response:
        writer.write(request.written())
        async with asyncio.timeout(WAIT_S):
            while (answer := next(frames.feed(await reader.read(65_536)), None)) is None:
                pass
        response = parse(answer)
        assert isinstance(response, Response)
        return response

    challenge = await ask(phone.request("REGISTER"))
    header = phone.credentials(challenge, "REGISTER", "sip:127.0.0.1")
    assert (await ask(phone.request("REGISTER", headers=(header,)))).status == 200
    idle = [await asyncio.open_connection(*phones.sip_address) for _ in range(CONNECTIONS + 5)]

    assert (await ask(phone.request("OPTIONS"))).status == 200
    for _, each in [*idle, (reader, writer)]:
        each.close()


async def test_a_keep_alive_is_answered(phones):
    reader, writer = await asyncio.open_connection(*phones.sip_address)
    writer.write(b"\r\n\r\n")
    async with asyncio.timeout(WAIT_S):
        assert await reader.readexactly(2) == b"\r\n"
    writer.close()
