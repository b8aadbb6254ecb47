"""The plugin in suites of its own, as its users have them."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ringproof import pytest_plugin
from ringproof.fixtures import Call, Subscriber
from ringproof.fixtures.bridge import sync_and_async

# Imported here, because pytester forgets what an inner suite imports, and not everything can be
# imported twice.
from tests.harness.fixtures import conftest

pytest_plugins = ["pytester"]

pytestmark = pytest.mark.timeout(240)
"""A suite within a suite takes 3 s on an idle machine."""

PHONE = Path(conftest.__file__)
PLUGIN = Path(pytest_plugin.__file__).read_text(encoding="utf-8")

PATIENT = ("-o", "ringproof_deadline_s=40")
"""For waits that end with an event: a busy machine may take its time."""

ALONE = (
    *("-p", "no:playwright", "-p", "no:cacheprovider"),
    *("-o", "asyncio_default_fixture_loop_scope=function"),
)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """An inner suite with a phone; it is started like any other, plugins by their entry points."""
    pytester.makeconftest(PHONE.read_text(encoding="utf-8"))
    return pytester


def test_failed_wait_shows_the_ladder_once(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        def test_answer(phone, place_call):
            place_call("Alice").answered(within_s=0.05)
        """
    )
    result = suite.runpytest(*ALONE, *PATIENT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*CallFailure: expected that call #0 from Alice is answered within 0.05 s, but *",
            "E*ms caller*server*SDK*app",
            "E*verto.invite #0 audio:sendrecv*",
            "E*=> missing: expected that call #0 from Alice is answered*",
        ]
    )
    result.stdout.no_fnmatch_line("*ringproof: messages to and from*")
    # The traceback ends where the test waits: no frames of threads or event loops.
    result.stdout.no_fnmatch_line("*concurrent/futures*")


def test_ladder_that_grew_after_the_failure_is_not_shown_again(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        def test_answer(phone, place_call):
            call = place_call("Alice")
            try:
                call.answered(within_s=0.05)
            finally:
                place_call("Bob").rings()
        """
    )
    result = suite.runpytest(*ALONE, *PATIENT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("E*=> missing: expected that call #0 from Alice is answered*")
    result.stdout.no_fnmatch_line("*ringproof: messages to and from*")


def test_any_failure_of_a_test_with_calls_shows_the_ladder(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        def test_ui(phone, place_call):
            place_call("Alice").rings()
            assert "Alice" == "Unknown caller"

        @pytest.fixture
        def signed_in(phone, place_call):
            place_call("Bob").rings()
            raise ValueError("wrong password")

        def test_setup(signed_in):
            pass
        """
    )
    result = suite.runpytest(*ALONE, *PATIENT, "--ringproof-traces", "traces")
    result.assert_outcomes(failed=1, errors=1)
    section = "*ringproof: messages to and from test-*@example.com*"
    result.stdout.fnmatch_lines([section, "*verto.invite #0*Bo*"])
    result.stdout.fnmatch_lines([section, "*verto.invite #0*Al*"])
    assert "eyJ" not in result.stdout.str()
    _, trace = sorted((suite.path / "traces").iterdir())
    assert trace.name.startswith(
        "test_any_failure_of_a_test_with_calls_shows_the_ladder.py-test_ui-"
    )
    assert "eyJ" not in trace.read_text(encoding="utf-8")
    judged = subprocess.run(
        [Path(sys.executable).parent / "ringproof", "judge", trace, "--ladder"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "verto.invite #0" in judged.stdout, judged.stderr


def test_failure_shows_the_ladders_of_all_subscribers(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest

        @pytest.fixture
        def other(phone, make_subscriber):
            other = make_subscriber()
            other.place_call("Zoe", offline=True)
            return other

        def test_ui(place_call, other):
            place_call("Alice").rings()
            assert "Alice" == "Unknown caller"

        def test_wait(place_call, other):
            place_call("Bob").answered(within_s=0.05)
        """
    )
    result = suite.runpytest(*ALONE, *PATIENT, "--ringproof-traces", "traces")
    result.assert_outcomes(failed=2)
    section = "*ringproof: messages to and from test-*@example.com*"
    result.stdout.fnmatch_lines(
        [
            *(section, "*verto.invite #0*Al*", section, "*dial #0 to*"),
            *("E*verto.invite #0*Bo*", section, "*dial #0 to*"),
        ]
    )
    assert len(list((suite.path / "traces").iterdir())) == 4


def test_workers_of_xdist_have_a_stand_in_each_and_tests_an_account_each(
    suite: pytest.Pytester,
) -> None:
    suite.makepyfile(
        """
        import os
        import pathlib
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_alone(phone, place_call, subscriber, signalwire, number):
            call = place_call(f"Caller {number}").rings()
            assert phone.listed() == [f"Caller {number}"]
            assert [known.id for known in subscriber.calls] == [call.id]
            worker = os.environ["PYTEST_XDIST_WORKER"]
            seen = pathlib.Path("seen") / str(number)
            seen.write_text(f"{worker} {signalwire.origin} {subscriber.id}")
            call.gives_up()
        """
    )
    suite.mkdir("seen")
    result = suite.runpytest_subprocess(*ALONE, *PATIENT, "-n", "2")
    result.assert_outcomes(passed=6)
    seen = [path.read_text(encoding="utf-8").split() for path in (suite.path / "seen").iterdir()]
    workers, origins, subscribers = (set(column) for column in zip(*seen, strict=True))
    assert (len(workers), len(origins), len(subscribers)) == (2, 2, 6)
    assert len({(worker, origin) for worker, origin, _ in seen}) == 2


def test_async_tests_and_sync_tests_in_one_suite(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import asyncio
        import pytest

        @pytest.mark.asyncio
        async def test_loop_runs_while_the_test_waits(phone, place_call):
            call = await place_call.aio("Alice")
            ticks = 0

            async def tick():
                nonlocal ticks
                while True:
                    await asyncio.sleep(0)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            await call.rings.aio()
            await call.gives_up.aio()
            ticking.cancel()
            assert ticks > 0

        def test_sync(phone, place_call, gives_up):
            gives_up(place_call("Bob").rings())
        """
    )
    suite.runpytest(*ALONE, *PATIENT).assert_outcomes(passed=2)


def test_deadline_comes_from_the_ini_file_or_the_command_line(suite: pytest.Pytester) -> None:
    suite.makeini("[pytest]\nringproof_deadline_s = 0.07\n")
    suite.makepyfile("def test_never(place_call):\n    place_call()\n")
    suite.runpytest(*ALONE).stdout.fnmatch_lines("*no client came online * within 0.07 s*")
    result = suite.runpytest(*ALONE, "--ringproof-deadline-s", "0.03")
    result.stdout.fnmatch_lines("*no client came online * within 0.03 s*")


def test_stand_in_serves_what_the_suite_mounts(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pathlib
        import urllib.request
        import pytest

        @pytest.fixture(scope="session")
        def signalwire_config(tmp_path_factory):
            folder = tmp_path_factory.mktemp("app")
            (folder / "index.html").write_text("hello")
            return {"mounts": {"/app": folder}}

        def test_page(signalwire):
            with urllib.request.urlopen(f"{signalwire.http_url}/app/") as page:
                assert page.read() == b"hello"
        """
    )
    suite.runpytest(*ALONE).assert_outcomes(passed=1)


def test_suites_without_calls_are_left_alone(suite: pytest.Pytester) -> None:
    """No import beyond the plugin and its clock, no option without the prefix, no thread."""
    suite.makeconftest("")
    suite.makepyfile(
        """
        import sys
        import threading

        def test_nothing_is_loaded(pytestconfig):
            assert pytestconfig.pluginmanager.has_plugin("ringproof")
            loaded = {name.partition(".")[0] for name in sys.modules}
            ours = {"ringproof_fakeserver", "ringproof_scenarios"}
            assert not loaded & (ours | {"httpx", "playwright", "msgspec"})
            ours = {n for n in sys.modules if n.startswith("ringproof.")}
            assert ours == {"ringproof.pytest_plugin", "ringproof.real_clock"}
            assert [thread.name for thread in threading.enumerate()] == ["MainThread"]

        def test_fails():
            assert False
        """
    )
    result = suite.runpytest_subprocess(*ALONE, "-p", "no:anyio", "-p", "no:hypothesispytest")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*ringproof: *")
    options = suite.runpytest_subprocess(*ALONE, "--help").stdout
    options.fnmatch_lines(["*--ringproof-deadline-s*S*", "*--ringproof-traces*DIR*"])


def test_everything_a_test_can_use_is_documented() -> None:
    """And nothing else is: each name in the tables of the page exists."""
    page = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*?\ndef (\w+)", PLUGIN, re.S))
    methods = {name for name, kind in vars(Call).items() if isinstance(kind, sync_and_async)}
    arguments = set(inspect.signature(Subscriber.place_call.work).parameters) - {"self"}
    rows = set(re.findall(r"^\| `(\w+)", page, re.M))
    assert rows == fixtures | methods | arguments
    options = set(re.findall(r"--ringproof-[\w-]+", page))
    assert options == set(re.findall(r"--ringproof-[\w-]+", PLUGIN.partition("\n\n\n")[2]))
