"""``ringproof mutants`` for clauses about packets, over the network with real media."""

from __future__ import annotations

import pytest

from ringproof import exit_codes
from tests.harness.test_mutants_command import PACKETS, ringproof, without


@pytest.mark.parametrize("clause", sorted(PACKETS))
def test_without_the_check_of_packets_a_dead_microphone_goes_through(
    clause: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    status, found = ringproof(capsys, "--only", clause, "--examples", "0")
    assert status == exit_codes.AS_EXPECTED
    assert found["mutants"][0]["mode"] == "network"
    assert found["mutants"][0]["caught_by"] == [clause]
    assert "--real-media" in found["mutants"][0]["replay"]
    without(monkeypatch, clause)
    status, found = ringproof(capsys, "--only", clause, "--examples", "0")
    assert status == exit_codes.HARNESS_FAULT
    assert found["caught"] == 0
