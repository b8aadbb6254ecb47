"""Faults: the socket breaks, frames are lost or late, and the platform fails."""

from __future__ import annotations

from ringproof_scenarios.catalogue.case import alice, bob, case
from ringproof_scenarios.faults import (
    Cut,
    DeadMedia,
    Delay,
    Drop,
    Duplicate,
    Ignore,
    LookUp,
    Refuse,
    Reorder,
    StrayBye,
)
from ringproof_scenarios.model import AUDIO_VIDEO, Answer, HangUp, Reject

NO_SUCH_CALL = -32_002

SCENARIOS = (
    # The socket breaks, and the client resumes its session on a new one.
    case("cut/while-ringing", alice(talk_ms=40), Answer(after_ms=280), Cut(after_ms=30)),
    case("cut/while-answering", alice(talk_ms=60), Answer(after_ms=10), Cut(after_ms=12)),
    case(
        "cut/while-connected",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=250),
        Cut(on="connected", after_ms=20),
    ),
    case(
        "cut/hang-up-while-away",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=40),
        Cut(on="connected", after_ms=20, back_ms=100),
    ),
    case(
        "cut/caller-hangs-up-meanwhile",
        alice(talk_ms=60),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=20, back_ms=120),
    ),
    case("cut/caller-gives-up-meanwhile", alice(patience_ms=80), Cut(after_ms=30, back_ms=120)),
    case(
        "cut/second-call-arrives-meanwhile",
        alice(),
        bob(at_ms=100, patience_ms=250),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=10, back_ms=20),
    ),
    case(
        "cut/one-of-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=60),
        Cut(after_ms=20),
        devices=2,
    ),
    # The socket breaks, and the platform has dropped the session when the client reconnects.
    case("expiry/while-ringing", alice(patience_ms=300), Cut(after_ms=30, resume=False)),
    case(
        "expiry/while-connected",
        alice(),
        Answer(after_ms=10),
        Cut(on="connected", after_ms=40, resume=False),
    ),
    case(
        "expiry/next-call-finds-the-client",
        alice(),
        bob(at_ms=250, talk_ms=60),
        Answer(after_ms=10),
        Answer(call=1, after_ms=20),
        Cut(on="connected", resume=False),
    ),
    # A frame is lost on its way to the client, and the user acts without knowing.
    case(
        "lost-frames/invite",
        alice(patience_ms=60),
        bob(at_ms=20, patience_ms=100),
        Drop(frame="invite"),
    ),
    case(
        "lost-frames/invite-to-one-of-two-devices",
        alice(talk_ms=60),
        Answer(device=1, after_ms=30),
        Drop(frame="invite"),
        devices=2,
    ),
    case(
        "lost-frames/bye-then-declined",
        alice(patience_ms=60),
        Reject(on="gone", after_ms=40),
        Drop(),
    ),
    case(
        "lost-frames/bye-then-answered",
        alice(patience_ms=60),
        Answer(on="gone", after_ms=40),
        Drop(),
    ),
    case(
        "lost-frames/bye-then-hung-up",
        alice(talk_ms=40),
        Answer(after_ms=10),
        HangUp(on="gone", after_ms=60),
        Drop(),
    ),
    case(
        "lost-frames/bye-of-one-of-two-calls",
        alice(patience_ms=60),
        bob(at_ms=10, talk_ms=60),
        Answer(call=1, after_ms=100),
        Reject(on="gone", after_ms=120),
        Drop(),
    ),
    # A frame is late, or is overtaken by the next one.
    case(
        "late-frames/invite-answered",
        alice(talk_ms=60),
        Answer(after_ms=20),
        Delay(frame="invite", delay_ms=80),
    ),
    case(
        "late-frames/invite-after-its-bye",
        alice(patience_ms=30),
        Delay(frame="invite", delay_ms=120),
    ),
    case(
        "late-frames/bye-answered-meanwhile",
        alice(patience_ms=50),
        Answer(after_ms=90),
        Delay(delay_ms=100),
    ),
    case(
        "late-frames/answer-reply",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Delay(frame="answer-reply", delay_ms=60),
    ),
    case(
        "late-frames/swapped-invites",
        alice(patience_ms=120),
        bob(patience_ms=120),
        Reorder(frame="invite"),
        Reorder(call=1, frame="invite"),
    ),
    # A frame is duplicated.
    case("doubled-frames/invite", alice(patience_ms=120), Duplicate(frame="invite")),
    case(
        "doubled-frames/invite-while-connected",
        alice(talk_ms=200),
        Answer(after_ms=10),
        Duplicate(frame="invite", delay_ms=100),
    ),
    case(
        "doubled-frames/bye-beside-another-call",
        alice(patience_ms=50),
        bob(at_ms=10, talk_ms=80),
        Answer(call=1, after_ms=20),
        Duplicate(delay_ms=30),
    ),
    case(
        "doubled-frames/replies",
        alice(),
        Answer(after_ms=10),
        HangUp(on="connected", after_ms=60),
        Duplicate(frame="answer-reply"),
        Duplicate(frame="bye-reply", delay_ms=10),
    ),
    case(
        "doubled-frames/invite-after-a-refused-answer",
        alice(patience_ms=400),
        Answer(after_ms=10),
        Refuse(code=NO_SUCH_CALL),
        Duplicate(frame="invite", delay_ms=150),
    ),
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
    case(
        "directory/never-answers",
        alice(patience_ms=12_000),
        Reject(after_ms=20),
        LookUp(answered=False),
    ),
    case(
        "directory/never-answers-for-the-first-of-two",
        alice(patience_ms=12_000),
        bob(at_ms=50, talk_ms=60),
        Reject(after_ms=20),
        Answer(call=1, after_ms=20),
        LookUp(answered=False),
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
