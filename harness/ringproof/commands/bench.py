"""``ringproof bench``: what it costs, beside peers that did the same in the same run."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from ringproof import exit_codes
from ringproof.bench.figure import Figure
from ringproof.bench.figure import machine as this_machine
from ringproof.commands.errors import Stop
from ringproof.commands.output import write_json
from ringproof.commands.parameters import Flag
from ringproof.report import terminal
from ringproof.report.document import encode


def bench(*, quick: Flag = False, json: Flag = False) -> int:
    """Measure, and print what each figure is to its peer and to its target.

    A target that is missed is no error: the exit status is 0 whenever everything could be measured.

    Parameters
    ----------
    quick
        One short round instead of five: to see that it works, and not for publishing.
    json
        Print the figures as JSON, and the progress to standard error.
    """
    before = this_machine()
    figures = _measured(terminal.console(to_stderr=True), quick=quick)
    if json:
        document = {"figures": [one.as_json() for one in figures], "machine": before}
        write_json(encode(document))
    else:
        show(figures, before, terminal.console())
    return exit_codes.AS_EXPECTED


def _measured(console: Console, *, quick: bool) -> tuple[Figure, ...]:
    from ringproof.bench import suite
    from ringproof.bench.simulated import BenchError

    with terminal.progress_bar(console) as progress:
        task = progress.add_task("recording", total=None)
        taken = -1

        def notice(step: str, total: int) -> None:
            nonlocal taken
            taken += 1
            progress.update(task, description=step, total=total, completed=taken)

        try:
            return suite.run(suite.QUICK if quick else suite.Sizes(), notice)
        except BenchError as error:
            raise Stop(str(error)) from error


def show(figures: tuple[Figure, ...], machine: dict[str, Any], console: Console) -> None:
    """Print the ratios first, then every figure with its target."""
    console.print("Ratios: what was measured by what its peer did in the same run")
    for one in figures:
        if one.ratio is not None:
            console.print(f"  {one.ratio:8.3f}  {one.name} by {one.reference}", soft_wrap=True)
    console.print("\nFigures: medians, and the range over all runs")
    for one in figures:
        spread = f"{_number(min(one.samples))} to {_number(max(one.samples))}"
        console.print(
            f"  {_number(one.value):>10} {one.unit:10} {one.name:24} {_verdict(one):38} {spread}",
            soft_wrap=True,
        )
        console.print(Text(f"             {one.note}", style="dim"), soft_wrap=True)
    load = ", ".join(str(load) for load in machine["load"])
    console.print(
        f"\n{machine['processor']}, {machine['cores']} cores, {machine['implementation']} "
        f"{machine['python']}, load before {load}",
        soft_wrap=True,
    )


def _verdict(one: Figure) -> str:
    target = one.target
    if target is None:
        return ""
    measured = one.value if target.of == "value" else one.ratio
    sign = "≥" if target.better == "higher" else "≤"
    wanted = f"{sign} {_number(target.value)}{' of its peer' if target.of == 'ratio' else ''}"
    if one.met or not measured:
        return f"{'met' if one.met else 'not measured'}: {wanted}"
    share = measured / target.value
    return f"missed: {wanted}, reached {share:.0%} of it"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
