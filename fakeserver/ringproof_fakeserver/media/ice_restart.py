"""ICE restarts, which aiortc lacks: the sockets stay, the credentials and the checks are new.

An agent may keep its candidates over a restart, and goes on sending on the pair that it has until
another is nominated (RFC 8445 section 9; RFC 8839 section 4.4.1.1.1). DTLS above notices nothing.
Like ``aioice_patches.py`` this touches the inside of aioice.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import msgspec
from aioice import Connection, stun
from aioice.ice import StunProtocol
from aioice.utils import random_string
from aiortc.sdp import MediaDescription

USERNAME_CHARACTERS = 16
PASSWORD_CHARACTERS = 24

_FIELDS = (
    *("ice_controlling", "remote_username", "remote_password", "_local_username"),
    *("_local_password", "_remote_candidates", "_remote_candidates_end"),
    *("_check_list", "_check_list_done", "_check_list_state", "_nominating"),
)
"""What a restart replaces, and an undo puts back."""

_OF_PATH = "ringproof_path_credentials"
"""Of a connection: its own credentials on the path that is in use, while a restart is under way."""


class Credentials(msgspec.Struct, frozen=True):
    """ICE user name and password of one end."""

    name: str
    password: str


def fresh_credentials() -> Credentials:
    """Draw credentials that nobody has used."""
    return Credentials(random_string(USERNAME_CHARACTERS), random_string(PASSWORD_CHARACTERS))


def credentials_of(section: MediaDescription) -> Credentials:
    """Return the credentials in a section. Raises ``ValueError`` where there are none."""
    ice = section.ice
    if ice is None or not ice.usernameFragment or not ice.password:
        raise ValueError("a section has no ICE credentials")
    return Credentials(ice.usernameFragment, ice.password)


def restart_offer(local: str, own: Credentials) -> str:
    """Return an offer of the media that ``local`` describes, an answer of one's own, under ``own``.

    Sockets, certificate, codecs and directions stay, so the offer can be refused without a trace.
    """
    new = {"a=ice-ufrag:": own.name, "a=ice-pwd:": own.password, "a=setup:": "actpass"}
    lines = []
    for line in local.splitlines():
        prefix = next((each for each in new if line.startswith(each)), None)
        lines.append(line if prefix is None else prefix + new[prefix])
    return "\r\n".join(lines) + "\r\n"


class IceRestart:
    """One restart of one connection. Remote candidates are added after it is made, then ``run``."""

    def __init__(
        self, connection: Connection, local: Credentials, remote: Credentials, *, controlling: bool
    ) -> None:
        """``controlling`` is true on the side that offered (RFC 8839 section 4.4.1.1.1)."""
        self._connection = connection
        self._before: dict[str, Any] = {name: getattr(connection, name) for name in _FIELDS}
        self._selected = dict(connection._nominated)
        # Kept in the connection: a restart may take the place of one that was never completed.
        own = Credentials(connection.local_username, connection.local_password)
        self._of_path: Credentials = connection.__dict__.setdefault(_OF_PATH, own)
        connection.ice_controlling = controlling
        connection._local_username, connection._local_password = local.name, local.password
        connection.remote_username, connection.remote_password = remote.name, remote.password
        connection._remote_candidates, connection._remote_candidates_end = [], False
        connection._check_list, connection._check_list_done = [], False
        connection._check_list_state = asyncio.Queue()
        connection._nominating = set()
        # Until another pair is nominated, media goes by the one that there is.
        self._completes = Connection._check_list_maybe_complete.__get__(connection)
        connection._check_list_maybe_complete = self._maybe_complete  # type: ignore[method-assign]
        self._takes = Connection.request_received.__get__(connection)
        connection.request_received = self._request_received  # type: ignore[method-assign]

    def _maybe_complete(self) -> bool:
        nominated = self._connection._nominated
        if any(nominated.get(component) is pair for component, pair in self._selected.items()):
            return False
        completes: bool = self._completes()
        return completes

    def _request_received(
        self, message: stun.Message, addr: tuple[str, int], protocol: StunProtocol
    ) -> None:
        """Answer checks of the earlier path too: the other side may not know of the restart yet.

        Unanswered it would give the path up, after 30 s in aioice and sooner in a browser.
        """
        name = str(message.attributes.get("USERNAME", "")).partition(":")[0]
        password = self._of_path.password.encode()
        known = name == self._of_path.name and "MESSAGE-INTEGRITY" in message.attributes
        if not (known and message.check_message_integrity(password)):
            self._takes(message, addr, protocol)
            return
        response = stun.Message(
            message_method=message.message_method,
            message_class=stun.Class.RESPONSE,
            transaction_id=message.transaction_id,
        )
        response.attributes["XOR-MAPPED-ADDRESS"] = addr
        response.add_message_integrity(password)
        protocol.send_stun(response, addr)

    def undo(self) -> None:
        """Go back to how it was; instead of ``run``."""
        for name, value in self._before.items():
            setattr(self._connection, name, value)
        self._settle()

    async def run(self) -> bool:
        """Check the path. False when the connection is closed before a pair is nominated."""
        connection = self._connection
        consent = connection._query_consent_task
        if consent is not None:
            # Whether the other side still agrees is asked with its new credentials from now on.
            consent.cancel()
            connection._query_consent_task = None
        for pair in self._before["_check_list"]:
            if pair.task is not None:
                pair.task.cancel()
        with contextlib.suppress(ConnectionError):
            try:
                await connection.connect()
            finally:
                self._settle()
            connection.__dict__.pop(_OF_PATH, None)
            return True
        return False

    def _settle(self) -> None:
        for method in ("_check_list_maybe_complete", "request_received"):
            self._connection.__dict__.pop(method, None)
