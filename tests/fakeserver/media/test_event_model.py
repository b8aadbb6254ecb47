from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ringproof_fakeserver.media.event_model import EventModelLegs
from ringproof_fakeserver.media.legs import LegError, Legs
from ringproof_fakeserver.protocol.sdp import directions, event_model


@pytest.fixture
def legs(reports):
    return EventModelLegs(reports.connected, reports.failed)


async def test_leg_connects_at_once_but_not_before_the_answer_was_applied(legs, reports):
    backend: Legs = legs
    offer = await backend.create_offer("d", ("audio", "video"), True)
    assert directions(offer) == {"audio": "sendrecv", "video": "sendrecv"}
    await legs.apply_answer("d", event_model({"audio": "sendrecv", "video": "recvonly"}))
    assert reports.log == []
    await asyncio.sleep(0)
    assert reports.log == [("connected", "d")]
    assert await legs.counts("d") == ({"audio": 1, "video": 1}, {"audio": 1, "video": 0})
    assert not legs.real


async def test_closed_leg_reports_nothing(legs, reports):
    await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", event_model({"audio": "sendrecv"}))
    await legs.close_all()
    await legs.close("d")
    await asyncio.sleep(0)
    assert reports.log == []
    assert await legs.counts("d") == ({}, {})


async def test_offer_without_msid_has_no_stream_hint(legs):
    assert "msid" in await legs.create_offer("d", ("audio",), True)
    assert "msid" not in await legs.create_offer("e", ("audio",), False)


@pytest.mark.parametrize("answer", ["", "nonsense", event_model({"video": "sendrecv"})])
async def test_unusable_answer_raises(legs, answer):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="media of dialog d: the answer has sections"):
        await legs.apply_answer("d", answer)


async def test_misuse_raises(legs):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="has a leg already"):
        await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="cannot offer"):
        await legs.create_offer("e", ("smell",), True)
    with pytest.raises(LegError, match="has no leg"):
        await legs.apply_answer("x", event_model({"audio": "sendrecv"}))


async def test_playing_takes_no_time(legs):
    await legs.create_offer("d", ("audio",), True)
    await legs.play("d", [Path("a"), Path("b")])
    legs.stop_play("unknown")


async def test_new_offer_is_answered_and_a_new_name_is_a_restart(legs, reports):
    restarted = []
    await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", event_model({"audio": "sendrecv"}))
    for name in ("one", "one", "two"):
        offer = event_model({"audio": "sendonly", "video": "sendrecv"}, ice=name)
        answer = await legs.renegotiate("d", offer, lambda: restarted.append("restarted"))
        assert directions(answer) == {"audio": "recvonly", "video": "sendrecv"}
    await asyncio.sleep(0)
    assert len(restarted) == 2
    assert await legs.counts("d") == ({"audio": 0, "video": 1}, {"audio": 1, "video": 1})


async def test_leg_that_was_closed_reports_no_restart(legs):
    restarted = []
    await legs.create_offer("d", ("audio",), True)
    await legs.apply_answer("d", event_model({"audio": "sendrecv"}))
    offer = event_model({"audio": "sendrecv"}, ice="one")
    await legs.renegotiate("d", offer, lambda: restarted.append("restarted"))
    await legs.close("d")
    await asyncio.sleep(0)
    assert restarted == []


@pytest.mark.parametrize("answered", [False, True])
async def test_offer_that_cannot_be_used_is_refused(legs, answered):
    await legs.create_offer("d", ("audio",), True)
    if answered:
        await legs.apply_answer("d", event_model({"audio": "sendrecv"}))
    with pytest.raises(LegError):
        await legs.renegotiate("d", "" if answered else event_model({"audio": "sendrecv"}), list)


async def test_leg_for_a_clients_own_offer_agrees_to_all_of_it(legs, reports):
    offer = event_model({"audio": "sendrecv", "video": "recvonly"})
    answer = await legs.answer_offer("d", offer, True)
    assert directions(answer) == {"audio": "sendrecv", "video": "sendonly"}
    assert reports.log == []
    await asyncio.sleep(0)
    assert reports.log == [("connected", "d")]
    assert await legs.counts("d") == ({"audio": 1, "video": 1}, {"audio": 1, "video": 0})


@pytest.mark.parametrize("offer", ["", "nonsense", "m=text 9 RTP/AVP 1\r\n"])
async def test_offer_without_known_media_raises(legs, offer):
    with pytest.raises(LegError, match="cannot answer"):
        await legs.answer_offer("d", offer, True)


async def test_second_leg_of_a_dialog_raises(legs):
    await legs.create_offer("d", ("audio",), True)
    with pytest.raises(LegError, match="cannot answer"):
        await legs.answer_offer("d", event_model({"audio": "sendrecv"}), True)
