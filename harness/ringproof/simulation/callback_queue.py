"""Status callbacks of a simulated platform, on their way to who asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringproof_fakeserver.protocol.commands import PostCallback


class CallbackQueue:
    """Hands over callbacks in their order, those of a new call once its reply has gone."""

    def __init__(self) -> None:
        self._receivers: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._held: dict[str, list[PostCallback]] = {}
        self._urls = 0

    def expect(self, receive: Callable[[dict[str, Any]], None]) -> str:
        """Return a new URL; what is posted to it is given to ``receive`` until ``forget``."""
        self._urls += 1
        url = f"https://callbacks.simulated.invalid/{self._urls}"
        self._receivers[url] = receive
        return url

    def forget(self, url: str) -> None:
        """Drop what is posted to a URL from now on."""
        self._receivers.pop(url, None)

    def hold(self, call: str) -> None:
        """Keep a call's callbacks until ``release``."""
        self._held[call] = []

    def release(self, call: str) -> None:
        """Hand over what was kept."""
        for callback in self._held.pop(call, []):
            self._deliver(callback)

    def post(self, callback: PostCallback) -> None:
        """Hand over a callback, or keep it."""
        held = self._held.get(callback.call)
        if held is None:
            self._deliver(callback)
        else:
            held.append(callback)

    def _deliver(self, callback: PostCallback) -> None:
        receive = self._receivers.get(callback.url)
        if receive is not None:
            receive(callback.body)
