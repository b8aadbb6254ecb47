"""Settings for the whole suite: Hypothesis profiles, and an environment of its own."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("fast", max_examples=50, deadline=None, derandomize=True, database=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, database=None, print_blob=True
)
settings.register_profile(
    "deep",
    max_examples=5_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE")
TERMINAL = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS")
PYTHON = ("PYTHONPATH", "PYTHONSAFEPATH", "PYTHONIOENCODING", "PYTHONWARNINGS", "PYTEST_ADDOPTS")
for name in (*CERTIFICATES, *TERMINAL, *PYTHON):
    # A developer's environment must change neither our sockets nor what our programs print. It is
    # cleared here and not in a fixture, so that every child process starts without it too.
    os.environ.pop(name, None)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell ignores SIGINT for what it runs in the background, and every process that a test
    # starts would inherit that: tests of Ctrl-C would wait for an end that never comes.
    signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW = {
    "test_call_between_pages",
    "test_campaign",
    "test_campaign_command",
    "test_cli",
    "test_each",
    "test_faults_on_every_carrier",
    "test_firefox",
    "test_merge_command",
    "test_mutants_command",
    "test_mutants_with_media",
    "test_parity",
}
"""Files that take more than ten seconds of a core. A file stays with one worker."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files: at the end, the other workers would wait for one of them."""
    items.sort(key=lambda item: item.path.stem not in SLOW)


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the certificate authority of the suite apart from the developer's."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
