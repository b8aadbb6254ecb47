"""The in-process adapter over the whole stand-in: its replies, and its numbered events."""

import asyncio
import itertools
import uuid

import httpx
import msgspec
import pytest

from ringproof.adapters.in_process import InProcessAdapter
from ringproof.adapters.protocol import AdapterError, Command, Hello
from ringproof.adapters.recorder import ENDED_LIMIT, REREAD_LIMIT, Recorder
from ringproof.client.events import FrameReceived, LookupAnswered, TimerFired
from ringproof.client.parts import REFERENCE
from ringproof.trace import (
    Calls,
    Complete,
    Getter,
    Packets,
    Received,
    Registered,
    Reread,
    Settled,
    Status,
    Stream,
    SutError,
)
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config
from ringproof_fakeserver.protocol.events import DialPlaced, EndRequested
from tests.harness.client.changes import Changes
from tests.harness.client.playbook import Play


class Driver:
    """An adapter on a server, with every event it emitted."""

    def __init__(self, server, token):
        self.server = server
        self.token = token
        self.events = []
        self.adapter = InProcessAdapter()
        self._ids = itertools.count(1)
        self._changes = Changes()

    def take(self, event):
        self.events.append(event)
        self._changes.notify()

    async def do(self, op, **fields):
        command = Command(id=f"k{next(self._ids)}", op=op, s=fields.pop("s", "S"), **fields)
        return await self.adapter.send(command)

    async def open(self, *, real_media=False, **fields):
        return await self.do(
            "session.open",
            token=fields.pop("token", self.token),
            url=self.server.websocket_url,
            rest_url=self.server.space_url,
            ca_file=str(self.server.ca_file),
            real_media=real_media,
            **fields,
        )

    async def ring(self):
        """Place a call; return (origin id, call id)."""
        listed = len(self.of(Calls))
        origin = str(uuid.uuid4())
        self.server.dispatch(
            DialPlaced(
                call=origin,
                from_="/private/alice",
                from_name=None,
                to="/private/bob",
                media=("audio",),
            )
        )
        await self.until(lambda: len(self.of(Calls)) > listed)
        return origin, self.of(Calls)[-1].list[-1].c

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, condition):
        await self._changes.until(condition)

    async def status(self, word):
        await self.until(lambda: any(event.status == word for event in self.of(Status)))


@pytest.fixture
async def driver(tmp_path):
    async with Server(Config(state_dir=tmp_path)) as server:
        basic = (server.project, server.api_token)
        async with httpx.AsyncClient(base_url=server.http_url, auth=basic, trust_env=False) as rest:
            body = {"reference": "bob@example.com"}
            reply = (await rest.post("/api/fabric/subscribers/tokens", json=body)).json()
        server.set_media(reply["subscriber_id"], False)
        driver = Driver(server, reply["token"])
        driver.subscriber = reply["subscriber_id"]
        await driver.adapter.start(driver.take)
        yield driver
        await driver.adapter.close()


async def test_commands_before_start_are_the_harness_fault():
    with pytest.raises(AdapterError):
        await InProcessAdapter().send(Command(id="k", op="hello"))


async def test_adapter_greets_and_refuses_what_it_does_not_know(driver):
    hello = msgspec.convert((await driver.do("hello")).ok, Hello)
    assert (hello.name, hello.media) == ("reference", "rtp")
    assert hello.features[:4] == ("display_name", "unload", "open_outcome", "reattach")
    assert hello.features[4:] == ("automatic", "device_choice", "content")
    assert (await driver.do("probe.17")).error == "unsupported"


async def test_session_opens_with_its_list_and_closes(driver):
    assert not (await driver.open()).error
    assert [type(event) for event in driver.events] == [Calls, Registered]
    assert (await driver.open()).error == "bad_request"
    assert not (await driver.do("session.close")).error
    assert (await driver.do("session.close")).error == "not_ready"
    assert driver.of(Complete)[-1].what == "list"


@pytest.mark.parametrize("token", ["nonsense", ""])
async def test_session_that_cannot_open_says_why(driver, token):
    reply = await driver.open(token=token)
    assert reply.error == ("sut_error" if token else "bad_request")
    assert reply.text
    assert not (await driver.open()).error


async def test_deadline_that_passes_is_a_reply(driver):
    reply = await driver.open(deadline_ms=0)
    assert (reply.error, reply.definite) == ("timeout", False)


async def test_commands_need_an_open_session_and_a_listed_call(driver):
    for op in ("call.answer", "call.reject", "call.hangup", "observe", "media", "sync"):
        assert (await driver.do(op, c="x")).error == "not_ready"
    await driver.open()
    for op in ("call.answer", "call.reject", "call.hangup", "observe", "media"):
        assert (await driver.do(op, c="x", what="status")).error == "no_such_call"


async def test_whole_call_is_one_sequence_without_gaps(driver):
    await driver.open()
    _, c = await driver.ring()
    await driver.do("call.answer", c=c)
    await driver.status("connected")
    await driver.do("sync")
    await driver.do("call.hangup", c=c)
    await driver.until(lambda: len(driver.of(Settled)) == 2)
    await driver.do("sync")
    assert [event.n for event in driver.events] == list(range(len(driver.events)))
    assert all(event.s == "S" for event in driver.events)
    message = [type(event).__name__ for event in driver.events if not isinstance(event, Reread)]
    assert message == [
        "Calls",
        "Registered",
        "Calls",
        "Status",  # ringing
        "Received",
        "Status",  # connecting
        "Stream",  # remote
        "Stream",  # local
        "Settled",
        "Status",  # connected
        "Getter",
        "Received",
        "Status",  # disconnecting
        "Status",  # disconnected
        "Complete",
        "Complete",
        "Status",  # destroyed
        "Complete",
        "Calls",
        "Settled",
        "Getter",
    ]
    assert [event.status for event in driver.of(Getter)] == ["connected", "destroyed"]
    assert [event.side for event in driver.of(Stream)] == ["remote", "local"]
    listed = driver.of(Calls)[1].list[0]
    assert (listed.from_, listed.from_name, listed.display) == (
        "/private/alice",
        "_undef_",
        "/private/alice",
    )


async def test_late_observer_is_named_and_gets_the_current_value(driver):
    await driver.open()
    _, c = await driver.ring()
    await driver.do("call.answer", c=c, media={"audio": True})
    await driver.status("connected")
    for what in ("status", "local_stream", "remote_stream", "list"):
        assert not (await driver.do("observe", c=c, what=what)).error
    assert (await driver.do("observe", c=c, what="colour")).error == "bad_request"
    late = [event for event in driver.events if getattr(event, "observer", "")]
    assert [(type(event), event.observer) for event in late] == [
        (kind, event.id)
        for kind, event in zip(
            (Status, Stream, Stream, Calls), driver.of(Received)[1:], strict=True
        )
    ]
    assert late[0].status == "connected"
    assert [call.c for call in late[3].list] == [c]


async def test_answer_after_the_caller_is_gone_reaches_the_client(driver):
    await driver.open()
    origin, c = await driver.ring()
    driver.server.dispatch(EndRequested(origin, "cancel"))
    await driver.status("destroyed")
    assert not (await driver.do("call.answer", c=c)).error
    assert driver.of(Settled)[-1].error == ""
    assert (await driver.do("call.answer", c=c, media={"smell": True})).error == "bad_request"


async def test_reject_is_carried_out(driver):
    await driver.open()
    _, c = await driver.ring()
    await driver.do("call.reject", c=c)
    await driver.until(lambda: driver.of(Settled))
    assert [event.status for event in driver.of(Status)] == ["ringing", "disconnected", "destroyed"]


async def test_vanished_session_is_gone_for_good(driver):
    """Not even the promise of a hang-up that is under way settles any more."""
    await driver.open()
    _, c = await driver.ring()
    await driver.do("call.hangup", c=c)
    assert not (await driver.do("session.vanish")).error
    assert (await driver.do("sync")).error == "not_ready"
    assert isinstance(driver.events[-1], Received)


async def test_packets_are_counted_over_real_media(driver):
    driver.server.set_media(driver.subscriber, True)
    await driver.open(real_media=True)
    _, c = await driver.ring()
    await driver.do("call.answer", c=c)
    await driver.status("connected")
    async with asyncio.timeout(10):
        while not {("sent", "audio"), ("received", "audio")} <= {
            (event.side, event.kind) for event in driver.of(Packets) if event.packets
        }:
            assert not (await driver.do("media", c=c)).error
            await asyncio.sleep(0.02)


async def test_bye_closes_every_session(driver):
    await driver.open(s="A")
    await driver.open(s="B")
    assert not (await driver.do("bye")).error
    assert {event.s for event in driver.of(Complete)} == {"A", "B"}


# The recorder by itself.


@pytest.fixture
def recorded():
    play, events = Play.online(), []
    session = REFERENCE.session(play.core, lambda _: None, lambda _: None)
    recorder = Recorder("S", events.append, lambda: 0)
    recorder.watch(session.incoming_calls, session.errors)

    def ring(call):
        play.invite(call)
        session.dispatch(LookupAnswered(call))

    return session, recorder, events, ring


def test_lists_are_reread_once_and_within_bounds(recorded):
    session, recorder, events, ring = recorded
    for number in range(REREAD_LIMIT + 5):
        ring(f"d{number}")
        session.incoming_calls.latest[0].reject()
    recorder.reread()
    again = [event for event in events if isinstance(event, Reread)]
    assert len(again) == REREAD_LIMIT
    lists = {
        event.n: tuple(c.c for c in event.list) for event in events if isinstance(event, Calls)
    }
    assert all(lists[event.of] == event.list for event in again)
    recorder.reread()
    assert len([event for event in events if isinstance(event, Reread)]) == REREAD_LIMIT


def test_ended_calls_stay_addressable_within_bounds(recorded):
    session, recorder, events, ring = recorded
    for number in range(ENDED_LIMIT + 1):
        ring(f"d{number}")
        session.incoming_calls.latest[0].reject()
        session.dispatch(TimerFired(f"bye:d{number}"))
        recorder.reread()
    message = [event.c for event in events if isinstance(event, Getter)]
    assert message == [f"d{number}" for number in range(ENDED_LIMIT + 1)]
    assert recorder.call("d0") is None
    assert recorder.call("d1").status == "destroyed"


def test_unknown_observable_is_refused(recorded):
    _, recorder, _, ring = recorded
    ring("d1")
    assert not recorder.observe("k", recorder.call("d1"), "colour")


def test_error_of_the_client_is_an_event(recorded):
    session, _, events, _ = recorded
    session.dispatch(FrameReceived("nonsense"))
    assert isinstance(events[-1], SutError)
