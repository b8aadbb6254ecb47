"""SIP dialogs: what both ends keep of an INVITE, to make and to judge later requests."""

from __future__ import annotations

import msgspec

from ringproof_fakeserver.sip.addresses import read_party, read_uri
from ringproof_fakeserver.sip.flow import Flow
from ringproof_fakeserver.sip.message import Header, Message, Request, Response

MAX_FORWARDS = "70"

DialogId = tuple[str, str, str]
"""``Call-ID``, our tag, and the other's."""


class Dialog(msgspec.Struct, eq=False, kw_only=True):
    """One end of a dialog. ``local`` and ``remote`` are ``From`` and ``To`` of our requests."""

    call_id: str
    local: str
    remote: str
    target: str
    """URI of the other end, for requests."""
    routes: list[str]
    flow: Flow
    cseq: int = 0
    """Number of our latest request."""
    remote_cseq: int = -1
    """That of the other's latest request; -1 before the first."""

    @property
    def id(self) -> DialogId:
        """Names it among all dialogs."""
        return self.call_id, read_party(self.local).tag, read_party(self.remote).tag

    def request(
        self,
        method: str,
        via: str,
        *,
        cseq: int | None = None,
        headers: list[Header] | None = None,
        body: bytes = b"",
    ) -> Request:
        """Return the next request; ``cseq`` is given for an ACK, which has that of its INVITE."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        return Request(
            method=method,
            uri=self.target,
            headers=[
                ("Via", via),
                *[("Route", route) for route in self.routes],
                ("Max-Forwards", MAX_FORWARDS),
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.call_id),
                ("CSeq", f"{cseq} {method}"),
                *(headers or []),
            ],
            body=body,
        )

    def refresh(self, message: Message) -> None:
        """Take the target that a request or an answer of the other end names."""
        self.target = target_of(message) or self.target
        self.flow = reply_flow(self.flow, self.target)


def of_request(request: Request, tag: str, flow: Flow) -> Dialog:
    """Return the dialog that an INVITE of the other end begins; ``tag`` is ours."""
    target = target_of(request)
    if target is None:
        raise ValueError("an INVITE without a Contact")
    return Dialog(
        call_id=request.call_id,
        local=f"{request.get('To')};tag={tag}",
        remote=request.get("From"),
        target=target,
        routes=list(request.all("Record-Route")),
        flow=reply_flow(flow, target),
        remote_cseq=request.cseq[0],
    )


def of_response(request: Request, response: Response, flow: Flow) -> Dialog:
    """Return the dialog that an answer to an INVITE of ours begins."""
    target = target_of(response) or request.uri
    return Dialog(
        call_id=request.call_id,
        local=request.get("From"),
        remote=response.get("To"),
        target=target,
        routes=list(response.all("Record-Route"))[::-1],
        flow=reply_flow(flow, target),
        cseq=request.cseq[0],
    )


def target_of(message: Message) -> str | None:
    """Return the URI of a message's only contact; None where there is no usable one."""
    try:
        contacts = [read_party(value) for value in message.all("Contact")]
        if len(contacts) != 1:
            return None
        read_uri(contacts[0].uri)
    except ValueError:
        return None
    return contacts[0].uri


def reply_flow(flow: Flow, target: str) -> Flow:
    """Return the way to ``target`` for a peer that is known at ``flow``.

    A peer may name another port of its own machine, no other machine: whoever has a password
    cannot make us send to a third party. A TCP connection is used for both directions.
    """
    if flow.reliable:
        return flow
    try:
        host, port = read_uri(target).address
    except ValueError:
        return flow
    return Flow(flow.transport, host, port) if host == flow.host else flow
