"""Waiting for a state without polling: whatever changes it notifies, then the state is checked."""

import asyncio


class Changes:
    """``until`` checks its condition after each ``notify``."""

    def __init__(self):
        self._event = asyncio.Event()

    def notify(self, *_):
        self._event.set()

    async def until(self, condition, within_s=30):
        async with asyncio.timeout(within_s):
            while not condition():
                self._event.clear()
                await self._event.wait()
