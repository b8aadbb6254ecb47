"""The whole benchmark: what is measured, in which rounds, and what the figures are compared with.

Every measurement is taken once a round, so that peers take turns and whatever else the machine does
falls on all of them alike. Figures are medians over the rounds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ringproof.bench import mix, network, serving, simulated, sipp
from ringproof.bench.figure import Figure, Target, figure
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
"""Calls a second asked of SIPp: at the first it repeats next to nothing, the second is too much."""

Step = tuple[str, Callable[[], dict[str, float]]]
"""What a progress bar calls it, and how to take its samples by name."""


class Bench:
    """One run of the benchmark; ``steps`` first, then ``figures``."""

    def __init__(self, sizes: Sizes, folder: Path) -> None:
        self._sizes = sizes
        self._folder = folder
        self._samples: dict[str, list[float]] = {}
        self._retransmissions = self._failed = 0
        self._hunted = simulated.hunted()[: sizes.mutants]
        self._recorded = simulated.traces(sizes.judged)
        self._bytes = [trace.dumps() for trace in self._recorded]
        self._mixed = [mix.mixed(seed) for seed in range(sizes.mixed)]

    def steps(self) -> Sequence[Step]:
        """Return the steps of all rounds, in the order they are to be taken."""
        sizes = self._sizes
        one_round: list[Step] = [
            ("simulated calls", self._simulated),
            ("single calls", self._single),
            ("drawn calls", self._drawn),
            ("four calls at once", self._four),
            ("the judge", self._judge),
            ("the network", self._network),
            ("serve", self._serve),
            *[(f"hunting {mutant.name}", self._hunt(mutant)) for mutant in self._hunted],
        ]
        if sipp.program() is not None:
            one_round[2:2] = [("sipp", self._sipp)]
        return one_round * sizes.rounds

    def take(self, step: Step) -> None:
        """Take one step. Raises ``BenchError`` when what it measures does not work."""
        for name, sample in step[1]().items():
            self._samples.setdefault(name, []).append(sample)

    def figures(self) -> tuple[Figure, ...]:
        """Return the figures, once every step was taken."""
        return tuple(self._figures())

    # -- one step each -----------------------------------------------------------------------

    def _simulated(self) -> dict[str, float]:
        return {"mixed": simulated.calls_per_second(self._mixed)}

    def _single(self) -> dict[str, float]:
        return {"single": simulated.calls_per_second([mix.single()] * self._sizes.singles)}

    def _drawn(self) -> dict[str, float]:
        return {"drawn": simulated.drawn_calls_per_second(self._sizes.drawn)}

    def _four(self) -> dict[str, float]:
        return {"virtual": simulated.virtual_by_real(self._sizes.four)}

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

    def _hunt(self, mutant: Mutant) -> Callable[[], dict[str, float]]:
        return lambda: {f"hunt {mutant.name}": simulated.minimal_failure_s(mutant)}

    # -- what they add up to -----------------------------------------------------------------

    def _figures(self) -> Iterator[Figure]:
        yield from self._simulation()
        yield from self._judging()
        yield from self._sockets()
        yield from self._serving()
        yield from self._hunting()

    def _simulation(self) -> Iterator[Figure]:
        taken, peer = self._samples, self._samples.get("sipp")
        rivals = f"SIPp asked for {FULL_RATE} calls/s" if peer else "SIPp, which is not installed"
        if peer:
            rivals += (
                f" ({self._retransmissions} retransmissions and {self._failed} failed calls "
                f"in {len(peer)} runs)"
            )
        yield figure(
            "simulated-calls",
            "calls/s",
            taken["mixed"],
            reference=rivals,
            peer=peer,
            target=Target(9_000),
            note=f"virtual time, one core, every frame JSON, every clause judged: {mix.MIX}",
        )
        yield figure(
            "simulated-single-calls",
            "calls/s",
            taken["single"],
            reference=rivals,
            peer=peer,
            note="a platform and a registration for every call",
        )
        yield figure(
            "drawn-calls",
            "calls/s",
            taken["drawn"],
            note="scenarios as a campaign draws them: the drawing, two devices, faults, variants",
        )
        yield figure(
            "virtual-to-real",
            "s/s",
            taken["virtual"],
            target=Target(10_000),
            note="four calls that ring for 20 s and are talked on for 40 s, all at once, judged",
        )

    def _judging(self) -> Iterator[Figure]:
        yield figure(
            "judge",
            "entries/s",
            self._samples["judged"],
            target=Target(300_000),
            note="recorded traces of the mix, by every check",
        )
        yield figure(
            "judge-files",
            "entries/s",
            self._samples["read"],
            note="the same from the bytes of trace files, decoding included",
        )

    def _sockets(self) -> Iterator[Figure]:
        taken = self._samples
        yield figure(
            "network-calls",
            "calls/s",
            taken["network"],
            reference="a bare websockets echo of as many frames over TLS",
            peer=taken["echo"],
            target=Target(0.5, of="ratio"),
            note=f"{network.CONNECTIONS} connections, one call at a time on each; two processes",
        )
        if "sipp-clean" in taken:
            yield figure(
                "network-calls-by-sipp",
                "calls/s",
                taken["network"],
                reference=f"SIPp asked for {CLEAN_RATE} calls/s, UDP and no media",
                peer=taken["sipp-clean"],
                note="both over loopback, in two processes",
            )

    def _serving(self) -> Iterator[Figure]:
        yield figure(
            "serve-first-answer",
            "s",
            self._samples["serve"],
            target=Target(1.0, "lower"),
            note="from the start of `ringproof serve` to its first answered request",
        )
        if "resident" in self._samples:
            yield figure(
                "serve-resident",
                "MB",
                self._samples["resident"],
                target=Target(90, "lower"),
                note="after that request, before any media",
            )

    def _hunting(self) -> Iterator[Figure]:
        hunts = {m.name: self._samples[f"hunt {m.name}"] for m in self._hunted}
        everything = [sample for samples in hunts.values() for sample in samples]
        yield figure(
            "minimal-failure",
            "s",
            everything,
            target=Target(3, "lower"),
            note="from nothing to the smallest failing scenario: " + ", ".join(hunts),
        )
        slowest = max(hunts, key=lambda name: max(hunts[name]))
        yield figure(
            "minimal-failure-slowest",
            "s",
            [max(hunts[slowest])],
            target=Target(10, "lower"),
            note=slowest,
        )


def run(sizes: Sizes, notice: Callable[[str, int], None]) -> tuple[Figure, ...]:
    """Take every figure. ``notice`` is told each step before it is taken, and how many there are.

    Raises ``BenchError``. Files and processes are gone afterwards, also after Ctrl-C.
    """
    with tempfile.TemporaryDirectory(prefix="ringproof-bench-") as folder:
        bench = Bench(sizes, Path(folder))
        steps = bench.steps()
        for step in steps:
            notice(step[0], len(steps))
            bench.take(step)
        return bench.figures()
