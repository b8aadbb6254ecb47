"""Names and limits of one stand-in platform, the same for all its subscribers."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import msgspec

TURN_S = 3 * 60 * 60
"""How long TURN credentials are good for: seen in production."""
PROJECT_NUMBER = "+15550100001"
"""The number that a project has without buying any."""

REACHED = "{reached}"
"""In a URL of an ICE server: the address of ours that the client's socket has connected to."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Fixed for the life of an exchange. Delays are milliseconds."""

    key: bytes
    """Signs and verifies access tokens; at least 32 bytes (HS256)."""
    ch: str = "fabric.ringproof.localhost"
    """``host.domain[:port]`` that tokens carry in their header, and clients connect to."""
    project_id: str = "00000000-0000-4000-8000-000000000001"
    space_id: str = "00000000-0000-4000-8000-000000000002"
    node_id: str = "node-a@ringproof"
    data_zone: str = "us1"
    """Where the account's data is kept, as the connect result says; clients make nothing of it."""
    ice_servers: tuple[dict[str, Any], ...] = ()
    """Announced in the connect result; shapes as for ``RTCPeerConnection``. ``REACHED`` in a URL is
    replaced for each client."""
    mute_ice_servers: tuple[dict[str, Any], ...] = ()
    """Announced in their place where a fault asks for servers that answer nobody."""

    speech: bool = False
    """Whether texts can be spoken; else silence takes their place in scripts."""
    origins: tuple[str, ...] = (PROJECT_NUMBER,)
    """Numbers (E.164) and SIP addresses of the project, from which strict dials may come."""
    sip_hosts: tuple[str, ...] = ()
    """Hosts of SIP URIs that lead here, besides those of the loopback interface."""
    strict_origins: bool = False
    """Holds all dials to ``Platform.strict_origins``."""

    script_requests: bool = False
    """Whether the ``request`` verb of scripts is carried out; they may lead anywhere."""

    online_delay_ms: int = 0
    """How long ``subscriber.online`` takes, where ``Platform.online_delay_ms`` says nothing."""

    grace_ms: int = 120_000
    """How long a session without a socket keeps its answered calls (mod_verto detaches 120 s)."""
    login_ms: int = 30_000
    """How long a socket may take to open or resume a session, before it is closed."""
    sip_refuses_offline: bool = False
    """Whether a SIP call to a subscriber who is offline ends at once, with 480; else it rings
    nowhere until its time is over, as a call from anywhere else."""
    max_calls: int = 10_000
    """Calls that have not ended; the documented limit of queued dials."""
    ended_calls: int = 1_000
    """Calls remembered after their end, so that REST can still show them."""
    recent_ids: int = 256
    """Request ids remembered per socket, and unanswered requests of ours per session."""
    early_requests: int = 32
    """Requests kept from a socket that has not connected yet (clients flush their queue early)."""
    early_characters: int = 256 * 1024
    """Length of all these requests together; one with a session description has 20,000."""
    delayed_frames: int = 1_000
    """Frames that faults may delay at any time, and replies to byes and registrations that are held
    back; further ones are sent at once."""

    def as_turn(self, servers: list[dict[str, Any]], now_ms: int) -> list[dict[str, Any]]:
        """Return these servers as TURN servers, with credentials for three hours.

        Shape and user name as in production's connect results; how the credential is made there is
        not known, here it is that of the draft behind coturn's time-limited credentials.
        """
        username = f"{now_ms // 1000 + TURN_S}:{self.project_id}"
        digest = hmac.digest(self.key, username.encode(), "sha1")
        return [
            {
                "urls": [
                    f"turn:{url.partition(':')[2]}{over}"
                    for url in server["urls"]
                    for over in ("", "?transport=tcp")
                ],
                "username": username,
                "credential": base64.b64encode(digest).decode(),
            }
            for server in servers
        ]

    def ice_servers_at(self, reached: str, *, mute: bool = False) -> list[dict[str, Any]]:
        """Return the ICE servers for a client that has connected to this address of ours."""
        # An IPv4 client of a socket for both families; and IPv4 where the client is local, because
        # browsers gather candidates for that in any case.
        address = {"::1": "127.0.0.1"}.get(reached, reached).removeprefix("::ffff:")
        host = f"[{address}]" if ":" in address else address
        return [
            {**server, "urls": [url.replace(REACHED, host) for url in server["urls"]]}
            for server in (self.mute_ice_servers if mute else self.ice_servers)
        ]
