from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringproof_fakeserver.sip.addresses import read_party, read_uri
from ringproof_fakeserver.sip.framing import Frames
from ringproof_fakeserver.sip.message import (
    HEAD_BYTES,
    MessageError,
    Request,
    Response,
    parse,
)
from tests.fakeserver.sip.stage import Phone, Stage
from tests.fakeserver.sip.torture import BAD, FINE, message


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.endpoint()
    return made


@pytest.mark.parametrize(("name", "data"), FINE, ids=[name for name, _ in FINE])
def test_unusual_messages_are_understood(stage: Stage, name: str, data: bytes):
    (answer,) = stage.receive(Phone(stage).flow, data.lstrip(b"\r\n"))
    assert isinstance(answer, Response)
    assert answer.status == 200


@pytest.mark.parametrize(("name", "data", "status"), BAD, ids=[name for name, *_ in BAD])
def test_malformed_messages_are_refused_or_dropped(
    stage: Stage, name: str, data: bytes, status: int
):
    phone = Phone(stage)

    answers = stage.receive(phone.flow, data)

    assert [answer.status for answer in answers] == ([status] if status else [])
    assert set(stage.core.sizes.values()) == {0}
    assert phone.register().status == 200


def test_names_and_values_survive_a_round_trip():
    request = parse(message(("To:", 'To: "Жанна" <sip:bob@127.0.0.1>;x="a;b"\n')))
    assert isinstance(request, Request)

    again = parse(request.written())

    assert again.headers == request.headers
    assert again.to.display == "Жанна"
    assert again.to.parameters == {"x": "a;b"}


def test_a_uri_is_read_into_its_parts():
    uri = read_uri("sip:b%6Fb:secret@[::1]:5070;transport=tcp?subject=x")

    assert (uri.user, uri.address, uri.parameters) == ("bob", ("::1", 5070), ";transport=tcp")
    assert "secret" not in uri.text


def test_digits_of_other_alphabets_are_no_digits():
    with pytest.raises(ValueError, match="not a host"):
        read_uri("sip:bob@127.0.0.1:\u0665\u0660\u0666\u0660")
    with pytest.raises(MessageError):
        parse(message(("CSeq:", "CSeq: \u0661 REGISTER\n")))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_message_error(data: bytes):
    for whole in (data, message()[:120] + data, message()[:-2] + data + b"\r\n\r\n"):
        with contextlib.suppress(MessageError):
            parse(whole)


@given(st.text(max_size=80))
def test_no_address_raises_anything_but_a_value_error(text: str):
    for read in (read_party, read_uri):
        with contextlib.suppress(ValueError):
            read(text)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_a_stream_is_cut_the_same_wherever_its_packets_end(sizes: list[int]):
    whole = message(("Content-Length:", "Content-Length: 4\n"), body=b"\r\n\r\n")
    data, found, frames = b"\r\n\r\n" + whole * 3, [], Frames()
    while data:
        size = sizes[len(data) % len(sizes)]
        found += frames.feed(data[:size])
        data = data[size:]

    assert found == [whole] * 3
    assert frames.take_pings() == 1


@pytest.mark.parametrize(
    "data",
    [
        b"x" * (HEAD_BYTES + 1),
        message(("Content-Length:", "")),
        message(("Content-Length:", "Content-Length: -1\n")),
        message(("Content-Length:", "Content-Length: 1e3\n")),
        message(("Content-Length:", "Content-Length: 99999999\n")),
        message(more="l: 7\n"),
    ],
)
def test_a_stream_that_cannot_be_cut_is_given_up(data: bytes):
    with pytest.raises(MessageError):
        list(Frames().feed(data))


def test_messages_before_one_that_cannot_be_cut_are_still_taken():
    fed = Frames().feed(message() + message(("Content-Length:", "")))
    assert next(fed) == message()
    with pytest.raises(MessageError):
        next(fed)
