"""The outcome of something the user asked for: await it, hook onto it, or ignore it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator


class ClientError(Exception):
    """Base of what the reference client raises."""


class CredentialError(ClientError):
    """The token cannot be read or names no host."""


class RegistrationError(ClientError):
    """The client could not come online; the message quotes the platform."""


class CallError(ClientError):
    """The call could not be answered or placed: media or the platform failed."""


class Promise:
    """Settles exactly once. The work goes on whether or not anybody awaits it."""

    __slots__ = ("_raises", "_watchers", "error", "settled")

    def __init__(self, raises: type[ClientError]) -> None:
        self._raises = raises
        self.settled = False
        self.error = ""
        """Why it failed; empty while it is open, and when it went well."""
        self._watchers: list[Callable[[str], None]] = []

    def then(self, watcher: Callable[[str], None]) -> None:
        """Call ``watcher(error)`` once settled, now if that was before."""
        if self.settled:
            watcher(self.error)
        else:
            self._watchers.append(watcher)

    def settle(self, error: str = "") -> None:
        """Settle it, empty ``error`` for success. Only the session calls this."""
        if self.settled:
            return
        self.settled = True
        self.error = error
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher(error)

    def __await__(self) -> Generator[object, None, None]:
        if not self.settled:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.then(lambda _: None if future.done() else future.set_result(None))
            yield from future.__await__()
        if self.error:
            raise self._raises(self.error)
