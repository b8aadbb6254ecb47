"""``ringproof replay``: one scenario again, with everything it shows."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts.types import PositiveInt

from harness.commands import running
from harness.commands.parameters import Flag
from harness.commands.stops import UsageStop
from scenarios import model

if TYPE_CHECKING:
    from harness.runner.events import AnyRunEvent, RunFinished, ScenarioFinished
    from harness.runner.sut import Sut


def replay(
    scenario: str,
    *,
    sut: str = "reference",
    real_media: Flag = False,
    times: PositiveInt = 1,
    trace: Path | None = None,
    json: Flag = False,
) -> int:
    """Play one scenario again, and show it as a ladder.

    Parameters
    ----------
    scenario
        A replay string (`rp1:…`), a JSON file, or a name from the catalogue.
    sut
        Who plays it: `reference`, `chromium[:VERSION|:DIR]` or `mutant:NAME`.
    real_media
        Let media cross sockets where the SUT would do without.
    times
        Play it so often, one after the other.
    trace
        Write the trace of the last time to this file.
    json
        Print the result as JSON.
    """
    found = _find(scenario)
    from harness.report import atomic, json_report

    thing = running.find_sut(sut)
    shown = _Shown()
    finished = _play([found] * times, thing, shown, real_media=real_media)
    last = shown.finished[-1] if shown.finished else None
    if trace is not None and last is not None:
        atomic.write(trace, last.trace.dumps())
    if json:
        document = json_report.render(finished, sut)
        sys.stdout.write(json_report.encode(document).decode())
    else:
        _print(found, finished, last)
    return finished.exit_code


class _Shown:
    """Keeps what was played."""

    def __init__(self) -> None:
        self.finished: list[ScenarioFinished] = []

    def record(self, event: AnyRunEvent) -> None:
        from harness.runner.events import ScenarioFinished

        if isinstance(event, ScenarioFinished):
            self.finished.append(event)


def _play(
    scenarios: list[model.Scenario], thing: Sut, shown: _Shown, *, real_media: bool
) -> RunFinished:
    from harness.runner.run import Plan
    from harness.runner.selection import Selection, given
    from scenarios import ledger

    selection = Selection(
        planned=given(scenarios, thing, real_media=real_media),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    plan = Plan(sut=thing, selection=selection, seed=0, jobs=1, reduce=False)
    return running.play(plan, [shown])


def _print(scenario: model.Scenario, finished: RunFinished, last: ScenarioFinished | None) -> None:
    from harness.report import terminal
    from harness.report.ladder import ladder, printable
    from harness.report.replaying import sentences
    from harness.report.terminal import show_faults, summary, verdict_table

    console = terminal.console()
    print(*(printable(line) for line in sentences(scenario)), sep="\n")
    failed = [v.first_failure for v in finished.verdicts if v.first_failure is not None]
    if failed:
        for first in failed:
            print(f"\n{ladder(first.trace, first.failure)}")
    elif last is not None:
        print(f"\n{ladder(last.trace)}")
    touched = tuple(v for v in finished.verdicts if v.exercised or v.failed)
    console.print(verdict_table(touched, console.width))
    show_faults(console, finished.faults)
    print(summary(finished))


def _find(text: str) -> model.Scenario:
    """Return the scenario that ``text`` names. Raises ``UsageStop``."""
    from scenarios import catalogue

    try:
        if text.startswith(model.REPLAY_PREFIX):
            return model.from_replay(text)
        named = {scenario.name: scenario for scenario in catalogue.all()}
        if text in named:
            return named[text]
        return model.from_json(Path(text).read_bytes())
    except model.ScenarioError as error:
        raise UsageStop(str(error)) from error
    except OSError as error:
        raise UsageStop(
            f"{text!r} is no replay string, no scenario of the catalogue and no readable file: "
            f"{error.strerror}"
        ) from error
