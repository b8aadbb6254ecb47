"""Checks of the status family: which statuses a call shows, and in which order.

How a call ends is judged by the clause of that ending: hang-up, decline, give-up, or (in ``end``)
the far side's hang-up. Endings that cross on the wire have no order that the guide promises, so
they are left to ``outcome/glare``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from ringproof.checks.causes import ended_by_platform
from ringproof.checks.check import NOT_EXERCISED, PASSED, CheckResult
from ringproof.checks.outcome import crossed
from ringproof.checks.records import NEVER, CallRecord, earliest
from ringproof.checks.statuses import DOCUMENTED, ENDING, documented, documented_all
from ringproof.checks.stream import sends_nothing
from ringproof.verdict import Failure

MEDIA_SHOWN_MS: Final = 2_000
"""From the platform's end of the media being up to the client's ``connected``. Measured in Chromium
on two busy cores: under 0.4 s."""

EVENT_MODEL_SHOWN_MS: Final = 100
"""The same where media is an event: one turn of the client's loop."""

NEVER_CONNECTED_MS: Final = 5_000
"""From the platform having the answer to a call that will not connect any more."""


def starts_ringing(call: CallRecord) -> CheckResult:
    """The first status of an inbound call is ringing.
    Not exercised: the call was never listed, or over before it was listed.
    Wrong: a client whose calls appear with another status, or with none at all."""
    shown = call.shown
    if call.wire.invite is None or not shown.listed:
        return NOT_EXERCISED
    if not shown.words:
        overdue = call.session.settled_after(shown.listed_at)
        return call.fail("no-first-status", at=shown.listed_at) if overdue else NOT_EXERCISED
    if shown.words[0] == "ringing":
        return PASSED
    if 0 <= call.wire.bye_out_at < shown.listed_at:
        return NOT_EXERCISED
    return call.fail("wrong-first-status", shown.statuses[0], seen=documented_all(shown.words[:1]))


def single_exit(call: CallRecord) -> CheckResult:
    """A call leaves ringing once, and never rings again.
    Not exercised: the call still rings when the trace ends.
    Wrong: a client that rings again after it stopped, or ends without ever leaving ringing."""
    shown = call.shown
    if call.wire.invite is None or not shown.words or shown.words[0] != "ringing":
        return NOT_EXERCISED
    if shown.after_ringing < 0:
        done = shown.status_done
        return NOT_EXERCISED if done is None else call.fail("never-left-ringing", done)
    if "ringing" in shown.words[shown.after_ringing :]:
        again = shown.words.index("ringing", shown.after_ringing)
        seen = documented_all(shown.words[: again + 1])
        return call.fail("rang-again", shown.statuses[again], seen=seen)
    return PASSED


def answer_order(call: CallRecord) -> CheckResult:
    """After answer() a call is connecting, then connected, then it ends.
    Not exercised: the call was not accepted, or ended before it showed anything.
    Wrong: a client that skips one, goes back, never connects, or shows connected although the
    platform never received its answer."""
    shown = call.shown
    accept = call.commands.accept
    if accept is None:
        return NOT_EXERCISED
    if call.wire.answer is None and sends_nothing(accept) and "connected" not in shown.words:
        return NOT_EXERCISED  # judged by stream/answer-receive-only
    first = accept.words_before
    live = _live(shown.words[first:])
    if live == _ANSWERED:
        after_end = itertools.dropwhile(lambda word: word not in ENDING, shown.words[first:])
        if not _live(after_end):
            return _answered(call, first)
    elif live == _ANSWERED[: len(live)] and not (
        _ended_by_client(call) or _connection_overdue(call)
    ):
        return PASSED if live else NOT_EXERCISED
    return _answer_failure(call, first)


_ANSWERED: Final = ["connecting", "connected"]


def _live(words: Iterable[str]) -> list[str]:
    """Keep the words of a call that is on its way or connected, each once in a row."""
    return [word for word, _ in itertools.groupby(word for word in words if word in _ON_THE_WAY)]


_ON_THE_WAY: Final = DOCUMENTED - ENDING - {"ringing", "recovering"}
"""All statuses but those that other clauses judge, or that the guide does not order."""


def _answer_failure(call: CallRecord, first: int) -> Failure:
    rest = call.shown.words[first:]
    wrong = _first_difference(rest, _ANSWERED)
    event = call.shown.statuses[first:][-1 if wrong is None else wrong] if rest else None
    expected, seen = tuple(_ANSWERED), documented_all(rest)
    return call.fail("wrong-answer-order", event, expected=expected, seen=seen)


def _first_difference(words: Sequence[str], expected: Sequence[str]) -> int | None:
    """Return the position of the first word that is not the expected one; None if there is none."""
    length = len(expected)
    return next((n for n, word in enumerate(words) if n >= length or word != expected[n]), None)


def _answered(call: CallRecord, first: int) -> CheckResult:
    """Judge by the platform's journal whether a call that shows connected was ever answered.

    Where the caller was gone a moment after the accept, ``outcome/glare`` judges it.
    """
    shown = call.shown
    if call.wire.answer_at >= 0 or call.wire.outbound or call.kept_from_connecting:
        return PASSED
    connected = shown.words.index("connected", first)
    if crossed(call) or not call.session.settled_after(shown.status_at[connected]):
        return NOT_EXERCISED
    return call.fail("connected-without-answer", shown.statuses[connected])


def _ended_by_client(call: CallRecord) -> bool:
    """Say whether the client ended an accepted call by itself, for no other reason."""
    commands = call.commands
    if call.shown.over is None or call.session.gone_at >= 0 or call.kept_from_connecting:
        return False
    by_user = any((commands.hangup, commands.late_reject, commands.second_answer))
    return not by_user and not ended_by_platform(call, call.shown.over_at)


def _connection_overdue(call: CallRecord) -> bool:
    """Say whether the call had enough time to connect, and nobody ended it meanwhile."""
    wire, commands = call.wire, call.commands
    accept = commands.accept
    assert accept is not None, "asked for accepted calls only"
    if call.kept_from_connecting:
        return False
    hung_up_at = NEVER if commands.hangup is None else commands.hangup.received_at
    end = earliest(
        wire.bye_out_at, wire.bye_in_at, call.session.gone_at, hung_up_at, call.shown.over_at
    )
    if wire.media_at >= 0 and (end < 0 or wire.media_at < end):
        allowed_ms = MEDIA_SHOWN_MS if wire.real else EVENT_MODEL_SHOWN_MS
        if call.history.elapsed_ms(wire.media_at, end) >= allowed_ms:
            return True
    return call.history.elapsed_ms(accept.received_at, end) >= NEVER_CONNECTED_MS


def reject_order(call: CallRecord) -> CheckResult:
    """After reject() a call is disconnected, then destroyed.
    Not exercised: the call was not declined, or the platform ended it first.
    Wrong: a client that destroys a declined call without disconnected, or leaves it ringing."""
    decline = call.commands.decline
    if decline is None or call.wire.platform_first:
        return NOT_EXERCISED
    since = max(decline.received_at, call.wire.bye_result_at)
    return ending(call, "wrong-end-after-reject", ENDED, decline.words_before, since)


def hangup_order(call: CallRecord) -> CheckResult:
    """After hangup() a call is disconnecting, disconnected, then destroyed.
    Not exercised: nobody hung up, or the platform ended the call first.
    Wrong: a client that leaves out disconnecting or disconnected."""
    hangup = call.commands.hangup
    if hangup is None or call.wire.platform_first:
        return NOT_EXERCISED
    since = max(hangup.received_at, call.wire.bye_result_at)
    return ending(call, "wrong-end-after-hangup", _HUNG_UP, hangup.words_before, since)


def gave_up_order(call: CallRecord) -> CheckResult:
    """When the caller gives up, a call is disconnected, then destroyed.
    Not exercised: the user had decided on the call already.
    Wrong: a client that keeps ringing, or skips disconnected."""
    wire, commands = call.wire, call.commands
    if not wire.platform_first or not call.shown.listed or wire.answers or call.kept:
        return NOT_EXERCISED
    if commands.accept is not None or commands.decline is not None or commands.hangup is not None:
        return NOT_EXERCISED  # the two sides crossed
    if 0 <= call.shown.over_at < wire.bye_out_at:
        return NOT_EXERCISED  # it was over already: judged by outcome/three-ways
    return ending(call, "wrong-end-after-give-up", ENDED, 0, wire.bye_out_at)


ENDED: Final = ("disconnected", "destroyed")
_HUNG_UP: Final = ("disconnecting", "disconnected", "destroyed")


def ending(
    call: CallRecord, kind: str, expected: tuple[str, ...], first: int, since: int
) -> CheckResult:
    """Judge how a call ended: the expected words in their order, up to ``destroyed``.

    ``first`` is the position of the first status that counts, ``since`` the trace index from which
    the end was due. What follows ``destroyed`` is judged by ``status/destroyed-last``.
    """
    shown = call.shown
    words = shown.words[first:] if first else shown.words
    if "destroyed" in words:
        words = words[: words.index("destroyed") + 1]
    # A status that is repeated is judged by status/no-repeat.
    seen = tuple(word for word, _ in itertools.groupby(words) if word in ENDING)
    if len(expected) == 2 and seen[:1] == ("disconnecting",):
        seen = seen[1:]  # the guide promises no more than disconnected before destroyed
    if seen == expected:
        return PASSED
    complete = "destroyed" in seen
    if not complete and (call.kept_from_ending or not call.session.settled_after(since)):
        return NOT_EXERCISED
    wrong = _first_difference(seen, expected)
    event = None
    if wrong is not None:
        event = next(s for s in shown.statuses[first:] if s.status == seen[wrong])
    return call.fail(kind, event, expected=expected, seen=documented_all(words))


def destroyed_last(call: CallRecord) -> CheckResult:
    """Nothing follows destroyed, and the status stream completes after it.
    Not exercised: the call was not destroyed, or no barrier followed.
    Wrong: a client that goes on emitting after destroyed, or never completes the stream."""
    shown = call.shown
    if shown.destroyed is None:
        return NOT_EXERCISED
    if shown.words[-1] != "destroyed" or shown.words.count("destroyed") > 1:
        position = shown.words.index("destroyed") + 1
        seen = documented_all(shown.words[position:])
        return call.fail("status-after-destroyed", shown.statuses[position], seen=seen)
    done = shown.status_done
    if done is None:
        overdue = call.session.settled_after(shown.status_at[-1])
        return call.fail("status-stream-not-completed") if overdue else NOT_EXERCISED
    if done.n < shown.destroyed.n:
        return call.fail("destroyed-after-completion", done)
    return PASSED


def known_words(call: CallRecord) -> CheckResult:
    """Every status is one that the reference documents.
    Not exercised: the call showed no status.
    Wrong: a client that shows a status that is not documented."""
    shown = call.shown
    if not shown.words:
        return NOT_EXERCISED
    if not DOCUMENTED.issuperset(shown.words):
        strange = next(status for status in shown.statuses if status.status not in DOCUMENTED)
        return call.fail("undocumented-status", strange, status=strange.status)
    for entry in shown.entries:
        if entry.status is not None and entry.status not in DOCUMENTED:
            return call.fail("undocumented-status-in-list", status=entry.status)
    for getter, _ in shown.getters:
        if getter.status is not None and getter.status not in DOCUMENTED:
            return call.fail("undocumented-status-property", getter, status=getter.status)
    return PASSED


def no_repeat(call: CallRecord) -> CheckResult:
    """No status is emitted twice in a row.
    Not exercised: the call showed fewer than two statuses.
    Wrong: a client that emits one status twice in a row."""
    words = call.shown.words
    if len(words) < 2:
        return NOT_EXERCISED
    for position, (before, word) in enumerate(itertools.pairwise(words), start=1):
        if word == before:
            status = call.shown.statuses[position]
            return call.fail("status-repeated", status, seen=(documented(word),))
    return PASSED


def getter_agrees(call: CallRecord) -> CheckResult:
    """The status property is what the stream emitted last.
    Not exercised: nobody read the property.
    Wrong: a client whose status property lags behind its status stream."""
    if not call.shown.getters:
        return NOT_EXERCISED
    for getter, last in call.shown.getters:
        seen = getter.status
        if seen != last and not (seen is None and last == "destroyed"):
            return call.fail("status-property-differs", getter, property=seen, emitted=last)
    return PASSED


def late_subscriber(call: CallRecord) -> CheckResult:
    """Who subscribes late to the status gets the current one first.
    Not exercised: nobody subscribed late to a living call.
    Wrong: a client that gives a late subscriber nothing, or an older status first."""
    result: CheckResult = NOT_EXERCISED
    for command in call.commands.observed:
        if command.args.get("what") != "status" or not command.words_before:
            continue
        current = call.shown.words[command.words_before - 1]
        if current == "destroyed" or command.error:
            continue
        first = next((s for s in call.shown.late_statuses if s.observer == command.id), None)
        expected = (documented(current),)
        if first is not None:
            if first.status != current:
                seen = (documented(first.status),)
                kind = "wrong-status-to-late-subscriber"
                return call.fail(kind, first, expected=expected, seen=seen)
            result = PASSED
        elif call.session.settled_after(command.received_at):
            return call.fail("no-status-to-late-subscriber", expected=expected)
    return result
