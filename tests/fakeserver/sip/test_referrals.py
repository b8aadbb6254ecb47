"""REFER: how it is read, answered, and followed by NOTIFY requests."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.causes import NORMAL
from ringproof_fakeserver.protocol.sip_commands import (
    SipBye,
    SipCallerProgressed,
    SipInvite,
    SipReferAnswered,
    SipReferProgressed,
)
from ringproof_fakeserver.protocol.sip_events import SipCallerLeft, SipDeviceCame, SipReferred
from ringproof_fakeserver.sip.message import Request, Response, respond
from ringproof_fakeserver.sip.transactions import LIMIT_MS
from tests.fakeserver.sip.stage import HOST, OFFER, Phone, Stage
from tests.fakeserver.sip.test_callers import answered

CAROL = f"<sip:carol@{HOST}>"


def refer(phone: Phone, ok: Response, *to: str, method: str = "REFER") -> list[Request | Response]:
    headers = tuple(("Refer-To", each) for each in to)
    uri = f"sip:ringproof@{HOST}:5060"
    return phone.send(phone.request(method, uri, to=ok.get("To"), headers=headers))


def requests(messages: list[Request | Response]) -> list[str]:
    return [each.method for each in messages if isinstance(each, Request)]


def notified(message: Request | Response) -> tuple[str, str]:
    assert isinstance(message, Request)
    assert (message.method, message.get("Event")) == ("NOTIFY", "refer")
    assert message.get("Content-Type") == "message/sipfrag;version=2.0"
    return message.body.decode().strip(), message.get("Subscription-State").partition(";")[0]


def take(stage: Stage, phone: Phone, request: Request | Response) -> None:
    """Answer a request of the stand-in with 200."""
    assert isinstance(request, Request)
    assert stage.receive(phone.flow, respond(request, 200).written()) == []


def accepted(stage: Stage, phone: Phone) -> tuple[str, Response]:
    """A softphone's call is answered, and it hands the callee over to Carol."""
    call, ok = answered(stage, phone)
    assert refer(phone, ok, CAROL) == []
    assert stage.take_events()[-1] == SipReferred(call, f"sip:carol@{HOST}")
    reply, trying = stage.tell(SipReferAnswered(call))
    assert isinstance(reply, Response)
    assert reply.status == 202
    assert reply.get("Contact")
    assert notified(trying) == ("SIP/2.0 100 Trying", "active")
    take(stage, phone, trying)
    assert stage.tell(SipCallerProgressed(call, "ended", reason="hangup")) == [], (
        "no BYE before the last"
    )
    return call, ok


def test_a_caller_is_told_until_somebody_has_answered_and_then_its_dialog_ends(
    stage: Stage, phone: Phone
) -> None:
    call, _ = accepted(stage, phone)
    [ringing] = stage.tell(SipReferProgressed(call, "ringing"))
    assert notified(ringing) == ("SIP/2.0 180 Ringing", "active")
    last, bye = stage.tell(SipReferProgressed(call, "answered"))
    assert notified(last) == ("SIP/2.0 200 OK", "terminated")
    assert isinstance(bye, Request)
    assert (bye.method, bye.call_id) == ("BYE", phone.call_id)
    numbers = [each.cseq[0] for each in (ringing, last, bye) if isinstance(each, Request)]
    assert numbers == [2, 3, 4]
    for request in (ringing, last, bye):
        take(stage, phone, request)
    stage.wait(LIMIT_MS)
    assert set(stage.core.sizes.values()) == {0}


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("decline", "603 Decline"),
        ("busy", "486 Busy Here"),
        ("noAnswer", "480 Temporarily Unavailable"),
        ("cancel", "487 Request Terminated"),
    ],
)
def test_a_caller_is_told_how_the_destination_failed(
    stage: Stage, phone: Phone, reason: str, line: str
) -> None:
    call, _ = accepted(stage, phone)
    last, bye = stage.tell(SipReferProgressed(call, "ended", reason))
    assert notified(last) == (f"SIP/2.0 {line}", "terminated")
    assert requests([bye]) == ["BYE"]


def test_a_caller_that_hangs_up_after_it_referred_is_told_nothing_more(
    stage: Stage, phone: Phone
) -> None:
    call, ok = accepted(stage, phone)
    [reply] = refer(phone, ok, method="BYE")
    assert isinstance(reply, Response)
    assert reply.status == 200
    assert stage.tell(SipReferProgressed(call, "answered")) == []
    assert not [each for each in stage.take_events() if isinstance(each, SipCallerLeft)]
    stage.wait(LIMIT_MS)
    assert set(stage.core.sizes.values()) == {0}


def test_whatever_else_a_caller_asks_of_a_call_that_it_left_is_refused(
    stage: Stage, phone: Phone
) -> None:
    _, ok = accepted(stage, phone)
    for method in ("REFER", "INFO", "INVITE"):
        [reply] = refer(phone, ok, CAROL, method=method)
        assert isinstance(reply, Response)
        assert reply.status == 481
    assert stage.take_events() == []


def test_a_lost_connection_takes_the_notes_with_it(stage: Stage) -> None:
    phone = Phone(stage, transport="TCP")
    call, _ = accepted(stage, phone)
    stage.close(phone.flow)
    assert stage.tell(SipReferProgressed(call, "answered")) == []
    assert set(stage.core.sizes.values()) == {0}


@pytest.mark.parametrize(
    ("problem", "status"), [("no-route", 404), ("not-possible", 403)], ids=["no-route", "not-now"]
)
def test_a_refused_referral_leaves_the_dialog_as_it_was(
    stage: Stage, phone: Phone, problem, status: int
) -> None:
    call, ok = answered(stage, phone)
    refer(phone, ok, CAROL)
    [reply] = stage.tell(SipReferAnswered(call, problem, "why"))
    assert isinstance(reply, Response)
    assert reply.status == status
    assert reply.get("Warning") == '399 ringproof "why"'
    assert requests(stage.tell(SipCallerProgressed(call, "ended", reason="hangup"))) == ["BYE"]


@pytest.mark.parametrize(
    ("to", "status", "why"),
    [
        ((), 400, "one destination"),
        ((CAROL, CAROL), 400, "one destination"),
        (("<sip:carol@",), 400, "cannot be read"),
        (('"Carol <sip:carol@h>',), 400, "cannot be read"),
        (("<>",), 400, "cannot be read"),
        (("<sip:ca rol@h>",), 400, "cannot be read"),
        (("<sip:carol@h:99999>",), 400, "cannot be read"),
        (("<sip:%ff@h>",), 400, "cannot be read"),
        (("<tel:+15550001111>",), 416, "SIP URIs only"),
        (("<http://h/carol>",), 416, "SIP URIs only"),
        ((f"<sip:{HOST}>",), 404, "without a user"),
        ((f"<sip:carol@{HOST};method=BYE>",), 501, "asks for an INVITE"),
        ((f"<sip:carol@{HOST}?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>",), 501, "Replaces"),
        ((f"<sip:carol@{HOST}?Subject=x&replaces=a>",), 501, "Replaces"),
    ],
)
def test_a_malformed_or_unknown_referral_is_refused_by_name(
    stage: Stage, phone: Phone, to: tuple[str, ...], status: int, why: str
) -> None:
    call, ok = answered(stage, phone)
    [reply] = refer(phone, ok, *to)
    assert isinstance(reply, Response)
    assert reply.status == status
    assert why in reply.get("Warning")
    assert not [each for each in stage.take_events() if isinstance(each, SipReferred)]
    assert refer(phone, ok, CAROL) == [], "a right one is taken afterwards"
    assert stage.take_events() == [SipReferred(call, f"sip:carol@{HOST}")]


def test_the_compact_form_and_a_display_name_are_read(stage: Stage, phone: Phone) -> None:
    call, ok = answered(stage, phone)
    request = phone.request(
        "REFER", f"sip:ringproof@{HOST}", to=ok.get("To"), headers=(("r", f'"C, C" {CAROL};x=1'),)
    )
    assert phone.send(request) == []
    assert stage.take_events()[-1] == SipReferred(call, f"sip:carol@{HOST}")


def test_a_second_referral_waits_for_the_first(stage: Stage, phone: Phone) -> None:
    _, ok = answered(stage, phone)
    refer(phone, ok, CAROL)
    [reply] = refer(phone, ok, CAROL)
    assert isinstance(reply, Response)
    assert reply.status == 491


def test_a_referral_outside_a_call_is_refused(stage: Stage, phone: Phone) -> None:
    request = phone.request("REFER", f"sip:bob@{HOST}", headers=(("Refer-To", CAROL),))
    [reply] = phone.send(request)
    assert isinstance(reply, Response)
    assert reply.status == 481


def test_a_device_that_was_rung_hands_its_caller_over(stage: Stage, phone: Phone) -> None:
    phone.register()
    [came] = [each for each in stage.take_events() if isinstance(each, SipDeviceCame)]
    [invite] = stage.tell(SipInvite("d1", came.device, OFFER, "/private/bob", "Bob"))
    assert isinstance(invite, Request)
    ok = respond(invite, 200, tag="theirs", body=OFFER.encode())
    ok.headers.append(("Contact", f"<{phone.contact}>"))
    stage.receive(phone.flow, ok.written())
    request = phone.request("REFER", invite.get("Contact").strip("<>"), headers=(("r", CAROL),))
    swapped = {"From": ok.get("To"), "To": ok.get("From"), "Call-ID": ok.call_id}
    request.headers = [(name, swapped.get(name, value)) for name, value in request.headers]
    assert phone.send(request) == []
    assert stage.take_events()[-1] == SipReferred("d1", f"sip:carol@{HOST}")
    reply, trying = stage.tell(SipReferAnswered("d1"))
    assert isinstance(reply, Response)
    assert reply.status == 202
    assert notified(trying)[0] == "SIP/2.0 100 Trying"
    assert stage.tell(SipBye("d1", NORMAL)) == []
    last, bye = stage.tell(SipReferProgressed("d1", "answered"))
    assert notified(last)[0] == "SIP/2.0 200 OK"
    assert requests([bye]) == ["BYE"]
