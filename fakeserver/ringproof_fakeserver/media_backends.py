"""What media needs: both kinds of legs, the files to play, and the STUN responder."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from ringproof_fakeserver.config import LOOPBACK_HOSTS, Config, default_state_dir
from ringproof_fakeserver.media.aiortc_legs import AiortcLegs
from ringproof_fakeserver.media.clip import resolve_all
from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.media.legs import Legs, OnConnected, OnFailed
from ringproof_fakeserver.media.stun import StunServer

_ANY = ("0.0.0.0", "::")

MakeLegs = Callable[[OnConnected, OnFailed], Legs]


class Backends(msgspec.Struct, frozen=True, kw_only=True):
    """Where legs and files come from."""

    ice_servers: tuple[dict[str, Any], ...] = ()
    """What clients ask for their candidates."""
    real: MakeLegs
    """Makes the backend whose packets cross sockets."""
    modelled: MakeLegs
    """Makes the event model."""
    files: Callable[[Sequence[str]], Awaitable[tuple[list[Path], str]]]
    """Finds what to play for URLs, and a note when another file is played for one of them."""


@contextlib.asynccontextmanager
async def open_backends(config: Config) -> AsyncIterator[Backends]:
    """Start the STUN responder; legs are made when they are needed."""
    folder = config.state_dir or default_state_dir()
    # A wildcard is no address to send a client to, and the responder speaks IPv4 only.
    local = config.host in LOOPBACK_HOSTS or config.host in _ANY
    async with StunServer("127.0.0.1" if local else config.host) as stun:
        yield Backends(
            ice_servers=({"urls": [stun.urls]},),
            real=AiortcLegs,
            modelled=EventModelLegs,
            files=lambda urls: resolve_all(urls, config.media_files, folder),
        )
