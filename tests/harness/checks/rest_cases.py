"""Traces for the clauses about REST, callbacks and the scripts of callers."""

from __future__ import annotations

from typing import Any

from ringproof.rest_requests import ADDRESSES, CALLS, TOKENS, USER
from ringproof.trace import Packets
from ringproof_fakeserver.protocol.journal import ScriptFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.backend import STATUS_EVENTS
from ringproof_scenarios.model import AUDIO, AUDIO_VIDEO, Caller
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, TraceBuilder, start


def _token(
    trace: TraceBuilder, user: str = "a", token: str = "1", status: int = 200, **asked: Any
) -> TraceBuilder:
    told = {"subscriber": f"id-{user}", "token": token} if status == 200 else {}
    return trace.rest(TOKENS, status, told=told, **{"reference": user, **asked})


def _user(trace: TraceBuilder, shown: str, subscriber: str = "id-a") -> TraceBuilder:
    told = {"subscriber": subscriber, "display_name": shown}
    return trace.rest(USER, credentials="token", reference="a", told=told)


def _address(**channels: str) -> TraceBuilder:
    told = {"addresses": [{"name": "bob", "channels": channels}]}
    return start().rest(ADDRESSES, told=told)


def _dial(status: str | None = None, **missing: Any) -> TraceBuilder:
    told = {"call": "origin-a", "from": "+1", "to": "/private/bob", "status": status, **missing}
    return start().call("origin-a", "created").rest(CALLS, told=told, caller=0)


def _strict() -> TraceBuilder:
    return start(platform=Platform(strict_origins=True))


def _told(*came: str, asked: tuple[Any, ...] = STATUS_EVENTS) -> TraceBuilder:
    """A call rings, is answered and ends; these callbacks came."""
    trace = start(callers=(Caller(status_events=asked),)).dial().call("origin-a", "created")
    trace.ringing().call("origin-a", "answered").call("origin-a", "ended", "hangup", "origin")
    return trace.callback(*came)


def _waits(media: tuple[str, ...] = AUDIO) -> TraceBuilder:
    """The call of a caller who plays a file is answered."""
    return start(callers=(Caller(plays=True, media=media),)).dial().ringing().answered()


def _begins(trace: TraceBuilder) -> TraceBuilder:
    """The file is played."""
    return trace.fact(ScriptFact(subscriber="u", call="origin-a", verb="play", note="clip"))


def _plays(media: tuple[str, ...] = AUDIO) -> TraceBuilder:
    return _begins(_waits(media))


def _received(trace: TraceBuilder, kind: str, **content: int) -> TraceBuilder:
    return trace.emit(Packets, c=A, side="received", kind=kind, packets=9, content=content)


def _ends(trace: TraceBuilder, reason: str, by: str) -> TraceBuilder:
    return trace.call("origin-a", "ended", reason, by).settled()


CASES = {
    "platform/token-find-or-create": Cases(
        passes={
            "the same user": _token(_token(start()), token="2"),
            "another user": _token(_token(start()), "b", "2"),
            "with its profile": _user(_token(start(), display_name="Ann"), "Ann"),
            "with its new profile": _user(
                _token(_token(start(), display_name="Ann"), display_name="Anne"), "Anne"
            ),
            "without a profile": _user(_token(start()), "a"),
        },
        breaks={
            "another user for a reference": (
                _token(start()).rest(TOKENS, reference="a", told={"subscriber": "id-b"}),
                "for one reference, and they are of different users",
            ),
            "one user for two references": (
                _token(start()).rest(TOKENS, reference="b", told={"subscriber": "id-a"}),
                "for two references are of the same user",
            ),
            "another user behind the token": (
                _user(_token(start()), "a", "id-b"),
                "for one reference, and they are of different users",
            ),
            "no profile": (
                _user(_token(start(), display_name="Ann"), "a"),
                "the display name 'Ann'; the user is shown as 'a'",
            ),
        },
        not_exercised={
            "one token": _token(start()),
            "refused": _token(_token(start()), status=401, credentials="wrong"),
            "a user whose token nobody saw": _user(start(), "a"),
        },
    ),
    "platform/token-fresh-each-time": Cases(
        passes={"another token": _token(_token(start()), token="2")},
        breaks={
            "the same token": (_token(_token(start())), "answered with an earlier one"),
            "no other token": (_token(_token(start()), status=409), "with 409 and no token"),
        },
        not_exercised={
            "one token": _token(start()),
            "refused": _token(_token(start()), status=401, credentials="none"),
        },
    ),
    "platform/basic-credentials-required": Cases(
        passes={
            "wrong": start().rest(TOKENS, 401, credentials="wrong"),
            "none": start().rest(CALLS, 401, credentials="none"),
        },
        breaks={
            "let in": (start().rest(TOKENS, credentials="none"), "answered with 200, not 401"),
            "forbidden": (start().rest(CALLS, 403, credentials="wrong"), "with 403, not 401"),
        },
        not_exercised={"good": start().rest(TOKENS), "of a client": _user(start(), "a")},
    ),
    "platform/address-channels": Cases(
        passes={
            "both": _address(
                audio="/private/bob?channel=audio", video="/private/bob?channel=video"
            ),
        },
        breaks={
            "one missing": (
                _address(audio="/private/bob?channel=audio"),
                "the URI of an address for video is ''",
            ),
            "no channel": (
                _address(audio="/private/bob", video="/private/bob"),
                "the URI of an address for audio is '/private/bob'",
            ),
            "somebody else": (
                _address(audio="/private/ann?channel=audio"),
                "for audio is '/private/ann?channel=audio'",
            ),
            "no channels": (
                start().rest(ADDRESSES, told={"addresses": [{"name": "bob"}]}),
                "the URI of an address for audio is ''",
            ),
        },
        not_exercised={"none": start().rest(ADDRESSES, told={"addresses": []})},
    ),
    "platform/dial-returns-call": Cases(
        passes={"at once": _dial(), "in a queue": _dial("queued")},
        breaks={
            "no call": (_dial(call=None), "its answer lacks of the call call"),
            "no parties": (_dial(**{"from": None, "to": ""}), "its answer lacks of the call from"),
            "answered": (_dial("answered"), "was answered already (status answered)"),
            "answered before": (
                start()
                .call("origin-a", "created")
                .call("origin-a", "answered")
                .rest(CALLS, told={"call": "origin-a", "from": "+1", "to": "/private/bob"}),
                "was answered already (status None)",
            ),
        },
        not_exercised={
            "refused": start().rest(CALLS, 422),
            "something else": start().rest(TOKENS),
        },
    ),
    "platform/dial-origin": Cases(
        passes={
            "the project's own": _strict().rest(CALLS, origin="own"),
            "another's": _strict().rest(CALLS, 422, origin="foreign"),
        },
        breaks={
            "lets others in": (
                _strict().rest(CALLS, origin="foreign"),
                "a dial from another number was answered with 200",
            ),
            "fails": (_strict().rest(CALLS, 500, origin="foreign"), "was answered with 500"),
            "refuses its own": (
                _strict().rest(CALLS, 422, origin="own"),
                "from the project's own number was answered with 422",
            ),
        },
        not_exercised={
            "anybody may": start().rest(CALLS, origin="foreign"),
            "nobody there": _strict().rest(CALLS, 422, origin="own", to="nobody"),
            "not let in": _strict().rest(CALLS, 401, origin="foreign", credentials="none"),
            "no dial": _strict().rest(TOKENS),
        },
    ),
    "platform/dial-unknown-target": Cases(
        passes={
            "with a code": start().rest(CALLS, 422, to="nobody", told={"codes": ["x"]}),
            "not found": start().rest(CALLS, 404, to="nobody"),
        },
        breaks={
            "accepted": (start().rest(CALLS, 200, to="nobody"), "was answered with 200"),
            "fails": (start().rest(CALLS, 500, to="nobody"), "was answered with 500"),
            "no code": (start().rest(CALLS, 422, to="nobody"), "was answered with 422"),
        },
        not_exercised={
            "a known target": start().rest(CALLS, 422, to="subscriber"),
            "not let in": start().rest(CALLS, 401, to="nobody", credentials="wrong"),
        },
    ),
    "platform/status-callbacks": Cases(
        passes={
            "all": _told(*STATUS_EVENTS).settled(),
            "some": _told("answered", "ended", asked=("ended", "answered")).settled(),
            "none": _told(asked=()).settled(),
        },
        breaks={
            "twice": (_told(*STATUS_EVENTS, "ended").settled(), "saw created, ringing, answered"),
            "never": (_told(*STATUS_EVENTS[:3]).settled(), "a callback is missing"),
            "too early": (_told("ringing", "created").settled(), "saw ringing, created"),
            "not asked for": (
                _told("ringing", "ended", asked=("ended",)).settled(),
                "that nobody asked for: expected ended; saw ringing, ended",
            ),
        },
        not_exercised={
            "nothing asked": start().dial().ringing().gave_up().settled(),
            "not settled": _told("created"),
            "not happened": start(callers=(Caller(status_events=("answered",)),))
            .dial()
            .ringing()
            .gave_up()
            .settled(),
        },
    ),
    "platform/play-reaches-callee": Cases(
        passes={
            "sound": _received(_plays(), "audio", hz=523),
            "sound after the tone": _received(
                _received(_plays(), "audio", hz=440), "audio", hz=660
            ),
            "both": _received(
                _received(_plays(AUDIO_VIDEO), "audio", hz=655), "video", red=190, blue=90
            ),
        },
        breaks={
            "the chord before the file, then the tone": (
                _received(_begins(_received(_waits(), "audio", hz=523)), "audio", hz=440),
                "its audio never came: last seen hz 440",
            ),
            "the tone": (
                _received(_plays(), "audio", hz=440),
                "its audio never came: last seen hz 440",
            ),
            "the test picture": (
                _received(
                    _received(_plays(AUDIO_VIDEO), "audio", hz=523), "video", red=58, blue=177
                ),
                "its video never came: last seen red 58, blue 177",
            ),
        },
        not_exercised={
            "nobody looked": _received(_plays(), "audio"),
            "nobody looked while it played": _begins(_received(_waits(), "audio", hz=440)),
            "no file": _received(start().dial().ringing().answered(), "audio", hz=440),
            "the page left": _received(_plays(), "audio", hz=440).command(
                "session.vanish", "", received=False
            ),
        },
    ),
    "platform/hang-up-after-playback": Cases(
        passes={"by the script": _ends(_plays(), "hangup", "script")},
        breaks={
            "stays": (
                _ends(
                    _plays().command("rest.end", "", s="", received=False, id="end-0"),
                    "hangup",
                    "origin",
                ),
                "its script did not end the call",
            ),
            "another reason": (_ends(_plays(), "error", "script"), "as error, not as hangup"),
        },
        not_exercised={
            "hung up before": _ends(_plays(), "hangup", "callee"),
            "no file": _ends(start().dial().ringing().answered(), "hangup", "script"),
            "not over": _plays().settled(),
        },
    ),
}
