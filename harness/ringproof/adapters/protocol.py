"""The adapter protocol, version 1: commands and replies, what an adapter is, and its limits.

Messages are the same on every transport. Source: docs/adapter-protocol.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from ringproof.trace import AnySutEvent

PROTOCOL = 1
MEBIBYTE = 1024 * 1024

OPEN_OUTCOME = "open_outcome"
"""Feature: ``session.open`` is answered with ``sut_error`` when the client reports that it cannot
come online, and with ``timeout``, or not at all, when it reports nothing."""

REATTACH = "reattach"
"""Feature: a page that was opened again gets its connected calls back, where ``session.open`` of
both pages asks for that."""


AUTOMATIC = "automatic"
"""Feature: ``session.open`` with ``register`` false constructs the client and calls nothing."""


DEVICE_CHOICE = "device_choice"
"""Feature: ``call.answer`` can name microphone and camera, and ``sources`` tells of them."""


CONTENT = "content"
"""Feature: ``media`` events of what was received carry ``content``."""


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One command; ``id`` is random and never a test name."""

    id: str
    op: str
    """``hello``, ``session.open``, ``call.answer``, ``call.reject``, ``call.hangup``, ``observe``,
    ``call.hold``, ``call.unhold``, ``call.restart_ice``, ``session.vanish``, ``session.devices``,
    ``media``, ``sync``, ``session.close``, ``bye``, or an unknown op."""
    deadline_ms: int = 5_000
    s: str = ""
    c: str = ""
    media: dict[str, bool] | msgspec.UnsetType = msgspec.UNSET
    """Of ``call.answer``: an absent kind is the SDK's default."""
    token: str = ""
    """Of ``session.open`` and ``session.token``: an access token. Never in a trace or a log."""
    relay_host: str = ""
    """Of ``session.open``: ``HOST:PORT`` of the WebSocket, the token's ``ch``."""
    rest_host: str = ""
    """Of ``session.open``: ``HOST:PORT`` of the REST API."""
    url: str = ""
    """Of ``session.open``: the WebSocket URL, for clients that do not read the token's ``ch``."""
    rest_url: str = ""
    ca_file: str = ""
    real_media: bool = False
    """Of ``session.open``: whether media crosses sockets or is the event model."""
    reattach: bool = False
    """Of ``session.open``: the app wants its calls to outlive the page."""
    devices: dict[str, int] = {}
    """Of ``call.answer``: ``microphone`` and ``camera``, each by its place in the list of them."""
    register: bool = True
    """Of ``session.open``: whether the client's ``register()`` is called."""
    what: str = ""
    """Of ``observe``: ``status``, ``local_stream`` or ``remote_stream`` of a call, or ``list``."""
    microphone: str = "works"
    """Of ``session.devices``: ``works``, ``missing``, ``refused`` or ``busy``."""
    camera: str = "works"
    after_ms: int = 0
    """Of ``session.devices``: how long a request waits for the user's decision."""
    of: str = ""
    """Of ``session.return``: the session whose page is opened again."""
    returns: bool = False
    """Of ``session.vanish``: a ``session.return`` of this session will follow."""
    destination: str = ""
    """Of ``call.transfer``."""
    to: str = ""
    """Of ``call.dial``."""
    ms: int = 0
    """Of ``clock.advance``."""
    protocols: tuple[int, ...] = (PROTOCOL,)
    """Of ``hello``: the versions offered."""


class Hello(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who the SUT is and what it can do."""

    protocol: int
    name: str
    version: str
    language: str
    carrier: str
    runtime: str = ""
    """What the SUT runs in, with its version: ``Chromium 140.0.1``, ``Node 22.1.0``; "" unknown."""
    clock: str = "real"
    """``real`` or ``virtual``."""
    media: str = "none"
    """``none``, ``sdp`` or ``rtp``."""
    sessions: int = 1
    """How many sessions may be open at once."""
    ops: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    """What this generation of the client does not offer its users at all: ``list`` (of live calls),
    ``status`` (of a call), ``streams`` (to subscribe to), ``default_media`` (the guide's),
    ``errors`` (of the session)."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one command: either ``ok`` or ``error``."""

    re: str
    ok: dict[str, Any] | None = None
    error: str = ""
    """``unsupported``, ``bad_request``, ``not_ready``, ``no_such_call``, ``sut_error``,
    ``timeout``, ``version``, ``x-…``; empty for ok."""
    text: str = ""
    definite: bool = True


Listener = Callable[[AnySutEvent], None]


class Adapter(Protocol):
    """A way to drive one SUT. ``send`` may be called concurrently; events go to the listener."""

    async def start(self, listener: Listener) -> Hello:
        """Bring the SUT up and greet it. Raises ``AdapterError``."""

    async def send(self, command: Command) -> Reply:
        """Deliver one command and wait for its reply, at most ``deadline_ms``.

        A deadline that passes is ``Reply(error="timeout", definite=False)``, not an exception.
        """

    async def close(self) -> None:
        """Say bye and release everything. Never raises; may be called twice."""


class AdapterError(Exception):
    """The adapter, not the SUT behind it, is at fault; the message says what to do."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long the harness waits for an adapter, and how much it keeps of what one sends.

    The defaults are those of a run.
    """

    dialled_within_s: float = 30.0
    """From the start of the program until it has dialled its WebSocket."""
    greeted_within_ms: int = 30_000
    """To load an SDK and answer ``hello``: Node on two busy cores takes up to 4 s."""
    alive_within_ms: int = 5_000
    """To refuse an unknown op, once another deadline has passed."""
    bye_within_ms: int = 1_000
    exit_grace_s: float = 2.0
    """From the end of standard input to the exit, before a signal is sent."""
    terminate_s: float = 5.0
    """From SIGTERM to SIGKILL. Source: docs/adapter-protocol.md."""
    events: int = 10_000
    """Events of one session from one ``sync`` to the next: no more than a scenario may have."""
    sync_bytes: int = 4 * MEBIBYTE
    """Of events of one session from one ``sync`` to the next: a trace keeps them all."""
    session_bytes: int = 32 * MEBIBYTE
    """Of events of one session in all, so that a ``sync`` cannot multiply what is kept without end.
    A session serves up to 25 scenarios, each of well under a mebibyte."""
    log_bytes: int = 64 * MEBIBYTE
    """Of one process's standard error."""


DEFAULT = Limits()
