"""Plugins that change the clock or forbid sockets, in suites that use ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.fixtures import conftest
from tests.harness.test_pytest_plugin import ALONE, PATIENT

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.timeout(240)
"""A suite within a suite takes 3 s on an idle machine."""

FROZEN = {
    "freezegun": "from freezegun import freeze_time",
    "time-machine": "import functools, time_machine\n"
    "freeze_time = functools.partial(time_machine.travel, tick=False)",
}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An inner suite with a phone, in a process of its own."""
    pytester.makeconftest(Path(conftest.__file__).read_text(encoding="utf-8"))
    return pytester


@pytest.mark.parametrize("plugin", FROZEN)
def test_a_frozen_clock_does_not_reach_the_stand_in(suite: pytest.Pytester, plugin: str):
    suite.makepyfile(frozen=FROZEN[plugin])
    suite.makepyfile(
        """
        import time

        import jwt
        import pytest

        from frozen import freeze_time

        REALLY = time.time()


        @pytest.mark.parametrize("day", ["2030-01-01", "2001-01-01"])
        def test_call(day, phone, place_call, make_subscriber):
            with freeze_time(day):
                other = make_subscriber()
                call = place_call("Alice")
                call.rings()
                phone.answer()
                call.answered()
                phone.hang_up()
                call.ended()
            issued = jwt.decode(other.token, options={"verify_signature": False})["iat"]
            assert abs(issued - REALLY) < 3600


        def test_deadline(phone, place_call):
            with freeze_time("2030-01-01"), pytest.raises(AssertionError, match="within 0.05 s"):
                place_call("Alice").answered(within_s=0.05)


        def test_caller_who_gives_up_after_a_while(phone, place_call):
            with freeze_time("2030-01-01"):
                place_call("Alice", ring_s=1).ended()


        @freeze_time("2030-01-01")
        def test_stand_in_that_starts_meanwhile():
            from ringproof.fixtures import SignalWire

            with SignalWire() as signalwire:
                assert signalwire.make_subscriber().token
        """
    )
    result = suite.runpytest_subprocess(*ALONE, *PATIENT, "-o", "pythonpath=.")
    result.assert_outcomes(passed=5)


def test_forbidden_sockets_are_named_at_once(suite: pytest.Pytester):
    suite.makepyfile("def test_call(place_call): place_call('Alice')")
    result = suite.runpytest_subprocess(*ALONE, "--disable-socket")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["E*SignalWireFault: *--allow-hosts=127.0.0.1,::1*"])
    result.stdout.no_fnmatch_line("*PytestUnhandledThreadExceptionWarning*")
    result.stdout.no_fnmatch_line("*was not up after*")


def test_the_advice_about_sockets_works(suite: pytest.Pytester):
    suite.makepyfile(
        """
        import socket

        import pytest

        def test_call(phone, place_call):
            place_call("Alice").rings()
            phone.answer()
            with pytest.raises(RuntimeError, match="not allowed|allowed"):
                socket.create_connection(("192.0.2.1", 80))
        """
    )
    result = suite.runpytest_subprocess(*ALONE, *PATIENT, "--allow-hosts=127.0.0.1,::1")
    result.assert_outcomes(passed=1)
