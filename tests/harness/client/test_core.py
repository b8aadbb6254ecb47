"""The session under the calls and the frames of the wire, as plays."""

import pytest

from ringproof.client import commands as c
from ringproof.client import events as e
from ringproof_fakeserver.protocol import jsonrpc

from .playbook import PROTOCOL, Play

RESUME = f"send connect {PROTOCOL} as-1"


@pytest.fixture
def play():
    return Play.online()


def answered_ping(play):
    frame = next(command for command in reversed(play.log) if isinstance(command, c.SendFrame))
    return jsonrpc.parse(frame.text)


# -- coming online -----------------------------------------------------------------------------


def test_client_comes_online_by_itself():
    play = Play()
    assert play.give(e.Started()) == ["OpenSocket 0"]
    assert play.give(e.SocketOpened()) == ["send connect", "StartTimer connect 5000"]
    result = {"identity": "u", "protocol": PROTOCOL, "authorization": {}}
    assert play.reply("signalwire.connect", result) == [
        "CancelTimer connect",
        "send subscriber.online",
    ]
    assert play.reply("subscriber.online", {}) == []
    assert play.give(e.RegisterRequested("p0")) == ["settle p0"]


def test_announced_ice_servers_are_used(play):
    """One URL or several; an entry without any is ignored."""
    play.give(e.SocketClosed(1006))
    play.give(e.SocketOpened())
    servers = [{"urls": "stun:a:1"}, {"urls": ["turn:b:2", "turn:c:3"]}, {"username": "u"}]
    result = {"identity": "u@n", "protocol": PROTOCOL, "authorization": {}, "ice_servers": servers}
    play.reply("signalwire.connect", result)
    assert c.UseIceServers(("stun:a:1", "turn:b:2", "turn:c:3")) in play.log


def test_register_settles_once_online():
    play = Play()
    play.give(e.Started())
    assert play.give(e.RegisterRequested("p0")) == ["StartTimer register 10000"]
    play.connect()
    assert play.reply("subscriber.online", {}) == ["CancelTimer register", "settle p0"]


def test_register_fails_with_the_last_error():
    play = Play()
    play.give(e.Started())
    play.give(e.RegisterRequested("p0"))
    play.give(e.SocketClosed(1006, "refused"))
    assert play.give(e.TimerFired("register")) == [
        "CancelTimer register",
        "settle p0 not online after 10000 ms (socket closed with 1006: refused)",
    ]


def test_register_that_runs_out_of_time_without_an_error():
    play = Play()
    play.give(e.RegisterRequested("p0"))
    assert play.give(e.TimerFired("register"))[-1] == "settle p0 not online after 10000 ms"


def test_guest_token_is_refused_registration_each_time_it_asks():
    play = Play()
    play.give(e.RegisterRequested("p0"))
    play.connect()
    refusal = "Permission Denied. (-32003)"
    assert play.refuse("subscriber.online", -32003, "Permission Denied.") == [
        f"error  cannot come online: {refusal}",
        "CancelTimer register",
        f"settle p0 {refusal}",
    ]
    assert play.give(e.RegisterRequested("p1"))[-1] == "send subscriber.online"
    assert play.refuse("subscriber.online", -32003, "Permission Denied.")[-1] == (
        f"settle p1 {refusal}"
    )


@pytest.mark.parametrize("code", [-32002, -32003, -32602])
def test_refused_token_is_final(code):
    play = Play()
    play.give(e.Started())
    play.give(e.RegisterRequested("p0"))
    play.give(e.SocketOpened())
    lines = play.refuse("signalwire.connect", code, "no")
    assert lines[-2:] == [f"settle p0 no ({code})", "CloseSocket 1000 connect refused"]
    assert play.give(e.SocketClosed(1000)) == ["CancelTimer connect"]
    assert play.give(e.RegisterRequested("p1")) == [f"settle p1 no ({code})"]


def test_other_refusals_are_tried_again():
    play = Play()
    play.give(e.Started())
    play.give(e.SocketOpened())
    assert "CloseSocket 1000 connect refused" in play.refuse("signalwire.connect", -32603, "busy")
    assert play.give(e.SocketClosed(1000))[-1] == "OpenSocket 100"


def test_unreadable_connect_result_is_tried_again():
    play = Play()
    play.give(e.SocketOpened())
    assert "CloseSocket 1000 connect refused" in play.reply("signalwire.connect", {"identity": 5})


def test_silent_connect_is_given_up(play):
    assert play.give(e.TimerFired("connect")) == [
        "CloseSocket 1000 no answer to signalwire.connect"
    ]


def test_retries_come_with_growing_delay():
    play = Play()
    play.give(e.Started())
    delays = [play.give(e.SocketClosed(1006))[-1] for _ in range(8)]
    assert delays == [
        f"OpenSocket {delay_ms}" for delay_ms in (100, 200, 400, 800, 1600, 3000, 3000, 3000)
    ]
    play.connect()
    assert play.give(e.SocketClosed(1006))[-1] == "OpenSocket 100"


# -- losing the socket -------------------------------------------------------------------------


def test_lost_socket_is_resumed_and_calls_stay(play):
    play.ring("d1")
    play.talk("d1")
    play.ring("d2")
    assert play.give(e.SocketClosed(1006))[-1] == "OpenSocket 100"
    assert play.give(e.SocketOpened()) == [RESUME, "StartTimer connect 5000"]
    result = {"identity": "u", "protocol": PROTOCOL, "authorization": {}}
    assert play.reply("signalwire.connect", result) == [
        "CancelTimer connect",
        "send subscriber.online",
    ]
    play.reply("subscriber.online", {})
    assert play.statuses("d1")[-1] == "connected"
    assert play.lists() == [("d1",), ("d1", "d2")]
    assert play.bye("d1")[-1] == "list d2"


def test_requests_made_meanwhile_are_sent_after_the_resume(play):
    play.ring()
    play.give(e.SocketClosed(1006))
    play.log.clear()
    assert play.reject() == ["d1 disconnected", "StartTimer bye:d1 5000"]
    assert play.connect()[-1] == "send verto.bye d1 USER_BUSY/17"
    assert play.confirm("verto.bye")[-1] == "settle p2"


def test_requests_in_flight_are_repeated_with_their_old_ids(play):
    play.ring()
    play.answer()
    play.negotiate()
    first = play.sent()[-1]
    play.give(e.SocketClosed(1006))
    assert play.connect()[-1] == first
    frames = [command.text for command in play.log if isinstance(command, c.SendFrame)]
    answers = [text for text in frames if "verto.answer" in text]
    assert len(answers) == 2
    assert len(set(answers)) == 1


def test_repeated_answer_that_is_refused_ends_the_call(play):
    """The platform confirms an answer it has heard; an error says that the call is gone."""
    play.ring()
    play.answer()
    play.negotiate()
    play.give(e.SocketClosed(1006))
    play.connect()
    play.refuse("verto.answer", -32002, "CALL DOES NOT EXIST")
    assert play.statuses() == ["ringing", "connecting", "disconnected", "destroyed"]


def test_answer_of_a_call_that_ended_meanwhile_is_not_sent_again(play):
    play.ring()
    play.answer()
    play.negotiate()
    play.bye()
    play.give(e.SocketClosed(1006))
    assert not any("verto.answer" in line for line in play.connect())


def test_new_protocol_after_a_resume_is_taken_over(play):
    play.ring()
    play.give(e.SocketClosed(1006))
    play.connect(protocol="signalwire_j1_s2")
    assert play.bye() == []
    assert play.verto("verto.bye", {"callID": "d1"}, channel="signalwire_j1_s2")[-1] == "list"


def test_forgotten_session_ends_its_calls(play):
    play.ring("d1")
    play.invite("d2")
    play.give(e.SocketClosed(1006))
    play.give(e.SocketOpened())
    assert play.refuse("signalwire.connect", -32002, "unknown") == [
        "CancelTimer connect",
        "CloseSocket 1000 connect refused",
    ]
    play.give(e.SocketClosed(1000))
    assert play.give(e.SocketOpened())[0] == "send connect"
    play.connect()
    assert play.statuses("d1") == ["ringing", "disconnected", "destroyed"]
    assert play.give(e.LookupAnswered("d2")) == []
    assert play.lists()[-1] == ()


def test_withdrawn_state_makes_the_next_connect_fresh(play):
    play.event("signalwire.authorization.state", {"authorization_state": ""})
    play.give(e.SocketClosed(1006))
    assert play.give(e.SocketOpened())[0] == "send connect"


def test_requests_in_flight_are_bounded(play):
    for number in range(300):
        play.ring(f"d{number}")
        play.reject(f"d{number}")
    play.give(e.SocketClosed(1006))
    play.log.clear()
    play.connect()
    assert len([line for line in play.sent() if "verto.bye" in line]) == 256


# -- closing -----------------------------------------------------------------------------------


def test_close_hangs_up_on_everybody(play):
    play.ring("d1")
    play.talk("d1")
    play.ring("d2")
    play.invite("d3")
    lines = play.give(e.CloseRequested("p9"))
    assert [line for line in lines if line.startswith("send")] == [
        "send verto.bye d1",
        "send verto.bye d2",
        "send subscriber.offline",
    ]
    assert lines[-3:] == ["send subscriber.offline", "CloseSocket 1000 client closed", "settle p9"]
    ended = ["disconnecting", "disconnected", "destroyed"]
    assert play.statuses("d1")[3:] == ended
    assert play.statuses("d2")[1:] == ended
    assert play.lists()[-1] == ()
    assert play.give(e.SocketClosed(1000)) == ["CancelTimer connect"]
    assert play.give(e.RegisterRequested("p10")) == ["settle p10 the client is closed"]


def test_close_before_being_online_leaves_nobody_waiting():
    play = Play()
    play.give(e.RegisterRequested("p0"))
    assert play.give(e.CloseRequested("p1")) == [
        "list done",
        "CloseSocket 1000 client closed",
        "CancelTimer register",
        "settle p0 the client was closed",
        "settle p1",
    ]


# -- frames ------------------------------------------------------------------------------------


def test_platform_ping_is_answered(play):
    ping = jsonrpc.request("ping-1", "signalwire.ping", {"timestamp": 17.5})
    assert play.frame(ping) == ["send result ping-1"]
    assert bytes(answered_ping(play).result) == b'{"timestamp":17.5}'


def test_ping_without_a_readable_timestamp_is_answered_too(play):
    play.frame(jsonrpc.request("ping-1", "signalwire.ping", {"timestamp": "noon"}))
    assert bytes(answered_ping(play).result) == b'{"timestamp":0.0}'


def test_unknown_request_gets_an_error(play):
    assert play.frame(jsonrpc.request("x", "signalwire.dance", {})) == ["send error x"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":1}'])
def test_unreadable_frame_is_reported_and_survived(play, text):
    lines = play.frame(text)
    assert len(lines) == 1
    assert lines[0].startswith("error  unreadable frame")
    assert play.ring() == ["add d1", "list d1"]


def test_every_event_is_acknowledged_even_an_unreadable_one(play):
    assert play.verto("verto.invite", {"callID": 5})[0].startswith("error  unreadable event")
    assert play.event("webrtc.message", {"method": 5})[0].startswith("error  unreadable event")
    assert play.event("signalwire.authorization.state", 5)[0].startswith("error")
    assert play.verto("verto.display", {}) == []
    assert play.event("call.joined", {"call_id": "x"}) == []


def test_event_of_another_session_is_acknowledged_and_dropped(play):
    assert play.verto("verto.invite", {"callID": "d1"}, channel="signalwire_j0_old") == []


def test_result_nobody_waits_for_is_ignored(play):
    assert play.frame(jsonrpc.result("r999", {"code": "200"})) == []


def test_unreadable_result_is_a_refusal(play):
    play.ring()
    play.answer()
    play.negotiate()
    lines = play.reply("verto.answer", {"code": []})
    assert lines[0].startswith("error d1 answer refused: unreadable result")
