"""What all parts of the SIP core share: the commands of one event, the time, and our addresses."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.protocol.events import AnyEvent
from ringproof_fakeserver.sip.flow import Command, Flow
from ringproof_fakeserver.sip.message import Header
from ringproof_fakeserver.sip.transactions import MAGIC

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, REFER"
PRODUCT = "ringproof"
SDP = "application/sdp"
CALL_HEADER = "X-Ringproof-Call"
"""Header of our answers to an INVITE: the id of the call, as REST and status callbacks have it."""


class Context:
    """Built once. ``fresh`` gives unguessable words; ``host`` and ``port`` are our own."""

    def __init__(self, host: str, port: int, fresh: Callable[[], str]) -> None:
        self.host = f"[{host}]" if ":" in host else host
        self.port = port
        self.fresh = fresh
        self.now_ms = 0
        self._commands: list[Command | AnyEvent] = []

    def begin(self, now_ms: int) -> list[Command | AnyEvent]:
        """Start the list of the next event, and return it."""
        self.now_ms = now_ms
        self._commands = []
        return self._commands

    def add(self, command: Command | AnyEvent) -> None:
        """Add a command for the shell, or an event for the exchange."""
        self._commands.append(command)

    def via(self, flow: Flow) -> str:
        """Return the ``Via`` of a new request of ours."""
        branch = f"{MAGIC}{self.fresh()}"
        return f"SIP/2.0/{flow.transport} {self.host}:{self.port};branch={branch};rport"

    def contact(self, flow: Flow) -> str:
        """Return our ``Contact`` for a peer."""
        transport = ";transport=tcp" if flow.reliable else ""
        return f"<sip:{PRODUCT}@{self.host}:{self.port}{transport}>"

    def described(self, flow: Flow, sdp: str) -> tuple[list[Header], bytes]:
        """Return headers and body of a message about a call; ``sdp`` may be empty."""
        headers = [("Contact", self.contact(flow)), ("Allow", ALLOW), ("User-Agent", PRODUCT)]
        if sdp:
            headers.append(("Content-Type", SDP))
        return headers, sdp.encode()
