from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.sip_events import SipDeviceCame, SipDeviceWent
from ringproof_fakeserver.sip.digest import NONCE_MS, WRONG_ALLOWED
from ringproof_fakeserver.sip.registrar import CONTACTS, LONGEST_S
from tests.fakeserver.sip.stage import HOST, PASSWORD, Phone, Stage

OWN = f"sip:{HOST}"


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.endpoint()
    return made


def statuses(answers) -> list[int]:
    return [answer.status for answer in answers]


def test_the_right_password_registers(stage: Stage):
    phone = Phone(stage)

    answer = phone.register()

    assert answer.status == 200
    assert answer.get("Contact") == f"<{phone.contact}>;expires=3600"
    (came,) = stage.take_events()
    assert isinstance(came, SipDeviceCame)
    assert came.endpoint == "endpoint-desk"
    assert came.subscriber == stage.subscriber("bob")


def test_the_challenge_names_realm_nonce_and_the_one_algorithm_that_all_know(stage: Stage):
    (challenge,) = Phone(stage).send(Phone(stage).request("REGISTER"))

    offered = [value for name, value in challenge.headers if name == "WWW-Authenticate"]
    assert challenge.status == 401
    [value] = offered
    assert all(part in value for part in ('realm="ringproof"', 'qop="auth"', "algorithm=MD5"))


def test_a_wrong_password_is_challenged_again_and_refused_in_the_end(stage: Stage):
    phone = Phone(stage)
    phone.password = "wrong"
    seen = [phone.register().status for _ in range(1)]
    while seen[-1] == 401:
        assert len(seen) < 10
        seen.append(phone.register().status)

    assert seen == [401] * (WRONG_ALLOWED - 1) + [403]
    assert stage.take_events() == []
    phone.password = PASSWORD
    assert phone.register().status == 200


def test_another_call_id_is_not_refused_for_what_one_did_wrong(stage: Stage):
    wrong, right = Phone(stage), Phone(stage, port=40_200)
    wrong.password = "wrong"
    for _ in range(WRONG_ALLOWED):
        wrong.register()

    assert right.register().status == 200


def test_an_unknown_endpoint_is_refused(stage: Stage):
    assert Phone(stage, "nobody").register().status == 403


def test_an_endpoint_registers_nothing_but_itself(stage: Stage):
    stage.endpoint("other")
    phone = Phone(stage)
    (challenge,) = phone.send(phone.request("REGISTER"))
    header = phone.credentials(challenge, "REGISTER", OWN)
    to = f"<sip:other@{HOST}>"

    assert statuses(phone.send(phone.request("REGISTER", to=to, headers=(header,)))) == [403]


def test_a_nonce_that_is_too_old_is_stale(stage: Stage):
    phone = Phone(stage)
    (challenge,) = phone.send(phone.request("REGISTER"))
    header = phone.credentials(challenge, "REGISTER", OWN)
    stage.wait(NONCE_MS + 1)

    (again,) = phone.send(phone.request("REGISTER", headers=(header,)))

    assert again.status == 401
    assert "stale=true" in again.get("WWW-Authenticate")


def test_credentials_cannot_be_used_a_second_time(stage: Stage):
    phone = Phone(stage)
    (challenge,) = phone.send(phone.request("REGISTER"))
    header = phone.credentials(challenge, "REGISTER", OWN)
    answers = [phone.send(phone.request("REGISTER", headers=(header,))) for _ in range(2)]

    assert [statuses(each) for each in answers] == [[200], [401]]
    counted = phone.credentials(challenge, "REGISTER", OWN, count=2)
    assert statuses(phone.send(phone.request("REGISTER", headers=(counted,)))) == [200]


def test_a_nonce_of_another_run_is_stale(stage: Stage):
    phone = Phone(stage)
    (challenge,) = phone.send(phone.request("REGISTER"))
    challenge.headers = [
        (name, value.replace('nonce="', 'nonce="1')) for name, value in challenge.headers
    ]
    header = phone.credentials(challenge, "REGISTER", OWN)

    (again,) = phone.send(phone.request("REGISTER", headers=(header,)))

    assert "stale=true" in again.get("WWW-Authenticate")


def test_a_registration_ends_when_it_is_not_renewed(stage: Stage):
    phone = Phone(stage)
    phone.register(expires="60")
    stage.wait(59_999)
    assert isinstance(stage.take_events()[-1], SipDeviceCame)

    stage.wait(1)

    assert [type(event) for event in stage.take_events()] == [SipDeviceWent]


def test_a_renewed_registration_goes_on(stage: Stage):
    phone = Phone(stage)
    phone.register(expires="60")
    stage.wait(50_000)
    phone.register(expires="60")
    stage.wait(50_000)

    assert [type(event) for event in stage.take_events()] == [SipDeviceCame]


@pytest.mark.parametrize(("expires", "contact"), [("0", ""), ("0", "*")])
def test_a_phone_unregisters(stage: Stage, expires: str, contact: str):
    phone = Phone(stage)
    phone.register()

    answer = phone.register(expires=expires, contact=contact)

    assert answer.status == 200
    assert not answer.has("Contact")
    assert [type(event) for event in stage.take_events()] == [SipDeviceCame, SipDeviceWent]


def test_all_contacts_go_only_with_expires_0(stage: Stage):
    assert Phone(stage).register(contact="*").status == 400


def test_the_time_is_limited(stage: Stage):
    assert f"expires={LONGEST_S}" in Phone(stage).register(expires="999999999").get("Contact")


def test_the_contacts_of_an_endpoint_are_limited(stage: Stage):
    for number in range(CONTACTS + 3):
        answer = Phone(stage, port=41_000 + number).register()

    contacts = [value for name, value in answer.headers if name == "Contact"]
    assert len(contacts) == CONTACTS
    assert sum(isinstance(event, SipDeviceWent) for event in stage.take_events()) == 3


def test_a_lost_connection_ends_what_was_registered_over_it(stage: Stage):
    phone = Phone(stage, transport="TCP")
    phone.register()

    stage.close(phone.flow)

    assert [type(event) for event in stage.take_events()] == [SipDeviceCame, SipDeviceWent]


def test_an_endpoint_that_is_removed_is_registered_no_longer(stage: Stage):
    Phone(stage).register()

    stage.run(lambda now_ms: stage.core.endpoint_removed("endpoint-desk", now_ms))

    assert [type(event) for event in stage.take_events()] == [SipDeviceCame, SipDeviceWent]


def test_a_repeated_request_gets_the_same_answer(stage: Stage):
    phone = Phone(stage)
    (challenge,) = phone.send(phone.request("REGISTER"))
    request = phone.request("REGISTER", headers=(phone.credentials(challenge, "REGISTER", OWN),))
    first, second = phone.send(request), phone.send(request)

    assert first[0].headers == second[0].headers
    assert statuses(second) == [200]
    assert len(stage.take_events()) == 1


def test_what_nobody_proved_costs_no_memory(stage: Stage):
    phone = Phone(stage)
    for method in ("REGISTER", "INVITE", "OPTIONS", "BYE", "CANCEL", "NOTIFY", "SING"):
        phone.send(phone.request(method, f"sip:bob@{HOST}"))

    assert set(stage.core.sizes.values()) == {0}
