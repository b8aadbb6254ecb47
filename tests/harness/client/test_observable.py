"""Observables and promises, the two things a user waits with."""

import asyncio

import pytest

from ringproof.client.observable import Subject
from ringproof.client.promise import CallError, Promise


@pytest.fixture
def reported():
    return []


@pytest.fixture
def subject(reported):
    return Subject(reported.append)


def test_late_subscriber_gets_the_current_value_first(subject):
    subject.emit(1)
    subject.emit(2)
    seen = []
    subject.subscribe(seen.append)
    subject.emit(3)
    assert seen == [2, 3]
    assert subject.latest == 3


def test_subscriber_before_the_first_value_gets_none(subject):
    seen = []
    subject.subscribe(seen.append)
    assert seen == []
    assert subject.latest is None


def test_subject_without_replay_repeats_nothing(reported):
    subject = Subject(reported.append, replays=False)
    subject.emit(1)
    seen = []
    subject.subscribe(seen.append)
    subject.emit(2)
    assert seen == [2]


def test_completion_is_notified_once_and_to_late_subscribers_too(subject):
    seen = []
    subject.subscribe(seen.append, lambda: seen.append("done"))
    subject.emit(1)
    subject.complete()
    subject.complete()
    subject.emit(2)
    late = []
    subject.subscribe(late.append, lambda: late.append("done"))
    subject.subscribe(late.append)
    assert seen == [1, "done"]
    assert late == [1, "done", 1]
    assert subject.completed


def test_forgotten_value_is_not_replayed(subject):
    subject.emit(1)
    subject.complete(forget=True)
    late = []
    subject.subscribe(late.append, lambda: late.append("done"))()
    assert late == ["done"]


def test_unsubscribing_works_from_inside_a_callback(subject):
    seen = []
    stops = []

    def stop_both(value):
        seen.append(value)
        for stop in stops:
            stop()

    stops.append(subject.subscribe(stop_both))
    stops.append(subject.subscribe(seen.append))
    subject.emit(1)
    subject.emit(2)
    assert seen == [1]


def test_what_a_new_subscriber_sets_off_does_not_pass_it_by(subject):
    seen = []

    def react(value):
        seen.append(value)
        if value == 1:
            subject.emit(2)

    subject.emit(1)
    subject.subscribe(react)
    assert seen == [1, 2]


def test_failing_subscriber_is_reported_and_harms_nobody(subject, reported):
    seen = []
    error = ValueError("mine")

    def fail(_):
        raise error

    subject.subscribe(fail)
    subject.subscribe(seen.append)
    subject.emit(1)
    assert seen == [1]
    assert reported == [error]


async def test_promise_can_be_awaited_before_and_after_it_settles():
    promise = Promise(CallError)
    waiting = asyncio.ensure_future(wait(promise))
    await asyncio.sleep(0)
    assert not promise.settled
    promise.settle()
    await waiting
    await promise
    assert promise.settled


async def test_failed_promise_raises_each_time_it_is_awaited():
    promise = Promise(CallError)
    waiting = asyncio.ensure_future(wait(promise))
    await asyncio.sleep(0)
    promise.settle("no microphone")
    promise.settle("too late")
    with pytest.raises(CallError, match="no microphone"):
        await waiting
    with pytest.raises(CallError, match="no microphone"):
        await promise
    assert promise.error == "no microphone"


async def test_abandoned_wait_does_not_disturb_the_promise():
    promise = Promise(CallError)
    waiting = asyncio.ensure_future(wait(promise))
    await asyncio.sleep(0)
    waiting.cancel()
    promise.settle()
    await promise


def test_watchers_are_called_now_or_later():
    promise = Promise(CallError)
    seen = []
    promise.then(seen.append)
    promise.settle("no")
    promise.then(seen.append)
    assert seen == ["no", "no"]


async def wait(promise):
    await promise
