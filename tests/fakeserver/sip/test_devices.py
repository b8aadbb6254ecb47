from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol import causes
from ringproof_fakeserver.protocol.causes import NORMAL, Cause
from ringproof_fakeserver.protocol.sip_commands import SipBye, SipInvite, SipReofferAnswered
from ringproof_fakeserver.protocol.sip_events import (
    SipDeviceAnswered,
    SipDeviceCame,
    SipDeviceEnded,
    SipDeviceRinging,
    SipReoffered,
)
from ringproof_fakeserver.sip.message import Request, Response, respond
from ringproof_fakeserver.sip.transactions import LIMIT_MS
from tests.fakeserver.sip.stage import HOST, OFFER, Phone, Stage

SDP = "v=0\r\nours\r\n"


class Desk(Phone):
    """A registered phone that is rung as dialog ``d1``."""

    def __init__(self, stage: Stage, transport: str = "UDP") -> None:
        super().__init__(stage, transport=transport)
        assert self.register().status == 200
        (came,) = stage.take_events()
        assert isinstance(came, SipDeviceCame)
        self.device = came.device

    def ring(self, name: str = "Alice") -> Request:
        (self.invited,) = self.stage.tell(SipInvite("d1", self.device, SDP, "/private/alice", name))
        return self.invited

    def reply(self, status: int, body: str = "", tag: str = "t1", to: Request | None = None):
        request = to or self.invited
        headers = [("Contact", f"<{self.contact}>")]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        reason = "" if status in (100, 180, 200, 486, 603) else "Reason"
        answer = respond(request, status, reason, tag=tag, headers=headers, body=body.encode())
        return self.stage.receive(self.flow, answer.written())


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.endpoint()
    return made


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


def methods(sent) -> list[str]:
    return [message.method for message in sent if isinstance(message, Request)]


def test_a_device_is_invited_where_it_has_registered(stage: Stage, desk: Desk):
    invite = desk.ring()

    assert (invite.method, invite.uri, invite.body.decode()) == ("INVITE", desk.contact, SDP)
    assert (invite.from_.display, invite.from_.uri) == ("Alice", f"sip:alice@{HOST}")
    assert stage.sent[-1][0] == desk.flow


def test_a_contact_on_another_port_of_the_same_machine_is_used(stage: Stage, desk: Desk):
    other = Phone(stage, port=40_300)
    other.register(contact=f"<sip:desk@{HOST}:40999>")
    (came,) = stage.take_events()
    stage.tell(SipInvite("d2", came.device, SDP, "alice", ""))
    assert stage.sent[-1][0].port == 40_999


def test_a_contact_on_another_machine_is_not_used(stage: Stage, desk: Desk):
    other = Phone(stage, port=40_300)
    other.register(contact="<sip:desk@192.0.2.7:5060>")
    (came,) = stage.take_events()
    stage.tell(SipInvite("d2", came.device, SDP, "alice", ""))
    assert stage.sent[-1][0] == other.flow


def test_a_device_rings_and_answers(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(100)
    desk.reply(180)
    (ack,) = desk.reply(200, OFFER)

    assert (ack.method, ack.uri, ack.cseq) == ("ACK", desk.contact, (1, "ACK"))
    assert ack.to.tag == "t1"
    assert stage.take_events() == [SipDeviceRinging("d1"), SipDeviceAnswered("d1", OFFER)]
    assert methods(desk.reply(200, OFFER)) == ["ACK"]
    assert stage.take_events() == []


def test_an_invite_is_repeated_until_something_is_heard(stage: Stage, desk: Desk):
    desk.ring()
    assert methods(stage.wait(1_500)) == ["INVITE", "INVITE"]
    desk.reply(100)
    assert stage.wait(LIMIT_MS) == []


def test_a_device_that_says_nothing_is_given_up(stage: Stage, desk: Desk):
    desk.ring()
    stage.wait(LIMIT_MS)
    assert stage.take_events() == [SipDeviceEnded("d1", causes.DEVICE_GONE)]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (486, Cause("USER_BUSY", 17)),
        (603, Cause("CALL_REJECTED", 21)),
        (480, causes.NO_ANSWER),
        (500, causes.DEVICE_GONE),
        (302, causes.DEVICE_GONE),
    ],
)
def test_a_refusal_has_a_cause(stage: Stage, desk: Desk, status: int, cause: Cause):
    desk.ring()
    assert methods(desk.reply(status)) == ["ACK"]
    assert stage.take_events() == [SipDeviceEnded("d1", cause)]
    assert methods(desk.reply(status)) == ["ACK"]


def test_a_device_that_rings_is_cancelled(stage: Stage, desk: Desk):
    invite = desk.ring()
    desk.reply(180)

    (cancel,) = stage.tell(SipBye("d1", NORMAL))

    assert cancel.method == "CANCEL"
    assert (cancel.via, cancel.cseq) == (invite.via, (1, "CANCEL"))
    desk.reply(200, to=cancel)
    assert methods(desk.reply(487)) == ["ACK"]
    assert stage.take_events() == [SipDeviceRinging("d1")]


def test_nothing_is_cancelled_before_the_device_was_heard(stage: Stage, desk: Desk):
    desk.ring()
    assert stage.tell(SipBye("d1", NORMAL)) == []
    assert methods(desk.reply(100)) == ["CANCEL"]
    assert desk.reply(180) == []


def test_an_answer_that_crosses_the_cancel_is_hung_up(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(180)
    stage.take_events()
    stage.tell(SipBye("d1", NORMAL))

    assert methods(desk.reply(200, OFFER)) == ["ACK", "BYE"]
    assert stage.take_events() == []


def test_the_exchange_hangs_up(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    (bye,) = stage.tell(SipBye("d1", NORMAL))
    assert (bye.method, bye.cseq) == ("BYE", (2, "BYE"))
    assert methods(stage.wait(LIMIT_MS))[:2] == ["BYE", "BYE"]


def in_dialog(desk: Desk, method: str, body: str = "") -> Request:
    request = desk.request(method, f"sip:ringproof@{HOST}", body=body)
    ours = {
        "From": f"{desk.invited.get('To')};tag=t1",
        "To": desk.invited.get("From"),
        "Call-ID": desk.invited.call_id,
    }
    request.headers = [(name, ours.get(name, value)) for name, value in request.headers]
    return request


def test_the_device_hangs_up(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    stage.take_events()

    (answer,) = desk.send(in_dialog(desk, "BYE"))

    assert answer.status == 200
    assert stage.take_events() == [SipDeviceEnded("d1", NORMAL)]


def test_the_device_holds(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    stage.take_events()

    (trying,) = desk.send(in_dialog(desk, "INVITE", OFFER))
    assert stage.take_events() == [SipReoffered("d1", OFFER)]
    (ok,) = stage.tell(SipReofferAnswered("d1", SDP))
    assert (trying.status, ok.status) == (100, 200)
    number = ok.cseq[0]
    ack = in_dialog(desk, "ACK")
    ack.headers = [(n, f"{number} ACK" if n == "CSeq" else v) for n, v in ack.headers]
    assert desk.send(ack) == []
    assert stage.wait(LIMIT_MS) == []


def test_a_registration_that_is_gone_cannot_be_rung(stage: Stage, desk: Desk):
    desk.register(expires="0")
    stage.take_events()
    assert stage.tell(SipInvite("d1", desk.device, SDP, "alice", "")) == []
    assert stage.take_events() == [SipDeviceEnded("d1", causes.DEVICE_GONE)]


def test_nothing_is_kept_of_a_call_that_is_over(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    desk.send(in_dialog(desk, "BYE"))
    stage.wait(2 * LIMIT_MS)
    assert set(stage.core.sizes.values()) == {0}


def test_nothing_is_kept_of_a_device_whose_connection_is_lost_while_it_rings(stage: Stage):
    desk = Desk(stage, transport="TCP")
    desk.ring()
    desk.reply(180)
    stage.take_events()

    stage.close(desk.flow)

    _, ended = stage.take_events()
    assert ended == SipDeviceEnded("d1", causes.DEVICE_GONE)
    assert set(stage.core.sizes.values()) == {0}


def test_a_new_offer_is_refused_when_the_platform_hangs_up(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    desk.send(in_dialog(desk, "INVITE", OFFER))

    sent = stage.tell(SipBye("d1", NORMAL))

    assert methods(sent) == ["BYE"]
    assert [answer.status for answer in sent if isinstance(answer, Response)] == [487]
    stage.wait(2 * LIMIT_MS)
    assert set(stage.core.sizes.values()) == {0}


def test_nothing_is_kept_of_a_new_offer_whose_connection_is_lost(stage: Stage):
    desk = Desk(stage, transport="TCP")
    desk.ring()
    desk.reply(200, OFFER)
    desk.send(in_dialog(desk, "INVITE", OFFER))

    stage.close(desk.flow)
    stage.tell(SipReofferAnswered("d1", SDP))

    assert set(stage.core.sizes.values()) == {0}


def test_an_answer_to_a_new_offer_is_not_repeated_after_the_call(stage: Stage, desk: Desk):
    desk.ring()
    desk.reply(200, OFFER)
    desk.send(in_dialog(desk, "INVITE", OFFER))
    stage.tell(SipReofferAnswered("d1", SDP))
    stage.tell(SipBye("d1", NORMAL))

    assert not [each for each in stage.wait(LIMIT_MS) if isinstance(each, Response)]


def test_a_device_cannot_have_sound_sent_to_another_machine(stage: Stage, desk: Desk):
    elsewhere = OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 192.0.2.1")
    desk.ring()
    desk.reply(200, elsewhere)
    assert stage.take_events() == [SipDeviceAnswered("d1", "")]
    (refusal,) = desk.send(in_dialog(desk, "INVITE", elsewhere))
    assert refusal.status == 488
