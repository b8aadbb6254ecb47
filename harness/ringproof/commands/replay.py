"""``ringproof replay``: play one scenario again, and show its trace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from cyclopts.types import PositiveInt

from ringproof.commands import own_scenarios
from ringproof.commands import run_plan as running
from ringproof.commands.errors import UsageStop, writing
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Attach, Flag, Simulate, SutName
from ringproof.commands.reach import HERE, Listening
from ringproof_scenarios import model

if TYPE_CHECKING:
    from ringproof.results import AnyRunEvent, RunFinished, ScenarioFinished
    from ringproof.suts.sut import Sut


def replay(
    scenario: str,
    *,
    sut: SutName = "reference",
    network: Simulate = None,
    real_media: Flag = False,
    times: PositiveInt = 1,
    trace: Path | None = None,
    add: str | None = None,
    report_dir: Path | None = None,
    json: Flag = False,
    attach: Attach = False,
    listening: Listening = HERE,
) -> int:
    """Play one scenario again, and show it as a ladder.

    Exit status 1 when any clause fails in it, a SHOULD as well.

    Parameters
    ----------
    scenario
        A replay string (`rp1:…`), a JSON file, a file with the printed program
        (`Scenario(…)`), or a name from the catalogue, built in or the project's own.
    network
        Over real sockets, as by default, or in virtual time.
    real_media
        Let media cross sockets where the SUT would do without.
    times
        Play it so often, one after the other; in virtual time with other delays each time.
    trace
        Write the trace of the last time to this file.
    add
        Keep the scenario under this name in the project's own catalogue, `ringproof-scenarios/`:
        every later run plays it.
    report_dir
        Write the reports of a run here, report.html and report.json among them.
    json
        Print the result as JSON.
    """
    sut = running.named(sut, attach=attach)
    reach = listening.reach(sut)
    wanted = _find(scenario)
    from ringproof.report import atomic
    from ringproof.report import document as json_report

    shown = _Shown()
    with _reports(report_dir, sut) as files:
        thing = msgspec.structs.replace(running.find_sut(sut), reach=reach)
        (mode,) = running.modes(thing, True if network is None else network)
        if add is not None:
            say(f"kept as {own_scenarios.add(wanted, add)}", file=sys.stderr)
        played = _repeated(wanted, times, mode)
        finished = _play(played, thing, [shown, *files], mode, real_media=real_media)
    last = shown.finished[-1] if shown.finished else None
    if trace is not None and last is not None:
        with writing("--trace", trace):
            atomic.write(trace, last.trace.dumps())
    if json:
        document = json_report.from_finished(finished, sut)
        write_json(json_report.encode(document))
    else:
        _print(wanted, finished, last)
    return finished.exit_code


@contextmanager
def _reports(report_dir: Path | None, sut: str) -> Iterator[list[running.Report]]:
    if report_dir is None:
        yield []
        return
    with running.report_files(report_dir, sut) as files:
        yield [files]


def _repeated(scenario: model.Scenario, times: int, mode: running.Mode) -> list[model.Scenario]:
    if mode == "network":
        return [scenario] * times
    seeds = range(scenario.seed, min(scenario.seed + times, model.SEED_MAX))
    return [msgspec.structs.replace(scenario, seed=seed) for seed in seeds]


class _Shown:
    """Keeps what was played."""

    def __init__(self) -> None:
        self.finished: list[ScenarioFinished] = []

    def record(self, event: AnyRunEvent) -> None:
        from ringproof.results import ScenarioFinished

        if isinstance(event, ScenarioFinished):
            self.finished.append(event)


def _play(
    scenarios: list[model.Scenario],
    thing: Sut,
    reports: list[running.Report],
    mode: running.Mode,
    *,
    real_media: bool,
) -> RunFinished:
    from ringproof.accounting.selection import Selection, given
    from ringproof.runner.plan import Plan
    from ringproof_scenarios import ledger

    planned = given(scenarios, thing, real_media=real_media, mode=mode)
    selection = Selection(
        planned=planned if mode == "network" else (),
        simulated=planned if mode == "simulated" else (),
        clauses=frozenset(row.id for row in ledger.load()),
        complete=False,
    )
    plan = Plan(sut=thing, selection=selection, seed=0, jobs=1, reduce=False, strict=True)
    return running.play(plan, reports)


def _print(scenario: model.Scenario, finished: RunFinished, last: ScenarioFinished | None) -> None:
    from ringproof.report import terminal
    from ringproof.report.ladder.text import ladder, printable
    from ringproof.report.terminal import show_faults, summary, verdict_table
    from ringproof.report.wording import sentences

    console = terminal.console()
    say(*(printable(line) for line in sentences(scenario)), sep="\n")
    failed = [v.first_failure for v in finished.verdicts if v.first_failure is not None]
    if failed:
        for first in failed:
            say(f"\n{ladder(first.trace, first.failure)}")
    elif last is not None:
        say(f"\n{ladder(last.trace)}")
    touched = tuple(v for v in finished.verdicts if v.exercised or v.failed)
    console.print(verdict_table(touched, console.width))
    show_faults(console, finished.faults)
    say(summary(finished))


def _find(text: str) -> model.Scenario:
    """Return the scenario that ``text`` names. Raises ``UsageStop``."""
    from ringproof_scenarios.program import from_program
    from ringproof_scenarios.text_file import EncodingError, decoded

    try:
        if text.startswith(model.REPLAY_PREFIX):
            return model.from_replay(text)
        named = {scenario.name: scenario for scenario in own_scenarios.everything()}
        if text in named:
            return named[text]
        content = decoded(Path(text).read_bytes())
        if content.lstrip().startswith(model.REPLAY_PREFIX):
            return model.from_replay(content)
        return (model.from_json if content.lstrip().startswith("{") else from_program)(content)
    except model.ScenarioError as error:
        raise UsageStop(str(error)) from error
    except EncodingError as error:
        raise UsageStop(f"{text}: {error}") from error
    except OSError as error:
        raise UsageStop(
            f"{text!r} is no replay string, no scenario of the catalogue and no readable file: "
            f"{error.strerror}"
        ) from error
