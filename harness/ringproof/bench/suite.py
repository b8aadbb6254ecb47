"""The whole benchmark: what is measured, in which rounds, and what the figures are compared with.

Every measurement is taken once a round, so that other work of the machine slows all peers alike.
Figures are medians over the rounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ringproof.bench import mix, network, serving, simulated, sipp
from ringproof.bench.figure import Figure, Target
from ringproof.mutants.mutant import Mutant

ROUNDS: Final = 5


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much each measurement does in one round."""

    rounds: int = ROUNDS
    mixed: int = 600
    """Scenarios of the mix."""
    singles: int = 1_000
    drawn: int = 600
    four: int = 200
    judged: int = 200
    """Recorded scenarios that the judge gets ``judged_times`` times over."""
    judged_times: int = 10
    network_calls: int = 6_400
    sipp_clean: int = 20_000
    """Calls asked for at 4,000 a second; twice as many at 12,000."""
    mutants: int = 3


QUICK: Final = Sizes(
    rounds=1,
    mixed=60,
    singles=100,
    drawn=60,
    four=20,
    judged=30,
    judged_times=2,
    network_calls=800,
    sipp_clean=8_000,
)

CLEAN_RATE: Final = 4_000
FULL_RATE: Final = 12_000
"""Calls a second asked of SIPp: at the first it repeats hardly a frame; the second overloads it."""

Step = tuple[str, Callable[[], dict[str, float]]]
"""Its name in the progress bar, and the function that takes its samples, by name."""


class Bench:
    """One run of the benchmark; ``steps`` first, then ``figures``."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self._sizes = sizes
        self._folder = folder
        self._samples: dict[str, list[float]] = {}
        self._retransmissions = self._failed = 0
        self._mutants = simulated.example_mutants()[: sizes.mutants]
        self._recorded = simulated.traces(sizes.judged)
        self._bytes = [trace.dumps() for trace in self._recorded]
        self._mixed = [mix.mixed(seed) for seed in range(sizes.mixed)]

    def steps(self) -> Sequence[Step]:
        """Return the steps of all rounds, in the order they are to be taken."""
        sizes, singles = self._sizes, [mix.single()] * self._sizes.singles
        one_round: list[Step] = [
            ("simulated calls", lambda: {"mixed": simulated.calls_per_second(self._mixed)}),
            ("single calls", lambda: {"single": simulated.calls_per_second(singles)}),
            ("drawn calls", lambda: {"drawn": simulated.drawn_calls_per_second(sizes.drawn)}),
            ("four calls at once", lambda: {"virtual": simulated.virtual_by_real(sizes.four)}),
            ("the judge", self._judge),
            ("the network", self._network),
            ("serve", self._serve),
            *[(f"failure of {mutant.name}", self._minimal(mutant)) for mutant in self._mutants],
        ]
        if sipp.program() is not None:
            one_round[2:2] = [("sipp", self._sipp)]
        return one_round * sizes.rounds

    def take(self, step: Step) -> None:
        """Take one step. Raises ``BenchError`` when what it measures does not work."""
        for name, sample in step[1]().items():
            self._samples.setdefault(name, []).append(sample)

    # -- one step each -----------------------------------------------------------------------

    def _judge(self) -> dict[str, float]:
        times = self._sizes.judged_times
        return {
            "judged": simulated.entries_judged_per_second(self._recorded, times),
            "read": simulated.entries_read_and_judged_per_second(self._bytes, max(1, times // 4)),
        }

    def _network(self) -> dict[str, float]:
        calls = self._sizes.network_calls
        return {
            "network": network.calls_per_second(self._folder, calls),
            "echo": network.echoed_calls_per_second(self._folder, calls),
        }

    def _serve(self) -> dict[str, float]:
        if "serve" not in self._samples:
            serving.start(self._folder)  # makes the certificates, once for ever
        started = serving.start(self._folder)
        samples = {"serve": started.seconds}
        if started.resident_mb is not None:
            samples["resident"] = started.resident_mb
        return samples

    def _sipp(self) -> dict[str, float]:
        calls = self._sizes.sipp_clean
        clean = sipp.load(self._folder, CLEAN_RATE, calls)
        full = sipp.load(self._folder, FULL_RATE, 2 * calls)
        self._retransmissions += full.retransmissions
        self._failed += full.failed
        return {"sipp-clean": clean.calls_per_second, "sipp": full.calls_per_second}

    def _minimal(self, mutant: Mutant) -> Callable[[], dict[str, float]]:
        return lambda: {f"minimal {mutant.name}": simulated.minimal_failure_s(mutant)}

    # -- what they add up to -----------------------------------------------------------------

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures, once every step was taken."""
        return (
            *self._simulation_figures(),
            *self._judge_figures(),
            *self._network_figures(),
            *self._serve_figures(),
            *self._failure_figures(),
        )

    def _simulation_figures(self) -> Iterator[Figure]:
        taken, peer = self._samples, self._samples.get("sipp")
        reference = "SIPp, which is not installed"
        if peer:
            reference = (
                f"SIPp asked for {FULL_RATE} calls/s ({self._retransmissions} retransmissions and "
                f"{self._failed} failed calls in {len(peer)} runs)"
            )
        note = f"virtual time, one core, every frame JSON, every clause judged: {mix.MIX}"
        yield Figure(
            "simulated-calls", "calls/s", taken["mixed"], note, Target(9_000), reference, peer
        )
        note = "a platform and a registration for every call"
        yield Figure(
            "simulated-single-calls", "calls/s", taken["single"], note, None, reference, peer
        )
        note = "scenarios as a campaign draws them: the drawing, two devices, faults, variants"
        yield Figure("drawn-calls", "calls/s", taken["drawn"], note)
        note = "four calls that ring for 20 s and are talked on for 40 s, all at once, judged"
        yield Figure("virtual-to-real", "s/s", taken["virtual"], note, Target(10_000))

    def _judge_figures(self) -> Iterator[Figure]:
        note = "recorded traces of the mix, by every check"
        yield Figure("judge", "entries/s", self._samples["judged"], note, Target(300_000))
        note = "the same from the bytes of trace files, decoding included"
        yield Figure("judge-files", "entries/s", self._samples["read"], note)

    def _network_figures(self) -> Iterator[Figure]:
        taken = self._samples
        yield Figure(
            "network-calls",
            "calls/s",
            taken["network"],
            f"{network.CONNECTIONS} connections, one call at a time on each; two processes",
            Target(0.5, of="ratio"),
            "a bare websockets echo of as many frames over TLS",
            taken["echo"],
        )
        if "sipp-clean" in taken:
            yield Figure(
                "network-calls-by-sipp",
                "calls/s",
                taken["network"],
                "both over loopback, in two processes",
                reference=f"SIPp asked for {CLEAN_RATE} calls/s, UDP and no media",
                peer=taken["sipp-clean"],
            )

    def _serve_figures(self) -> Iterator[Figure]:
        note = "from the start of `ringproof serve` to its first answered request"
        yield Figure("serve-first-answer", "s", self._samples["serve"], note, Target(1.0, "lower"))
        if "resident" in self._samples:
            note = "after that request, before any media"
            yield Figure(
                "serve-resident", "MB", self._samples["resident"], note, Target(90, "lower")
            )

    def _failure_figures(self) -> Iterator[Figure]:
        samples = {one.name: self._samples[f"minimal {one.name}"] for one in self._mutants}
        note = "from nothing to the smallest failing scenario: " + ", ".join(samples)
        every = [sample for several in samples.values() for sample in several]
        yield Figure("minimal-failure", "s", every, note, Target(3, "lower"))
        slowest = max(samples, key=lambda name: max(samples[name]))
        worst = [max(samples[slowest])]
        yield Figure("minimal-failure-slowest", "s", worst, slowest, Target(10, "lower"))


def run(sizes: Sizes, notice: Callable[[str, int], None]) -> tuple[Figure, ...]:
    """Take every figure. ``notice`` gets each step before it is taken, and how many there are.

    Raises ``BenchError``. Files and processes are gone afterwards, also after Ctrl-C.
    """
    with tempfile.TemporaryDirectory(prefix="ringproof-bench-") as folder:
        bench = Bench(sizes, Path(folder))
        steps = bench.steps()
        for step in steps:
            notice(step[0], len(steps))
            bench.take(step)
        return bench.figures()
