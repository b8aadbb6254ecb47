"""Checks of the platform's REST routes and callbacks: a failure is the stand-in's fault."""

from __future__ import annotations

import re
from typing import Any, Final

from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.records import CallRecord, OriginRecord, RequestRecord
from ringproof.rest_requests import CALLS, TOKENS, USER
from ringproof.trace import Packets
from ringproof_fakeserver.media.clip_content import CHORD_HZ
from ringproof_scenarios.backend import STATUS_EVENTS
from ringproof_scenarios.model import AUDIO_VIDEO

ACCEPTED: Final = 200
UNAUTHORIZED: Final = 401
REFUSED: Final = (404, 422)
"""The documentation lists both, and does not say which is for an unknown destination."""

HZ_SLACK: Final = 15
REDDER: Final = 40
"""The sky of the file is redder than blue by 150; the test picture is bluer."""

"""What every address of a user can be dialled for; there may be more."""

UNANSWERED: Final = (None, "created", "queued", "ringing")
"""What the object of a call may show as its status; seen of the live service: null."""

UNKNOWN_CREDENTIALS: Final = ("wrong", "none")


def _issued(request: RequestRecord) -> bool:
    """Say whether the request was for a token, and should have had one."""
    return request.entry.path == TOKENS and request.entry.asked.get("credentials") == "project"


def _tokens_before(request: RequestRecord) -> list[RequestRecord]:
    return [one for one in request.earlier if _issued(one) and one.entry.status == ACCEPTED]


def token_find_or_create(request: RequestRecord) -> CheckResult:
    """Tokens for one reference are of one user, with the profile given; others of other users.
    Not exercised: the first token of a trace, and requests for something else.
    Wrong: a platform that makes a user for each token, or drops the profile."""
    told, before = request.entry.told, _tokens_before(request)
    if request.entry.status != ACCEPTED:
        return NOT_EXERCISED
    if request.entry.path == USER:
        return _right_user(request, before)
    if not _issued(request) or not before:
        return NOT_EXERCISED
    for one in before:
        same = one.entry.told.get("subscriber") == told.get("subscriber")
        if same is not (one.reference == request.reference):
            kind = "two-users-for-one-reference" if not same else "one-user-for-two-references"
            return request.fail(kind, at=request.at)
    return PASSED


def _right_user(request: RequestRecord, before: list[RequestRecord]) -> CheckResult:
    own = [one.entry for one in before if one.reference == request.reference]
    names = [one.asked["display_name"] for one in own if "display_name" in one.asked]
    told = request.entry.told
    if not own:
        return NOT_EXERCISED
    if told.get("subscriber") != own[-1].told.get("subscriber"):
        return request.fail("two-users-for-one-reference", at=request.at)
    if names and told.get("display_name") != names[-1]:
        due, shown = names[-1], str(told.get("display_name"))
        return request.fail("profile-dropped", at=request.at, due=due, shown=shown)
    return PASSED


def token_fresh_each_time(request: RequestRecord) -> CheckResult:
    """Each request for a token is answered with a token that none was answered with before.
    Not exercised: the first token of a trace, and requests for something else.
    Wrong: a platform that repeats a user's token, or refuses another one."""
    before = _tokens_before(request)
    if not _issued(request) or not before:
        return NOT_EXERCISED
    token = request.entry.told.get("token")
    if request.entry.status != ACCEPTED or token is None:
        return request.fail("no-further-token", at=request.at, status=request.entry.status)
    if any(one.entry.told.get("token") == token for one in before):
        return request.fail("token-repeated", at=request.at)
    return PASSED


def basic_credentials_required(request: RequestRecord) -> CheckResult:
    """A request of the backend without the project's credentials is answered with 401.
    Not exercised: the request had them.
    Wrong: a platform that lets anybody in, or looks at the project's id alone."""
    if request.entry.asked.get("credentials") not in UNKNOWN_CREDENTIALS:
        return NOT_EXERCISED
    if request.entry.status != UNAUTHORIZED:
        return request.fail(
            "let-in-without-credentials", at=request.at, status=request.entry.status
        )
    return PASSED


def address_channels(request: RequestRecord) -> CheckResult:
    """Each address that is told has, for sound and for pictures, an address of its own to dial.
    Not exercised: no address was told.
    Wrong: a platform that leaves the channel out of the URI, or that has no URIs."""
    addresses = request.entry.told.get("addresses")
    if not addresses:
        return NOT_EXERCISED
    for address in addresses:
        for kind in AUDIO_VIDEO:
            uri = _channel(address, kind)
            name = re.escape(str(address.get("name")))
            if not re.fullmatch(rf"/[^/?]+/{name}\?channel={kind}", uri):
                return request.fail("wrong-channel", at=request.at, channel=kind, uri=uri)
    return PASSED


def _channel(address: dict[str, Any], kind: str) -> str:
    channels = address.get("channels")
    return str(channels.get(kind, "")) if isinstance(channels, dict) else ""


def dial_returns_call(request: RequestRecord) -> CheckResult:
    """A dial that is accepted is answered with its call, which nobody has answered yet.
    Not exercised: the dial was refused.
    Wrong: a platform that answers a dial once the call is answered, or with less than a call."""
    if request.entry.path != CALLS or request.entry.status != ACCEPTED:
        return NOT_EXERCISED
    told = request.entry.told
    missing = tuple([name for name in ("call", "from", "to") if not told.get(name)])
    if missing:
        return request.fail("dial-without-call", at=request.at, seen=missing)
    origin = request.history.origins.get(str(told["call"]))
    answered = origin is not None and 0 <= origin.answered_at < request.at
    if answered or told.get("status") not in UNANSWERED:
        status = str(told.get("status"))
        return request.fail("dial-answered-late", at=request.at, status=status)
    return PASSED


def dial_origin(request: RequestRecord) -> CheckResult:
    """Where origins are strict, dials come from the project's own and from no others.
    Not exercised: any origin may dial, or the dial is refused for something else.
    Wrong: a platform that lets a foreign number dial, or that refuses the project's own."""
    asked, status = request.entry.asked, request.entry.status
    strict = request.history.trace.header.scenario.platform.strict_origins
    if not strict or "origin" not in asked or asked.get("credentials") != "project":
        return NOT_EXERCISED
    if asked.get("to") == "nobody":
        return NOT_EXERCISED
    if asked["origin"] == "own":
        refused = status != ACCEPTED
        return request.fail("own-origin-refused", at=request.at, status=status) if refused else True
    if status != REFUSED[1]:
        return request.fail("foreign-origin-dials", at=request.at, status=status)
    return PASSED


def dial_unknown_target(request: RequestRecord) -> CheckResult:
    """A dial to an address that nobody has is refused, with a code that says why.
    Not exercised: the address exists.
    Wrong: a platform that accepts it, or fails by it."""
    asked, status = request.entry.asked, request.entry.status
    if asked.get("to") != "nobody" or asked.get("credentials") != "project":
        return NOT_EXERCISED
    codes = request.entry.told.get("codes")
    if status not in REFUSED or (status == REFUSED[1] and not codes):
        return request.fail("unknown-target-not-refused", at=request.at, status=status)
    return PASSED


def status_callbacks(origin: OriginRecord) -> CheckResult:
    """What the backend asked to be told of comes once, in order, and nothing else comes.
    Not exercised: it asked for nothing, or the trace ends before all could have come.
    Wrong: a platform that tells an end twice or never, tells it too early, or what nobody asked."""
    caller = origin.caller
    if caller is None or caller.status_events is None:
        return NOT_EXERCISED
    came = tuple([state for _, state in origin.callbacks])
    at = origin.callbacks[-1][0] if came else origin.ended_at
    happened = {*came, *[fact.state for fact in origin.facts]}
    due = tuple([one for one in STATUS_EVENTS if one in caller.status_events and one in happened])
    if any(state not in caller.status_events for state in came):
        return origin.fail("callback-not-asked-for", at=at, expected=due, seen=came)
    if came != due[: len(came)]:
        return origin.fail("callbacks-out-of-order", at=at, expected=due, seen=came)
    if origin.history.settled_at < 0 or (not due and caller.status_events):
        return NOT_EXERCISED
    if came != due:
        return origin.fail("callback-missing", at=at, expected=due, seen=came)
    return PASSED


def is_of_file(packets: Packets) -> bool:
    """Say whether what a SUT received is the file that callers play: a chord, and a red sky.

    A leg that plays nothing has a tone of 440 Hz, and a blue picture.
    """
    content = packets.content
    if packets.kind == "audio":
        return any(abs(content.get("hz", 0) - hz) <= HZ_SLACK for hz in CHORD_HZ)
    return content.get("red", 0) > content.get("blue", 0) + REDDER


def play_reaches_callee(call: CallRecord) -> CheckResult:
    """While a caller's script plays a file, the client receives its sound and its picture.
    Not exercised: no file was played, nobody looked into what came, or the client left.
    Wrong: a platform that goes on with its test tone, or a client that shows something else."""
    origin = call.origin
    caller = None if origin is None else origin.caller
    if origin is None or caller is None or not caller.plays or origin.played_at < 0:
        return NOT_EXERCISED
    result: CheckResult = NOT_EXERCISED
    # What came before the file was played says nothing about it.
    packets = [one for at, one in call.shown.looked_into if at > origin.played_at]
    for kind in caller.media:
        came = [one for one in packets if one.kind == kind]
        if any(is_of_file(one) for one in came):
            result = PASSED
        elif came and call.session.gone_at < 0 and not call.lost_socket:
            seen = ", ".join(f"{name} {value}" for name, value in came[-1].content.items())
            return call.fail("file-not-received", came[-1], media=kind, seen_last=seen)
    return result


def hang_up_after_playback(origin: OriginRecord) -> CheckResult:
    """A caller's script that plays a file and hangs up ends its call, if nobody else ends it.
    Not exercised: no file was played, or somebody or something else ended the call before.
    Wrong: a platform that stays on the line, or ends the call as if it had failed."""
    caller, ended = origin.caller, origin.ended
    if caller is None or not caller.plays or origin.played_at < 0 or ended is None:
        return NOT_EXERCISED
    if ended.by == "script":
        wrong = ended.reason != "hangup"
        kind = "wrong-reason-after-playback"
        seen = (ended.reason,)
        return origin.fail(kind, at=origin.ended_at, seen=seen) if wrong else PASSED
    # The harness ends a call only when it has waited for longer than the file takes.
    return origin.fail("stays-after-playback", at=origin.ended_at) if _waited(origin) else None


def _waited(origin: OriginRecord) -> bool:
    """Say whether the caller's side ended the call for the harness, which waited for its end."""
    number = origin.dial.args.get("caller") if origin.dial is not None else None
    ends = origin.history.commands.get(f"end-{number}")
    return ends is not None and origin.played_at < ends.sent_at < origin.ended_at
