"""Media parameters: for what they are pushed, when, and when they are not."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import media_params, sdp
from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.protocol.wire_stage import WireStage

BOTH = ("audio", "video")


def pushed(stage: WireStage) -> list[tuple[int, dict[str, object]]]:
    """Return when media parameters were pushed, and what they were."""
    found = []
    for at_ms, _, frame in stage.wire:
        inner = frame.get("params", {}).get("params", {}) if isinstance(frame, dict) else {}
        if inner.get("method") == media_params.METHOD:
            found.append((at_ms, inner["params"]["mediaParams"]))
    return found


def talk(answer: dict[str, str], platform: Platform | None = None) -> WireStage:
    """Let a device answer an offer of audio and video."""
    stage = WireStage(platform or Platform())
    stage.device(1)
    stage.dial(media=BOTH)
    frame = stage.verto("s1", "d1", "verto.answer", sdp=sdp.event_model(answer))
    stage.handle(frame)
    return stage


@pytest.mark.parametrize("kinds", [BOTH, ("audio",), ("video",)])
def test_each_answered_kind_gets_a_message_of_its_own(kinds: tuple[str, ...]) -> None:
    stage = talk(dict.fromkeys(kinds, "sendrecv"))
    stage.advance(399)
    assert pushed(stage) == []
    stage.advance(5_000)
    expected = [{kind: media_params.CONSTRAINTS[kind]} for kind in kinds]
    assert [params for _, params in pushed(stage)] == expected
    assert {at_ms for at_ms, _ in pushed(stage)} == {400}


def test_a_call_that_ends_before_gets_none() -> None:
    stage = talk({"audio": "sendrecv"})
    stage.bye("s1", "d1")
    stage.advance(5_000)
    assert pushed(stage) == []


def test_a_client_without_a_socket_gets_none_later_either() -> None:
    stage = talk({"audio": "sendrecv"})
    state = stage.authorization_states("s1")[-1]
    protocol = stage.sent("s1")[0]["result"]["protocol"]
    stage.close("s1")
    stage.advance(1_000)
    stage.connect("s2", stage.token("j1"), protocol=protocol, authorization_state=state)
    stage.advance(5_000)
    assert pushed(stage) == []


def test_platform_without_them_pushes_none() -> None:
    stage = talk({"audio": "sendrecv"}, Platform(media_params_ms=0))
    stage.advance(5_000)
    assert pushed(stage) == []
