"""The receiver of status callbacks: what reaches whom, and what is refused."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import httpx
import pytest

from ringproof import rest_callbacks
from ringproof.rest_callbacks import BODY_LIMIT_BYTES, CallbackReceiver


@contextlib.asynccontextmanager
async def receiving():
    receiver = CallbackReceiver()
    try:
        async with httpx.AsyncClient(trust_env=False) as sender:
            yield receiver, sender
    finally:
        await receiver.close()


async def test_each_url_has_its_receiver():
    async with receiving() as (receiver, sender):
        came: list[tuple[int, dict]] = []
        first = await receiver.expect(lambda body: came.append((1, body)))
        second = await receiver.expect(lambda body: came.append((2, body)))
        for url, number in ((second, 0), (first, 1), (second, 2)):
            assert (await sender.post(url, json={"n": number})).status_code == 200
        assert came == [(2, {"n": 0}), (1, {"n": 1}), (2, {"n": 2})]


async def test_a_forgotten_url_is_refused():
    async with receiving() as (receiver, sender):
        came: list[dict] = []
        url = await receiver.expect(came.append)
        receiver.forget(url)
        receiver.forget(url)
        assert (await sender.post(url, json={})).status_code == 404
        assert came == []


@pytest.mark.parametrize(
    ("method", "content", "status"),
    [
        ("GET", b"", 400),
        ("POST", b"no json", 400),
        ("POST", b"[]", 400),
        ("POST", b"x" * (BODY_LIMIT_BYTES + 1), 413),
    ],
)
async def test_what_is_no_callback_is_refused(method: str, content: bytes, status: int):
    async with receiving() as (receiver, sender):
        came: list[dict] = []
        url = await receiver.expect(came.append)
        assert (await sender.request(method, url, content=content)).status_code == status
        assert (await sender.post(url, json={"n": 1})).status_code == 200
        assert came == [{"n": 1}]


async def test_nothing_listens_before_anybody_expects_a_callback():
    await CallbackReceiver().close()


@pytest.mark.parametrize("part", [b"", b"POST / HTTP/1.1\r\n"], ids=["nothing", "half a head"])
async def test_a_connection_that_sends_no_whole_head_is_closed(
    part: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rest_callbacks, "WITHIN_S", 0.05)
    async with receiving() as (receiver, _):
        port = urlsplit(await receiver.expect(lambda body: None)).port
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(part)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
