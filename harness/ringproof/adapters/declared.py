"""An adapter as its manifest declares it: statuses renamed to ours, and capabilities narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ringproof.adapters.manifest import Manifest, Narrowed
from ringproof.adapters.protocol import Adapter, AdapterError, Command, Hello, Listener, Reply
from ringproof.trace import AnySutEvent, Calls, Getter, ListedCall, Status

MEDIA = ("none", "sdp", "rtp")
"""From the least to the most."""


class DeclaredAdapter:
    """Implements ``Adapter`` around another one, by a manifest."""

    def __init__(self, inner: Adapter, manifest: Manifest) -> None:
        self._inner = inner
        self._manifest = manifest

    async def start(self, listener: Listener) -> Hello:
        """Start the inner adapter. Raises ``AdapterError``, also for a manifest that adds caps."""
        names = self._manifest.status
        translating = (lambda event: listener(translated(event, names))) if names else listener
        return narrowed(await self._inner.start(translating), self._manifest.caps)

    async def send(self, command: Command) -> Reply:
        """Hand the command on."""
        return await self._inner.send(command)

    async def close(self) -> None:
        """Close the inner adapter."""
        await self._inner.close()


def translated(event: AnySutEvent, names: Mapping[str, str]) -> AnySutEvent:
    """Return the event with each status that the map knows renamed to ours."""
    replace = msgspec.structs.replace
    if isinstance(event, Calls):
        return replace(event, list=tuple(replace(c, status=_ours(c, names)) for c in event.list))
    if isinstance(event, Status | Getter) and event.status is not None:
        return replace(event, status=_ours(event, names))
    return event


def _ours(shown: ListedCall | Status | Getter, names: Mapping[str, str]) -> str | None:
    return None if shown.status is None else names.get(shown.status, shown.status)


def narrowed(hello: Hello, caps: Narrowed) -> Hello:
    """Return the hello with less than it declares. Raises ``AdapterError`` if it were more."""
    changes: dict[str, Any] = {
        name: value for name, value in msgspec.structs.asdict(caps).items() if value is not None
    }
    if caps.media is not None and MEDIA.index(caps.media) > MEDIA.index(hello.media):
        raise _too_much("media", caps.media, hello.media)
    if caps.sessions is not None and caps.sessions > hello.sessions:
        raise _too_much("sessions", caps.sessions, hello.sessions)
    for op in caps.ops or ():
        if op not in hello.ops:
            raise AdapterError(f"adapter.toml: caps.ops: the adapter itself has no {op}")
    return msgspec.structs.replace(hello, **changes)


def _too_much(key: str, wanted: object, declared: object) -> AdapterError:
    text = f"caps.{key} = {wanted!r}: the adapter itself declares {declared!r}"
    return AdapterError(f"adapter.toml: {text}")
