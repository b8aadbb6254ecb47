"""Platform variants: behaviour unknown outside SignalWire, as fields with a default."""

from __future__ import annotations

from typing import Literal

import msgspec


class Platform(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """How the stand-in behaves where production is unknown (``fidelity.toml``).

    The defaults follow FreeSWITCH's mod_verto where it is known. A verdict that depends on a
    variant names it, so every field is part of a scenario and of its replay string.
    """

    bye_echo: bool = False
    """Push a ``verto.bye`` of our own before answering the client's bye. mod_verto does not."""

    msid: bool = True
    """Put ``a=msid`` lines into offers, so that the tracks of one offer share a stream."""

    offer_direction: Literal["sendrecv", "sendonly"] = "sendrecv"
    """The direction of every section of an offer. ``sendonly``: the platform takes nothing of the
    client, whose answer then has to be ``recvonly`` or ``inactive`` (RFC 3264 section 6.1)."""

    ice_servers: Literal["stun", "turn"] = "stun"
    """What the connect result announces. ``turn``: a TURN server alone, over UDP and TCP, with
    credentials of the session, as seen in production; here it gives no relay."""

    lookup_delay_ms: int = 0
    """How long ``GET /api/fabric/addresses?name=`` takes to answer."""

    authorization_state: Literal["often", "connect", "never"] = "often"
    """When ``signalwire.authorization.state`` is pushed: ``connect`` is once, soon after a connect;
    ``often`` is also before the reply to each request about a call. Without one a client can resume
    its session by its ``protocol`` alone."""

    ring_ms: int = 60_000
    """How long an unanswered call rings when the dial named no timeout of its own."""

    hold: bool = True
    """Take hold and unhold of a connected call; False: refuse both with an error."""

    renegotiation: Literal["accept", "refuse"] = "accept"
    """What becomes of a client's new offer for a connected call: ICE restarts, other media."""

    first_decline_ends_all: bool = False
    """Whether a decline on one device ends the call on all of them."""

    decline_reason: Literal["decline", "busy"] = "decline"
    """The end reason that the caller of a declined call sees."""

    busy: Literal["ring", "reject"] = "ring"
    """What becomes of a call to a subscriber who is on a call: it rings, or ends at once with the
    reason busy."""

    refresh_token_reusable: bool = False
    """Whether a refresh token that was traded in stays valid until it expires."""

    page_gone_ms: int = 0
    """How long a call lives on after the page of its client has closed the socket with 1001. 0:
    the page may come back, so its call is kept like that of any lost socket."""

    reattach: Literal["accept", "refuse"] = "accept"
    """Whether a page that was opened again gets its call back, or ``-32002`` with cause 95."""

    room_events: bool = True
    """Push ``call.joined``, ``member.updated`` and ``layout.changed`` once an answered call has
    media, and ``call.left`` before its end. Seen in production for outbound calls to rooms."""

    bye_reply_ms: int = 500
    """How long after the end of the call a client's bye is answered. Seen in production: 0.5 to
    0.8 s."""

    verto_ping_ms: int = 46_000
    """How often an answered call is pinged; 0: never. One ping without a pong ends the call when
    the next is due. Measured against production: about 46 s."""

    verto_ping_first_ms: int = 9_000
    """From the answer to the first ping. Measured against production: about 9 s."""

    media_timeout_ms: int = 0
    """After how long without a packet of the client a connected call ends; 0: never."""

    media_params_ms: int = 400
    """From the media being up to the constraints that are pushed for it (``verto.mediaParams``);
    0: never. Measured against production: 400 to 1,500."""

    unanswered_pings: int = 1
    """How many pings a device leaves unanswered before its socket is dropped, 15 s after the last
    of them. 0: a silent device is never noticed."""

    online_delay_ms: int = 0
    """How long ``subscriber.online`` takes to be answered. The device is called from then on."""

    expired_token_resumes: bool = False
    """Whether a session may be resumed with a token that has expired meanwhile, by its protocol and
    its authorization state. None is opened with such a token."""

    expired_token_closes: bool = False
    """Whether the socket of a session is closed when its token expires."""

    @property
    def at_connect(self) -> tuple[object, ...]:
        """What a session is told when it connects; a session cannot take on another value later."""
        return (self.authorization_state, self.ice_servers)

    callback_retries: bool = False
    """Whether a status callback that failed is sent again, up to three times in all."""

    strict_origins: bool = False
    """Whether a dial has to come from a number or a SIP address of the project, as documented.
    False: from anybody, so that a scenario can choose who calls."""

    def variants(self) -> tuple[str, ...]:
        """Name every field that differs from the default, as ``field=value``."""
        default = msgspec.structs.asdict(Platform())
        own = msgspec.structs.asdict(self).items()
        return tuple(f"{name}={value!r}" for name, value in own if value != default[name])

    def __repr__(self) -> str:
        # msgspec's own ``repr_omit_defaults`` compares by identity: an equal number is shown.
        return f"Platform({', '.join(self.variants())})"
