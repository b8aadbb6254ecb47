"""Cases of the register family."""

from __future__ import annotations

from ringproof_scenarios.model import Caller
from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, TraceBuilder, start

PHONE = Caller(origin="pstn", address="+15551234567")
BROWSER = Caller(origin="browser")
SOFTPHONE = Caller(origin="sip", address="softphone-1")

CASES = {
    "register/sync-point": Cases(
        passes={"a call comes": start().ringing().gave_up().settled()},
        breaks={
            "the first call is lost": (
                start().invite().settled(),
                "after register() had resolved never reached the list",
            ),
            "lost for long, then given up": (
                start().invite().later(200).platform_bye().settled(),
                "never reached the list",
            ),
        },
        not_exercised={
            "rang before register() resolved": TraceBuilder().invite().online().settled(),
            "given up at once": start().invite().platform_bye().settled(),
            "the directory is slow": start()
            .invite()
            .lookup("asked")
            .later(300)
            .platform_bye()
            .lookup("answered")
            .settled(),
            "the directory never answers": start().invite().lookup("asked").settled(),
            "the device vanished": start().invite().command("session.vanish", "").settled(),
        },
    ),
    "register/any-origin": Cases(
        passes={
            "a phone calls": start(callers=(PHONE,)).dial().ringing().gave_up().settled(),
            "a softphone calls": start(callers=(SOFTPHONE,)).dial().ringing().gave_up().settled(),
            "a client calls": start(callers=(BROWSER,)).dial().ringing().gave_up().settled(),
        },
        breaks={
            "a phone is ignored": (
                start(callers=(PHONE,)).dial().invite().settled(),
                "that REST did not place never reached the list",
            ),
            "a client is ignored": (
                start(callers=(BROWSER,)).dial().invite().settled(),
                "that REST did not place never reached the list",
            ),
        },
        not_exercised={
            "REST calls": start(callers=(Caller(),)).dial().ringing().settled(),
            "nobody knows who calls": start().ringing().settled(),
            "given up at once": start(callers=(PHONE,)).dial().invite().platform_bye().settled(),
        },
    ),
    "register/reference-is-stable": Cases(
        passes={
            "two devices ring": TraceBuilder(devices=2)
            .online("s0", "s1")
            .ringing(A, origin="origin-a")
            .ringing(B, s="s1", origin="origin-a"),
        },
        breaks={
            "one of them only": (
                TraceBuilder(devices=2)
                .online("s0", "s1")
                .ringing(A, origin="origin-a")
                .later(1_500)
                .settled(),
                "2 devices of one user were online; the call was offered to 1",
            ),
        },
        not_exercised={
            "one device": start().ringing().settled(),
            "offered to nobody": TraceBuilder(devices=2).online("s0", "s1").call("x", "created"),
            "ended before the offer": TraceBuilder(devices=2)
            .online("s0", "s1")
            .call("x", "created")
            .dialog(A, "ended", origin="x"),
            "decided before it rang everywhere": TraceBuilder(devices=2)
            .online("s0", "s1")
            .ringing(A, origin="origin-a")
            .gave_up()
            .later(1_500)
            .settled(),
            "the other came online later": TraceBuilder(devices=2)
            .online("s0")
            .ringing(A, origin="origin-a")
            .online("s1")
            .settled(),
        },
    ),
}
