"""Sessions: connect, resume, reauthenticate, ping, online and offline, and what comes too early."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from ringproof_fakeserver.protocol import authorization, jsonrpc
from ringproof_fakeserver.protocol.commands import CancelTimer, StartTimer
from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.events import (
    AnswerApplied,
    FaultsPlanned,
    FrameReceived,
    LookupAsked,
    PingRequested,
    ServerStopping,
    SocketClosed,
    SocketOpened,
    TimerFired,
    TokenExpiryRequested,
)
from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.journal import FrameFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.protocol.settings import REACHED
from tests.playbook import AUDIO, NOW_MS, Driver, play


@pytest.fixture
def driver() -> Driver:
    """Bob with no device."""
    return Driver()


def resume_params(driver: Driver, socket: str) -> dict[str, Any]:
    """What a client remembers of the session that it had on a socket."""
    return {
        "protocol": driver.sent(socket)[0]["result"]["protocol"],
        "authorization_state": driver.authorization_states(socket)[-1],
    }


class TestRequestIds:
    """An id belongs to the socket on which it was used (JSON-RPC over one connection)."""

    def test_id_of_an_earlier_socket_is_accepted_after_a_resume(self, driver: Driver) -> None:
        driver.connect("s1", driver.token("j1"))
        driver.handle(driver.frame("s1", "subscriber.online", {}, "one"))
        params = resume_params(driver, "s1")
        driver.close("s1")
        driver.connect("s2", driver.token("j1"), **params)
        lines = driver.after(driver.frame("s2", "subscriber.online", {}, "one"))
        assert lines == ["j1 > subscriber.online", "s2 < result subscriber.online"]

    def test_id_that_another_open_socket_uses_is_accepted(self, driver: Driver) -> None:
        for number in (1, 2):
            socket = f"s{number}"
            driver.connect(socket, driver.token(f"j{number}"))
            lines = driver.after(driver.frame(socket, "signalwire.ping", {}, "one"))
            assert lines[-1] == f"{socket} < result signalwire.ping"

    def test_id_that_its_own_socket_used_is_refused(self, driver: Driver) -> None:
        driver.connect("s1", driver.token("j1"))
        driver.handle(driver.frame("s1", "signalwire.ping", {}, "one"))
        lines = driver.after(driver.frame("s1", "signalwire.ping", {}, "one"))
        assert lines[-1] == f"s1 < error signalwire.ping {jsonrpc.INVALID_REQUEST}"


class TestConnect:
    """``signalwire.connect`` (protocol.md 3.2, 3.3)."""

    def test_fresh_connect_is_answered_and_followed_by_the_state(self, driver: Driver) -> None:
        assert driver.connect("s1", driver.token("j1")) == [
            "j1 > signalwire.connect",
            "s1 < result signalwire.connect",
            "session j1 connected",
            f"timer state:{resume_params(driver, 's1')['protocol']} 8",
            "s1 < signalwire.event",
        ]

    def test_state_is_not_sent_to_a_client_that_has_left(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        params = {"authentication": {"jwt_token": driver.token("j1")}}
        commands = driver.handle(driver.frame("s1", "signalwire.connect", params))
        [timer] = [command for command in commands if isinstance(command, StartTimer)]
        driver.close("s1")
        assert driver.after(TimerFired(timer.name)) == []
        assert driver.after(TimerFired("state:nobody")) == []

    def test_result_has_what_clients_require(self) -> None:
        driver = Driver(ice_servers=({"urls": ["stun:127.0.0.1:3478"]},))
        driver.connect("s1", driver.token("j1", scope=("sat:refresh",)))
        result = driver.sent("s1")[0]["result"]
        assert result["protocol"].split("_")[:2] == ["signalwire", "j1"]
        assert result["protocol"].endswith(f"_{driver.settings.project_id}")
        assert result["identity"].endswith(".ringproof")
        assert result["identity"].count("@") == 1
        assert result["authorization"] == {
            "jti": "j1",
            "project_id": driver.settings.project_id,
            "data_zone": "us1",
            "fabric_subscriber": {
                "version": 1,
                "expires_at": NOW_MS // 1000 + 7200,
                "subscriber_id": driver.bob.id,
                "application_id": None,
                "project_id": driver.settings.project_id,
                "space_id": driver.settings.space_id,
            },
            "scope": ["sat:refresh"],
        }
        assert result["ice_servers"] == [{"urls": ["stun:127.0.0.1:3478"]}]

    def test_turn_servers_have_credentials_for_three_hours(self) -> None:
        driver = Driver(ice_servers=({"urls": [f"stun:{REACHED}:3478"]},))
        driver.exchange.set_platform(driver.bob.id, Platform(ice_servers="turn"))
        driver.connect("s1", driver.token("j1"), reached="2001:db8::5")
        [server] = driver.sent("s1")[0]["result"]["ice_servers"]
        assert server["urls"] == [
            "turn:[2001:db8::5]:3478",
            "turn:[2001:db8::5]:3478?transport=tcp",
        ]
        until_s = NOW_MS // 1000 + 3 * 60 * 60
        assert server["username"] == f"{until_s}:{driver.settings.project_id}"
        assert len(base64.b64decode(server["credential"], validate=True)) == 20

    @pytest.mark.parametrize(
        ("reached", "host"),
        [
            ("192.0.2.5", "192.0.2.5"),
            ("::ffff:192.0.2.5", "192.0.2.5"),
            ("::1", "127.0.0.1"),
            ("2001:db8::5", "[2001:db8::5]"),
        ],
    )
    def test_ice_servers_are_where_the_client_has_connected_to(self, reached, host) -> None:
        driver = Driver(ice_servers=({"urls": [f"stun:{REACHED}:3478"]},))
        driver.connect("s1", driver.token("j1"), reached=reached)
        [server] = driver.sent("s1")[0]["result"]["ice_servers"]
        assert server == {"urls": [f"stun:{host}:3478"]}

    @pytest.mark.parametrize(
        "claims",
        [{"expires_s": NOW_MS // 1000}, {"kind": "refresh"}, {"subscriber": "somebody-else"}],
        ids=["expired", "wrong-kind", "unknown-subscriber"],
    )
    def test_bad_token_is_refused(self, driver: Driver, claims: dict[str, Any]) -> None:
        assert driver.connect("s1", driver.token("j1", **claims)) == [
            "? > signalwire.connect",
            "s1 < error signalwire.connect -32002",
        ]

    def test_forged_token_is_refused(self, driver: Driver) -> None:
        forged = driver.token("j1")[:-4] + "AAAA"
        assert driver.connect("s1", forged)[-1] == "s1 < error signalwire.connect -32002"

    def test_missing_token_is_refused(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        lines = driver.after(driver.frame("s1", "signalwire.connect", {}))
        assert lines[-1] == "s1 < error signalwire.connect -32002"

    def test_params_of_the_wrong_shape_are_refused(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        lines = driver.after(driver.frame("s1", "signalwire.connect", {"authentication": 7}))
        assert lines[-1] == "s1 < error signalwire.connect -32602"

    def test_second_connect_on_a_socket_is_refused(self, driver: Driver) -> None:
        driver.connect("s1", driver.token("j1"))
        params = {"authentication": {"jwt_token": driver.token("j1")}}
        lines = driver.after(driver.frame("s1", "signalwire.connect", params))
        assert lines[-1] == "s1 < error signalwire.connect -32600"

    def test_refused_socket_may_try_again(self, driver: Driver) -> None:
        driver.connect("s1", "nonsense")
        params = {"authentication": {"jwt_token": driver.token("j1")}}
        lines = driver.after(driver.frame("s1", "signalwire.connect", params))
        assert "session j1 connected" in lines

    def test_tokens_are_not_recorded(self, driver: Driver) -> None:
        token = driver.token("j1")
        driver.connect("s1", token)
        state = resume_params(driver, "s1")["authorization_state"]
        facts = [c for c in driver.commands if isinstance(c, FrameFact)]
        facts += [c.fact for c in driver.commands if hasattr(c, "fact")]
        assert len(facts) == 3
        for fact in facts:
            assert token not in fact.text
            assert state not in fact.text

    def test_fault_has_servers_announced_that_answer_nobody(self, driver: Driver) -> None:
        urls = {"heard": ["stun:127.0.0.1:1"], "mute": ["stun:127.0.0.1:2"]}
        driver = Driver(
            ice_servers=({"urls": urls["heard"]},), mute_ice_servers=({"urls": urls["mute"]},)
        )
        driver.handle(FaultsPlanned("j1", (Rule(what="ignore", point="stun", times=0),)))
        for socket, jti, expected in (("s1", "j1", "mute"), ("s2", "j2", "heard")):
            lines = driver.connect(socket, driver.token(jti))
            assert ("fault ignore stun j1" in lines) is (jti == "j1")
            assert driver.sent(socket)[0]["result"]["ice_servers"] == [{"urls": urls[expected]}]

    def test_socket_opened_twice_raises_local_error(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        with pytest.raises(LocalError):
            driver.handle(SocketOpened("s1"))


class TestLoginLimit:
    """A socket has a limited time to open a session, whatever it says meanwhile."""

    def opened(self, driver: Driver) -> str:
        """Open a socket and return the timer that limits it."""
        (timer,) = driver.handle(SocketOpened("s1"))
        assert timer == StartTimer("login:s1", driver.settings.login_ms)
        return timer.name

    def test_socket_that_says_nothing_is_closed(self, driver: Driver) -> None:
        due = self.opened(driver)
        assert driver.after(TimerFired(due)) == ["s1 closed with 1008"]
        driver.handle(SocketClosed("s1", 1008))
        assert driver.after(TimerFired(due)) == []

    def test_refused_and_early_requests_do_not_prolong_it(self, driver: Driver) -> None:
        due = self.opened(driver)
        driver.handle(driver.frame("s1", "subscriber.online", {}))
        refused = {"authentication": {"jwt_token": driver.token("j1", expires_s=1)}}
        driver.handle(driver.frame("s1", "signalwire.connect", refused))
        assert driver.after(TimerFired(due)) == ["s1 closed with 1008"]

    def test_socket_with_a_session_is_kept(self, driver: Driver) -> None:
        driver.connect("s1", driver.token("j1"))
        assert CancelTimer("login:s1") in driver.commands
        assert driver.after(TimerFired("login:s1")) == []

    def test_socket_that_closes_before_needs_it_no_more(self, driver: Driver) -> None:
        due = self.opened(driver)
        assert driver.handle(SocketClosed("s1", 1001)) == [CancelTimer(due)]
        assert driver.after(TimerFired(due)) == []


def test_token_of_a_deleted_subscriber_opens_no_session(driver: Driver) -> None:
    token = driver.token("j1")
    driver.device(2)
    remembered = resume_params(driver, "s2")
    driver.close("s2")
    driver.directory.delete_subscriber(driver.bob)
    assert driver.connect("s1", token)[-1] == "s1 < error signalwire.connect -32002"
    lines = driver.connect("s3", driver.token("j2"), **remembered)
    assert lines[-1] == "s3 < error signalwire.connect -32002"


class TestExpiredToken:
    """The token of an open session expires; what then happens to the session is assumed."""

    def test_session_goes_on_and_is_called(self, driver: Driver) -> None:
        driver.device(1)
        assert driver.after(TokenExpiryRequested("j1")) == ["fault token-expired j1"]
        driver.dial()
        assert driver.dialog_states("d1") == []
        driver.ring("d1")
        assert driver.dialog_states("d1") == ["offered"]

    def test_variant_resumes_its_session_and_opens_none(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(expired_token_resumes=True))
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.handle(TokenExpiryRequested("j1"))
        driver.close("s1")
        assert "session j1 resumed" in driver.connect("s2", driver.token("j1"), **remembered)
        lines = driver.connect("s3", driver.token("j1"))
        assert lines[0] == "fault refuse token j1"

    def test_variant_resumes_after_its_own_time_too(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(expired_token_resumes=True))
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        token = driver.token("j1", expires_s=NOW_MS // 1000 + 60)
        driver.now_ms += 61_000
        assert "session j1 resumed" in driver.connect("s2", token, **remembered)
        assert driver.connect("s3", token)[-1] == "s3 < error signalwire.connect -32002"

    @pytest.mark.parametrize("wrong", ["protocol", "authorization_state"])
    def test_variant_does_not_resume_without_protocol_and_state(
        self, driver: Driver, wrong: str
    ) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(expired_token_resumes=True))
        driver.device(1)
        remembered = {**resume_params(driver, "s1"), wrong: "made-up"}
        driver.handle(TokenExpiryRequested("j1"))
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"), **remembered)
        assert lines[-1] == "s2 < error signalwire.connect -32002"

    def test_variant_does_not_resume_the_session_of_another(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(expired_token_resumes=True))
        carol = driver.directory.find_or_create("carol", {}, 0)
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.handle(TokenExpiryRequested("j9"))
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j9", carol), **remembered)
        assert lines[-1] == "s2 < error signalwire.connect -32003"

    def test_neither_resumes_nor_opens_a_session(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.handle(TokenExpiryRequested("j1"))
        driver.close("s1")
        for socket, params in (("s2", remembered), ("s3", {})):
            lines = driver.connect(socket, driver.token("j1"), **params)
            assert lines[0] == "fault refuse token j1"
            assert lines[-1] == f"{socket} < error signalwire.connect -32002"

    def test_session_is_resumed_with_another_token(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.handle(TokenExpiryRequested("j1"))
        driver.close("s1")
        assert "session j2 resumed" in driver.connect("s2", driver.token("j2"), **remembered)

    def test_variant_closes_its_socket(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(expired_token_closes=True))
        driver.device(1)
        lines = driver.after(TokenExpiryRequested("j1"))
        assert lines == ["fault token-expired j1", "s1 closed with 1008"]
        driver.close("s1", 1008)
        assert driver.after(TokenExpiryRequested("j1")) == ["fault token-expired j1"]


class TestLateOnline:
    """``subscriber.online`` is answered late, and the device is called from then on."""

    @pytest.fixture
    def late(self, driver: Driver) -> Driver:
        driver.exchange.set_platform(driver.bob.id, Platform(online_delay_ms=700))
        return driver

    def test_device_rings_once_it_is_answered(self, late: Driver) -> None:
        late.connect("s1", late.token("j1"))
        lines = late.after(late.frame("s1", "subscriber.online", {}))
        assert lines[0] == "j1 > subscriber.online"
        [timer, delay_ms] = lines[1].split()[1:]
        assert delay_ms == "700"
        late.dial()
        assert late.exchange.call_state("c1") == "created"
        lines = late.after(TimerFired(timer))
        assert lines[:2] == ["s1 < result subscriber.online", "session j1 online"]
        assert lines[2].startswith("leg d1 offers")
        assert late.after(TimerFired(timer)) == []

    def test_lost_socket_is_not_answered(self, late: Driver) -> None:
        late.connect("s1", late.token("j1"))
        lines = late.after(late.frame("s1", "subscriber.online", {}))
        late.close("s1")
        assert late.after(TimerFired(lines[1].split()[1])) == []

    def test_session_that_resumed_elsewhere_is_not_answered_there(self, late: Driver) -> None:
        late.connect("s1", late.token("j1"))
        lines = late.after(late.frame("s1", "subscriber.online", {}))
        late.connect("s2", late.token("j1"), **resume_params(late, "s1"))
        assert late.after(TimerFired(lines[1].split()[1])) == []

    def test_going_offline_meanwhile_is_answered_second(self, late: Driver) -> None:
        late.connect("s1", late.token("j1"))
        late.handle(late.frame("s1", "subscriber.online", {}))
        lines = late.after(late.frame("s1", "subscriber.offline", {}))
        assert [line for line in lines if "session" in line or "<" in line] == [
            "s1 < result subscriber.online",
            "session j1 online",
            "s1 < result subscriber.offline",
            "session j1 offline",
        ]

    def test_server_can_be_late_with_everybody(self) -> None:
        driver = Driver(online_delay_ms=50)
        driver.connect("s1", driver.token("j1"))
        assert driver.after(driver.frame("s1", "subscriber.online", {}))[1].endswith(" 50")

    def test_requests_that_wait_are_bounded(self) -> None:
        driver = Driver(online_delay_ms=50, delayed_frames=1)
        for number in (1, 2):
            driver.connect(f"s{number}", driver.token(f"j{number}"))
            lines = driver.after(driver.frame(f"s{number}", "subscriber.online", {}))
        assert "session j2 online" in lines


class TestAuthorizationState:
    """When the state is pushed, what it looks like, and which of them are good."""

    def test_each_request_about_a_call_is_answered_after_a_new_state(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        commands = driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        assert "signalwire.authorization.state" in commands[1].text  # type: ignore[union-attr]
        driver.handle(AnswerApplied(driver.dialog("d1")))
        driver.bye("s1", "d1")
        states = driver.authorization_states("s1")
        assert len(states) == len(set(states)) == 3
        first, *later = [len(state) for state in states]
        assert first < 1_000
        assert all(5_000 < size < 13_500 for size in later)
        for state in states:
            assert [len(base64.b64decode(word)) > 0 for word in state.split(":")] == [True, True]

    def test_harmless_requests_bring_no_state(self, driver: Driver) -> None:
        driver.device(1)
        driver.handle(driver.verto("s1", "d9", "verto.pong"))
        assert len(driver.authorization_states("s1")) == 1

    def test_any_of_the_last_states_resumes(self, driver: Driver) -> None:
        driver.device(1)
        protocol = resume_params(driver, "s1")["protocol"]
        for _ in range(authorization.KEPT):
            driver.handle(driver.verto("s1", "d9", "verto.bye"))
        forgotten, oldest, *_ = driver.authorization_states("s1")
        driver.close("s1")
        for socket, state, line in (
            ("s2", forgotten, "s2 < error signalwire.connect -32003"),
            ("s3", oldest[:-30] + "A" + oldest[-29:], "s3 < error signalwire.connect -32003"),
            ("s4", oldest, "session j1 resumed"),
        ):
            lines = driver.connect(
                socket, driver.token("j1"), protocol=protocol, authorization_state=state
            )
            assert lines[-1] == line

    @pytest.mark.parametrize(("variant", "pushed"), [("often", 2), ("connect", 1), ("never", 0)])
    def test_variant_decides_when_it_is_pushed(
        self, driver: Driver, variant: Any, pushed: int
    ) -> None:
        platform = Platform(authorization_state=variant)
        driver.exchange.set_platform(driver.bob.id, platform)
        driver.device(1)
        driver.handle(driver.verto("s1", "d9", "verto.bye"))
        assert len(driver.authorization_states("s1")) == pushed


class TestResume:
    """The same ``protocol`` again, with all that happened meanwhile (protocol.md 7.1, 7.2)."""

    def test_session_is_resumed_with_the_same_protocol(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        assert driver.connect("s2", driver.token("j1"), **remembered) == [
            "j1 > signalwire.connect",
            f"no timer grace:{remembered['protocol']}",
            "s2 < result signalwire.connect",
            "session j1 resumed",
        ]
        first, second = (driver.sent(socket)[0]["result"] for socket in ("s1", "s2"))
        assert second["protocol"] == remembered["protocol"]
        assert second["identity"] != first["identity"]
        assert "calling" not in first["authorization"]
        assert second["authorization"]["calling"]["video_conf"]["type"] == "video"
        assert driver.authorization_states("s2") == []
        assert driver.exchange.is_online(driver.bob.id)

    @pytest.mark.parametrize(
        "wrong", [{"authorization_state": "other"}, {"protocol": "signalwire_j1_other_node"}]
    )
    def test_wrong_state_is_refused_so_that_the_client_connects_afresh(
        self, driver: Driver, wrong: dict[str, str]
    ) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"), **{**remembered, **wrong})
        assert lines[-1] == "s2 < error signalwire.connect -32003"
        assert driver.sent("s2")[-1]["error"]["message"] == "Requester validation failed"

    def test_other_subscriber_cannot_resume_a_session(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        mallory = driver.directory.find_or_create("mallory", {}, NOW_MS)
        lines = driver.connect("s2", driver.token("j2", mallory), **remembered)
        assert lines[-1] == "s2 < error signalwire.connect -32003"
        assert driver.exchange.is_online(driver.bob.id)

    def test_protocol_alone_resumes_the_session_of_the_same_token(self, driver: Driver) -> None:
        """As 3.x does, which does not say again that it is online (protocol.md 9.3)."""
        driver.device(1)
        protocol = resume_params(driver, "s1")["protocol"]
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"), protocol=protocol)
        assert "session j1 resumed" in lines
        assert driver.sent("s2")[0]["result"]["protocol"] == protocol
        assert driver.exchange.is_online(driver.bob.id)

    def test_protocol_alone_with_another_token_starts_afresh(self, driver: Driver) -> None:
        driver.device(1)
        protocol = resume_params(driver, "s1")["protocol"]
        driver.close("s1")
        driver.connect("s2", driver.token("j2"), protocol=protocol)
        assert resume_params(driver, "s2")["protocol"] != protocol

    def test_protocol_alone_of_a_session_that_is_gone_starts_afresh(self, driver: Driver) -> None:
        lines = driver.connect("s1", driver.token("j1"), protocol="signalwire_j1_gone_node")
        assert "session j1 connected" in lines

    def test_half_open_socket_is_closed_and_its_end_changes_nothing(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        remembered = resume_params(driver, "s1")
        assert "s1 closed with 4000" in driver.connect("s2", driver.token("j1"), **remembered)
        assert driver.close("s1", 4000) == []
        assert driver.dialog_states("d1") == ["offered"]
        assert driver.end()[0] == "s2 < verto.bye d1 ORIGINATOR_CANCEL"

    def test_bye_that_was_missed_is_sent_again(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        assert not any("verto.bye" in line for line in driver.end(reason="hangup"))
        lines = driver.connect("s2", driver.token("j1"), **remembered)
        assert lines[-1] == "s2 < verto.bye d1 NORMAL_CLEARING"

    def test_call_that_began_meanwhile_is_announced(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        driver.dial()
        assert driver.ring("d1") == []
        lines = driver.connect("s2", driver.token("j1"), **remembered)
        assert lines[-3:] == ["s2 < verto.invite d1", "dialog d1 offered", "call c1 ringing"]

    def test_answered_call_is_not_announced_again(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"), **remembered)
        assert lines[-1] == "session j1 resumed"
        driver.bye("s2", "d1")
        assert driver.ended() == ("hangup", "callee")

    def test_answer_is_confirmed_once_more_when_its_request_is_repeated(
        self, driver: Driver
    ) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.dial()
        driver.ring("d1")
        answer = driver.verto("s1", "d1", "verto.answer", sdp=AUDIO)
        driver.handle(answer)
        driver.close("s1")
        driver.connect("s2", driver.token("j1"), **remembered)
        # Its own reply is still to come while the answer is being applied.
        assert driver.after(FrameReceived("s2", answer.text)) == ["j1 > verto.answer d1"]
        confirmed = driver.after(AnswerApplied(driver.dialog("d1")))[0]
        driver.close("s2")
        driver.connect("s3", driver.token("j1"), **remembered)
        again = driver.after(FrameReceived("s3", answer.text))
        assert again == ["j1 > verto.answer d1", confirmed.replace("s2", "s3")]
        other = driver.after(driver.verto("s3", "d1", "verto.answer", sdp=AUDIO))
        assert other[1].endswith("-32002")

    def test_events_carry_the_protocol_of_the_resumed_session(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        driver.connect("s2", driver.token("j1"), **remembered)
        driver.dial()
        driver.ring("d1")
        channel = driver.sent("s2")[-1]["params"]["event_channel"]
        assert channel == remembered["protocol"]


class TestLostSocket:
    """What becomes of calls whose device lost its socket (protocol.md 7.2)."""

    def test_ringing_stops_at_once_and_the_call_rings_on(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        protocol = resume_params(driver, "s1")["protocol"]
        assert driver.close("s1") == [
            "session j1 detached 1006",
            "leg d1 closes",
            "dialog d1 ended DESTINATION_OUT_OF_ORDER",
            f"timer grace:{protocol} 120000",
        ]
        assert driver.exchange.call_state("c1") == "ringing"
        assert not driver.exchange.is_online(driver.bob.id)

    def test_device_that_comes_back_gets_its_byes_and_rings_again(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"), **remembered)
        assert lines[-2:] == ["s2 < verto.bye d1 DESTINATION_OUT_OF_ORDER", "leg d2 offers audio"]

    @pytest.mark.parametrize("code", [1000, 1001, 1006])
    def test_page_that_is_gone_has_as_much_time_as_any_lost_socket(
        self, driver: Driver, code: int
    ) -> None:
        driver.device(1)
        lines = driver.close("s1", code)
        assert lines[-1].endswith(" 120000")

    @pytest.mark.parametrize(("code", "left_ms"), [(1000, 120_000), (1001, 700), (1006, 120_000)])
    def test_page_that_is_gone_has_less_time_in_the_variant(
        self, driver: Driver, code: int, left_ms: int
    ) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(page_gone_ms=700))
        driver.device(1)
        lines = driver.close("s1", code)
        assert lines[-1].endswith(f" {left_ms}")

    def test_answered_call_ends_when_the_grace_is_over(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        protocol = resume_params(driver, "s1")["protocol"]
        driver.close("s1", 1001)
        assert driver.exchange.call_state("c1") == "answered"
        assert driver.after(TimerFired(f"grace:{protocol}")) == [
            "session j1 closed",
            "no timer ping:d1",
            "no timer params:d1",
            "leg d1 closes",
            "dialog d1 ended RECOVERY_ON_TIMER_EXPIRE",
            "media d1 closed",
            "call c1 ended hangup by platform",
        ]

    def test_calls_that_rang_during_the_grace_end_with_it(self, driver: Driver) -> None:
        driver.device(1)
        protocol = resume_params(driver, "s1")["protocol"]
        driver.close("s1")
        driver.dial()
        driver.ring("d1")
        driver.handle(TimerFired(f"grace:{protocol}"))
        assert driver.dialog_states("d1") == ["ended"]
        assert driver.exchange.call_state("c1") == "created"

    def test_grace_that_crossed_a_resume_changes_nothing(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        driver.connect("s2", driver.token("j1"), **remembered)
        assert driver.after(TimerFired(f"grace:{remembered['protocol']}")) == []

    def test_fresh_connect_of_the_same_token_ends_the_old_calls(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.answer("s1", "d1")
        driver.close("s1")
        lines = driver.connect("s2", driver.token("j1"))
        assert "session j1 closed" in lines
        assert driver.ended() == ("hangup", "platform")

    def test_fresh_connect_leaves_a_session_that_has_a_socket(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.connect("s2", driver.token("j1"))
        assert driver.dialog_states("d1") == ["offered"]

    def test_answer_that_is_applied_meanwhile_is_not_confirmed(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.verto("s1", "d1", "verto.answer", sdp=AUDIO))
        driver.close("s1")
        assert driver.end(reason="hangup")[0] == "leg d1 closes"

    def test_unknown_and_unconnected_sockets_close_without_effect(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        assert driver.after(SocketClosed("s1", 1000)) == []
        assert driver.after(SocketClosed("s9", 1000)) == []
        assert driver.handle(FrameReceived("s9", "{}")) == []


class TestRegistration:
    """``subscriber.online`` and ``subscriber.offline`` (protocol.md 3.4)."""

    def test_online_twice_is_answered_twice_and_recorded_once(self, driver: Driver) -> None:
        driver.connect("s1", driver.token("j1"))
        play(
            driver,
            (
                driver.frame("s1", "subscriber.online", {}),
                [
                    "j1 > subscriber.online",
                    "s1 < result subscriber.online",
                    "session j1 online",
                ],
            ),
            (
                driver.frame("s1", "subscriber.online", {}),
                ["j1 > subscriber.online", "s1 < result subscriber.online"],
            ),
        )
        assert driver.sent("s1")[-1]["result"] == {"code": "200", "message": "OK"}

    def test_offline_twice_is_answered_twice_and_recorded_once(self, driver: Driver) -> None:
        driver.device(1)
        assert (
            driver.after(driver.frame("s1", "subscriber.offline", {}))[-1] == "session j1 offline"
        )
        assert driver.after(driver.frame("s1", "subscriber.offline", {})) == [
            "j1 > subscriber.offline",
            "s1 < result subscriber.offline",
        ]
        assert not driver.exchange.is_online(driver.bob.id)

    def test_offline_leaves_a_ringing_call_alone(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        driver.handle(driver.frame("s1", "subscriber.offline", {}))
        driver.answer("s1", "d1")
        assert driver.exchange.call_state("c1") == "answered"

    @pytest.mark.parametrize("kind", ["guest", "embed"])
    def test_guests_connect_and_are_never_rung(self, driver: Driver, kind: str) -> None:
        driver.connect("s1", driver.token("j1", kind=kind))
        lines = driver.after(driver.frame("s1", "subscriber.online", {}))
        assert lines[-1] == "s1 < error subscriber.online -32003"
        assert driver.dial() == ["call c1 created", "timer ring:c1 60000"]

    def test_guest_without_a_subscriber_connects(self, driver: Driver) -> None:
        assert "session j1 connected" in driver.connect(
            "s1", driver.token("j1", kind="embed", subscriber="")
        )


class TestReauthenticate:
    """``signalwire.reauthenticate`` (protocol.md 3.5)."""

    def test_fresh_token_is_accepted(self, driver: Driver) -> None:
        driver.device(1)
        params = {"authentication": {"project": "p", "jwt_token": driver.token("j9")}}
        assert driver.after(driver.frame("s1", "signalwire.reauthenticate", params)) == [
            "j1 > signalwire.reauthenticate",
            "s1 < result signalwire.reauthenticate",
        ]

    def test_bad_token_is_refused_and_the_session_stays(self, driver: Driver) -> None:
        driver.device(1)
        params = {"authentication": {"jwt_token": "nonsense"}}
        lines = driver.after(driver.frame("s1", "signalwire.reauthenticate", params))
        assert lines[-1] == "s1 < error signalwire.reauthenticate -32002"
        assert driver.dial()[-1] == "leg d1 offers audio"

    def test_token_of_somebody_else_is_refused(self, driver: Driver) -> None:
        driver.device(1)
        mallory = driver.directory.find_or_create("mallory", {}, NOW_MS)
        params = {"authentication": {"jwt_token": driver.token("j2", mallory)}}
        lines = driver.after(driver.frame("s1", "signalwire.reauthenticate", params))
        assert lines[-1] == "s1 < error signalwire.reauthenticate -32003"


class TestPings:
    """``signalwire.ping`` both ways (protocol.md 3.5)."""

    def test_ping_of_the_client_is_answered_with_our_clock(self, driver: Driver) -> None:
        driver.device(1)
        lines = driver.after(driver.frame("s1", "signalwire.ping", {"timestamp": 1.5}))
        assert lines == ["j1 > signalwire.ping", "s1 < result signalwire.ping"]
        assert driver.sent("s1")[-1]["result"] == {"timestamp": NOW_MS / 1000}

    def test_answer_to_our_ping_names_the_ping(self, driver: Driver) -> None:
        driver.device(1)
        assert driver.after(PingRequested("j1", "p1")) == ["s1 < signalwire.ping"]
        request_id = driver.sent("s1")[-1]["id"]
        [fact] = driver.handle(FrameReceived("s1", jsonrpc.result(request_id, {"timestamp": 2})))
        assert isinstance(fact, FrameFact)
        assert (fact.kind, fact.method, fact.detail) == (
            "result",
            "signalwire.ping",
            {"ping": "p1"},
        )

    def test_detached_and_unknown_sessions_are_not_pinged(self, driver: Driver) -> None:
        driver.device(1)
        driver.close("s1")
        assert driver.handle(PingRequested("j1", "p1")) == []
        assert driver.handle(PingRequested("j9", "p2")) == []


class TestAcknowledgements:
    """Clients acknowledge events in any order, twice, or not at all."""

    def test_acknowledgement_names_what_it_answers(self, driver: Driver) -> None:
        driver.device(1)
        driver.dial()
        driver.ring("d1")
        request_id = driver.sent("s1")[-1]["id"]
        frame = FrameReceived("s1", jsonrpc.result(request_id, {}))
        assert driver.after(frame) == ["j1 > result verto.invite d1"]
        assert driver.after(frame) == ["j1 > result"]

    def test_error_instead_of_an_acknowledgement_is_recorded(self, driver: Driver) -> None:
        driver.device(1)
        request_id = driver.sent("s1")[1]["id"]
        frame = FrameReceived("s1", jsonrpc.error(request_id, -32000, "no"))
        assert driver.after(frame) == ["j1 > error signalwire.event -32000"]

    def test_answer_on_an_unconnected_socket_is_tolerated(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        assert driver.after(FrameReceived("s1", jsonrpc.result("x", {}))) == ["? > result"]

    def test_requests_that_are_never_acknowledged_are_forgotten(self) -> None:
        driver = Driver(recent_ids=4)
        driver.device(1)
        for number in range(9):
            driver.handle(PingRequested("j1", f"p{number}"))
        first, last = driver.sent("s1")[3]["id"], driver.sent("s1")[-1]["id"]
        assert driver.after(FrameReceived("s1", jsonrpc.result(first, {}))) == ["j1 > result"]
        assert driver.after(FrameReceived("s1", jsonrpc.result(last, {}))) == [
            "j1 > result signalwire.ping"
        ]


class TestEarlyFrames:
    """A client flushes its queue on a new socket, before connect (protocol.md 3.10)."""

    def test_early_requests_wait_for_connect(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        assert driver.handle(driver.frame("s1", "signalwire.ping", {}, "early")) == []
        params = {"authentication": {"jwt_token": driver.token("j1")}}
        lines = driver.after(driver.frame("s1", "signalwire.connect", params))
        assert lines[-2:] == ["j1 > signalwire.ping", "s1 < result signalwire.ping"]
        assert driver.sent("s1")[-1]["id"] == "early"

    def test_answer_after_a_resume_is_accepted(self, driver: Driver) -> None:
        driver.device(1)
        remembered = resume_params(driver, "s1")
        driver.close("s1")
        driver.dial()
        driver.ring("d1")
        driver.handle(SocketOpened("s2"))
        driver.handle(driver.verto("s2", "d1", "verto.answer", sdp=AUDIO))
        params = {"authentication": {"jwt_token": driver.token("j1")}, **remembered}
        driver.handle(driver.frame("s2", "signalwire.connect", params))
        assert driver.exchange.call_state("c1") == "answered"

    def test_too_many_early_requests_are_refused(self) -> None:
        driver = Driver(early_requests=2)
        driver.handle(SocketOpened("s1"))
        driver.handle(driver.frame("s1", "call.mute", {}))
        driver.handle(driver.frame("s1", "call.mute", {}))
        lines = driver.after(driver.frame("s1", "call.mute", {}))
        assert lines == ["? > call.mute", "s1 < error call.mute -32002"]

    def test_too_long_early_requests_are_refused(self) -> None:
        driver = Driver(early_characters=300)
        driver.handle(SocketOpened("s1"))
        driver.handle(driver.frame("s1", "call.mute", {"x": "x" * 100}))
        lines = driver.after(driver.frame("s1", "call.mute", {"x": "x" * 100}))
        assert lines == ["? > call.mute", "s1 < error call.mute -32002"]

    def test_reauthenticate_cannot_come_first(self, driver: Driver) -> None:
        driver.handle(SocketOpened("s1"))
        lines = driver.after(driver.frame("s1", "signalwire.reauthenticate", {}))
        assert lines[-1] == "s1 < error signalwire.reauthenticate -32002"


class TestLookups:
    """``GET /api/fabric/addresses?name=`` as the platform variant times it."""

    def test_look_up_is_answered_at_once(self, driver: Driver) -> None:
        assert driver.after(LookupAsked("l1", driver.bob.id, "/private/bob?channel=audio")) == [
            "lookup of /private/bob?channel=audio asked",
            "lookup l1 200 ['bob']",
            "lookup of /private/bob?channel=audio answered",
        ]

    def test_unknown_name_is_an_empty_list(self, driver: Driver) -> None:
        lines = driver.after(LookupAsked("l1", driver.bob.id, "+15550001111"))
        assert lines[1] == "lookup l1 200 []"

    def test_slow_directory_answers_later(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(lookup_delay_ms=700))
        play(
            driver,
            (
                LookupAsked("l1", driver.bob.id, "bob"),
                ["lookup of bob asked", "timer lookup:l1 700"],
            ),
            (TimerFired("lookup:l1"), ["lookup l1 200 ['bob']", "lookup of bob answered"]),
            (TimerFired("lookup:l1"), []),
        )

    def test_stopping_answers_what_waits(self, driver: Driver) -> None:
        driver.exchange.set_platform(driver.bob.id, Platform(lookup_delay_ms=700))
        driver.handle(LookupAsked("l1", driver.bob.id, "bob"))
        assert driver.after(ServerStopping()) == [
            "lookup l1 200 ['bob']",
            "lookup of bob answered",
        ]


def test_every_frame_to_a_client_is_valid_json_with_a_string_id() -> None:
    driver = Driver()
    driver.device(1)
    driver.dial()
    driver.ring("d1")
    driver.answer("s1", "d1")
    driver.bye("s1", "d1")
    for frame in driver.sent("s1"):
        assert frame["jsonrpc"] == "2.0"
        assert isinstance(frame["id"], str)
        assert msgspec.json.encode(frame)
