"""Cases of the end and platform families."""

from __future__ import annotations

from ringproof_fakeserver.protocol.journal import FaultFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Caller
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import AUDIO, A, B, TraceBuilder, start


def _hangup():
    return start().ringing().answered().command("call.hangup").status("disconnecting")


def _vanished(**variant: int):
    trace = start(platform=Platform(**variant)).ringing().answered()
    return trace.command("session.vanish", "", received=False)


def _half_open():
    fault = FaultFact(subscriber="u", session="s0", what="silence")
    return start().ringing().answered().fact(fault)


def _pinged(**options):
    return start(**options).ringing().answered().frame("verto.ping", A)


def _read():
    return _pinged().frame("verto.ping", A, out=False, kind="result")


def _pong(trace):
    return trace.frame("verto.pong", A, out=False)


def _expired(trace):
    return trace.platform_bye(cause="RECOVERY_ON_TIMER_EXPIRE", reason="hangup", by="platform")


def _of_the_page_before(ms: int = 46_000):
    """A page goes during its call, and the page that is opened in its place is pinged."""
    trace = TraceBuilder(devices=2).online("s0").ringing().answered()
    trace = trace.command("session.vanish", "", received=False).session("detached", code=1001)
    trace = trace.session("resumed", "s1").frame("verto.ping", A, s="s1")
    return trace.frame("verto.ping", A, s="s1", out=False, kind="result").later(ms)


def _refused_page():
    """It asks for the call and is refused; what is told of the call goes to it from then on."""
    trace = _of_the_page_before(10)
    trace = trace.frame("verto.invite", A, s="s1", out=False, media=AUDIO, reattach=True)
    return trace.frame("verto.invite", A, s="s1", kind="error", code=-32002)


def _pong_lost():
    return _read().fault("ignore", "pong").session("detached").session("resumed")


def _two_devices():
    trace = TraceBuilder(devices=2).online("s0", "s1").ringing(A, origin="origin-a")
    return trace.ringing(B, s="s1", origin="origin-a")


def _rang(ring_ms: int, **reason: str):
    trace = start(platform=Platform(ring_ms=200)).ringing().later(ring_ms)
    return trace.platform_bye(cause="NO_ANSWER", **reason).over("disconnected").settled()


END = {
    "end/hangup-tells-server": Cases(
        passes={
            "talked": start().ringing().answered().hung_up().settled(),
            "vanishes before the promise settles": start()
            .ringing()
            .command("call.hangup", id="bye")
            .client_bye()
            .command("session.vanish", "", received=False)
            .resolved("bye", error="gone"),
            "an adapter that knows no promises": start()
            .ringing()
            .command("call.hangup")
            .status("disconnecting")
            .client_bye()
            .over("disconnected")
            .settled(),
        },
        breaks={
            "sends no bye": (
                _hangup().over("disconnected").settled(),
                "hangup() was called, and the platform heard no bye",
            ),
            "sends no bye for long": (
                _hangup().later(4_000).platform_bye(),
                "the platform heard no bye",
            ),
            "does not settle": (
                _hangup().client_bye().over("disconnected").settled(),
                "the promise of hangup() did not settle",
            ),
            "is rejected": (
                _hangup().client_bye().over("disconnected").resolved(error="time-out"),
                "was rejected: time-out",
            ),
            "resolves too early": (
                _hangup().resolved().client_bye().over("disconnected"),
                "resolved before the call was destroyed",
            ),
        },
        not_exercised={
            "nobody hung up": start().ringing().answered().settled(),
            "crossed": _hangup().platform_bye().client_bye().settled(),
            "crossed before it left": _hangup().platform_bye().settled(),
            "no barrier": _hangup(),
        },
    ),
    "end/remote-hangup": Cases(
        passes={
            "walks to the end": start().ringing().answered().remote_hangup().settled(),
            "by script": start().ringing().answered().remote_hangup(by="script").settled(),
        },
        breaks={
            "stays connected": (
                start().ringing().answered().platform_bye().settled(),
                "after the far side hung up: expected disconnected, destroyed; saw connecting",
            ),
            "skips disconnected": (
                start().ringing().answered().platform_bye().over(),
                "saw connecting, connected, destroyed",
            ),
        },
        not_exercised={
            "hung up": start().ringing().answered().hung_up().settled(),
            "gave up": start().ringing().gave_up().settled(),
            "gave up before the answer came": start()
            .ringing()
            .command("call.answer")
            .platform_bye()
            .answer_frame()
            .over("disconnected"),
            "the script is over, and the client stays": start()
            .ringing()
            .answered()
            .platform_bye(by="script")
            .settled(),
            "no barrier": start().ringing().answered().platform_bye(),
        },
    ),
    "end/script-finishes": Cases(
        passes={"ends": start().ringing().answered().remote_hangup(by="script").settled()},
        breaks={
            "stays connected": (
                start().ringing().answered().platform_bye(by="script").settled(),
                "the caller's script is over; expected destroyed, the call shows connected",
            ),
        },
        not_exercised={
            "hung up by hand": start().ringing().answered().remote_hangup().settled(),
            "no barrier": start().ringing().answered().platform_bye(by="script"),
        },
    ),
    "end/answers-pings": Cases(
        passes={
            "answers": _pong(_read()).settled(),
            "answers late": _pong(_read().later(3_000)),
            "answers twice": _pong(_pong(_read()).frame("verto.ping", A)),
        },
        breaks={
            "answers none": (_expired(_read().later(46_000)), "was not answered for 46"),
            "answers none, and reads none": (
                _expired(_pinged(mode="network").later(46_000)),
                "a ping of the call was not answered for 46",
            ),
            "answers the first only": (
                _expired(_pong(_read()).frame("verto.ping", A).later(9_000)),
                "a ping of the call was not answered for 9",
            ),
            "answers for another call": (
                _read().frame("verto.pong", B, out=False).later(9_000).settled(),
                "a ping of the call was not answered for 9",
            ),
        },
        not_exercised={
            "not pinged": start().ringing().answered().remote_hangup().settled(),
            "a call of the page before": start().frame("verto.ping", A).later(46_000).settled(),
            "over too soon": _read().later(20).remote_hangup(),
            "over before a busy client has read it": _expired(_pinged(mode="network").later(900)),
            "the page that had the call is gone": _of_the_page_before().settled(),
            "the socket is lost": _read().session("detached").later(46_000).settled(),
            "over for the client already": start()
            .ringing()
            .answered()
            .hangup_shown()
            .frame("verto.ping", A)
            .later(46_000)
            .settled(),
            "a fault": _read().fault("ignore", "pong").later(46_000).settled(),
        },
    ),
    "end/pong-again": Cases(
        passes={"sent again": _pong(_pong_lost())},
        breaks={
            "not sent again": (
                _expired(_pong_lost().later(9_000)),
                "not sent again within 9",
            ),
            "only after the next ping": (
                _pong(_pong_lost().later(9_000).frame("verto.ping", A)),
                "not sent again within 9",
            ),
        },
        not_exercised={
            "not lost": _pong(_read()).session("detached").session("resumed").later(9_000),
            "the socket was not lost": _read().fault("ignore", "pong").later(9_000).settled(),
            "never back": _read().fault("ignore", "pong").session("detached").later(9_000),
            "over too soon": _expired(_pong_lost().later(20)),
            "sent again before the socket broke": _pong(_read().fault("ignore", "pong"))
            .session("detached")
            .session("resumed")
            .later(9_000),
        },
    ),
    "end/expired-call": Cases(
        passes={"walks to the end": _expired(_read()).over("disconnected").settled()},
        breaks={
            "stays connected": (
                _expired(_read()).settled(),
                "because a ping was not answered: expected disconnected, destroyed; saw connecting",
            ),
            "fails": (
                _expired(_read()).over("failed").settled(),
                "saw connecting, connected, failed, destroyed",
            ),
        },
        not_exercised={
            "ended otherwise": start().ringing().answered().remote_hangup().settled(),
            "hung up meanwhile": _expired(_read().hangup_shown()).settled(),
            "failed by itself before": _expired(_read().over("failed")).settled(),
            "failed for a refused pong as the bye came": (
                _expired(_pong(_read()).fault("refuse", "pong")).over("failed").settled()
            ),
            "no barrier": _expired(_read()),
        },
    ),
    "end/page-unload": Cases(
        passes={
            "sends a bye": _vanished().client_bye().session("detached", code=1001),
            "the platform ends it": _vanished(page_gone_ms=300)
            .session("detached", code=1001)
            .later(300)
            .dialog(A, "ended", reason="RECOVERY_ON_TIMER_EXPIRE"),
        },
        breaks={
            "says nothing": (_vanished().session("detached", code=1001).settled(), "none came"),
            "closes in good order": (_vanished().session("detached", code=1000), "none came"),
            "the platform ends it much later": (
                _vanished()
                .session("detached", code=1001)
                .later(6_000)
                .dialog(A, "ended", reason="RECOVERY_ON_TIMER_EXPIRE"),
                "none came",
            ),
            "in a variant that is as slow": (
                _vanished(page_gone_ms=6_000).session("detached", code=1001).settled(),
                "none came",
            ),
        },
        not_exercised={
            "nobody vanished": start().ringing().gave_up().settled(),
            "no call there": start().command("session.vanish", "").ringing().settled(),
            "over before": start()
            .ringing()
            .gave_up()
            .command("session.vanish", "")
            .later(9_000)
            .settled(),
            "still ringing": start()
            .ringing()
            .command("session.vanish", "", received=False)
            .session("detached", code=1001)
            .settled(),
            "the caller hangs up meanwhile": _vanished()
            .platform_bye()
            .session("detached", code=1001),
            "the socket broke": _vanished().session("detached", code=1006).settled(),
            "the socket was half open": _half_open()
            .command("session.vanish", "", received=False)
            .session("detached", code=1001)
            .settled(),
            "not waited for": _vanished().settled(),
        },
    ),
}

PLATFORM = {
    "platform/undef-name": Cases(
        passes={
            "as given": start().dial().ringing().settled(),
            "none": start(callers=(Caller(name=None),)).dial().ringing(name="_undef_"),
            "that very word": start(callers=(Caller(name="_undef_"),))
            .dial()
            .ringing(name="_undef_"),
        },
        breaks={
            "dropped": (
                start().dial().ringing(name="_undef_"),
                "expected the invite to carry 'Alice'; it carries '_undef_'",
            ),
            "made up": (
                start(callers=(Caller(name=None),)).dial().ringing(name="Unknown"),
                "expected the invite to carry '_undef_'; it carries 'Unknown'",
            ),
        },
        not_exercised={
            "nobody knows who dialled": start().ringing().settled(),
            "never offered": start().dial().dialog(A, "ended").settled(),
            "a caller of another scenario": start().dial(7).ringing(),
        },
    ),
    "platform/ring-timeout": Cases(
        passes={"in time": _rang(200, reason="noAnswer", by="timer")},
        breaks={
            "rings on": (_rang(3_000, reason="cancel"), "ringing to end after 200 ms; it went on"),
            "another reason": (
                _rang(200, reason="cancel", by="timer"),
                "expected noAnswer; saw cancel",
            ),
            "sends no bye": (
                start(platform=Platform(ring_ms=200))
                .ringing()
                .later(200)
                .call("origin-a", "ended", "noAnswer", "timer")
                .settled(),
                "a ringing device was not told",
            ),
        },
        not_exercised={
            "answered": start().ringing().answered().settled(),
            "given up": start().ringing().gave_up().settled(),
            "not our call": start().call("origin-x", "ended", "noAnswer", "timer"),
        },
    ),
    "platform/pings": Cases(
        passes={
            "answered": _pong(_read()).remote_hangup().settled(),
            "not answered": _expired(_read().later(46_000)).settled(),
            "not answered by the page that was opened again": _of_the_page_before()
            .platform_bye(cause="RECOVERY_ON_TIMER_EXPIRE", s="s1", reason="hangup", by="platform")
            .settled(),
        },
        breaks={
            "ends a call whose pings are answered": (
                _expired(_pong(_read()).later(46_000)),
                "every ping was answered, and the platform ended the call with RECOVERY_ON_TIMER",
            ),
            "keeps a silent call": (
                _read().later(60_000).remote_hangup(),
                "expected the call to end within 46000 ms, it went on for 60",
            ),
            "keeps it though a page was refused it": (
                _refused_page().later(60_000).platform_bye(s="s1").settled(),
                "expected the call to end within 46000 ms, it went on for 60",
            ),
            "keeps a silent call for ever": (_read().later(60_000).settled(), "it went on for 60"),
        },
        not_exercised={
            "not pinged": start().ringing().answered().remote_hangup(),
            "another end after a page was refused the call": _refused_page()
            .platform_bye(s="s1", reason="hangup")
            .later(60_000)
            .settled(),
            "another end before": _read().later(9_000).remote_hangup(),
            "nobody answers": start().ringing().gave_up(),
            "the next ping was lost": _expired(_pong(_read()).fault("drop", "ping").later(46_000)),
            "the next ping was due without a socket": _expired(
                _pong(_read()).session("detached").later(46_000)
            ),
        },
    ),
    "platform/one-ended": Cases(
        passes={"one": start().ringing().gave_up().settled()},
        breaks={
            "none": (start().dial().ringing().settled(), "the call was created and never ended"),
            "two": (
                start().ringing().gave_up().call("origin-a", "ended"),
                "expected nothing after ended; saw ended",
            ),
        },
        not_exercised={
            "still rings": start().dial().ringing(),
            "the client's own call": start().ringing().settled(),
            "not our call": start().call("origin-a", "ended").settled(),
        },
    ),
    "platform/fork-losers-bye": Cases(
        passes={
            "notified": _two_devices()
            .answered(A)
            .platform_bye(B, "LOSE_RACE", s="s1")
            .over("disconnected", c=B, s="s1"),
        },
        breaks={
            "not notified": (
                _two_devices().answered(A).settled(),
                "another device answered, and this one was not told",
            ),
            "notified at the end": (
                _two_devices()
                .answered(A)
                .later(3_000)
                .platform_bye(B, "LOSE_RACE", s="s1")
                .settled(),
                "this one was not told within 100 ms",
            ),
        },
        not_exercised={
            "one device": start().ringing().answered().settled(),
            "nobody answers": _two_devices().settled(),
            "the bye was held up": _two_devices()
            .answered(A)
            .fault("ignore", "bye", B, s="s1")
            .settled(),
            "declined before": _two_devices().declined(B, s="s1").answered(A).settled(),
            "vanished": _two_devices().command("session.vanish", "", s="s1").answered(A).settled(),
        },
    ),
}

CASES = {**END, **PLATFORM}
