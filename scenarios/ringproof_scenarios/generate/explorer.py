"""Walks through all that can happen: Hypothesis builds a scenario step by step, and plays it.

The strategies lay out calls that are likely to matter; the explorer does not know what matters. Its
rules say only what may be done next: somebody calls, gives up, the subscriber decides, something
breaks. What is right follows from the clauses, through whatever ``play`` judges by, and never from
the order of the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import hypothesis
import hypothesis.strategies as st
import msgspec
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ringproof_fakeserver.protocol.platform import Platform
from ringproof_scenarios.data import Anchor
from ringproof_scenarios.faults import (
    AnyFault,
    Cut,
    DeadMedia,
    Delay,
    Drop,
    Duplicate,
    Frame,
    Ignore,
    LookUp,
    NoDevices,
    Refuse,
    Reorder,
    Request,
    StrayBye,
)
from ringproof_scenarios.generate import composer, strategies
from ringproof_scenarios.generate.bounds import NETWORK, SIMULATED, Bounds
from ringproof_scenarios.generate.profiles import ANSWERS
from ringproof_scenarios.model import (
    Answer,
    AnyAction,
    Caller,
    HangUp,
    Observe,
    Reject,
    Scenario,
    Vanish,
    What,
    validate,
)
from ringproof_scenarios.reduction import candidates

Play = Callable[[Scenario], Mapping[str, str]]
"""Plays a scenario and returns what failed: clause → message."""

CALLERS_MAX = 6
FAULTS_MAX = 3
STEPS_MAX = 14
"""Rules that one walk applies."""

REDUCTIONS_MAX = 500
"""Plays that the reduction of one counterexample may take."""

_WAITS_MS: Final = st.one_of(
    st.sampled_from((0, 0, 1, 5, 10, 20, 40)), st.integers(0, NETWORK.after_ms)
)
"""Short for simulations as well: what does not collide is not worth a walk."""
_ANCHORS: Final = st.sampled_from(composer.ANCHORS)
_FRAMES: Final = st.sampled_from(composer.FRAMES)
_REQUESTS: Final = st.sampled_from(composer.REQUESTS)
_STATUSES: Final = st.sampled_from(composer.STATUSES)
_DEVICES: Final = st.sampled_from((0, 0, 1))
_AGAIN: Final[st.SearchStrategy[AnyAction]] = st.sampled_from((Answer(), Reject(), HangUp()))


class Counterexample(AssertionError):
    """A scenario fails; the message is its program, and how to play it again."""

    def __init__(self, scenario: Scenario, failures: Mapping[str, str]) -> None:
        self.scenario = scenario
        self.failures = dict(failures)
        super().__init__(scenario, self.failures)

    def __str__(self) -> str:
        failed = "\n".join(f"# {clause}: {message}" for clause, message in self.failures.items())
        return f"\n{failed}\n{self.scenario!r}\n\nringproof replay {self.scenario.replay()}\n"


class Walk(RuleBasedStateMachine):
    """One scenario in the making. ``explore`` and ``machine`` give it someone to play it."""

    calls = Bundle("calls")
    play: Play
    bounds: Bounds

    def __init__(self) -> None:
        super().__init__()
        self.callers: list[Caller] = []
        self.actions: list[AnyAction] = []
        self.faults: list[AnyFault] = []
        self.devices = 1
        self.platform = Platform()
        self.seed = 0

    def scenario(self) -> Scenario | None:
        """Return what has come together so far; None before the first call."""
        if not self.callers:
            return None
        built = Scenario(
            callers=tuple(self.callers),
            actions=composer.once_gone(self.actions),
            devices=self.devices,
            platform=self.platform,
            faults=tuple(self.faults),
            seed=self.seed,
        )
        return validate(composer.bounded(built, self.bounds))

    def teardown(self) -> None:
        """Play what the walk has come to."""
        built = self.scenario()
        failures = {} if built is None else type(self).play(built)
        if built is not None and failures:
            raise _smallest(Counterexample(built, failures), type(self).play)

    def _change(self, call: int, **fields: object) -> None:
        self.callers[call] = msgspec.structs.replace(self.callers[call], **fields)

    def _device(self, device: int) -> int:
        return device % self.devices

    def _deed(self, deed: AnyAction, call: int, device: int, on: Anchor, after_ms: int) -> None:
        where = {"call": call, "device": self._device(device), "on": on, "after_ms": after_ms}
        self.actions.append(msgspec.structs.replace(deed, **where))

    def _answer(self, data: st.DataObject, call: int) -> Answer:
        return data.draw(st.sampled_from(ANSWERS[self.callers[call].media]))

    # -- the world the calls come into -------------------------------------------------------

    @initialize(devices=st.integers(1, 2), platform=strategies.platforms(), seed=st.integers(0, 3))
    def begin(self, devices: int, platform: Platform, seed: int) -> None:
        """Choose the devices and the platform."""
        self.devices, self.platform, self.seed = devices, platform, seed

    # -- callers -----------------------------------------------------------------------------

    @precondition(lambda self: len(self.callers) < CALLERS_MAX)
    @rule(target=calls, caller=strategies.callers())
    def somebody_calls(self, caller: Caller) -> int:
        """Let somebody dial."""
        self.callers.append(caller)
        return len(self.callers) - 1

    @precondition(lambda self: len(self.callers) < CALLERS_MAX)
    @rule(target=calls, call=calls, gap_ms=_WAITS_MS)
    def the_same_one_calls_again(self, call: int, gap_ms: int) -> int:
        """Let a caller dial a second time."""
        caller = self.callers[call]
        self.callers.append(msgspec.structs.replace(caller, at_ms=caller.at_ms + gap_ms))
        return len(self.callers) - 1

    @rule(call=calls, patience_ms=_WAITS_MS)
    def the_caller_gives_up(self, call: int, patience_ms: int) -> None:
        """Let a caller lose patience."""
        self._change(call, patience_ms=20 + patience_ms)

    @rule(call=calls, talk_ms=_WAITS_MS)
    def the_caller_hangs_up(self, call: int, talk_ms: int) -> None:
        """Let a caller end the conversation."""
        self._change(call, talk_ms=talk_ms)

    # -- the subscriber ----------------------------------------------------------------------

    @rule(data=st.data(), call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def answers(self, data: st.DataObject, call: int, device: int, after_ms: int) -> None:
        """Accept a call."""
        self._deed(self._answer(data, call), call, device, "listed", after_ms)

    @rule(call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def declines(self, call: int, device: int, after_ms: int) -> None:
        """Decline a call."""
        self._deed(Reject(), call, device, "listed", after_ms)

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def hangs_up(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Hang up, in whatever state the call is."""
        self._deed(HangUp(), call, device, on, after_ms)

    @precondition(lambda self: self.actions)
    @rule(deed=_AGAIN, gap_ms=_WAITS_MS)
    def changes_their_mind(self, deed: AnyAction, gap_ms: int) -> None:
        """Do something about the last call again, a moment later."""
        last = self.actions[-1]
        self._deed(deed, last.call, last.device, last.on, last.after_ms + gap_ms)

    @rule(data=st.data(), call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def answers_too_late(self, data: st.DataObject, call: int, device: int, after_ms: int) -> None:
        """Accept a call that is gone."""
        self._deed(self._answer(data, call), call, device, "gone", after_ms)

    @rule(data=st.data(), call=calls, device=_DEVICES, at_ms=_WAITS_MS, apart_ms=st.integers(-9, 9))
    def both_sides_decide(
        self, data: st.DataObject, call: int, device: int, at_ms: int, apart_ms: int
    ) -> None:
        """Let the subscriber decide and the caller give up at almost the same moment."""
        self._change(call, patience_ms=20 + at_ms)
        deeds: tuple[AnyAction, ...] = (self._answer(data, call), Reject())
        deed = data.draw(st.sampled_from(deeds))
        self._deed(deed, call, device, "listed", max(0, 20 + at_ms + apart_ms))

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, what=st.sampled_from(get_args(What)))
    def subscribes_late(self, call: int, device: int, on: Anchor, what: What) -> None:
        """Subscribe to an observable of a call that has been there for a while."""
        self._deed(Observe(what=what), call, device, on, 0)

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def vanishes(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Close the page."""
        self._deed(Vanish(), call, device, on, after_ms)

    # -- what goes wrong ---------------------------------------------------------------------

    def _wrong(self, fault: AnyFault, call: int, device: int) -> None:
        where = {"call": call, "device": self._device(device)}
        self.faults.append(msgspec.structs.replace(fault, **where))

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, frame=st.sampled_from(composer.EVENTS))
    def a_frame_is_lost(self, call: int, device: int, frame: Frame) -> None:
        """Lose the invite or the bye."""
        self._wrong(Drop(frame=frame), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES, delay_ms=_WAITS_MS)
    def a_frame_is_late(self, call: int, device: int, frame: Frame, delay_ms: int) -> None:
        """Hold a frame back."""
        self._wrong(Delay(frame=frame, delay_ms=delay_ms), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES, delay_ms=_WAITS_MS)
    def a_frame_comes_twice(self, call: int, device: int, frame: Frame, delay_ms: int) -> None:
        """Send a frame a second time."""
        self._wrong(Duplicate(frame=frame, delay_ms=delay_ms), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES)
    def two_frames_swap(self, call: int, device: int, frame: Frame) -> None:
        """Let the next frame pass."""
        self._wrong(Reorder(frame=frame), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, request=_REQUESTS, code=st.sampled_from(composer.CODES))
    def a_request_is_refused(self, call: int, device: int, request: Request, code: int) -> None:
        """Say no to the client."""
        self._wrong(Refuse(request=request, code=code), call, device)

    @precondition(lambda self: self.bounds.silence and len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, request=_REQUESTS, reply=st.booleans())
    def a_request_is_met_with_silence(
        self, call: int, device: int, request: Request, reply: bool
    ) -> None:
        """Never hear the client, or lose the reply."""
        lost: Frame = "answer-reply" if request == "answer" else "bye-reply"
        self._wrong(Drop(frame=lost) if reply else Ignore(request=request), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(device=_DEVICES, nth=st.integers(0, 1), delay_ms=_WAITS_MS, status=_STATUSES)
    def a_look_up_goes_wrong(self, device: int, nth: int, delay_ms: int, status: int) -> None:
        """Answer a look-up late, or with an error."""
        self._wrong(LookUp(nth=nth, delay_ms=delay_ms, status=status), 0, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def a_bye_comes_for_nobody(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Say bye to a call that never was."""
        self._wrong(StrayBye(on=on, after_ms=after_ms), call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(
        call=calls,
        device=_DEVICES,
        on=_ANCHORS,
        after_ms=_WAITS_MS,
        back_ms=_WAITS_MS,
        resume=st.booleans(),
    )
    def the_socket_is_cut(
        self, call: int, device: int, on: Anchor, after_ms: int, back_ms: int, resume: bool
    ) -> None:
        """Break the socket off, with the session kept or forgotten."""
        cut = Cut(on=on, after_ms=after_ms, back_ms=back_ms, resume=resume)
        self._wrong(cut, call, device)

    @precondition(lambda self: len(self.faults) < FAULTS_MAX)
    @rule(call=calls, device=_DEVICES, own=st.booleans())
    def media_is_dead(self, call: int, device: int, own: bool) -> None:
        """Keep media from connecting; where it can be, by the client's missing microphone."""
        silent = NoDevices() if own and self.bounds.simulated else DeadMedia()
        self._wrong(silent, call, device)


def _smallest(found: Counterexample, play: Play) -> Counterexample:
    """Reduce what fails, as long as one of the same clauses does."""
    plays, progress = 0, True
    while progress:
        progress = False
        for candidate in candidates(found.scenario):
            if plays >= REDUCTIONS_MAX:
                return found
            plays += 1
            failures = play(candidate)
            if not found.failures.keys().isdisjoint(failures):
                found, progress = Counterexample(candidate, failures), True
                break
    return found


def machine(play: Play, bounds: Bounds = SIMULATED) -> type[Walk]:
    """Return a state machine that plays each walk to its end; its ``TestCase`` is for pytest.

    What fails is made smaller as a scenario: Hypothesis, which knows only the walk, needs a hundred
    times as long for it, so its own shrinking is switched off. Use ``walking`` for its settings.
    """

    class Played(Walk):
        pass

    Played.play = staticmethod(play)
    Played.bounds = bounds
    Played.TestCase.settings = walking()
    return Played


def walking(**changes: Any) -> hypothesis.settings:  # noqa: ANN401 - whatever Hypothesis takes
    """Return the settings of the profile in use, for walks."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate]
    return hypothesis.settings(
        **{"stateful_step_count": STEPS_MAX, "phases": phases, "deadline": None, **changes}
    )


def explore(play: Play, *, examples: int, seed: int, bounds: Bounds = NETWORK) -> None:
    """Play ``examples`` walks, the same for the same seed. What fails is for ``play`` to remember.

    Walks go on after a failure, and nothing is shrunk: see ``reduction`` for that.
    """

    def remember(scenario: Scenario) -> Mapping[str, str]:
        play(scenario)
        return {}

    walks = hypothesis.seed(seed)(machine(remember, bounds))
    settings = walking(
        max_examples=examples,
        database=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
        verbosity=hypothesis.Verbosity.quiet,
        backend=strategies.seed_only(),
    )
    run_state_machine_as_test(walks, settings=settings)
