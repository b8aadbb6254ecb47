"""Waiting for a state without polling: somebody says that something happened, then we look."""

import asyncio


class News:
    """Hand ``told`` to whoever has news; ``until`` looks again each time."""

    def __init__(self):
        self._event = asyncio.Event()

    def told(self, *_):
        self._event.set()

    async def until(self, condition, within_s=10):
        async with asyncio.timeout(within_s):
            while not condition():
                self._event.clear()
                await self._event.wait()
