"""Opens what media needs: the STUN responder, both kinds of legs, and the files to play."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from ringproof_fakeserver.config import LOOPBACK_HOSTS, Config, default_state_dir
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.clip import resolve_all
from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.media.legs import Legs, OnConnected, OnFailed
from ringproof_fakeserver.media.stun import StunServer
from ringproof_fakeserver.media_desk import Backends

_ANY = ("0.0.0.0", "::")


class _Opened:
    """``Backends`` of a server that runs."""

    def __init__(self, config: Config, stun: StunServer) -> None:
        self._config = config
        self.ice_servers: tuple[dict[str, Any], ...] = ({"urls": [stun.urls]},)

    def real(self, on_connected: OnConnected, on_failed: OnFailed) -> Legs:
        """See ``Backends.real``."""
        return AiortcLegs(on_connected, on_failed)

    def modelled(self, on_connected: OnConnected, on_failed: OnFailed) -> Legs:
        """See ``Backends.modelled``."""
        return EventModelLegs(on_connected, on_failed)

    async def files(self, urls: Sequence[str]) -> tuple[list[Path], str]:
        """See ``Backends.files``."""
        folder = self._config.state_dir or default_state_dir()
        return await resolve_all(urls, self._config.media_files, folder)


@contextlib.asynccontextmanager
async def open_backends(config: Config) -> AsyncIterator[Backends]:
    """Start the STUN responder; legs come when they are asked for."""
    # A wildcard is no address to send a client to, and the responder speaks IPv4 only.
    local = config.host in LOOPBACK_HOSTS or config.host in _ANY
    async with StunServer("127.0.0.1" if local else config.host) as stun:
        yield _Opened(config, stun)
