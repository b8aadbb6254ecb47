"""Cases of the end and platform families."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.model import Caller
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start


def _hangup():
    return start().ringing().answered().command("call.hangup").status("disconnecting")


def _vanished():
    return start().ringing().answered().command("session.vanish", "", received=False)


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
    "end/page-unload": Cases(
        passes={
            "ends soon": _vanished().later(1_000).dialog(A, "ended", reason="DEVICE_GONE"),
            "sends a bye": _vanished().client_bye(),
        },
        breaks={
            "ends late": (
                _vanished().later(6_000).dialog(A, "ended", reason="RECOVERY_ON_TIMER_EXPIRE"),
                "expected the call to end within 5000 ms, it went on for 6",
            ),
            "ended late by somebody else": (
                _vanished().later(9_000).platform_bye(cause="NORMAL_CLEARING"),
                "it went on for 9",
            ),
            "does not end": (_vanished().later(6_000).settled(), "went on for more than 6"),
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
            "the caller hangs up meanwhile": _vanished().later(300).platform_bye(),
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
    "platform/one-ended": Cases(
        passes={"one": start().ringing().gave_up().settled()},
        breaks={
            "none": (start().ringing().settled(), "the call was created and never ended"),
            "two": (
                start().ringing().gave_up().call("origin-a", "ended"),
                "expected nothing after ended; saw ended",
            ),
        },
        not_exercised={
            "still rings": start().ringing(),
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
        },
        not_exercised={
            "one device": start().ringing().answered().settled(),
            "nobody answers": _two_devices().settled(),
            "declined before": _two_devices().declined(B, s="s1").answered(A).settled(),
            "vanished": _two_devices().command("session.vanish", "", s="s1").answered(A).settled(),
        },
    ),
}

CASES = {**END, **PLATFORM}
