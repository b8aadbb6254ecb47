"""Settings of a server; every field has a default that works."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from ringproof_fakeserver.protocol.settings import PROJECT_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

SECRETS = frozenset({"api_token", "signing_key"})
"""Fields of ``Config`` that no ``repr`` shows."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a server waits, and how much it keeps for others."""

    close_wait_s: float = 1.0
    """How long a peer may take for its half of the WebSocket close, before it is cut."""
    unread_bytes: int = 4 * 1024 * 1024
    """What may wait for a slow reader; beyond it the socket is closed with 1013 (try later)."""
    lookup_s: float = 120.0
    """How long a directory request may wait; a longer platform delay is answered with 500."""
    stop_s: float = 0.3
    """How long callbacks and media under way may take once the server stops."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one ``Server``."""

    host: str = "127.0.0.1"
    """Address to bind; there is a warning for anything but loopback."""
    public_name: str | None = None
    """DNS name that leads clients on other machines here, as does the same with ``fabric.`` before
    it; in lower case. None: tokens lead every client to its own machine."""
    port: int = 0
    """TLS port for REST, WebSocket and pages; 0 takes a free one."""
    http_port: int = 0
    """Plain HTTP port, for REST clients that use it on loopback; 0 takes a free one."""
    sip_port: int | None = None
    """Port of SIP, over UDP and TCP; 0 takes a free one. None: there is no SIP."""
    sip_refuses_offline: bool = False
    """Whether a SIP call to a subscriber who is offline gets 480 at once; else when its ring time
    is over, because a device may still come online."""
    project: str | None = None
    """Project id of Basic auth; None makes a new one."""
    api_token: str | None = None
    """API token of Basic auth; None makes a new one."""
    state_dir: Path | None = None
    """Where the certificate authority is kept between runs; None is a per-user folder."""
    mounts: Mapping[str, Path] = MappingProxyType({})
    """URL prefix (``/sdk``) → folder whose files are served below it."""
    media_files: Mapping[str, Path] = MappingProxyType({})
    """URL of a ``play`` verb → local file that is played for it."""
    signing_key: str | None = None
    """Signs callbacks and script fetches (``signatures.py``); None leaves them unsigned."""
    strict_origins: bool = False
    """Whether dials have to come from one of ``origins``, as documented."""
    origins: tuple[str, ...] = (PROJECT_NUMBER,)
    """Numbers (E.164) and SIP addresses of the project."""
    online_delay_ms: int = 0
    """How long ``subscriber.online`` takes to be answered, in ms."""
    ping_every_s: float = 10.0
    """Seconds between two pings of every connected session; clients of version 3 reconnect when
    15 s pass after a ping without another."""
    pong_within_s: float = 15.0
    """Seconds within which a client answers such a ping; else its socket is dropped."""
    callback_verify: bool = True
    """Whether callbacks and script fetches over https check the receiver's certificate."""
    callback_ca: Path | None = None
    """CA file for that check; None is the usual public set."""
    script_requests: bool = False
    """Whether scripts may send HTTP requests of their own (the ``request`` verb)."""
    limits: Limits = Limits()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Return the fields for ``repr``, secrets only as present or absent."""
        fields = msgspec.structs.asdict(self)
        return [
            (name, "***" if name in SECRETS and value is not None else value)
            for name, value in fields.items()
        ]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"Config({fields})"


STATE_VARIABLE = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME"
"""The environment variable that moves the folder for state."""


def default_state_dir() -> Path:
    """Return the per-user folder for state, as each system has it."""
    chosen = os.environ.get(STATE_VARIABLE, "")
    # The XDG specification says that a relative path is to be ignored.
    if Path(chosen).is_absolute():
        return Path(chosen) / "ringproof"
    below = "AppData/Local" if sys.platform == "win32" else ".local/state"
    return Path(os.path.expanduser("~")) / below / "ringproof"
