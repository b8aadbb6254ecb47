"""The sentence of each fault, as the steps of a scenario show it. Pure data."""

from __future__ import annotations

from ringproof_scenarios.faults import (
    AnyFault,
    ConnectFails,
    Cut,
    DeadMedia,
    Delay,
    Drop,
    Duplicate,
    GoesSilent,
    Ignore,
    LookUp,
    MediaCut,
    NoDevices,
    OnlineFails,
    OtherToken,
    Prompt,
    Refuse,
    Reorder,
    StrayBye,
    StunFails,
    Timed,
    TokenExpires,
    TokenKind,
    Way,
    Which,
)


def describe(fault: AnyFault, devices: int) -> str:
    """Return the fault as a sentence, without a full stop."""
    where = "" if devices == 1 else f" on device {fault.device}"
    nth = getattr(fault, "nth", 0)
    which = {0: "", 1: "second ", 2: "third "}.get(nth, f"{nth + 1}th ")
    frame = f"the {which}{getattr(fault, 'frame', '')} of call {fault.call}"
    match fault:
        case Drop():
            return f"{frame} is lost{where}"
        case Delay():
            return f"{frame} is {fault.delay_ms} ms late{where}"
        case Duplicate():
            late = f", {fault.delay_ms} ms apart" if fault.delay_ms else ""
            return f"{frame} comes twice{late}{where}"
        case Reorder():
            return f"{frame} comes after the next frame{where}"
        case Refuse():
            refused = f"refuses the {fault.request} of call {fault.call}"
            return f"the platform {refused} with {fault.code}{where}"
        case Ignore():
            return f"the platform never hears the {fault.request} of call {fault.call}{where}"
        case DeadMedia():
            return f"the media of call {fault.call} never connects{where}"
        case NoDevices():
            return f"{_DEVICES[fault.which]} {_why(fault)} for call {fault.call}{where}"
        case Prompt():
            decided = "allows" if fault.granted else "forbids"
            text = f"the user {decided} the devices of call {fault.call}{where}"
            return f"{text} {fault.delay_ms} ms after the client asks for them"
        case StrayBye():
            return f"a bye for an unknown call comes{where} {_moment(fault)}"
        case Cut():
            known = "" if fault.resume else ", and the session has expired"
            back = f", back after {fault.back_ms} ms" if fault.back_ms else ""
            return f"the socket is cut{where} {_moment(fault)}{back}{known}"
        case GoesSilent():
            return f"the socket is half open{where} {_moment(fault)}"
        case StunFails():
            return f"no STUN server that the platform announces answers{where}"
        case TokenExpires():
            return f"the token expires{where} {_moment(fault)}"
        case MediaCut():
            back = f", back after {fault.back_ms} ms" if fault.back_ms else ""
            lost = _LOST[fault.way]
            return f"the media of call {fault.call} are cut{where} {_moment(fault)}: {lost}{back}"
        case LookUp(answered=False):
            return f"look-up {fault.nth}{where} is never answered"
        case LookUp():
            status = "" if fault.status == 200 else f" and fails with {fault.status}"
            return f"look-up {fault.nth}{where} takes {fault.delay_ms} ms{status}"
        case OtherToken():
            return f"the session is opened with {_TOKENS[fault.kind]} token{where}"
        case ConnectFails():
            return f"the platform {_describe_connect(fault)}{where}"
        case OnlineFails():
            which = f"the first {fault.times} requests" if fault.times > 1 else "the first request"
            which = which if fault.times else "every request"
            return f"the platform refuses {which} to come online with {fault.code}{where}"


_DEVICES: dict[Which, str] = {
    "both": "microphone and camera",
    "microphone": "the microphone",
    "camera": "the camera",
}


def _why(fault: NoDevices) -> str:
    reason = {"missing": "missing", "refused": "forbidden", "busy": "taken by another program"}
    verb = "are" if fault.which == "both" else "is"
    once = " at the first answer()" if fault.once else ""
    return f"{verb} {reason[fault.reason]}{once}"


_LOST: dict[Way, str] = {
    "both": "no packet gets through",
    "from-client": "no packet of the client gets through",
    "to-client": "no packet reaches the client",
}


def _moment(fault: Timed) -> str:
    return f"{fault.after_ms} ms after call {fault.call} is {fault.on}"


_TOKENS: dict[TokenKind, str] = {
    "forged": "a forged",
    "expired": "an expired",
    "foreign": "another project's",
    "guest": "a guest",
    "embed": "an embed",
}


def _describe_connect(fault: ConnectFails) -> str:
    verb = {
        "refuse": f"refuses with {fault.code}",
        "ignore": "never answers",
        "close": "closes the socket with 1000 on",
    }[fault.how]
    last = f" to {fault.nth + fault.times - 1}" if fault.times > 1 else ""
    which = f"attempt {fault.nth}{last}" if fault.times else f"every attempt from {fault.nth} on"
    return f"{verb} {which} to connect"
