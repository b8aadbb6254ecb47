"""How SIPp's own statistics are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringproof.bench import sipp
from ringproof.bench.simulated import BenchError

HEAD = "StartTime;CurrentTime;SuccessfulCall(C);FailedCall(C);Retransmissions(C);"


def written(folder: Path, *rows: tuple[float, int, int, int]) -> Path:
    """Write statistics: seconds since the start, then calls done, failed, and frames repeated."""
    lines = [HEAD]
    for seconds, done, failed, repeated in rows:
        moment = f"2026-01-01\t00:00:00.0\t{1000 + seconds:.6f}"
        lines.append(f"2026-01-01\t00:00:00.0\t1000.000000;{moment};{done};{failed};{repeated};")
    path = folder / "uac.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_rate_is_the_best_average_once_a_quarter_is_done(tmp_path: Path) -> None:
    rows = (0, 0, 0, 0), (0.1, 100, 0, 0), (1, 800, 0, 5), (2, 1000, 2, 9), (30, 1000, 3, 20)

    assert sipp.read(written(tmp_path, *rows), 1000) == sipp.Load(800, 3, 20)


def test_unusable_statistics_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("a;b\n1;2\n")

    with pytest.raises(BenchError, match="no statistics"):
        sipp.read(tmp_path / "odd.csv", 1000)
    with pytest.raises(BenchError, match="no statistics"):
        sipp.read(tmp_path / "missing.csv", 1000)
    with pytest.raises(BenchError, match="completed 10 of 1000"):
        sipp.read(written(tmp_path, (1, 10, 0, 0)), 1000)


STAND_IN = """#!/bin/sh
case "$*" in
  *uas*) exec sleep 30 ;;
esac
for last; do true; done
cp "$STATISTICS" "$last"
exit 1
"""


def test_load_reads_the_statistics_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "sipp"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.setenv(
        "STATISTICS", str(written(tmp_path, (1, 500, 1, 4)).rename(tmp_path / "rows.csv"))
    )

    assert sipp.program() == str(program)
    assert sipp.load(tmp_path, 500, 500) == sipp.Load(500, failed=1, retransmissions=4)
