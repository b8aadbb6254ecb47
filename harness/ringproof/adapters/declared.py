"""An adapter as its manifest declares it: statuses in our words, and capabilities narrowed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ringproof.adapters.manifest import Manifest, Narrowed
from ringproof.adapters.protocol import Adapter, AdapterError, Command, Hello, Listener, Reply
from ringproof.adapters.remote import RemoteAdapter
from ringproof.trace import AnySutEvent, Calls, Getter, Status

MEDIA = ("none", "sdp", "rtp")
"""From the least to the most."""


def adapter(manifest: Manifest) -> Adapter:
    """Return an adapter that starts what the manifest says."""
    return DeclaredAdapter(RemoteAdapter(manifest.program), manifest)


class DeclaredAdapter:
    """Implements ``Adapter`` around another one, by a manifest."""

    def __init__(self, inner: Adapter, manifest: Manifest) -> None:
        self._inner = inner
        self._manifest = manifest

    async def start(self, listener: Listener) -> Hello:
        """Start the inner adapter. Raises ``AdapterError``, also for a manifest that adds caps."""
        words = self._manifest.status
        if words:
            hello = await self._inner.start(lambda event: listener(translated(event, words)))
        else:
            hello = await self._inner.start(listener)
        return narrowed(hello, self._manifest.caps)

    async def send(self, command: Command) -> Reply:
        """Hand the command on."""
        return await self._inner.send(command)

    async def close(self) -> None:
        """Close the inner adapter."""
        await self._inner.close()


def translated(event: AnySutEvent, words: Mapping[str, str]) -> AnySutEvent:
    """Return the event with each status that the map knows in our word for it."""
    replace = msgspec.structs.replace
    if isinstance(event, Calls):
        listed = [
            replace(
                call, status=None if call.status is None else words.get(call.status, call.status)
            )
            for call in event.list
        ]
        return replace(event, list=tuple(listed))
    if isinstance(event, Status | Getter) and event.status is not None:
        return replace(event, status=words.get(event.status, event.status))
    return event


def narrowed(hello: Hello, caps: Narrowed) -> Hello:
    """Return the hello with less than it declares. Raises ``AdapterError`` if it were more."""
    changes: dict[str, object] = {}
    if caps.media is not None:
        _bound("media", caps.media, hello.media, MEDIA.index(caps.media), MEDIA.index(hello.media))
        changes["media"] = caps.media
    if caps.sessions is not None:
        _bound("sessions", caps.sessions, hello.sessions, caps.sessions, hello.sessions)
        changes["sessions"] = caps.sessions
    if caps.ops is not None:
        for op in caps.ops:
            if op not in hello.ops:
                raise AdapterError(f"adapter.toml: caps.ops: the adapter itself has no {op}")
        changes["ops"] = caps.ops
    if caps.features is not None:
        changes["features"] = caps.features
    return msgspec.structs.replace(hello, **changes)


def _bound(key: str, wanted: object, declared: object, much: int, most: int) -> None:
    if much > most:
        raise AdapterError(
            f"adapter.toml: caps.{key} = {wanted!r}: the adapter itself declares {declared!r}"
        )
