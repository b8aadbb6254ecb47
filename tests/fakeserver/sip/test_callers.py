from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.sip_commands import SipCallerProgressed, SipReofferAnswered
from ringproof_fakeserver.protocol.sip_events import (
    SipCallerAnswered,
    SipCallerLeft,
    SipCallPlaced,
    SipReoffered,
)
from ringproof_fakeserver.sip.context import CALL_HEADER
from ringproof_fakeserver.sip.message import Response
from ringproof_fakeserver.sip.transactions import LIMIT_MS
from tests.fakeserver.sip.stage import HOST, OFFER, Phone, Stage

SDP = "v=0\r\nours\r\n"


def statuses(answers) -> list[int]:
    return [answer.status for answer in answers if isinstance(answer, Response)]


def placed(stage: Stage) -> SipCallPlaced:
    (event,) = stage.take_events()
    assert isinstance(event, SipCallPlaced)
    return event


def answered(stage: Stage, phone: Phone, body: str = OFFER) -> tuple[str, Response]:
    """Call bob, let the exchange answer, and acknowledge; return call and answer."""
    phone.invite(body=body)
    call = placed(stage).call
    (ok,) = stage.tell(SipCallerProgressed(call, "answered", sdp=SDP))
    assert isinstance(ok, Response)
    assert phone.ack(ok) == []
    return call, ok


def test_an_invite_becomes_a_call_of_the_exchange(stage: Stage, phone: Phone):
    phone.display = "Alice Example"

    assert statuses(phone.invite()) == [100]

    event = placed(stage)
    assert (event.to, event.from_, event.from_name) == ("/private/bob", "desk", "Alice Example")
    assert (event.endpoint, event.offer) == ("endpoint-desk", OFFER)


def test_a_caller_without_a_display_name_has_no_name(stage: Stage, phone: Phone):
    phone.invite()
    assert placed(stage).from_name is None


def test_the_endpoint_s_caller_id_is_the_number(stage: Stage):
    stage.endpoint("second", owner="alice", caller_id="+15550001111")
    Phone(stage, "second").invite()
    assert placed(stage).from_ == "+15550001111"


def test_how_the_call_goes_on_is_passed_on(stage: Stage, phone: Phone):
    phone.invite()
    call = placed(stage).call

    (ringing,) = stage.tell(SipCallerProgressed(call, "ringing"))
    (ok,) = stage.tell(SipCallerProgressed(call, "answered", sdp=SDP))

    assert (ringing.status, ok.status, ok.body.decode()) == (180, 200, SDP)
    assert ok.get("Content-Type") == "application/sdp"
    assert ok.get("Contact") == f"<sip:ringproof@{HOST}:5060>"
    assert ringing.to.tag == ok.to.tag != ""
    assert ringing.get(CALL_HEADER) == ok.get(CALL_HEADER) == call


@pytest.mark.parametrize(
    ("reason", "status"),
    [("decline", 603), ("busy", 486), ("noAnswer", 480), ("cancel", 487), ("error", 480)],
)
def test_a_call_that_ends_unanswered_has_a_status(
    stage: Stage, phone: Phone, reason: str, status: int
):
    phone.invite()

    (answer,) = stage.tell(SipCallerProgressed(placed(stage).call, "ended", reason=reason))

    assert answer.status == status
    phone.ack(answer)
    assert stage.wait(LIMIT_MS) == []
    assert set(stage.core.sizes.values()) == {0}


def test_a_final_answer_is_repeated_until_its_ack_comes(stage: Stage, phone: Phone):
    phone.invite()
    (answer,) = stage.tell(SipCallerProgressed(placed(stage).call, "ended", reason="decline"))

    assert statuses(stage.wait(3_500)) == [603, 603, 603]  # after 0.5, 1.5 and 3.5 s
    phone.ack(answer)
    assert stage.wait(LIMIT_MS) == []


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_200_is_repeated_over_every_transport(stage: Stage, transport: str):
    phone = Phone(stage, transport=transport)
    phone.invite()
    (ok,) = stage.tell(SipCallerProgressed(placed(stage).call, "answered", sdp=SDP))

    assert statuses(stage.wait(1_500)) == [200, 200]
    phone.ack(ok)
    assert stage.wait(LIMIT_MS) == []


def test_a_200_that_nobody_acknowledges_ends_the_call(stage: Stage, phone: Phone):
    phone.invite()
    call = placed(stage).call
    stage.tell(SipCallerProgressed(call, "answered", sdp=SDP))

    sent = stage.wait(LIMIT_MS)

    assert sent[-1].method == "BYE"
    assert stage.take_events() == [SipCallerLeft(call)]


def test_a_repeated_invite_gets_the_latest_answer_again(stage: Stage, phone: Phone):
    phone.invite()
    stage.tell(SipCallerProgressed(placed(stage).call, "ringing"))

    assert statuses(phone.send(phone.last)) == [180]
    assert stage.take_events() == []


def test_a_cancel_ends_the_call_and_the_invite(stage: Stage, phone: Phone):
    phone.invite()
    call = placed(stage).call

    answers = phone.cancel()

    assert sorted(statuses(answers)) == [200, 487]
    assert stage.take_events() == [SipCallerLeft(call)]
    phone.ack(next(answer for answer in answers if answer.status == 487))
    assert stage.wait(LIMIT_MS) == []


def test_a_cancel_that_comes_too_late_changes_nothing(stage: Stage, phone: Phone):
    answered(stage, phone)
    assert statuses(phone.cancel()) == [200]
    assert stage.take_events() == []


def test_a_cancel_of_nothing_is_refused(stage: Stage, phone: Phone):
    uri = f"sip:bob@{HOST}"
    assert statuses(phone.send(phone.request("CANCEL", uri, to=f"<{uri}>"))) == [481]


def test_the_caller_hangs_up(stage: Stage, phone: Phone):
    call, ok = answered(stage, phone)

    assert statuses(phone.send(phone.request("BYE", phone.last.uri, to=ok.get("To")))) == [200]

    assert stage.take_events() == [SipCallerLeft(call)]
    again = phone.request("BYE", phone.last.uri, to=ok.get("To"))
    assert statuses(phone.send(again)) == [481]


def test_the_callee_hangs_up(stage: Stage, phone: Phone):
    call, ok = answered(stage, phone)

    (bye,) = stage.tell(SipCallerProgressed(call, "ended", reason="hangup"))

    assert (bye.method, bye.uri) == ("BYE", phone.contact)
    assert bye.to.tag == phone.tag
    assert bye.from_.tag == ok.to.tag


def test_a_bye_follows_the_recorded_route(stage: Stage, phone: Phone):
    phone.invite(headers=(("Record-Route", "<sip:proxy.example;lr>"),))
    call = placed(stage).call
    (ok,) = stage.tell(SipCallerProgressed(call, "answered", sdp=SDP))
    assert ok.get("Record-Route") == "<sip:proxy.example;lr>"
    (bye,) = stage.tell(SipCallerProgressed(call, "ended", reason="hangup"))
    assert bye.get("Route") == "<sip:proxy.example;lr>"


def test_hold_is_a_new_offer_for_the_leg(stage: Stage, phone: Phone):
    call, ok = answered(stage, phone)
    held = OFFER + "a=sendonly\r\n"
    again = phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=held)

    assert statuses(phone.send(again)) == [100]
    assert stage.take_events() == [SipReoffered(call, held)]
    second = phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=held)
    assert statuses(phone.send(second)) == [491]

    (answer,) = stage.tell(SipReofferAnswered(call, SDP))
    assert (answer.status, answer.body.decode()) == (200, SDP)


def test_an_offer_that_the_leg_cannot_use_is_refused(stage: Stage, phone: Phone):
    call, ok = answered(stage, phone)
    phone.send(phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=OFFER))

    assert statuses(stage.tell(SipReofferAnswered(call, ""))) == [488]


def test_a_caller_may_leave_the_offer_to_us(stage: Stage, phone: Phone):
    phone.invite(body="")
    event = placed(stage)
    assert event.offer == ""
    (ok,) = stage.tell(SipCallerProgressed(event.call, "answered", sdp=SDP))

    phone.ack(ok, body=OFFER)

    assert stage.take_events() == [SipCallerAnswered(event.call, OFFER)]


def test_a_lost_connection_ends_its_calls(stage: Stage):
    phone = Phone(stage, transport="TCP")
    call, _ = answered(stage, phone)

    stage.close(phone.flow)

    assert stage.take_events() == [SipCallerLeft(call)]


def test_nothing_is_kept_of_a_caller_whose_connection_is_lost_while_it_rings(stage: Stage):
    phone = Phone(stage, transport="TCP")
    phone.invite()
    call = placed(stage).call
    stage.tell(SipCallerProgressed(call, "ringing"))

    stage.close(phone.flow)

    assert stage.take_events() == [SipCallerLeft(call)]
    assert set(stage.core.sizes.values()) == {0}


def reoffering(stage: Stage, phone: Phone) -> tuple[str, Response]:
    """Call, be answered, and send a new INVITE; return call and answer."""
    call, ok = answered(stage, phone)
    again = phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=OFFER)
    assert statuses(phone.send(again)) == [100]
    stage.take_events()
    return call, ok


def test_nothing_is_kept_of_a_new_offer_whose_connection_is_lost(stage: Stage):
    phone = Phone(stage, transport="TCP")
    call, _ = reoffering(stage, phone)

    stage.close(phone.flow)
    stage.tell(SipReofferAnswered(call, SDP))

    assert set(stage.core.sizes.values()) == {0}


def test_a_new_offer_is_refused_when_the_platform_ends_the_call(stage: Stage, phone: Phone):
    call, _ = reoffering(stage, phone)

    assert statuses(stage.tell(SipCallerProgressed(call, "ended", reason="hangup"))) == [487]

    stage.wait(2 * LIMIT_MS)
    assert set(stage.core.sizes.values()) == {0}


def test_a_new_offer_is_refused_when_the_caller_hangs_up(stage: Stage, phone: Phone):
    _, ok = reoffering(stage, phone)
    bye = phone.request("BYE", phone.last.uri, to=ok.get("To"))
    assert sorted(statuses(phone.send(bye))) == [200, 487]


def test_requests_of_a_lost_connection_are_forgotten_though_nobody_logged_in_over_it(stage: Stage):
    phone, other = Phone(stage), Phone(stage, port=40_101, transport="TCP")
    _, ok = answered(stage, phone)
    other.call_id, other.cseq = phone.call_id, phone.cseq
    again = other.request("INVITE", phone.last.uri, to=ok.get("To"), body=OFFER)
    assert statuses(other.send(again)) == [100]
    before = stage.core.sizes["transactions"]

    stage.close(other.flow)

    assert stage.core.sizes["transactions"] == before - 1


def test_an_old_request_is_refused(stage: Stage, phone: Phone):
    _, ok = answered(stage, phone)
    old = phone.request("BYE", phone.last.uri, to=ok.get("To"), cseq=1)
    assert statuses(phone.send(old)) == [500]


@pytest.mark.parametrize("method", ["OPTIONS", "INFO"])
def test_other_requests_within_a_dialog_are_answered(stage: Stage, phone: Phone, method: str):
    _, ok = answered(stage, phone)
    assert statuses(phone.send(phone.request(method, phone.last.uri, to=ok.get("To")))) == [200]


def test_options_say_what_is_possible(stage: Stage, phone: Phone):
    (answer,) = phone.send(phone.request("OPTIONS"))
    assert answer.status == 200
    assert "INVITE" in answer.get("Allow")


@pytest.mark.parametrize("user", ["nobody", "", "..%2f"])
def test_an_unknown_user_is_not_found(stage: Stage, phone: Phone, user: str):
    assert statuses(phone.invite(user)) == [404]


@pytest.mark.parametrize(
    ("method", "uri", "headers", "status"),
    [
        ("SUBSCRIBE", f"sip:bob@{HOST}", (), 405),
        ("REFER", f"sip:bob@{HOST}", (), 481),
        ("DANCE", f"sip:bob@{HOST}", (), 501),
        ("INVITE", "tel:+15550001111", (), 416),
        ("INVITE", "sip:bob@no host", (), 400),
        ("INVITE", f"sip:bob@{HOST}:99999", (), 400),
        ("INVITE", f"sip:bob@{HOST}", (("Require", "100rel, gruu"),), 420),
        ("INVITE", f"sip:bob@{HOST}", (("Proxy-Require", "sec-agree"),), 420),
        ("INVITE", f"sip:bob@{HOST}", (("Content-Encoding", "gzip"),), 415),
        ("BYE", f"sip:bob@{HOST}", (), 481),
        ("INFO", f"sip:bob@{HOST}", (), 481),
    ],
)
def test_what_is_not_possible_is_refused(
    stage: Stage, phone: Phone, method: str, uri: str, headers, status: int
):
    assert statuses(phone.send(phone.request(method, uri, headers=headers))) == [status]


def test_extensions_that_are_required_are_named(stage: Stage, phone: Phone):
    request = phone.request("INVITE", f"sip:bob@{HOST}", headers=(("Require", "100rel, gruu"),))
    (answer,) = phone.send(request)
    assert answer.get("Unsupported") == "100rel, gruu"


def test_another_kind_of_body_is_refused(stage: Stage, phone: Phone):
    request = phone.request("INVITE", f"sip:bob@{HOST}", body="<xml/>")
    request.headers = [
        (name, "text/xml" if name == "Content-Type" else value) for name, value in request.headers
    ]
    (answer,) = phone.send(request)
    assert (answer.status, answer.get("Accept")) == (415, "application/sdp")


def test_an_offer_without_usable_sound_is_refused(stage: Stage, phone: Phone):
    assert statuses(phone.invite(body=OFFER.replace("0 8 101", "18"))) == [488]
    assert stage.take_events() == []


ELSEWHERE = OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 192.0.2.1")


def test_an_offer_to_send_sound_to_another_machine_is_refused(stage: Stage, phone: Phone):
    assert statuses(phone.invite(body=ELSEWHERE)) == [488]
    assert stage.take_events() == []

    call, ok = answered(stage, phone)
    again = phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=ELSEWHERE)
    assert statuses(phone.send(again)) == [488]
    held = OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0")
    third = phone.request("INVITE", phone.last.uri, to=ok.get("To"), body=held)
    assert statuses(phone.send(third)) == [100]
    assert stage.take_events() == [SipReoffered(call, held)]


def test_an_answer_that_names_another_machine_is_not_passed_on(stage: Stage, phone: Phone):
    phone.invite(body="")
    event = placed(stage)
    (ok,) = stage.tell(SipCallerProgressed(event.call, "answered", sdp=SDP))
    phone.ack(ok, body=ELSEWHERE)
    assert stage.take_events() == [SipCallerAnswered(event.call, "")]
