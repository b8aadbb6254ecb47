"""SIP callers and devices, as the exchange decides about them."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from ringproof_fakeserver.protocol import causes, sdp
from ringproof_fakeserver.protocol.causes import NORMAL, Cause
from ringproof_fakeserver.protocol.commands import (
    AnswerOffer,
    ApplyAnswer,
    ApplyReoffer,
    CloseLeg,
    CreateOffer,
    JoinLegs,
    SendDigits,
)
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    DialPlaced,
    DigitReceived,
    DigitsSent,
    EndRequested,
    FaultsPlanned,
    LegAnswered,
    MediaConnected,
    MediaFailed,
    NextCallLabelled,
    OfferReady,
    ReofferAnswered,
    ReofferRefused,
    TimerFired,
)
from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.journal import (
    CallFact,
    FaultFact,
    FrameFact,
    SessionFact,
    TransferFact,
)
from ringproof_fakeserver.protocol.key_presses import MOST_UNDELIVERED
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.sip_commands import (
    SipBye,
    SipCallerProgressed,
    SipInvite,
    SipReferAnswered,
    SipReferProgressed,
    SipReofferAnswered,
)
from ringproof_fakeserver.protocol.sip_endpoints import session_of
from ringproof_fakeserver.protocol.sip_events import (
    SipCallerAnswered,
    SipCallerLeft,
    SipCallPlaced,
    SipDeviceAnswered,
    SipDeviceCame,
    SipDeviceEnded,
    SipDeviceRinging,
    SipDeviceWent,
    SipReferred,
    SipReoffered,
)
from tests.playbook import AUDIO, Driver

C = TypeVar("C")
OFFER = sdp.event_model({"audio": "sendrecv"})
PLACED = SipCallPlaced("c1", "e1", "desk", "Alice", "/private/bob", OFFER)
DIAL = DialPlaced("c1", "/private/alice", "Alice", "/private/bob", media=("audio",))
DESK = "e1 sip:desk@127.0.0.1"
ABOUT_REFERRAL = (SipReferAnswered, SipCallerProgressed, SipReferProgressed)


@pytest.fixture
def driver() -> Driver:
    return Driver()


def some(driver: Driver, kind: type[C]) -> list[C]:
    return [command for command in driver.commands if isinstance(command, kind)]


def states(driver: Driver) -> list[str]:
    return [fact.state for fact in some(driver, CallFact)]


def ended(driver: Driver) -> tuple[str, str]:
    last = some(driver, CallFact)[-1]
    assert last.state == "ended"
    return last.reason, last.by


def told(driver: Driver) -> list[tuple[str, str]]:
    return [(each.state, each.sdp or each.reason) for each in some(driver, SipCallerProgressed)]


def bob_answers(driver: Driver) -> str:
    """Have bob's client take the call; return the dialog's id."""
    dialog = some(driver, CreateOffer)[0].dialog
    driver.handle(OfferReady(dialog, AUDIO))
    driver.handle(driver.verto("s1", dialog, "verto.answer", sdp=AUDIO))
    driver.handle(AnswerApplied(dialog))
    return dialog


def online(driver: Driver) -> None:
    driver.connect("s1", driver.token("j1"))
    driver.handle(driver.frame("s1", "subscriber.online", {}))


def desk(driver: Driver, device: str = DESK) -> None:
    driver.handle(SipDeviceCame(device, "e1", driver.bob.id))


def rung(driver: Driver) -> str:
    """Ring the desk phone; return the dialog's id."""
    dialog = some(driver, CreateOffer)[-1].dialog
    driver.handle(OfferReady(dialog, AUDIO))
    return dialog


# Callers.


def test_a_caller_is_told_that_it_rings_and_is_answered_with_its_leg(driver: Driver) -> None:
    online(driver)
    driver.handle(PLACED)
    dialog = bob_answers(driver)
    assert told(driver) == [("ringing", "")]
    [answer] = some(driver, AnswerOffer)
    assert (answer.dialog, answer.sdp, answer.plain) == ("c1", OFFER, True)

    driver.handle(LegAnswered("c1", "ours"))
    driver.handle(MediaConnected("c1", real=True))
    assert some(driver, JoinLegs) == []
    driver.handle(MediaConnected(dialog, real=False))

    assert told(driver) == [("ringing", ""), ("answered", "ours")]
    assert some(driver, JoinLegs) == [JoinLegs("c1", dialog)]
    assert states(driver) == ["created", "ringing", "answered"]


def test_a_caller_that_leaves_the_offer_to_us_gets_one(driver: Driver) -> None:
    online(driver)
    driver.handle(SipCallPlaced("c1", "e1", "desk", None, "/private/bob", ""))
    bob_answers(driver)
    assert some(driver, CreateOffer)[-1].plain
    driver.handle(OfferReady("c1", "ours"))
    driver.handle(SipCallerAnswered("c1", OFFER))
    assert told(driver)[-1] == ("answered", "ours")
    assert some(driver, ApplyAnswer)[-1] == ApplyAnswer("c1", OFFER)


def test_a_call_that_nobody_answers_ends_when_its_time_is_over(driver: Driver) -> None:
    driver.handle(PLACED)
    driver.handle(TimerFired("ring:c1"))
    assert told(driver) == [("ended", "noAnswer")]
    assert ended(driver) == ("noAnswer", "timer")


def test_a_call_to_nobody_may_end_at_once() -> None:
    driver = Driver(sip_refuses_offline=True)
    driver.handle(PLACED)
    assert told(driver) == [("ended", "noAnswer")]
    online(driver)
    driver.handle(msgspec.structs.replace(PLACED, call="c2"))
    assert states(driver) == ["created", "ended", "created"]


@pytest.mark.parametrize(("answers", "reason"), [(False, "cancel"), (True, "hangup")])
def test_a_caller_that_leaves_ends_the_call(driver: Driver, answers: bool, reason: str) -> None:
    online(driver)
    driver.handle(PLACED)
    if answers:
        bob_answers(driver)
    driver.handle(SipCallerLeft("c1"))
    assert ended(driver) == (reason, "origin")
    assert CloseLeg("c1") in driver.commands
    driver.handle(SipCallerLeft("c1"))
    driver.handle(LegAnswered("c1", "too late"))
    assert told(driver)[-1] == ("ended", reason)


def test_a_leg_that_fails_ends_the_call(driver: Driver) -> None:
    online(driver)
    driver.handle(PLACED)
    bob_answers(driver)
    driver.handle(MediaFailed("c1", "no port"))
    assert ended(driver) == ("error", "platform")
    assert told(driver)[-1] == ("ended", "error")


def test_faults_know_a_callers_call_by_its_label(driver: Driver) -> None:
    online(driver)
    driver.handle(NextCallLabelled(session_of("e1"), "7"))
    driver.handle(FaultsPlanned("j1", (Rule(what="drop", point="invite", call="7"),)))
    driver.handle(PLACED)
    rung(driver)
    assert "verto.invite" not in [fact.method for fact in some(driver, FrameFact)]
    assert [fact.what for fact in some(driver, FaultFact)] == ["drop"]


# Offers of user agents.


def test_a_new_offer_is_answered_by_the_leg(driver: Driver) -> None:
    online(driver)
    driver.handle(PLACED)
    bob_answers(driver)
    driver.handle(SipReoffered("c1", "held"))
    assert some(driver, ApplyReoffer) == [ApplyReoffer("c1", "held")]
    driver.handle(ReofferAnswered("c1", "ours"))
    driver.handle(SipReoffered("c1", "worse"))
    driver.handle(ReofferRefused("c1", "no codec"))
    assert some(driver, SipReofferAnswered) == [
        SipReofferAnswered("c1", "ours"),
        SipReofferAnswered("c1", ""),
    ]


def test_a_new_offer_for_a_call_that_is_over_is_refused(driver: Driver) -> None:
    driver.handle(SipReoffered("c1", "held"))
    assert some(driver, SipReofferAnswered) == [SipReofferAnswered("c1", "")]


# Devices.


def test_nothing_is_kept_of_new_offers_of_calls_that_are_over(driver: Driver) -> None:
    desk(driver)
    for number in range(3):
        driver.handle(msgspec.structs.replace(DIAL, call=f"c{number}"))
        dialog = rung(driver)
        driver.handle(SipDeviceAnswered(dialog, OFFER))
        driver.handle(SipReoffered(dialog, "held"))
        driver.handle(EndRequested(f"c{number}", "hangup"))
    assert len(driver.exchange._sip._reoffers) <= 1


def test_a_device_rings_when_it_says_so_and_answers(driver: Driver) -> None:
    desk(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    [invite] = some(driver, SipInvite)
    assert (invite.device, invite.from_, invite.from_name) == (DESK, "/private/alice", "Alice")
    assert states(driver) == ["created"]

    driver.handle(SipDeviceRinging(dialog))
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    driver.handle(AnswerApplied(dialog))
    driver.handle(MediaConnected(dialog, real=True))

    assert states(driver) == ["created", "ringing", "answered"]
    assert some(driver, CreateOffer)[0].plain


def test_a_device_that_says_twice_that_it_rings_has_rung_once(driver: Driver) -> None:
    connected(driver)
    driver.handle(SipDeviceCame(DESK, "e1", driver.directory.find_or_create("carol", {}, 0).id))
    driver.handle(SipReferred("c1", "sip:carol@127.0.0.1"))
    client, device = [each.dialog for each in some(driver, CreateOffer)[-2:]]
    driver.handle(OfferReady(device, AUDIO))
    for _ in range(3):
        driver.handle(SipDeviceRinging(device))
    driver.handle(SipDeviceAnswered(device, OFFER))
    assert progress(driver) == [("ringing", ""), ("answered", "")]
    assert [fact.state for fact in some(driver, TransferFact)] == ["ringing", "answered"]
    assert client != device


def test_a_device_may_answer_without_ringing(driver: Driver) -> None:
    desk(driver)
    driver.handle(DIAL)
    driver.handle(SipDeviceAnswered(rung(driver), OFFER))
    assert states(driver) == ["created", "ringing", "answered"]


def test_a_device_that_answered_hangs_up(driver: Driver) -> None:
    desk(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    driver.handle(SipDeviceEnded(dialog, NORMAL))
    assert ended(driver) == ("hangup", "callee")
    assert some(driver, SipBye) == []


@pytest.mark.parametrize(
    ("cause", "reason"), [(causes.USER_BUSY, "busy"), (causes.REJECTED, "decline")]
)
def test_a_device_declines(driver: Driver, cause: Cause, reason: str) -> None:
    desk(driver)
    driver.handle(DIAL)
    driver.handle(SipDeviceEnded(rung(driver), cause))
    assert ended(driver) == (reason, "callee")


def test_a_device_that_cannot_be_reached_lets_the_call_ring_on(driver: Driver) -> None:
    desk(driver)
    driver.handle(DIAL)
    driver.handle(SipDeviceEnded(rung(driver), causes.DEVICE_GONE))
    assert states(driver) == ["created"]
    driver.handle(TimerFired("ring:c1"))
    assert ended(driver) == ("noAnswer", "timer")


def test_the_device_that_did_not_answer_is_cancelled(driver: Driver) -> None:
    online(driver)
    desk(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    driver.handle(SipDeviceRinging(dialog))
    bob_answers(driver)
    assert some(driver, SipBye) == [SipBye(dialog, causes.LOSE_RACE)]
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    assert states(driver)[-1] == "answered"


def test_a_device_that_comes_late_rings_too(driver: Driver) -> None:
    driver.handle(DIAL)
    desk(driver)
    rung(driver)
    assert len(some(driver, SipInvite)) == 1
    assert driver.exchange.is_online(driver.bob.id)


def test_a_device_that_went_rings_no_more(driver: Driver) -> None:
    desk(driver)
    driver.handle(SipDeviceWent(DESK))
    driver.handle(SipDeviceWent(DESK))
    driver.handle(DIAL)
    assert some(driver, CreateOffer) == []
    assert [fact.state for fact in some(driver, SessionFact)] == ["online", "offline"]
    assert not driver.exchange.is_online(driver.bob.id)


def test_a_device_whose_caller_has_transferred_the_call_hangs_up(driver: Driver) -> None:
    alice = driver.directory.find_or_create("alice", {}, driver.now_ms)
    driver.directory.find_or_create("carol", {}, driver.now_ms)
    driver.device(2, alice)
    desk(driver)
    driver.handle(driver.places("s2", "from-alice"))
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    driver.handle(AnswerApplied(dialog))
    driver.handle(LegAnswered("from-alice", "ours"))
    about = {"action": "transfer", "destination": "/private/carol"}
    driver.handle(driver.verto("s2", "from-alice", "verto.modify", **about))
    assert some(driver, SipBye) == []

    driver.handle(SipDeviceEnded(dialog, NORMAL))

    assert ended(driver) == ("hangup", "origin")


def test_a_call_goes_on_though_the_registration_is_over(driver: Driver) -> None:
    desk(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    driver.handle(SipDeviceWent(DESK))
    assert states(driver)[-1] == "answered"
    driver.handle(SipDeviceEnded(dialog, NORMAL))
    assert ended(driver) == ("hangup", "callee")


# Calls that are handed over.


def carol(driver: Driver) -> None:
    driver.device(3, driver.directory.find_or_create("carol", {}, 0))


def referred(driver: Driver) -> list[tuple[str, str, str]]:
    return [(each.leg, each.problem, each.reason) for each in some(driver, SipReferAnswered)]


def progress(driver: Driver) -> list[tuple[str, str]]:
    return [(each.state, each.reason) for each in some(driver, SipReferProgressed)]


def connected(driver: Driver) -> str:
    """A softphone has called bob, who has answered; return bob's dialog."""
    online(driver)
    carol(driver)
    driver.handle(PLACED)
    dialog = bob_answers(driver)
    driver.handle(LegAnswered("c1", "ours"))
    driver.handle(MediaConnected("c1", real=True))
    driver.handle(MediaConnected(dialog, real=False))
    return dialog


def test_a_caller_hands_its_callee_over_and_is_told_how_that_goes(driver: Driver) -> None:
    dialog = connected(driver)
    lines = driver.after(SipReferred("c1", "sip:carol@127.0.0.1"))
    assert referred(driver) == [("c1", "", "")]
    assert told(driver)[-1] == ("ended", "hangup")
    assert "leg c1 closes" in lines
    assert not [line for line in lines if line.startswith("s1 <")], "bob stays"
    there = rung(driver)
    assert progress(driver) == [("ringing", "")]
    driver.handle(driver.verto("s3", there, "verto.answer", sdp=AUDIO))
    driver.handle(AnswerApplied(there))
    assert progress(driver) == [("ringing", ""), ("answered", "")]
    driver.handle(MediaConnected(there, real=False))
    assert some(driver, JoinLegs)[-1] == JoinLegs(dialog, there)
    lines = driver.after(driver.verto("s3", there, "verto.bye", cause="NORMAL_CLEARING"))
    assert [line for line in lines if line.startswith("s1 < verto.bye")]
    assert ended(driver) == ("hangup", "callee")
    assert len(progress(driver)) == 2


def test_a_device_hands_its_caller_over(driver: Driver) -> None:
    desk(driver)
    carol(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, AUDIO))
    driver.handle(AnswerApplied(dialog))
    driver.handle(SipReferred(dialog, "sip:carol@localhost"))
    assert referred(driver) == [(dialog, "", "")]
    assert some(driver, SipBye)[-1].dialog == dialog
    there = rung(driver)
    driver.handle(driver.verto("s3", there, "verto.bye", cause="USER_BUSY"))
    assert progress(driver) == [("ringing", ""), ("ended", "decline")]
    assert ended(driver)[0] == "decline"


def test_a_device_is_told_that_the_caller_who_stayed_cancelled_the_ringing(driver: Driver) -> None:
    desk(driver)
    carol(driver)
    driver.handle(replace(PLACED, offer=OFFER))
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, AUDIO))
    driver.handle(AnswerApplied(dialog))
    driver.handle(SipReferred(dialog, "sip:carol@localhost"))
    rung(driver)
    driver.handle(SipCallerLeft("c1"))
    assert ended(driver) == ("hangup", "origin"), "the call was answered"
    assert progress(driver) == [("ringing", ""), ("ended", "cancel")]


def test_a_caller_leaves_before_a_destination_that_is_busy_at_once_ends_the_call(
    driver: Driver,
) -> None:
    """The dialog of a caller that is told last that its leg has ended would get a second BYE."""
    connected(driver)
    to = driver.directory.by_reference("carol")
    assert to is not None
    driver.exchange.set_platform(to.id, Platform(busy="reject"))
    driver.handle(replace(DIAL, call="c2", to="/private/carol"))
    there = rung(driver)
    driver.handle(driver.verto("s3", there, "verto.answer", sdp=AUDIO))
    commands = driver.handle(SipReferred("c1", "sip:carol@127.0.0.1"))
    said = [type(each) for each in commands if isinstance(each, ABOUT_REFERRAL)]
    assert said == [SipReferAnswered, SipCallerProgressed, SipReferProgressed]
    assert progress(driver) == [("ended", "busy")]
    assert [line for line in driver.lines(commands) if line.startswith("s1 < verto.bye")]


def test_a_caller_that_hands_over_to_its_own_owner_does_not_make_that_one_busy(
    driver: Driver,
) -> None:
    alice = driver.directory.find_or_create("alice", {}, 0)
    driver.exchange.set_platform(alice.id, Platform(busy="reject"))
    driver.device(2, alice)
    online(driver)
    driver.handle(replace(PLACED, owner=alice.id))
    bob_answers(driver)
    driver.handle(SipReferred("c1", "sip:alice@127.0.0.1"))
    assert progress(driver) == []
    rung(driver)
    assert progress(driver) == [("ringing", "")]


@pytest.mark.parametrize(
    ("to", "problem", "why"),
    [
        ("sip:nobody@127.0.0.1", "no-route", "no such address"),
        ("sip:carol@elsewhere.test", "no-route", "the host elsewhere.test is another's"),
        ("sip:+15550002222@127.0.0.1", "no-route", "scripts only"),
    ],
)
def test_a_refused_transfer_leaves_the_call_as_it_was(
    driver: Driver, to: str, problem: str, why: str
) -> None:
    connected(driver)
    driver.handle(SipReferred("c1", to))
    [(leg, found, reason)] = referred(driver)
    assert (leg, found) == ("c1", problem)
    assert why in reason
    assert states(driver) == ["created", "ringing", "answered"]
    assert told(driver)[-1] == ("answered", "ours")


def test_a_call_that_rings_or_is_over_cannot_be_handed_over(driver: Driver) -> None:
    online(driver)
    carol(driver)
    driver.handle(PLACED)
    driver.handle(SipReferred("c1", "sip:carol@127.0.0.1"))
    driver.handle(SipReferred("gone", "sip:carol@127.0.0.1"))
    assert referred(driver) == [
        ("c1", "not-possible", "CALL IS NOT ANSWERED"),
        ("gone", "not-possible", "the call is over"),
    ]


# Key presses.


def pressed(driver: Driver) -> list[tuple[str, str]]:
    return [(each.dialog, each.digits) for each in some(driver, SendDigits)]


def test_key_presses_cross_between_a_softphone_and_a_client(driver: Driver) -> None:
    dialog = connected(driver)
    driver.handle(DigitReceived("c1", "5"))
    assert pressed(driver) == [(dialog, "5")]
    driver.handle(driver.verto("s1", dialog, "verto.info", dtmf="1x#"))
    driver.handle(DigitReceived(dialog, "9"))
    assert pressed(driver)[1:] == [("c1", "1#"), ("c1", "9")]


def test_key_presses_before_both_have_media_go_nowhere(driver: Driver) -> None:
    online(driver)
    driver.handle(PLACED)
    dialog = bob_answers(driver)
    driver.handle(DigitReceived(dialog, "5"))
    driver.handle(MediaConnected(dialog, real=False))
    driver.handle(DigitReceived(dialog, "6"))
    driver.handle(DigitReceived("c1", "7"))
    assert pressed(driver) == [(dialog, "7")]


def test_what_becomes_of_a_key_press_is_no_step_of_a_script(driver: Driver) -> None:
    dialog = connected(driver)
    driver.handle(DigitReceived("c1", "5"))
    [sent] = some(driver, SendDigits)
    assert driver.after(DigitsSent(dialog, sent.sending, "the leg is not connected")) == []


@pytest.mark.parametrize("side", ["softphone", "client"])
def test_key_presses_that_are_not_delivered_are_limited_for_each_leg(
    driver: Driver, side: str
) -> None:
    """Those that do not fit are dropped; each that is delivered makes room again."""
    dialog = connected(driver)
    hears, presses = ("c1", dialog) if side == "softphone" else (dialog, "c1")
    for _ in range(MOST_UNDELIVERED + 5):
        driver.handle(DigitReceived(presses, "5"))
    sendings = some(driver, SendDigits)
    assert len(sendings) == MOST_UNDELIVERED
    assert {each.dialog for each in sendings} == {hears}
    driver.handle(DigitReceived(hears, "6"))
    assert pressed(driver)[-1] == (presses, "6"), "the other leg has its own limit"

    for each in sendings[:3]:
        driver.handle(DigitsSent(hears, each.sending, ""))
        driver.handle(DigitsSent(hears, each.sending, ""))
    for _ in range(5):
        driver.handle(DigitReceived(presses, "7"))
    assert pressed(driver)[MOST_UNDELIVERED + 1 :] == [(hears, "7")] * 3


def test_a_text_of_key_presses_is_cut_where_no_more_fit(driver: Driver) -> None:
    dialog = connected(driver)
    for _ in range(2):
        driver.handle(driver.verto("s1", dialog, "verto.info", dtmf="1" * 60))
    assert [len(digits) for _, digits in pressed(driver)] == [60, MOST_UNDELIVERED - 60]


def test_nothing_is_kept_of_key_presses_of_legs_that_are_closed(driver: Driver) -> None:
    """A sending that a closed leg has cut short is never reported."""
    dialog = connected(driver)
    key_presses = driver.exchange._calls.key_presses
    for leg in ("c1", dialog):
        driver.handle(DigitReceived(leg, "5"))
    assert len(key_presses) == 2
    about = {"callID": dialog, "attach": True, "reattaching": True}
    driver.handle(driver.verto("s1", dialog, "verto.invite", sdp=AUDIO, dialogParams=about))
    assert some(driver, AnswerOffer)[-1].dialog == dialog
    assert len(key_presses) == 1, "a page that was opened again has a new leg"
    driver.handle(MediaConnected(dialog, real=False))
    driver.handle(DigitReceived("c1", "5"))
    driver.handle(SipCallerLeft("c1"))
    assert len(key_presses) == 0


# Who is busy.


def test_a_call_placed_over_sip_makes_its_owner_busy_once_it_is_answered(driver: Driver) -> None:
    driver.exchange.set_platform(driver.bob.id, Platform(busy="reject"))
    desk(driver)
    carol(driver)
    driver.handle(SipCallPlaced("c1", "e1", "desk", None, "/private/carol", OFFER, driver.bob.id))
    dialog = rung(driver)
    driver.handle(replace(DIAL, call="c2"))
    assert some(driver, CallFact)[-1].state == "created", "a call that only rings"
    driver.handle(driver.verto("s3", dialog, "verto.answer", sdp=AUDIO))
    driver.handle(replace(DIAL, call="c3"))
    assert ended(driver) == ("busy", "platform")
    driver.handle(SipCallerLeft("c1"))
    driver.handle(replace(DIAL, call="c4"))
    assert some(driver, CallFact)[-1].state == "created"


def test_a_device_on_a_call_is_busy_though_its_registration_is_over(driver: Driver) -> None:
    driver.exchange.set_platform(driver.bob.id, Platform(busy="reject"))
    desk(driver)
    driver.handle(DIAL)
    dialog = rung(driver)
    driver.handle(SipDeviceAnswered(dialog, OFFER))
    driver.handle(SipDeviceWent(DESK))
    driver.handle(replace(DIAL, call="c2"))
    assert ended(driver) == ("busy", "platform")
    driver.handle(SipDeviceEnded(dialog, NORMAL))
    driver.handle(replace(DIAL, call="c3"))
    assert some(driver, CallFact)[-1].state == "created"
