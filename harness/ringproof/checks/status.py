"""Checks of the status family: which words a call shows, and in which order.

How a call ends is judged by the clause of that ending: hang-up, decline, give-up, or (in ``end``)
the far side's hang-up. Endings that cross on the wire have no order that the guide promises, so
they are left to ``outcome/glare``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

from ringproof.checks.call_record import CallRecord
from ringproof.checks.causes import dropped_at
from ringproof.checks.outcome import crossed
from ringproof.checks.registry import HELD, UNTOUCHED, Finding, per_call
from ringproof.checks.statuses import DOCUMENTED, ENDING, documented, documented_all
from ringproof.verdict import Failure

MEDIA_SHOWN_MS: Final = 2_000
"""From the platform's end of the media being up to the client's ``connected``. Measured in Chromium
on two busy cores: under 0.4 s."""

EVENT_MODEL_SHOWN_MS: Final = 100
"""The same where media is an event: one turn of the client's loop."""

NEVER_CONNECTED_MS: Final = 5_000
"""From the platform having the answer to a call that will not connect any more."""


@per_call("status/starts-ringing")
def starts_ringing(call: CallRecord) -> Finding:
    """A client whose calls appear with another status, or with none at all."""
    if call.invite is None or not call.listed:
        return UNTOUCHED
    if not call.words:
        if not call.session.settled_after(call.listed_at):
            return UNTOUCHED
        return call.fail("no-first-status", at=call.listed_at)
    if call.words[0] == "ringing":
        return HELD
    if 0 <= call.bye_out_at < call.listed_at:
        return UNTOUCHED  # over before anybody could look
    return call.fail("wrong-first-status", call.statuses[0], seen=documented_all(call.words[:1]))


@per_call("status/single-exit")
def single_exit(call: CallRecord) -> Finding:
    """A client that rings again after it stopped, or ends without ever leaving ringing."""
    if call.invite is None or not call.words or call.words[0] != "ringing":
        return UNTOUCHED
    left = call.left
    if left < 0:
        if call.status_done is None:
            return UNTOUCHED
        return call.fail("never-left-ringing", call.status_done)
    if "ringing" in call.words[left:]:
        again = call.words.index("ringing", left)
        seen = documented_all(call.words[: again + 1])
        return call.fail("rang-again", call.statuses[again], seen=seen)
    return HELD


@per_call("status/answer-order")
def answer_order(call: CallRecord) -> Finding:
    """A client that skips connecting or connected, walks backwards, or never gets anywhere.

    One that claims to be connected although the platform never got its answer does not, either.
    """
    accept = call.accept
    if accept is None:
        return UNTOUCHED
    first = accept.words_before
    live = _live(call.words[first:])
    if live == _ANSWERED:
        position = next(
            (n for n in range(first, len(call.words)) if call.words[n] in ENDING), len(call.words)
        )
        if not _live(call.words[position:]):
            return _answered(call, first)
        return _answer_failure(call, first)
    if live == _ANSWERED[: len(live)]:
        if _gave_up_itself(call) or _connection_overdue(call):
            return _answer_failure(call, first)
        return HELD if live else UNTOUCHED
    return _answer_failure(call, first)


_ANSWERED: Final = ["connecting", "connected"]


def _live(words: Sequence[str]) -> list[str]:
    """Keep the words of a call that is getting somewhere, repeats and recoveries folded."""
    live: list[str] = []
    for word in words:
        if word in _ON_THE_WAY and live[-1:] != [word]:
            live.append(word)
    return live


_ON_THE_WAY: Final = DOCUMENTED - ENDING - {"ringing", "recovering"}
"""All words but those that other clauses judge, or that the guide says nothing about."""


def _answer_failure(call: CallRecord, first: int) -> Failure:
    rest = call.words[first:]
    wrong = next(
        (n for n, word in enumerate(rest) if n >= len(_ANSWERED) or word != _ANSWERED[n]),
        len(rest) - 1,
    )
    return call.fail(
        "wrong-answer-order",
        call.statuses[first + wrong] if rest else None,
        expected=tuple(_ANSWERED),
        seen=documented_all(rest),
    )


def _answered(call: CallRecord, first: int) -> Finding:
    """Ask the platform's own log whether a call that shows connected was ever answered.

    Where the caller was gone a moment after the accept, ``outcome/glare`` says so.
    """
    if call.answer_at >= 0 or call.outbound or call.kept_from_connecting:
        return HELD
    connected = call.words.index("connected", first)
    if crossed(call) or not call.session.settled_after(call.status_at[connected]):
        return UNTOUCHED
    return call.fail("connected-without-answer", call.statuses[connected])


def _gave_up_itself(call: CallRecord) -> bool:
    """Say whether the client ended the call that it was told to accept, with no other reason."""
    over = call.over
    if over is None or call.session.gone_at >= 0 or call.kept_from_connecting:
        return False
    if (call.hangup, call.reject_again, call.again) != (None, None, None):
        return False
    over_at = _over_at(call)
    return not any(0 <= end < over_at for end in (call.bye_out_at, dropped_at(call)))


def _over_at(call: CallRecord) -> int:
    """Return when a call that is over showed so first."""
    assert call.over is not None, "asked for calls that are over only"
    return call.status_at[call.words.index(call.over.status)]


def _connection_overdue(call: CallRecord) -> bool:
    """Say whether the call had every chance to connect, and nobody ended it meanwhile."""
    session, accept = call.session, call.accept
    assert accept is not None, "asked for accepted calls only"
    if call.kept_from_connecting:
        return False
    ends = [at for at in (call.bye_out_at, call.bye_in_at, session.gone_at) if at >= 0]
    if call.hangup is not None:
        ends.append(call.hangup.received_at)
    if call.over is not None:
        ends.append(_over_at(call))
    end = min(ends, default=-1)
    if call.media_at >= 0 and (end < 0 or call.media_at < end):
        allowed_ms = MEDIA_SHOWN_MS if call.real else EVENT_MODEL_SHOWN_MS
        if session.elapsed_ms(call.media_at, end) >= allowed_ms:
            return True
    return session.elapsed_ms(accept.received_at, end) >= NEVER_CONNECTED_MS


@per_call("status/reject-order")
def reject_order(call: CallRecord) -> Finding:
    """A client that destroys a declined call without disconnected, or leaves it ringing."""
    decline = call.decline
    if decline is None or call.platform_first:
        return UNTOUCHED
    since = max(decline.received_at, call.bye_result_at)
    return ending(call, "wrong-end-after-reject", ENDED, decline.words_before, since)


@per_call("status/hangup-order")
def hangup_order(call: CallRecord) -> Finding:
    """A client that leaves out disconnecting or disconnected when its user hangs up."""
    hangup = call.hangup
    if hangup is None or call.platform_first:
        return UNTOUCHED
    since = max(hangup.received_at, call.bye_result_at)
    return ending(call, "wrong-end-after-hangup", _HUNG_UP, hangup.words_before, since)


@per_call("status/gave-up-order")
def gave_up_order(call: CallRecord) -> Finding:
    """A client that keeps ringing when the caller gave up, or skips disconnected then."""
    if not call.platform_first or not call.listed or call.answers:
        return UNTOUCHED
    if call.accept is not None or call.decline is not None or call.hangup is not None:
        return UNTOUCHED  # the two sides crossed
    if call.over is not None and _over_at(call) < call.bye_out_at:
        return UNTOUCHED  # it was over already: outcome/three-ways says so
    return ending(call, "wrong-end-after-give-up", ENDED, 0, call.bye_out_at)


ENDED: Final = ("disconnected", "destroyed")
_HUNG_UP: Final = ("disconnecting", "disconnected", "destroyed")


def ending(
    call: CallRecord, kind: str, expected: tuple[str, ...], first: int, since: int
) -> Finding:
    """Judge how a call ended: the expected words in their order, up to ``destroyed``.

    ``first`` is the position of the first status that counts, ``since`` the trace index from which
    the end was due. What follows ``destroyed`` is judged by ``status/destroyed-last``.
    """
    words = call.words[first:] if first else call.words
    if "destroyed" in words:
        words = words[: words.index("destroyed") + 1]
    # What is shown twice in a row is the business of status/no-repeat.
    seen = tuple(word for word, _ in itertools.groupby(words) if word in ENDING)
    if len(expected) == 2 and seen[:1] == ("disconnecting",):
        seen = seen[1:]  # the guide promises no more than disconnected before destroyed
    if seen == expected:
        return HELD
    complete = "destroyed" in seen
    if not complete and (call.kept_from_ending or not call.session.settled_after(since)):
        return UNTOUCHED
    wrong = next(
        (n for n, word in enumerate(seen) if n >= len(expected) or word != expected[n]), None
    )
    event = None
    if wrong is not None:
        event = next(s for s in call.statuses[first:] if s.status == seen[wrong])
    return call.fail(kind, event, expected=expected, seen=documented_all(words))


@per_call("status/destroyed-last")
def destroyed_last(call: CallRecord) -> Finding:
    """A client that goes on emitting after destroyed, or never completes the status stream."""
    if call.destroyed is None:
        return UNTOUCHED
    if call.words[-1] != "destroyed" or call.words.count("destroyed") > 1:
        position = call.words.index("destroyed") + 1
        seen = documented_all(call.words[position:])
        return call.fail("status-after-destroyed", call.statuses[position], seen=seen)
    done = call.status_done
    if done is None:
        if not call.session.settled_after(call.status_at[-1]):
            return UNTOUCHED
        return call.fail("status-stream-not-completed")
    if done.n < call.destroyed.n:
        return call.fail("destroyed-after-completion", done)
    return HELD


@per_call("status/known-words")
def known_words(call: CallRecord) -> Finding:
    """A client that shows a status word of its own making."""
    if not call.words:
        return UNTOUCHED
    if not DOCUMENTED.issuperset(call.words):
        strange = next(status for status in call.statuses if status.status not in DOCUMENTED)
        return call.fail("undocumented-status", strange, status=strange.status)
    for entry in call.entries:
        if entry.status is not None and entry.status not in DOCUMENTED:
            return call.fail("undocumented-status-in-list", status=entry.status)
    for getter, _ in call.getters:
        if getter.status is not None and getter.status not in DOCUMENTED:
            return call.fail("undocumented-status-property", getter, status=getter.status)
    return HELD


@per_call("status/no-repeat")
def no_repeat(call: CallRecord) -> Finding:
    """A client that emits one status twice in a row."""
    words = call.words
    if len(words) < 2:
        return UNTOUCHED
    before = words[0]
    for position in range(1, len(words)):
        word = words[position]
        if word == before:
            return call.fail("status-repeated", call.statuses[position], seen=(documented(word),))
        before = word
    return HELD


@per_call("status/getter-agrees")
def getter_agrees(call: CallRecord) -> Finding:
    """A client whose status property lags behind its status stream."""
    if not call.getters:
        return UNTOUCHED
    for getter, last in call.getters:
        if getter.status != last and not (getter.status is None and last == "destroyed"):
            return call.fail(
                "status-property-differs", getter, property=getter.status, emitted=last
            )
    return HELD


@per_call("status/late-subscriber")
def late_subscriber(call: CallRecord) -> Finding:
    """A client that tells a late subscriber nothing, or first of the past."""
    finding: Finding = UNTOUCHED
    for command in call.observed:
        if command.args.get("what") != "status" or not command.words_before:
            continue
        current = call.words[command.words_before - 1]
        if current == "destroyed" or command.error:
            continue
        first = next((s for s in call.late_statuses if s.observer == command.id), None)
        if first is None:
            if call.session.settled_after(command.received_at):
                return call.fail("no-status-to-late-subscriber", expected=(documented(current),))
            continue
        if first.status != current:
            return call.fail(
                "wrong-status-to-late-subscriber",
                first,
                expected=(documented(current),),
                seen=(documented(first.status),),
            )
        finding = HELD
    return finding
