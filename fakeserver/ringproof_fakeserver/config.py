"""What a server may be told before it starts; every field has a default that just works."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

FABRIC_HOST = "fabric.ringproof.localhost"
"""Name of the one origin: signalling, REST and pages. Its first label must be ``fabric``, because
the browser SDK derives the REST host from the token's ``ch`` that way (SDK source)."""

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one ``Server``."""

    host: str = "127.0.0.1"
    """Address to bind; anything but loopback is bound with a warning."""
    port: int = 0
    """TLS port for REST, WebSocket and pages; 0 takes a free one."""
    http_port: int = 0
    """Plain HTTP port, for REST clients that insist on it on loopback; 0 takes a free one."""
    project: str | None = None
    """Project id of Basic auth; None draws a UUID."""
    api_token: str | None = None
    """API token of Basic auth; None draws one."""
    state_dir: Path | None = None
    """Where the certificate authority lives between runs; None is a per-user folder."""
    mounts: Mapping[str, Path] = MappingProxyType({})
    """URL prefix (``/sdk``) → folder whose files are served below it."""
    media_files: Mapping[str, Path] = MappingProxyType({})
    """URL of a ``play`` verb → local file that is played for it."""
    ping_every_s: float = 10.0
    """Seconds between two pings of every connected session; clients of version 3 take a platform
    for dead that has pinged once and is then silent for 15 s."""
    callback_verify: bool = True
    """Whether callbacks and script fetches over https check the receiver's certificate."""
    callback_ca: Path | None = None
    """CA file for that check; None is the usual public set."""


def default_state_dir() -> Path:
    """Return the per-user folder for state, after each system's own custom."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "ringproof"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "ringproof"
