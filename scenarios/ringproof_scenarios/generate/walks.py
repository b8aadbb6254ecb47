"""Walks: Hypothesis builds a scenario step by step, without knowing which steps matter.

The composer draws calls that are likely to matter. A walk applies rules that say only what may come
next: a caller dials or gives up, the subscriber decides, there is a fault. What is right follows
from the clauses that ``play`` judges by, never from the order of the rules.
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
from ringproof_scenarios import faults
from ringproof_scenarios.data import Anchor
from ringproof_scenarios.faults import AnyFault, Frame, Reason, Request, Which
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
"""Short in simulations as well, so that events collide."""
_ANCHORS: Final = st.sampled_from(composer.ANCHORS)
_FRAMES: Final = st.sampled_from(composer.FRAMES)
_REQUESTS: Final = st.sampled_from(composer.REQUESTS)
_STATUSES: Final = st.sampled_from(composer.STATUSES)
_CHANGES: Final = st.sampled_from(composer.ANY_CHANGE)
_DEVICES: Final = st.sampled_from((0, 0, 1))
_AGAIN: Final[st.SearchStrategy[AnyAction]] = st.sampled_from((Answer(), Reject(), HangUp()))


class Counterexample(AssertionError):
    """A scenario fails; the message is its program and the command that replays it."""

    def __init__(self, scenario: Scenario, failures: Mapping[str, str]) -> None:
        self.scenario = scenario
        self.failures = dict(failures)
        super().__init__(scenario, self.failures)

    def __str__(self) -> str:
        failed = "\n".join(f"# {clause}: {message}" for clause, message in self.failures.items())
        return f"\n{failed}\n{self.scenario!r}\n\nringproof replay {self.scenario.replay()}\n"


def _may_dial(walk: _Walk) -> bool:
    return len(walk.callers) < CALLERS_MAX


def _may_fail(walk: _Walk) -> bool:
    return len(walk.faults) < FAULTS_MAX


class _Walk(RuleBasedStateMachine):
    """One scenario in the making. ``machine`` gives it a ``play`` and bounds.

    Hypothesis orders the rules by their names: a rule that is renamed changes every seed.
    """

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
        """Return the scenario so far; None before the first call."""
        if not self.callers:
            return None
        actions, devices = composer.pages(composer.vanish_once(self.actions), self.devices)
        built = Scenario(
            callers=tuple(self.callers),
            actions=actions,
            devices=devices,
            platform=self.platform,
            faults=tuple(self.faults),
            seed=self.seed,
        )
        return validate(composer.bounded(built, self.bounds))

    def teardown(self) -> None:
        """Play the scenario. Raises the smallest ``Counterexample`` if it fails."""
        built = self.scenario()
        failures = {} if built is None else type(self).play(built)
        if built is not None and failures:
            raise _smallest(Counterexample(built, failures), type(self).play)

    def _change(self, call: int, **fields: object) -> None:
        self.callers[call] = msgspec.structs.replace(self.callers[call], **fields)

    def _act(self, action: AnyAction, call: int, device: int, on: Anchor, after_ms: int) -> None:
        where = {"call": call, "device": device % self.devices, "on": on, "after_ms": after_ms}
        self.actions.append(msgspec.structs.replace(action, **where))

    def _fail(self, fault: AnyFault, call: int, device: int) -> None:
        where = {"call": call, "device": device % self.devices}
        self.faults.append(msgspec.structs.replace(fault, **where))

    def _answer(self, data: st.DataObject, call: int) -> Answer:
        return data.draw(st.sampled_from(ANSWERS[self.callers[call].media]))

    # -- platform and devices ----------------------------------------------------------------

    @initialize(devices=st.integers(1, 2), platform=strategies.platforms(), seed=st.integers(0, 3))
    def begin(self, devices: int, platform: Platform, seed: int) -> None:
        self.devices, self.platform, self.seed = devices, platform, seed

    # -- callers -----------------------------------------------------------------------------

    @precondition(_may_dial)
    @rule(target=calls, caller=strategies.callers())
    def somebody_calls(self, caller: Caller) -> int:
        self.callers.append(caller)
        return len(self.callers) - 1

    @precondition(_may_dial)
    @rule(target=calls, call=calls, gap_ms=_WAITS_MS)
    def the_same_one_calls_again(self, call: int, gap_ms: int) -> int:
        caller = self.callers[call]
        self.callers.append(msgspec.structs.replace(caller, at_ms=caller.at_ms + gap_ms))
        return len(self.callers) - 1

    @rule(call=calls, patience_ms=_WAITS_MS)
    def the_caller_gives_up(self, call: int, patience_ms: int) -> None:
        self._change(call, patience_ms=20 + patience_ms)

    @rule(call=calls, talk_ms=_WAITS_MS)
    def the_caller_hangs_up(self, call: int, talk_ms: int) -> None:
        self._change(call, talk_ms=talk_ms)

    # -- the subscriber ----------------------------------------------------------------------

    @rule(data=st.data(), call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def answers(self, data: st.DataObject, call: int, device: int, after_ms: int) -> None:
        self._act(self._answer(data, call), call, device, "listed", after_ms)

    @rule(call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def declines(self, call: int, device: int, after_ms: int) -> None:
        self._act(Reject(), call, device, "listed", after_ms)

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def hangs_up(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Hang up, whatever state the call is in."""
        self._act(HangUp(), call, device, on, after_ms)

    @precondition(lambda self: self.actions)
    @rule(action=_AGAIN, gap_ms=_WAITS_MS)
    def changes_their_mind(self, action: AnyAction, gap_ms: int) -> None:
        """Add another decision about the same call a little later."""
        last = self.actions[-1]
        self._act(action, last.call, last.device, last.on, last.after_ms + gap_ms)

    @rule(data=st.data(), call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def answers_too_late(self, data: st.DataObject, call: int, device: int, after_ms: int) -> None:
        self._act(self._answer(data, call), call, device, "gone", after_ms)

    @rule(data=st.data(), call=calls, device=_DEVICES, at_ms=_WAITS_MS, apart_ms=st.integers(-9, 9))
    def both_sides_decide(
        self, data: st.DataObject, call: int, device: int, at_ms: int, apart_ms: int
    ) -> None:
        """Make the subscriber decide, and the caller give up, at almost the same moment."""
        self._change(call, patience_ms=20 + at_ms)
        decisions: tuple[AnyAction, ...] = (self._answer(data, call), Reject())
        decision = data.draw(st.sampled_from(decisions))
        self._act(decision, call, device, "listed", max(0, 20 + at_ms + apart_ms))

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, what=st.sampled_from(get_args(What)))
    def subscribes_late(self, call: int, device: int, on: Anchor, what: What) -> None:
        self._act(Observe(what=what), call, device, on, 0)

    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def vanishes(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        self._act(Vanish(), call, device, on, after_ms)

    @precondition(lambda self: self.bounds.simulated)
    @rule(change=_CHANGES, call=calls, device=_DEVICES, after_ms=_WAITS_MS)
    def changes_the_call(self, change: AnyAction, call: int, device: int, after_ms: int) -> None:
        self._act(change, call, device, "connected", after_ms)

    # -- faults ------------------------------------------------------------------------------

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, frame=st.sampled_from(composer.EVENTS))
    def a_frame_is_lost(self, call: int, device: int, frame: Frame) -> None:
        """Lose the invite or the bye."""
        self._fail(faults.Drop(frame=frame), call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES, delay_ms=_WAITS_MS)
    def a_frame_is_late(self, call: int, device: int, frame: Frame, delay_ms: int) -> None:
        self._fail(faults.Delay(frame=frame, delay_ms=delay_ms), call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES, delay_ms=_WAITS_MS)
    def a_frame_comes_twice(self, call: int, device: int, frame: Frame, delay_ms: int) -> None:
        self._fail(faults.Duplicate(frame=frame, delay_ms=delay_ms), call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, frame=_FRAMES)
    def two_frames_swap(self, call: int, device: int, frame: Frame) -> None:
        """Exchange a frame with the next one."""
        self._fail(faults.Reorder(frame=frame), call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, request=_REQUESTS, code=st.sampled_from(composer.CODES))
    def a_request_is_refused(self, call: int, device: int, request: Request, code: int) -> None:
        self._fail(faults.Refuse(request=request, code=code), call, device)

    @precondition(lambda self: self.bounds.silence and _may_fail(self))
    @rule(call=calls, device=_DEVICES, request=_REQUESTS, reply=st.booleans())
    def a_request_is_met_with_silence(
        self, call: int, device: int, request: Request, reply: bool
    ) -> None:
        """Ignore a request of the client, or lose the reply to it."""
        lost: Frame = "answer-reply" if request == "answer" else "bye-reply"
        self._fail(
            faults.Drop(frame=lost) if reply else faults.Ignore(request=request), call, device
        )

    @precondition(_may_fail)
    @rule(device=_DEVICES, nth=st.integers(0, 1), delay_ms=_WAITS_MS, status=_STATUSES)
    def a_look_up_goes_wrong(self, device: int, nth: int, delay_ms: int, status: int) -> None:
        """Answer a look-up late or with an error."""
        self._fail(faults.LookUp(nth=nth, delay_ms=delay_ms, status=status), 0, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def a_bye_comes_for_nobody(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Send a bye for a call that does not exist."""
        self._fail(faults.StrayBye(on=on, after_ms=after_ms), call, device)

    @precondition(_may_fail)
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
        """Break the socket; the platform keeps the session or drops it."""
        cut = faults.Cut(on=on, after_ms=after_ms, back_ms=back_ms, resume=resume)
        self._fail(cut, call, device)

    @precondition(lambda self: self.bounds.simulated and _may_fail(self))
    @rule(call=calls, device=_DEVICES, fails=st.sampled_from(composer.MEDIA_FAULTS))
    def packets_are_lost(self, call: int, device: int, fails: AnyFault) -> None:
        """Lose the packets of a connected call, or those to the STUN server."""
        self._fail(fails, call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES)
    def media_is_dead(self, call: int, device: int) -> None:
        """Prevent media from connecting."""
        self._fail(faults.DeadMedia(), call, device)

    @precondition(_may_fail)
    @rule(
        call=calls,
        device=_DEVICES,
        reason=st.sampled_from(composer.REASONS),
        which=st.sampled_from(composer.WHICH),
        once=st.booleans(),
    )
    def devices_fail(
        self, call: int, device: int, reason: Reason, which: Which, once: bool
    ) -> None:
        """Let the microphone, the camera or both fail when the call is answered."""
        self._fail(faults.NoDevices(reason=reason, which=which, once=once), call, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, delay_ms=_WAITS_MS, granted=st.booleans())
    def the_user_is_asked(self, call: int, device: int, delay_ms: int, granted: bool) -> None:
        """Keep the question for the devices open for a while."""
        self._fail(faults.Prompt(delay_ms=delay_ms, granted=granted), call, device)

    @precondition(_may_fail)
    @rule(device=_DEVICES, fails=st.sampled_from(composer.OPENINGS))
    def the_device_is_not_let_in(self, device: int, fails: AnyFault) -> None:
        """Close the socket when it connects, or use a token of no use: at first, or later."""
        self._fail(fails, 0, device)

    @precondition(_may_fail)
    @rule(device=_DEVICES, times=st.integers(0, 2))
    def the_device_is_not_registered(self, device: int, times: int) -> None:
        """Refuse to register the device, always or at first."""
        self._fail(faults.OnlineFails(times=times), 0, device)

    @precondition(_may_fail)
    @rule(call=calls, device=_DEVICES, on=_ANCHORS, after_ms=_WAITS_MS)
    def the_socket_falls_silent(self, call: int, device: int, on: Anchor, after_ms: int) -> None:
        """Let nothing pass the socket any more, and tell nobody."""
        self._fail(faults.GoesSilent(on=on, after_ms=after_ms), call, device)


def _smallest(counterexample: Counterexample, play: Play) -> Counterexample:
    """Reduce the scenario as long as one of the same clauses fails."""
    plays, progress = 0, True
    while progress:
        progress = False
        for candidate in candidates(counterexample.scenario):
            if plays >= REDUCTIONS_MAX:
                return counterexample
            plays += 1
            failures = play(candidate)
            if not counterexample.failures.keys().isdisjoint(failures):
                counterexample, progress = Counterexample(candidate, failures), True
                break
    return counterexample


def machine(play: Play, bounds: Bounds = SIMULATED) -> type[_Walk]:
    """Return a state machine that plays each walk at its end; its ``TestCase`` is for pytest.

    A failure is reduced as a scenario. Hypothesis's own shrinking, which sees only the steps of the
    walk and needs a hundred times as long, is switched off. Use ``walking`` for the settings.
    """

    class Played(_Walk):
        pass

    Played.play = staticmethod(play)
    Played.bounds = bounds
    Played.TestCase.settings = walking()
    return Played


def walking(**changes: Any) -> hypothesis.settings:  # noqa: ANN401 - whatever Hypothesis takes
    """Return the settings of the current Hypothesis profile, for walks."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.reuse, hypothesis.Phase.generate]
    return hypothesis.settings(
        **{"stateful_step_count": STEPS_MAX, "phases": phases, "deadline": None, **changes}
    )


def draw_walks(count: int, seed: int, *, bounds: Bounds = NETWORK) -> tuple[Scenario, ...]:
    """Return ``count`` distinct scenarios, always the same for the same arguments.

    The first of a longer draw are those of a shorter one. ``seed`` is any integer.
    """

    def batch(batch_seed: int) -> list[Scenario]:
        drawn: list[Scenario] = []

        def collect(scenario: Scenario) -> Mapping[str, str]:
            drawn.append(scenario)
            return {}

        walks = hypothesis.seed(batch_seed)(machine(collect, bounds))
        run_state_machine_as_test(walks, settings=walking(**strategies.DRAWING))
        return drawn

    return strategies.distinct(count, seed, batch)
