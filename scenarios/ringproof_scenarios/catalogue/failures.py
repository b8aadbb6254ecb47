"""The platform fails: look-ups, refused requests, stray byes, dead media, no reply."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import DeadMedia, Drop, Ignore, LookUp, Refuse, StrayBye
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

NO_SUCH_CALL = -32002

SCENARIOS = (
    # The look-up that a client makes before it lists a call is slow, fails, or is overtaken.
    case("directory/not-found", alice(talk_ms=60), Answer(after_ms=20), LookUp(status=404)),
    case(
        "directory/fails",
        alice(patience_ms=300, talk_ms=60),
        Answer(after_ms=20),
        LookUp(status=500),
    ),
    case("directory/slow-and-fails", alice(patience_ms=250), LookUp(delay_ms=80, status=500)),
    case(
        "directory/second-call-is-listed-first",
        alice(patience_ms=200),
        bob(at_ms=20, patience_ms=200),
        LookUp(delay_ms=120),
    ),
    case(
        "directory/caller-gone-before-the-answer",
        alice(patience_ms=40),
        bob(at_ms=60, patience_ms=150),
        LookUp(delay_ms=150),
    ),
    # The platform refuses a request of the client.
    case("refused/answer", alice(patience_ms=200), Answer(after_ms=20), Refuse()),
    case(
        "refused/answer-as-no-such-call-beside-another",
        alice(patience_ms=150),
        bob(at_ms=10, patience_ms=200),
        Answer(after_ms=20),
        Refuse(code=NO_SUCH_CALL),
    ),
    case(
        "refused/decline",
        alice(patience_ms=200),
        Reject(after_ms=20),
        Refuse(request="bye", code=NO_SUCH_CALL),
    ),
    case(
        "refused/hang-up",
        alice(talk_ms=200),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        Refuse(request="bye"),
    ),
    # A bye comes for a call that the client does not know: its own calls must not change.
    case("stray-bye/while-ringing", alice(patience_ms=150), StrayBye(after_ms=40)),
    case(
        "stray-bye/while-connected",
        alice(talk_ms=120),
        Answer(after_ms=10),
        StrayBye(on="connected", after_ms=30),
    ),
    case(
        "stray-bye/while-two-ring",
        alice(patience_ms=150),
        bob(at_ms=10, patience_ms=150),
        StrayBye(after_ms=50),
        StrayBye(on="gone", after_ms=20),
    ),
    # The call is answered, and its media never connects.
    case("dead-media/caller-hangs-up", alice(), Answer(after_ms=20), DeadMedia()),
    case(
        "dead-media/subscriber-hangs-up",
        alice(media=AUDIO_VIDEO),
        Answer(audio=True, video=True, after_ms=20),
        HangUp(after_ms=150),
        DeadMedia(),
    ),
    case(
        "dead-media/beside-a-call-that-works",
        alice(),
        bob(at_ms=10, talk_ms=60),
        Answer(after_ms=10),
        Answer(call=1, after_ms=60),
        DeadMedia(),
    ),
    # The platform never replies: each of these takes the 5 s that a client waits for a reply.
    case("silence/answer-never-heard", alice(), Answer(after_ms=20), Ignore()),
    case(
        "silence/answer-heard-but-not-confirmed",
        alice(talk_ms=80),
        Answer(after_ms=20),
        Drop(frame="answer-reply"),
    ),
    case(
        "silence/decline-never-heard",
        alice(patience_ms=100),
        Reject(after_ms=20),
        Ignore(request="bye"),
    ),
    case(
        "silence/hang-up-not-confirmed",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        Drop(frame="bye-reply"),
    ),
)
