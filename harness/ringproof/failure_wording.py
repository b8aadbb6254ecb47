"""What a failure says to a reader: one sentence for each kind of failure. Pure.

``WORDING`` is the only place that turns the fields of a failure into English, and nothing reads its
sentences: rewording one changes no verdict, no baseline and no finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

QUOTED_MAX: Final = 60
"""Characters of a value that a sentence quotes."""

WORDING: Final[dict[str, str]] = {
    # register
    "first-call-not-listed": "the first call after register() had resolved never reached the list",
    "device-not-offered": (
        "{online} devices of one user were online; the call was offered to {offered} of them"
    ),
    # list
    "no-list-on-subscribe": "subscribed to the list, and no list was emitted",
    "first-list-not-empty": (
        "expected the empty list on subscribing; the first emission holds {calls:count}"
    ),
    "no-list-to-late-subscriber": "a late subscriber to the list was told nothing",
    "wrong-list-to-late-subscriber": (
        "a late subscriber was first told of {calls:count}; the list held {current:count}"
    ),
    "call-listed-twice": "expected each call once; {call} is listed twice",
    "destroyed-call-listed": "expected live calls only; the list holds one that was destroyed",
    "live-call-hidden-by-new-call": (
        "expected every live call; the emission that shows the new call holds {calls:count}, and "
        "not one that {seen:last}"
    ),
    "call-never-shown": "the call was offered, and no emission shows it",
    "end-never-shown": "the call was destroyed, and no emission shows that it has gone",
    "list-emitted-again": "expected an emission only on change; {calls:count} twice in a row",
    "new-entry-not-ringing": "expected the entry of a new call to read ringing; it reads {seen}",
    "entry-still-ringing": "the entry reads ringing; the status had moved on to {expected}",
    "outbound-call-listed": "an outbound call is in the list",
    "unknown-call-listed": "the list holds a call that the platform never offered",
    "second-call-not-listed": "a call beside another never reached the list",
    "second-call-queued": (
        "expected a second call to be listed straight away; it was listed when the other had ended"
    ),
    "second-call-of-caller-not-listed": ("the second call from one caller never reached the list"),
    "other-call-changed": "nobody touched this call, only another: {seen:change}",
    "ringing-calls-not-together": "two calls rang side by side, and no emission holds both",
    "live-call-left-list": (
        "expected the call in every emission until it is destroyed; it was dropped when it "
        "{seen:last}"
    ),
    "status-after-leaving-list": "the call had left the list, and then showed {seen}",
    "left-list-never-destroyed": "the call left the list and was never destroyed",
    "emitted-list-changed": "a list was emitted with {calls:count}; it now holds {now}",
    # caller
    "wrong-direction": "direction: expected {due:quoted}; saw {shown:quoted}",
    "wrong-from": "from: expected {due:quoted}; saw {shown:quoted}",
    "wrong-from-name": "from_name: expected {due:quoted}; saw {shown:quoted}",
    "made-up-name": ("from_name: expected no name, an empty one or _undef_; saw {shown:quoted}"),
    "wrong-display-name": "display: expected {due:quoted}; saw {shown:quoted}",
    "wrong-to": "to: expected {due:quoted}; saw {shown:quoted}",
    "caller-changed": "{changes:changes}",
    # status
    "no-first-status": "expected ringing as the first status; saw none",
    "wrong-first-status": "expected ringing as the first status; saw {seen}",
    "never-left-ringing": (
        "the status stream completed and never left ringing: whoever waits to dismiss the ringing "
        "waits for ever"
    ),
    "rang-again": "expected ringing to be left once; saw {seen}",
    "wrong-answer-order": ("after answer(): expected {expected} and then the end; saw {seen}"),
    "connected-without-answer": (
        "the call shows connected, and the platform never received an answer"
    ),
    "wrong-end-after-reject": "after reject(): expected {expected}; saw {seen}",
    "wrong-end-after-hangup": "after hangup(): expected {expected}; saw {seen}",
    "wrong-end-after-give-up": "after the caller gave up: expected {expected}; saw {seen}",
    "status-after-destroyed": "expected nothing after destroyed; saw {seen}",
    "status-stream-not-completed": "the status stream did not complete after destroyed",
    "destroyed-after-completion": "the status stream completed, and emitted destroyed after that",
    "undocumented-status": "expected a documented status; saw {status:quoted}",
    "undocumented-status-in-list": "expected a documented status in the list; saw {status:quoted}",
    "undocumented-status-property": (
        "expected a documented status; the property reads {status:quoted}"
    ),
    "status-repeated": "{seen} was emitted twice in a row",
    "status-property-differs": (
        "the status property reads {property:quoted}; the stream emitted {emitted:quoted} last"
    ),
    "no-status-to-late-subscriber": "a late subscriber was told nothing; expected {expected}",
    "wrong-status-to-late-subscriber": (
        "a late subscriber was first told {seen}; the status was {expected}"
    ),
    # outcome
    "ringing-ended-by-itself": (
        "nobody accepted, declined or gave up, and the call rings no more: {seen:change}"
    ),
    "declined-call-answered": "a declined call was answered on the wire",
    "declined-call-local-stream": "a declined call emitted a local stream",
    "declined-call-sent-media": "a declined call sent media",
    "reject-without-bye": "reject() was called, and the platform heard no bye",
    "wrong-decline-reason": "expected the caller to see {expected}; it saw {seen}",
    "declined-call-status": "a declined call showed {seen}",
    "declined-call-picked-up": "a declined call was picked up",
    "gone-call-status": "answered after the caller had gone, the call showed {seen}",
    "gone-call-answered": "answered after the caller had gone, the client sent an answer",
    "gone-call-listed": "answered after the caller had gone, the call is listed again",
    "given-up-call-connected": "the caller gave up before the answer; the client shows connected",
    "given-up-call-not-destroyed": (
        "the caller gave up before the answer; the client still shows {seen}"
    ),
    "late-reject-sent-bye": "reject() after answer() ended the call on the wire",
    "late-reject-ended-call": "reject() after answer() ended the call: it shows {seen}",
    "second-answer-sent": "answer() was called twice; {answers} answers were sent",
    "second-answer-started-over": "a second answer() started over",
    "second-answer-sent-bye": "a second answer() ended the call on the wire",
    "second-answer-ended-call": "a second answer() ended the call: it shows {seen}",
    # stream
    "local-stream-while-ringing": "the local stream was emitted while the call rang",
    "remote-stream-while-ringing": "the remote stream was emitted while the call rang",
    "stream-without-accept": "the {seen} stream of a call that nobody accepted was emitted",
    "no-local-stream": (
        "connected: expected a local stream with {expected:plus}; saw {seen:streams}"
    ),
    "no-remote-stream": (
        "connected: expected a remote stream with {expected:plus}; saw {seen:streams}"
    ),
    "no-stream-to-late-subscriber": "who subscribed late to the {expected} stream got nothing",
    "wrong-stream-to-late-subscriber": (
        "a late subscriber first got {expected} stream {stream}; the current one was {current}"
    ),
    "stream-object-emitted-again": (
        "remote stream {stream} was emitted again for another track; expected a new stream object"
    ),
    "new-stream-without-old-tracks": (
        "expected a stream with all tracks so far ({expected:plus}); saw {seen:plus}"
    ),
    "streams-not-completed": "the call was destroyed; still open: {seen:and} stream",
    "no-packets": "connected, and no packets of {seen}",
    "video-by-default": "answer() with no video option: expected no video; video is sent",
    "camera-by-default": (
        "answer() with no video option: expected no camera; the local stream has video"
    ),
    "no-audio-by-default": "answer() with no audio option: expected audio; none is sent",
    "audio-or-video-not-sent": (
        "answer() with audio and video: expected both; {seen:none-of} is sent"
    ),
    "audio-though-switched-off": (
        "answer() with video and without audio: expected no audio; audio is sent"
    ),
    "microphone-though-switched-off": (
        "answer() without audio: expected no microphone; the local stream has audio"
    ),
    "video-not-sent": "answer() with video and without audio: expected video; none is sent",
    # end
    "hangup-without-bye": "hangup() was called, and the platform heard no bye",
    "hangup-not-settled": "the promise of hangup() did not settle",
    "hangup-rejected": "the promise of hangup() was rejected: {error}",
    "hangup-resolved-early": "the promise of hangup() resolved before the call was destroyed",
    "wrong-end-after-remote-hangup": (
        "after the far side hung up: expected {expected}; saw {seen}"
    ),
    "call-outlives-script": (
        "the caller's script is over; expected {expected}, the call shows {seen}"
    ),
    "call-outlives-page": (
        "the page was gone; expected the call to end within {limit_ms} ms, it went on for "
        "{elapsed_ms} ms"
    ),
    "call-never-ends-after-page": (
        "the page was gone; expected the call to end within {limit_ms} ms, it went on for more "
        "than {elapsed_ms} ms"
    ),
    # platform
    "wrong-name-in-invite": "expected the invite to carry {due!r}; it carries {sent!r}",
    "ringing-too-long": "expected ringing to end after {ring_ms} ms; it went on for {rang_ms} ms",
    "wrong-ring-timeout-reason": "the ring time was over: expected {expected}; saw {seen}",
    "device-not-notified-of-timeout": ("the ring time was over, and a ringing device was not told"),
    "call-never-ended": "the call was created and never ended",
    "call-state-after-end": "expected nothing after ended; saw {seen}",
    "fork-loser-not-notified": "another device answered, and this one was not told",
    # pytest fixtures
    "missing": "{text}",
}
"""Kind → sentence, a format string over ``expected``, ``seen`` and the failure's ``args``.

What stands behind the colon of a field is a key of ``_FORMATS``.
"""


def render(
    kind: str, expected: Sequence[str], seen: Sequence[str], args: Mapping[str, object]
) -> str:
    """Return the sentence; of an unknown kind, as another version may report it, its fields."""
    template = WORDING.get(kind)
    if template is None:
        parts = [f"expected {_words(expected)}"] if expected else []
        parts += [f"saw {_words(seen)}"] if seen else []
        return f"{kind}: {'; '.join(parts)}" if parts else kind
    try:
        return template.format_map(_Fields({**args, "expected": expected, "seen": seen}))
    except (TypeError, ValueError):  # fields of another version, or edited by hand
        return f"{kind}: {dict(args)}"


class _Fields(dict[str, Any]):
    """The fields of a failure by name, each ready to be formatted."""

    def __getitem__(self, name: str) -> _Field:
        return _Field(super().__getitem__(name))

    def __missing__(self, name: str) -> str:
        return "?"


class _Field:
    def __init__(self, value: Any) -> None:  # noqa: ANN401 - whatever a report holds
        self._value = value

    def __format__(self, spec: str) -> str:
        return _FORMATS[spec](self._value)

    def __repr__(self) -> str:
        return repr(self._value)


def _words(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def _quoted(value: object) -> str:
    text = repr(value)
    length = len(text)
    return text if length <= QUOTED_MAX else f"{text[:QUOTED_MAX]}… ({length} characters)"


def _count(calls: object) -> str:
    return f"{calls} call{'' if calls == 1 else 's'}"


def _last(status: Sequence[str]) -> str:
    return f"was {status[0]}" if status else "had just been listed"


_CHANGES = {
    "answer": "the platform received an answer",
    "bye": "the platform received a bye",
    "unlisted": "it left the list",
}
"""What happens to a call besides a new status."""


def _change(seen: Sequence[str]) -> str:
    return _CHANGES.get(what := _words(seen), f"it went to {what}")


def _changes(fields: Sequence[Sequence[object]]) -> str:
    return "; ".join(
        f"{field} changed from {_quoted(before)} to {_quoted(after)}"
        for field, before, after in fields
    )


_FORMATS: Final[dict[str, Callable[[Any], str]]] = {
    "": _words,
    "quoted": _quoted,
    "count": _count,
    "last": _last,
    "change": _change,
    "changes": _changes,
    "plus": lambda kinds: "+".join(kinds) or "none",
    "streams": lambda streams: "; ".join(streams) or "no stream",
    "and": " and ".join,
    "none-of": lambda kinds: " and ".join(f"no {kind}" for kind in kinds),
}
