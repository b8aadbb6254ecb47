"""Where a request came from, and where its answers go (RFC 3261 18.2, RFC 3581)."""

from __future__ import annotations

from ringproof_fakeserver.sip.addresses import DEFAULT_PORT, split
from ringproof_fakeserver.sip.flow import Flow
from ringproof_fakeserver.sip.message import Request


def note_source(request: Request, flow: Flow) -> None:
    """Write into the nearest ``Via`` where the request really came from (RFC 3581).

    Raises ``ValueError`` for a header that cannot be read.
    """
    for place, (name, value) in enumerate(request.headers):
        if name.lower() == "via":
            first, *others = split(value)
            sent_by, *parameters = split(first, ";")
            kept = [each for each in parameters if each.lower() not in ("rport", "received")]
            kept.append(f"received={flow.host}")
            if "rport" in map(str.lower, parameters):
                kept.append(f"rport={flow.port}")
            request.headers[place] = (name, ", ".join([";".join([sent_by, *kept]), *others]))
            return


def reply_to(request: Request, flow: Flow) -> Flow:
    """Return where answers go: to the port of the sender's ``Via``, unless it asked for another."""
    via = request.via
    if flow.reliable or "rport" in via.parameters:
        return flow
    return Flow(flow.transport, flow.host, via.port or DEFAULT_PORT)
