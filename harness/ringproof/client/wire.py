"""Frames as the client writes and reads them: typed, over the message shapes of the wire. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof.client.commands import CallInfo
from ringproof_fakeserver.protocol import jsonrpc, messages

AGENT = "ringproof-reference/0.1.0"


class RpcError(msgspec.Struct, frozen=True):
    """Why the platform refused a request, at whichever level of the reply it said so."""

    code: int
    message: str

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


class _Modified(msgspec.Struct, frozen=True):
    sdp: str = ""


class _VertoOutcome(msgspec.Struct, frozen=True):
    error: jsonrpc.ErrorObject | None = None


class _ModifyOutcome(msgspec.Struct, frozen=True):
    result: _Modified = _Modified()


class _ModifyReply(msgspec.Struct, frozen=True):
    result: _ModifyOutcome = _ModifyOutcome()


class _Reply(msgspec.Struct, frozen=True):
    code: str | int = "200"
    message: str = ""
    result: _VertoOutcome | None = None


class _PingParams(msgspec.Struct, frozen=True):
    timestamp: float = 0.0


class AuthorizationState(msgspec.Struct, frozen=True):
    """Inner parameters of ``signalwire.authorization.state``."""

    authorization_state: str = ""
    """What a later connect may resume with; "" withdraws it."""


def failure(message: jsonrpc.Message) -> RpcError | None:
    """Find the refusal in a response: an error, a result code, or an inner verto error.

    Source: three nested results, docs of the wire; codes of results are strings.
    """
    if message.error is not None:
        return RpcError(message.error.code, message.error.message)
    try:
        reply = msgspec.json.decode(message.result, type=_Reply)
    except msgspec.DecodeError as error:
        return RpcError(jsonrpc.INTERNAL_ERROR, f"unreadable result: {error}")
    if reply.result is not None and reply.result.error is not None:
        return RpcError(reply.result.error.code, reply.result.error.message)
    if reply.code not in ("200", 200):
        code = str(reply.code)
        number = int(code) if code.lstrip("-").isdigit() else jsonrpc.INTERNAL_ERROR
        return RpcError(number, reply.message)
    return None


def answer_in(result: msgspec.Raw) -> str:
    """Return the SDP in the result of a ``verto.modify``; empty where there is none."""
    try:
        return msgspec.json.decode(result, type=_ModifyReply).result.result.sdp
    except msgspec.DecodeError:
        return ""


def urls_of(server: dict[str, Any]) -> list[str]:
    """Return the URLs of an entry of ``ice_servers``: one, several or none."""
    urls = server.get("urls", [])
    return [urls] if isinstance(urls, str) else [url for url in urls if isinstance(url, str)]


def connect(request_id: str, token: str, protocol: str = "", state: str = "") -> str:
    """Write ``signalwire.connect``; with ``protocol`` and ``state`` it resumes a session."""
    return jsonrpc.request(
        request_id,
        "signalwire.connect",
        messages.ConnectParams(
            authentication=messages.Authentication(jwt_token=token),
            protocol=protocol,
            authorization_state=state,
            agent=AGENT,
            event_acks=True,
        ),
    )


def pong(message: jsonrpc.Message) -> str:
    """Write the answer to ``signalwire.ping``: its timestamp back, for the core has no clock."""
    try:
        stamp = msgspec.json.decode(message.params, type=_PingParams).timestamp
    except msgspec.DecodeError:
        stamp = 0.0
    return jsonrpc.result(message.id or "", {"timestamp": stamp})


def verto(
    request_id: str, inner_id: str, method: str, node: str, params: messages.ClientVerto
) -> str:
    """Write a ``webrtc.verto`` request around one verto message."""
    inner = {"jsonrpc": "2.0", "id": inner_id, "method": method, "params": params}
    outer = messages.VertoParams(
        message=msgspec.Raw(msgspec.json.encode(inner)), call_id=params.dialog, node_id=node
    )
    return jsonrpc.request(request_id, "webrtc.verto", outer)


def dialog(info: CallInfo) -> messages.DialogParams:
    """Name the dialog of an inbound call: from the client, its own address is the destination."""
    return messages.DialogParams(
        call_id=info.id,
        destination_number=info.to,
        caller_id_name=info.from_name,
        caller_id_number=info.from_,
        remote_caller_id_name=info.to_name,
        remote_caller_id_number=info.to,
    )
