"""Fixtures for the tests of an app that receives calls; pytest finds them by an entry point.

    def test_decline(page, subscriber, place_call):
        page.goto(f"http://localhost:8000/#{subscriber.token}")
        call = place_call("Alice")
        page.get_by_role("button", name="Decline").click()
        call.declined()

This module is imported by every run of pytest in an environment with ringproof, so it imports
nothing but pytest and a module of a few lines; the fixtures import what they need. See
``docs/pytest.md``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Before a test can freeze the clock.
import ringproof.real_clock  # noqa: F401

if TYPE_CHECKING:
    from ringproof.fixtures import ExpectCall, GivesUp, PlaceCall, SignalWire, SipLogin, Subscriber

DEADLINE = "ringproof_deadline_s"
TRACES = "ringproof_traces"
SECTION = "ringproof: messages to and from"
NAME_MAX = 120

_subscribers: pytest.StashKey[list[Subscriber]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; all of them begin with ``--ringproof-``."""
    group = parser.getgroup("ringproof", "calls to the app under test (ringproof)")
    text = "default deadline of every wait for an event of a call, in seconds (10)"
    group.addoption("--ringproof-deadline-s", dest=DEADLINE, type=float, metavar="S", help=text)
    parser.addini(DEADLINE, text, default="10")
    group.addoption(
        "--ringproof-traces",
        dest=TRACES,
        type=Path,
        metavar="DIR",
        help="keep the trace of each failed test in this folder; see `ringproof judge --ladder`",
    )


@pytest.fixture(scope="session")
def signalwire_config() -> Mapping[str, Any]:
    """Settings of the stand-in (``ringproof_fakeserver.config.Config``); override to change some.

    ``mounts`` (URL prefix → folder that is served below it) and ``media_files`` (URL of a SWML
    ``play`` → local file) are the useful ones.
    """
    return {}


@pytest.fixture(scope="session")
def signalwire(
    request: pytest.FixtureRequest, signalwire_config: Mapping[str, Any]
) -> Iterator[SignalWire]:
    """The stand-in for SignalWire: one for the session (with xdist one for each worker)."""
    from ringproof.fixtures import SignalWire
    from ringproof_fakeserver.config import Config

    chosen = request.config.getoption(DEADLINE)
    deadline_s = float(request.config.getini(DEADLINE)) if chosen is None else chosen
    with SignalWire(Config(**signalwire_config), deadline_s=deadline_s) as running:
        yield running


@pytest.fixture
def make_subscriber(
    request: pytest.FixtureRequest, signalwire: SignalWire
) -> Iterator[Callable[..., Subscriber]]:
    """A function that makes another subscriber; ``display_name`` and the like are its profile."""
    made: list[Subscriber] = []
    request.node.stash[_subscribers] = made

    def make(**profile: str) -> Subscriber:
        made.append(signalwire.make_subscriber(request.node.nodeid, **profile))
        return made[-1]

    yield make
    for subscriber in made:
        subscriber.close()


@pytest.fixture
def subscriber(make_subscriber: Callable[..., Subscriber]) -> Subscriber:
    """An account that callers can reach, and that no other test knows."""
    return make_subscriber()


@pytest.fixture
def place_call(subscriber: Subscriber) -> PlaceCall:
    """Calls the test's subscriber: ``call = place_call("Alice")``."""
    return subscriber.place_call


@pytest.fixture
def gives_up(subscriber: Subscriber) -> GivesUp:
    """Has the caller give up: ``gives_up(call)``, or ``gives_up()`` for the newest call."""
    return subscriber.gives_up


@pytest.fixture
def sip_login(subscriber: Subscriber) -> SipLogin:
    """A SIP endpoint of the test's subscriber, for a softphone; SIP is off in other tests."""
    return subscriber.sip_login()


@pytest.fixture
def expect_call(subscriber: Subscriber) -> ExpectCall:
    """Waits for a call, whoever placed it: ``expect_call("Alice", state="ended")``."""
    return subscriber.expect_call


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ladders with a failed test, however it failed."""
    report = yield
    made = item.stash.get(_subscribers, None)
    if made and report.failed and report.when != "teardown":
        ladder = getattr(call.excinfo.value, "ladder", "") if call.excinfo else ""
        shown = ladder.partition("=> missing")[0].rstrip()
        for subscriber in made:
            # One that only grew since the failure was shown has been shown.
            if not (shown and subscriber.ladder().startswith(shown)):
                report.sections.append((f"{SECTION} {subscriber.reference}", subscriber.ladder()))
        folder = item.config.getoption(TRACES)
        if folder is not None:
            _keep(folder, item.nodeid, made)
    return report


def _keep(folder: Path, test: str, made: list[Subscriber]) -> None:
    import hashlib

    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w.-]+", "-", test).strip("-")
    digest = hashlib.sha256(test.encode()).hexdigest()[:8]  # tests whose names are cut alike
    for number, subscriber in enumerate(made):
        path = folder / f"{name[:NAME_MAX]}-{digest}-{number}.jsonl"
        path.write_bytes(subscriber.trace())
