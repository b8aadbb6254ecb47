"""The user's side: calls and observables over the core, still without an event loop."""

import msgspec
import pytest

from ringproof.client import commands as c
from ringproof.client import events as e
from ringproof.client.parts import REFERENCE
from ringproof.client.promise import CallError, RegistrationError

from .playbook import AUDIO, Play


class User(Play):
    """A play whose commands reach a session."""

    def __init__(self, *args):
        super().__init__(*args)
        self.performed = []
        self.reported = []
        self.session = REFERENCE.session(self, self.performed.append, self.reported.append)

    def handle(self, event):
        """Stand in for the core, keeping the play's log."""
        commands = self.core.handle(event)
        self.log += commands
        for command in commands:
            self._line(command)
        return commands

    def give(self, event):
        self.session.dispatch(event)
        return [self._line(command) for command in self.log[-1:]]

    def event(self, kind, params, channel="signalwire_j1_s1"):
        self.session.dispatch(e.FrameReceived(_event(kind, params, channel)))
        return []


def _event(kind, params, channel):
    body = {"event_type": kind, "event_channel": channel, "node_id": "node-a@dc1", "params": params}
    frame = {"jsonrpc": "2.0", "id": "e", "method": "signalwire.event", "params": body}
    return msgspec.json.encode(frame).decode()


@pytest.fixture
def user():
    return User.online()


@pytest.fixture
def lists(user):
    lists = []
    user.session.incoming_calls.subscribe(lists.append)
    return lists


def test_current_list_comes_on_subscribe_empty_included(user, lists):
    assert lists == [()]
    user.ring()
    late = []
    user.session.incoming_calls.subscribe(late.append)
    assert [[call.id for call in calls] for calls in late] == [["d1"]]


def test_call_shows_who_calls_whom(user, lists):
    user.ring(callee_id_number="/private/alias")
    (call,) = lists[-1]
    assert (call.direction, call.from_, call.from_name) == ("inbound", "/private/alice", "Alice")
    assert (call.to, call.to_name, call.status) == ("/private/alias", "Bob", "ringing")
    assert repr(call) == "<Call d1 from /private/alice ringing>"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Alice", "Alice"), ("_undef_", "/private/alice"), ("", "/private/alice"), ("<b>", "<b>")],
)
def test_display_name_falls_back_to_the_address(user, lists, name, shown):
    user.ring(caller_id_name=name)
    assert lists[-1][0].display_name == shown
    assert lists[-1][0].from_name == name


def test_emitted_lists_do_not_change_afterwards(user, lists):
    user.ring("d1")
    user.ring("d2")
    user.bye("d1")
    user.bye("d2")
    assert [[call.id for call in calls] for calls in lists] == [
        [],
        ["d1"],
        ["d1", "d2"],
        ["d2"],
        [],
    ]


def test_status_getter_agrees_with_every_emission(user, lists):
    user.ring()
    (call,) = lists[-1]
    pairs = []
    call.statuses.subscribe(lambda status: pairs.append((status, call.status)))
    call.answer()
    user.negotiate()
    user.confirm()
    user.give(e.MediaConnected("d1"))
    call.hangup()
    user.confirm("verto.bye")
    words = ["ringing", "connecting", "connected", "disconnecting", "disconnected", "destroyed"]
    assert pairs == [(word, word) for word in words]


def test_late_subscribers_get_the_current_status_and_streams(user, lists):
    user.ring()
    (call,) = lists[-1]
    call.answer()
    user.negotiate()
    seen = []
    call.statuses.subscribe(seen.append)
    call.local_stream.subscribe(lambda stream: seen.append(stream.kinds))
    call.remote_stream.subscribe(lambda stream: seen.append(stream.kinds))
    assert seen == ["connecting", ("audio",), ("audio",)]


def test_everything_completes_with_the_call(user, lists):
    user.ring()
    (call,) = lists[-1]
    call.answer()
    user.negotiate()
    seen = []
    for observable, name in (
        (call.statuses, "status"),
        (call.local_stream, "local"),
        (call.remote_stream, "remote"),
    ):
        observable.subscribe(lambda value: None, lambda name=name: seen.append(name))
    user.bye()
    assert seen == ["local", "remote", "status"]
    late = []
    call.statuses.subscribe(late.append, lambda: late.append("done"))
    call.local_stream.subscribe(late.append, lambda: late.append("no stream"))
    assert late == ["destroyed", "done", "no stream"]


def test_methods_of_an_ended_call_do_nothing(user, lists):
    user.ring()
    (call,) = lists[-1]
    user.bye()
    for promise in (call.answer(), call.reject(), call.hangup()):
        assert promise.settled
        assert not promise.error


def test_answering_from_inside_a_callback_keeps_one_order(user):
    seen = []

    def on_calls(calls):
        seen.append(f"list {len(calls)}")
        if calls:
            calls[0].statuses.subscribe(seen.append)
            calls[0].answer()
            seen.append("answered")

    user.session.incoming_calls.subscribe(on_calls)
    user.session.incoming_calls.subscribe(lambda calls: seen.append(f"other {len(calls)}"))
    user.ring()
    assert seen == [
        "list 0",
        "other 0",
        "list 1",
        "ringing",
        "answered",
        "other 1",
        "connecting",
    ]


def test_callback_that_raises_is_reported_and_harms_nobody(user, lists):
    def fail(calls):
        raise ValueError(len(calls))

    user.session.incoming_calls.subscribe(fail)
    user.ring()
    assert [error.args for error in user.reported] == [(0,), (1,)]
    assert len(lists[-1]) == 1


def test_failed_answer_is_reported_to_its_promise_and_to_subscribers(user, lists):
    reported = []
    user.session.errors.subscribe(reported.append)
    user.ring()
    promise = lists[-1][0].answer()
    user.give(e.MediaFailed("d1", "no microphone"))
    assert promise.error == "no microphone"
    assert [(error.call, error.text, error.fatal) for error in reported] == [
        ("d1", "no microphone", True)
    ]


def test_outward_commands_are_performed_in_order(user):
    user.invite()
    assert [type(command) for command in user.performed[-2:]] == [c.SendFrame, c.Lookup]


def test_closing_completes_the_list(user, lists):
    user.ring()
    done = []
    user.session.incoming_calls.subscribe(lambda calls: None, lambda: done.append(True))
    promise = user.session.close()
    assert promise.settled
    assert done == [True]
    assert lists[-1] == ()


async def test_abandoned_session_leaves_nobody_waiting(user):
    user.give(e.SocketClosed(1006))
    waiting = user.session.register()
    user.ring()
    user.session.abandon("the client is gone")
    with pytest.raises(RegistrationError, match="gone"):
        await waiting
    with pytest.raises(RegistrationError, match="gone"):
        await user.session.register()
    user.connect()
    user.reply("subscriber.online", {})


async def test_promise_of_a_call_raises_a_call_error(user, lists):
    user.ring(sdp=AUDIO)
    promise = lists[-1][0].answer()
    user.give(e.MediaFailed("d1", "no microphone"))
    with pytest.raises(CallError):
        await promise
