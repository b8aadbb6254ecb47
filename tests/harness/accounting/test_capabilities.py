"""What a SUT does not declare is neither asked of it nor held against it, and never green."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from ringproof.accounting import capabilities
from ringproof.accounting.capabilities import Scope, lacking, restrict
from ringproof.adapters.manifest import Skip
from ringproof.adapters.protocol import Hello
from ringproof.play.media_probe import counts_packets
from ringproof.results import LeftOut, Planned, describe_left_out
from ringproof_scenarios import ledger
from ringproof_scenarios.faults import NoDevices, Prompt, TokenExpires
from ringproof_scenarios.model import (
    Answer,
    Caller,
    Dial,
    GoOffline,
    GoOnline,
    HangUp,
    Hold,
    Observe,
    Open,
    ReadUser,
    Reject,
    RestartIce,
    Scenario,
    Transfer,
    Unhold,
    Vanish,
)

ALL = (
    *("call.answer", "call.reject", "call.hangup", "call.hold", "call.unhold"),
    *("call.restart_ice", "call.dial", "call.transfer"),
    *("observe", "session.vanish", "session.devices", "media"),
    *("session.offline", "session.online", "session.return", "session.token", "user"),
)
WHOLE = Hello(
    protocol=1,
    name="sut",
    version="1",
    language="go",
    carrier="stdio",
    media="rtp",
    sessions=4,
    ops=ALL,
    features=("reattach", "automatic", "device_choice"),
)


def but(**changed: object) -> Hello:
    return msgspec.structs.replace(WHOLE, **changed)


def without(op: str) -> Hello:
    return but(ops=tuple(other for other in ALL if other != op))


def planned(*actions: object, devices: int = 1, real: bool = False) -> Planned:
    scenario = Scenario(callers=(Caller(),), actions=actions, devices=devices)
    return Planned(scenario=scenario, source="catalogue", real_media=real)


@pytest.mark.parametrize(
    ("action", "op"),
    [
        (Answer(), "call.answer"),
        (Reject(), "call.reject"),
        (HangUp(), "call.hangup"),
        (Observe(), "observe"),
        (Vanish(), "session.vanish"),
        (ReadUser(), "user"),
        (Hold(), "call.hold"),
        (Dial(), "call.dial"),
        (Transfer(), "call.transfer"),
        (Unhold(), "call.unhold"),
        (RestartIce(), "call.restart_ice"),
        (GoOffline(), "session.offline"),
        (GoOnline(), "session.online"),
    ],
)
def test_scenario_that_needs_a_missing_op_is_left_out(action: object, op: str):
    one, rings = planned(action), planned()
    assert restrict([one, rings], WHOLE).planned == (one, rings)
    restricted = restrict([one, one, rings], without(op))
    assert restricted.planned == (rings,)
    assert restricted.scope.lacks == (op,)
    assert restricted.scope.left_out == (LeftOut(op, 2),)
    assert describe_left_out(restricted.scope.left_out) == (
        f"left out, for the SUT does not declare it: {op} (2 scenarios)"
    )


def test_scenario_that_renews_a_token_needs_its_op():
    fault = TokenExpires(renewed=True)
    scenario = Scenario(callers=(Caller(),), faults=(fault,))
    assert lacking(scenario, WHOLE) == []
    assert lacking(scenario, without("session.token")) == ["session.token"]
    plain = Scenario(callers=(Caller(),), faults=(TokenExpires(),))
    assert lacking(plain, without("session.token")) == []


@pytest.mark.parametrize("answer", [Answer(microphone=1), Answer(camera=1)])
def test_answer_with_chosen_devices_needs_its_feature(answer: Answer):
    scenario = Scenario(callers=(Caller(),), actions=(answer,))
    assert lacking(scenario, WHOLE) == []
    assert lacking(scenario, but(features=())) == ["device_choice"]


def test_scenario_without_register_needs_its_feature():
    scenario = Scenario(callers=(Caller(),), automatic=True)
    assert lacking(scenario, WHOLE) == []
    assert lacking(scenario, but(features=())) == ["automatic"]


@pytest.mark.parametrize("fault", [NoDevices(), Prompt()], ids=lambda fault: type(fault).__name__)
def test_fault_of_the_devices_is_left_out_and_counted_where_no_adapter_brings_it_about(fault):
    faulty = msgspec.structs.replace(planned(Answer()).scenario, faults=(fault,))
    one = msgspec.structs.replace(planned(), scenario=faulty)
    assert restrict([one], WHOLE).planned == (one,)
    restricted = restrict([one], without("session.devices"))
    assert restricted.planned == ()
    assert restricted.scope.left_out == (LeftOut("session.devices", 1),)


def test_page_that_opens_again_needs_an_op_of_its_own_and_a_second_page_does_not():
    again, second = (planned(Open(device=1, of=of), devices=2) for of in (0, None))
    restricted = restrict([again, second], without("session.return"))
    assert restricted.planned == (second,)
    assert restricted.scope.left_out == (LeftOut("session.return", 1),)


def test_page_that_wants_its_calls_back_needs_a_client_that_can_do_it():
    one = planned(Open(device=1, of=0, reattach=True), devices=2)
    assert restrict([one], WHOLE).planned == (one,)
    restricted = restrict([one], but(features=()))
    assert restricted.planned == ()
    assert restricted.scope.left_out == (LeftOut("reattach", 1),)


def test_nothing_is_said_of_a_sut_that_can_do_everything():
    assert restrict([planned()], WHOLE).scope == Scope()
    assert describe_left_out(()) == ""


def test_one_session_is_one_device():
    assert lacking(planned(devices=2).scenario, but(sessions=1)) == ["devices"]
    assert restrict([planned(devices=2)], but(sessions=1)).scope.lacks == ("devices",)
    assert lacking(planned(devices=4).scenario, WHOLE) == []
    assert lacking(planned(devices=5).scenario, WHOLE) == ["devices"]


@pytest.mark.parametrize(
    ("sessions", "devices", "capacity"), [(1, 1, 1), (4, 1, 4), (5, 2, 2), (1, 2, 1), (3, 3, 1)]
)
def test_sessions_limit_the_number_of_workers(sessions: int, devices: int, capacity: int):
    restricted = restrict([planned(), planned(devices=devices)], but(sessions=sessions))
    assert restricted.capacity == capacity


def test_without_descriptions_nothing_is_answered():
    restricted = restrict([planned(Answer()), planned(Reject())], but(media="none"))
    assert [one.scenario.actions for one in restricted.planned] == [(Reject(),)]
    assert restricted.scope.lacks == ("sdp",)


@pytest.mark.parametrize(
    ("media", "features", "by_caps", "plan", "real"),
    [
        ("rtp", (), True, False, True),
        ("rtp", ("event_model",), True, False, False),
        ("rtp", ("event_model",), True, True, True),
        ("rtp", (), False, False, False),
        ("rtp", (), False, True, True),
        ("sdp", (), True, True, False),
        ("sdp", (), False, True, False),
    ],
)
def test_media_is_real_where_the_sut_has_it(
    media: str, features: tuple[str, ...], by_caps: bool, plan: bool, real: bool
):
    hello = but(media=media, features=features)
    restricted = restrict([planned(Answer(), real=plan)], hello, media_by_caps=by_caps)
    assert restricted.planned[0].real_media is real


def test_packets_are_counted_by_those_who_can():
    assert counts_packets(WHOLE)
    assert not counts_packets(without("media"))
    assert not counts_packets(but(media="sdp"))


def test_capabilities_of_the_ledger_are_known_here():
    words = {word for row in ledger.load() for word in row.requires}
    features = {
        "display_name",
        "rtp",
        "unload",
        "open_outcome",
        "reattach",
        "automatic",
        "device_choice",
        "content",
    }
    assert words <= capabilities.CAPABILITIES | features


class TestScope:
    """Which clauses do not apply, and why."""

    SKIP = Skip(
        clause="list/snapshot",
        reason="one array is kept",
        issue="https://example.com/8",
        expires=datetime.date(2031, 2, 28),
    )

    def why(self, scope: Scope, clause: str, *features: str) -> str:
        return scope.excludes(ledger.load().row(clause), frozenset(features))

    def test_a_clause_about_what_is_lacking_does_not_apply(self):
        scope = Scope(lacks=("observe",))
        reason = "the SUT does not declare observe"
        assert self.why(scope, "status/late-subscriber") == reason
        assert self.why(Scope(), "status/late-subscriber") == ""

    def test_a_feature_has_to_be_declared(self):
        assert self.why(Scope(), "stream/media-flows") == "the SUT does not declare rtp"
        assert self.why(Scope(), "stream/media-flows", "rtp") == ""

    def test_a_skip_says_until_when_and_why(self):
        reason = "skipped until 2031-02-28: one array is kept (https://example.com/8)"
        assert self.why(Scope(skips=(self.SKIP,)), "list/snapshot") == reason
        assert self.why(Scope(skips=(self.SKIP,)), "list/no-dedupe") == ""

    def test_an_excluded_row_says_so_first(self):
        row = next(row for row in ledger.load() if row.excluded)
        assert Scope().excludes(row, frozenset()) == row.excluded

    def test_a_skip_holds_on_its_last_day(self):
        assert not self.SKIP.expired(datetime.date(2031, 2, 28))
        assert self.SKIP.expired(datetime.date(2031, 3, 1))


def test_callers_in_browsers_take_sessions_where_the_sut_dials_itself():
    scenario = Scenario(callers=(Caller(origin="browser"), Caller(origin="browser")))
    one = Planned(scenario=scenario, source="catalogue", real_media=False)
    assert restrict([one], but(sessions=6)).capacity == 2
    assert restrict([one], but(sessions=2)).capacity == 2, "reference clients dial for it"
    assert restrict([one], but(sessions=6, ops=without("call.dial").ops)).capacity == 6
