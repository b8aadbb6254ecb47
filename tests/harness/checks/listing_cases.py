"""Cases of the list family."""

from __future__ import annotations

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, C, TraceBuilder, start


def _two(**second: str):
    """Two calls ring, and both are listed."""
    return start().ringing(A).ringing(B, beside=(A,), **second)


def _late():
    """Two calls ring, and somebody subscribes to the list once more."""
    return _two().command("observe", A, id="late", what="list")


def _ignored():
    """A call is offered, and the directory ignores what the client asks."""
    return start().invite().lookup("asked").fault("ignore", "look-up", "")


def _gone_after(read_ms: int):
    """A client is busy for long, reads an invite, and the caller gives up ``read_ms`` later."""
    trace = start().ringing().gave_up().invite(B).later(5_000)
    trace.frame("verto.invite", B, out=False, kind="result")
    return trace.later(read_ms).platform_bye(B).settled()


def _never_listed():
    """One call rings, and a second one is invited and never shown."""
    return start().ringing(A)


CASES = {
    "list/current-on-subscribe": Cases(
        passes={
            "empty": start().settled(),
            "not empty": TraceBuilder().invite().calls(A).emit_registered().settled(),
            "once more, late": _late().late_list(A, B).settled(),
            "late, while it changes": _late().calls(B).late_list(A, B),
            "late, just before it changes": _late().late_list(B).calls(B),
        },
        breaks={
            "nothing until a call comes": (
                TraceBuilder().emit_registered().ringing().settled(),
                "expected the empty list on subscribing; the first emission holds 1 call",
            ),
            "nothing at all": (TraceBuilder().emit_registered().settled(), "no list was emitted"),
            "nothing to the late": (_late().settled(), "late subscriber to the list was told noth"),
            "nothing to the late before the next change": (
                _late().later(200).gave_up(B, beside=(A,)).late_list(A).settled(),
                "a late subscriber to the list was told nothing within 100 ms",
            ),
            "the newest to the late": (
                _late().late_list(B).settled(),
                "a late subscriber was first told of 1 call; the list held 2 calls",
            ),
        },
        not_exercised={
            "subscribed long ago": TraceBuilder().ringing().settled(),
            "no barrier": TraceBuilder().emit_registered(),
            "late on a session older than the trace": TraceBuilder()
            .ringing()
            .command("observe", what="list")
            .reply(error="sut_error"),
        },
    ),
    "list/whole-list": Cases(
        passes={
            "two calls": _two().gave_up(A, beside=(B,)).gave_up(B).settled(),
            "the first leaves when the third comes": _two()
            .platform_bye(A)
            .invite(C)
            .status("disconnected", c=A)
            .calls(C, B)
            .status("destroyed", c=A),
        },
        breaks={
            "the newest only": (
                start().ringing(A).ringing(B).settled(),
                "holds 1 call, and not one that was ringing",
            ),
            "the newest only, while the first is on its way out": (
                start().ringing(A).hangup_shown(A).ringing(B).status("disconnected", c=A),
                "not one that was disconnecting",
            ),
            "one call twice": (start().invite().calls(A, A), "call-a is listed twice"),
            "the dead": (
                start().ringing().platform_bye().status("disconnected", "destroyed").calls(A, A),
                "listed twice",
            ),
            "a call after it was destroyed": (
                _two().platform_bye(A).status("disconnected", "destroyed", c=A).calls(A, B),
                "the list holds one that was destroyed",
            ),
        },
        not_exercised={
            "one call": start().ringing().gave_up().settled(),
            "no call": start().settled(),
        },
    ),
    "list/every-change": Cases(
        passes={
            "comes and goes": start().ringing().gave_up().settled(),
            "still there": start().ringing().settled(),
            "gone soon after its invite was read": _gone_after(50),
        },
        breaks={
            "goes unseen": (
                start().ringing().platform_bye().status("disconnected", "destroyed").settled(),
                "destroyed, and no emission shows that it has gone",
            ),
            "comes unseen": (
                start().ringing().gave_up().invite(B).settled(),
                "was offered, and no emission shows it",
            ),
            "comes unseen, with time enough": (
                _gone_after(200),
                "was offered, and no emission shows it",
            ),
        },
        not_exercised={
            "no call": start().settled(),
            "the first is lost": start().invite().settled(),
        },
    ),
    "list/silent-directory": Cases(
        passes={
            "listed after a while": _ignored().later(4_500).calls(A).status("ringing").settled(),
            "beside another": start()
            .ringing(B)
            .invite(A)
            .fault("ignore", "look-up", "")
            .later(9_000)
            .calls(B, A),
        },
        breaks={
            "never": (
                _ignored().later(12_000).platform_bye().settled(),
                "the call was not listed within 10000 ms of its offer",
            ),
            "much later": (_ignored().later(30_000).calls(A), "the directory never answered"),
        },
        not_exercised={
            "answered": start().invite().lookup("asked").lookup("answered").calls(A).settled(),
            "failed": start().invite().fault("fail", "look-up", "").later(30_000).calls(A),
            "register() resolves late": TraceBuilder()
            .invite()
            .fault("ignore", "look-up", "")
            .later(9_000)
            .emit_registered()
            .later(9_000)
            .platform_bye()
            .settled(),
            "caller gone before the time": _ignored().later(9_000).platform_bye().settled(),
            "socket lost before the time": (
                _ignored().later(9_000).session("detached").later(9_000).platform_bye()
            ),
            "listed before the client asked": (
                start().ringing().later(12_000).fault("ignore", "look-up", "").settled()
            ),
            "asked after another invite": (
                start()
                .invite(A)
                .ringing(B)
                .fault("ignore", "look-up", "")
                .later(12_000)
                .calls(B, A)
            ),
            "asked before an earlier one was listed": (
                start()
                .invite(A)
                .invite(B)
                .fault("ignore", "look-up", "")
                .calls(B)
                .status("ringing", B)
                .later(9_000)
                .platform_bye()
                .settled()
            ),
            "no call": start().fault("ignore", "look-up", "").later(12_000).calls(A),
        },
    ),
    "list/no-duplicate-emission": Cases(
        passes={"comes and goes": start().ringing().gave_up().settled()},
        breaks={
            "the same again": (start().ringing().calls(A), "1 call twice in a row"),
            "empty again": (start().calls(), "0 calls twice in a row"),
        },
        not_exercised={
            "one emission": start().settled(),
        },
    ),
    "list/ringing-filter": Cases(
        passes={
            "ringing, then connected": _two().answered(A).gave_up(B, beside=(A,)).settled(),
        },
        breaks={
            "new at first": (
                start().invite().calls(A, status="new"),
                "expected the entry of a new call to read ringing; it reads new",
            ),
            "ringing for ever": (
                _two().answered(A).platform_bye(B).calls(A, status="ringing"),
                "reads ringing; the status had moved on to connecting",
            ),
        },
        not_exercised={
            "no call": start().settled(),
            "over before it was listed": start()
            .invite()
            .platform_bye()
            .calls(A, status="disconnected"),
        },
    ),
    "list/inbound-only": Cases(
        passes={
            "a call": start().ringing().gave_up().settled(),
            "a call of the page before, offered to this one": TraceBuilder(devices=2)
            .online("s0")
            .fault("fail", "media")
            .online("s1")
            .ringing(s="s1")
            .settled(),
        },
        breaks={
            "its own call": (
                start().frame("verto.invite", A, out=False).calls(A),
                "an outbound call is in the list",
            ),
            "a ghost": (start().calls(A), "a call that the platform never offered"),
        },
        not_exercised={
            "no call": start().settled(),
            "left behind by an earlier trace": TraceBuilder().calls(A).settled(),
            "dials, and lists nothing": start().frame("verto.invite", A, out=False).settled(),
        },
    ),
    "list/no-queue": Cases(
        passes={
            "two ring": _two().settled(),
            "one talks": start().ringing(A).answered(A).ringing(B, beside=(A,)).settled(),
        },
        breaks={
            "shown when the first is over": (
                _never_listed()
                .invite(B)
                .later(300)
                .gave_up(A)
                .calls(B)
                .status("ringing", c=B)
                .settled(),
                "it was listed when the other had ended",
            ),
            "never shown": (
                _never_listed().invite(B, from_="/private/carol").settled(),
                "a call beside another never reached the list",
            ),
            "turned away by the client": (
                _never_listed().invite(B, from_="/private/carol").client_bye(B),
                "a call beside another never reached the list",
            ),
        },
        not_exercised={
            "one after the other": start().ringing(A).gave_up(A).ringing(B).gave_up(B).settled(),
            "alone": start().ringing(A).settled(),
            "one of ours beside": start().frame("verto.invite", B, out=False).ringing(A).settled(),
            "given up at once": _never_listed().invite(B).platform_bye(B).settled(),
            "over before register() resolved": TraceBuilder()
            .invite(A)
            .invite(B, from_="/private/carol")
            .later(900)
            .platform_bye(B)
            .calls(A)
            .emit_registered()
            .settled(),
        },
    ),
    "list/no-dedupe": Cases(
        passes={"the same caller twice": _two().settled()},
        breaks={
            "the second is lost": (
                _never_listed().invite(B).settled(),
                "the second call from one caller never reached the list",
            ),
        },
        not_exercised={
            "two callers": _two(from_="/private/carol").settled(),
            "alone": start().ringing(A).settled(),
            "given up at once": _never_listed().invite(B).platform_bye(B).settled(),
        },
    ),
    "list/no-pick": Cases(
        passes={
            "one answered, one rings": _two().answered(A).settled(),
            "one declined": _two().declined(A, beside=(B,)).gave_up(B).settled(),
            "one fails on its own": _two()
            .command("call.answer", A)
            .status("connecting", "disconnected", c=A)
            .client_bye(A)
            .calls(B)
            .status("destroyed", c=A)
            .gave_up(B),
        },
        breaks={
            "declines the other": (
                _two().answered(A).client_bye(B, reason="decline").over(c=B, beside=(A,)),
                "nobody touched this call, only another: it went to destroyed",
            ),
            "sends a bye and keeps it": (
                _two().answered(A).client_bye(B),
                "the platform received a bye",
            ),
            "answers both": (
                _two().answered(A).status("connecting", c=B).answer_frame(B),
                "it went to connecting",
            ),
            "answers the other on the wire": (
                _two().answered(A).answer_frame(B),
                "the platform received an answer",
            ),
            "drops the other from the list": (
                _two().answered(A).calls(A).settled(),
                "it left the list",
            ),
            "ends the one that talks": (
                start()
                .ringing(A)
                .answered(A)
                .ringing(B, beside=(A,))
                .answered(B)
                .status("disconnected", c=A),
                "it went to disconnected",
            ),
        },
        not_exercised={
            "nothing happens": _two().settled(),
            "alone": start().ringing().gave_up().settled(),
            "the socket was lost": _two().session("detached").answered(A).settled(),
        },
    ),
    "list/simultaneous-together": Cases(
        passes={"both": _two().gave_up(A, beside=(B,)).gave_up(B).settled()},
        breaks={
            "one, then the other": (
                start()
                .ringing(A)
                .invite(B)
                .settled()
                .answered(A)
                .calls(A, B)
                .status("ringing", c=B)
                .settled(),
                "rang side by side, and no emission holds both",
            ),
        },
        not_exercised={
            "the second when the first is over": start()
            .ringing(A)
            .invite(B)
            .settled()
            .gave_up(A)
            .calls(B)
            .status("ringing", c=B)
            .settled(),
            "one after the other": start().ringing(A).gave_up(A).ringing(B).settled(),
            "alone": start().ringing(A).settled(),
            "the newest only": start().ringing(A).ringing(B).settled(),
            "side by side for a moment": start()
            .ringing(A)
            .invite(B)
            .platform_bye(A)
            .over("disconnected")
            .calls(B)
            .settled(),
        },
    ),
    "list/stays-through-status": Cases(
        passes={
            "answered": start().ringing().answered().remote_hangup().settled(),
            "gave up": start().ringing().gave_up().settled(),
        },
        breaks={
            "dropped when connected": (
                start().ringing().answered().calls().hung_up().settled(),
                "dropped when it was connected",
            ),
            "dropped beside another": (
                _two().answered(A).calls(B).settled(),
                "dropped when it was connected",
            ),
            "dropped on the caller's end": (
                start().ringing().platform_bye().calls().status("disconnected", "destroyed"),
                "dropped when it was ringing",
            ),
            "dropped on the caller's end, beside another": (
                _two().platform_bye(B).calls(A).status("disconnected", "destroyed", c=B),
                "dropped when it was ringing",
            ),
            "dropped on hanging up": (
                start().ringing().command("call.hangup").calls().status("disconnecting"),
                "dropped when it was ringing",
            ),
            "dropped while it rings": (start().ringing().calls(), "dropped when it was ringing"),
            "dropped at once": (
                start().invite().calls(A).calls(),
                "dropped when it had just been listed",
            ),
        },
        not_exercised={
            "still rings": start().ringing().settled(),
            "never listed": start().invite().settled(),
            "a ghost": start().calls(A).status("ringing", "connected"),
        },
    ),
    "list/leaves-only-when-destroyed": Cases(
        passes={
            "between disconnected and destroyed": start().ringing().gave_up().settled(),
            "after destroyed": start()
            .ringing()
            .platform_bye()
            .status("disconnected", "destroyed")
            .calls(),
            "hung up": start().ringing().answered().hung_up().settled(),
        },
        breaks={
            "before disconnected": (
                start().ringing().hangup_shown().calls().status("disconnected", "destroyed"),
                "had left the list, and then showed disconnected",
            ),
            "never destroyed": (
                start().ringing().platform_bye().status("disconnected").calls().settled(),
                "left the list and was never destroyed",
            ),
        },
        not_exercised={
            "still there": start().ringing().settled(),
            "hidden at another's arrival": start().ringing(A).ringing(B).answered(A).settled(),
            "dropped alive": start().ringing().answered().calls().settled(),
            "no barrier": start().ringing().platform_bye().status("disconnected").calls(),
        },
    ),
    "list/snapshot": Cases(
        passes={"as it was": start().ringing().reread(0).reread(2, A)},
        breaks={"emptied": (start().ringing().reread(2), "emitted with 1 call; it now holds 0")},
        not_exercised={
            "not looked at": start().ringing().settled(),
            "of another trace": start().reread(99, A),
            "nothing came after it": start().reread(1),
        },
    ),
}
