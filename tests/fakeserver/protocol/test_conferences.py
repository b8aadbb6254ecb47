"""Conference rooms: Alice (``s1``), Bob (``s2``) and Carol (``s3``) are in one room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from ringproof_fakeserver.protocol import sdp
from ringproof_fakeserver.protocol.calling import api
from ringproof_fakeserver.protocol.commands import RelayMedia, SendFrame
from ringproof_fakeserver.protocol.errors import RefusalError
from ringproof_fakeserver.protocol.events import (
    EndRequested,
    LegAnswered,
    MediaConnected,
    MediaFailed,
    ReofferAnswered,
    ServerStopping,
    TimerFired,
)
from ringproof_fakeserver.protocol.platform import Platform
from tests.playbook import AUDIO, AUDIO_VIDEO, Driver, add_room, play

ROOM = "/public/standup"
WATCHES = sdp.event_model({"audio": "recvonly", "video": "recvonly"})
SILENCE = {"type": "silence", "params": {"duration": 1}}
SCREEN = sdp.event_model({"video": "sendonly"})


class Stage(Driver):
    """A room and three subscribers with one device each; ``x``, ``y``, ``z`` are their calls."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__()
        self.room = add_room(self, "standup", **attributes)
        self.mark = 0
        for number, name in enumerate(("Alice", "Bob", "Carol"), 1):
            who = self.directory.find_or_create(f"{name}@example.com", {"display_name": name}, 0)
            self.device(number, who)

    def enters(self, socket: str, dialog: str, offer: str = AUDIO_VIDEO, **about: Any) -> str:
        """A client calls the room and its media connects; return its member id."""
        self.handle(self.places(socket, dialog, ROOM, offer, **about))
        created = self.created(socket)
        self.connects(dialog, offer)
        return created

    def connects(self, dialog: str, offer: str = AUDIO_VIDEO) -> None:
        """The leg of a dialog answers, and its media connects."""
        answer = sdp.event_model(sdp.answer_to(sdp.directions(offer)))
        self.handle(LegAnswered(dialog, answer))
        self.handle(MediaConnected(dialog, real=False))

    def created(self, socket: str) -> str:
        """Return the member id of the last ``CALL CREATED``, or the text of the refusal."""
        reply = [frame["result"] for frame in self.sent(socket) if "result" in frame][-1]
        inner = reply["result"]
        return str(inner["result"]["memberID"] if "result" in inner else inner["error"]["message"])

    def shares(self, socket: str, dialog: str, main: str, **about: Any) -> str:
        """A client adds a second leg to its call; return its member id or the refusal."""
        about = {"screenShare": True, "userVariables": {"memberCallId": main}, **about}
        self.handle(self.places(socket, dialog, ROOM, SCREEN, **about))
        return self.created(socket)

    def asks(self, socket: str, call: str, method: str, target: str = "", **params: Any) -> Any:
        """A client sends a request about its room; return the result or the error."""
        named = {"target": {"member_id": target, "call_id": call}} if target else {}
        own = {"call_id": call, "member_id": "", "node_id": ""}
        self.mark = len(self.commands)
        self.handle(self.frame(socket, method, {"self": own, **named, **params}))
        frame = next(each for each in self.sent(socket)[::-1] if "method" not in each)
        return frame.get("result") or frame["error"]

    def events(self, socket: str, *, since: int = 0) -> list[dict[str, Any]]:
        """Return the room events that were pushed to a socket."""
        frames = [
            msgspec.json.decode(command.text)
            for command in self.commands[since:]
            if isinstance(command, SendFrame) and command.socket == socket
        ]
        pushed = [frame["params"] for frame in frames if "method" in frame]
        kinds = ("call.", "member.", "layout.")
        return [each for each in pushed if each.get("event_type", "").startswith(kinds)]

    def latest(self, socket: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the room events that a socket got because of the last request."""
        events = self.events(socket, since=self.mark)
        return [(each["event_type"], each["params"]) for each in events]

    def relays(self) -> dict[str, tuple[str, str]]:
        """Return who hears and who sees each leg now."""
        now = [each for each in self.commands if isinstance(each, RelayMedia)]
        return {each.dialog: ("+".join(each.sound_to), "+".join(each.picture_to)) for each in now}


@pytest.fixture
def stage() -> Stage:
    return Stage()


def members(about: Mapping[str, Any]) -> list[str]:
    """Return the names of the members that an event lists."""
    return [each["name"] for each in about["room_session"]["members"]]


def test_room_answers_at_once_and_the_reply_comes_first(stage: Stage) -> None:
    play(
        stage,
        (
            stage.places("s1", "x", ROOM),
            [
                "j1 > verto.invite x",
                "s1 < result verto.invite x",
                "dialog x placed",
                "call x created",
                "call x ringing",
                "call x answered",
                "leg x answers an offer",
            ],
        ),
        (
            LegAnswered("x", AUDIO),
            ["dialog x answered", "s1 < verto.answer x", "timer ping:x 9000"],
        ),
        (
            MediaConnected("x", real=False),
            [
                "media x connected",
                "s1 < call.joined x",
                "s1 < member.updated x",
                "s1 < layout.changed x",
                "timer params:x 400",
            ],
        ),
    )


def test_joined_names_the_room_its_capabilities_and_who_is_there(stage: Stage) -> None:
    first, second = stage.enters("s1", "x"), stage.enters("s2", "y")
    joined = stage.events("s2")[0]["params"]
    assert (joined["member_id"], joined["call_id"], joined["origin_call_id"]) == (second, "y", "y")
    assert {"self", "member", "layout", "lock", "screenshare"} <= set(joined["capabilities"])
    assert members(joined) == ["Alice", "Bob"]
    assert [each["member_id"] for each in joined["room_session"]["members"]] == [first, second]
    assert joined["room_session"]["name"] == "standup"
    assert joined["room_id"] == stage.room.inner_id
    assert joined["room_session_id"] == stage.events("s1")[0]["params"]["room_session_id"]


def test_others_see_who_joins_and_where(stage: Stage) -> None:
    first = stage.enters("s1", "x")
    before = len(stage.events("s1"))
    second = stage.enters("s2", "y")
    kinds = [(each["event_type"], each["params"]) for each in stage.events("s1")[before:]]
    assert [kind for kind, _ in kinds] == ["member.joined", "layout.changed"]
    assert (kinds[0][1]["member"]["member_id"], kinds[0][1]["member"]["name"]) == (second, "Bob")
    layers = kinds[1][1]["layout"]["layers"]
    shown = [each for each in layers if "member_id" in each]
    assert [each["member_id"] for each in shown] == [first, second]
    assert [(each["x"], each["width"], each["height"]) for each in shown] == [
        (0, 50, 100),
        (50, 50, 100),
    ]


def test_others_see_who_leaves_and_the_next_session_of_an_empty_room_is_new(stage: Stage) -> None:
    stage.enters("s1", "x")
    second = stage.enters("s2", "y")
    stage.mark = len(stage.commands)
    lines = stage.bye("s2", "y")
    assert lines.index("s2 < call.left y") < lines.index("s2 < result verto.bye y")
    assert not [line for line in lines if line.startswith("s1 < verto")]
    (left, about), (layout, _) = stage.latest("s1")
    assert (left, about["member"]["member_id"], layout) == ("member.left", second, "layout.changed")
    assert about["reason"]
    assert stage.ended("y") == ("hangup", "origin")
    old = about["room_session_id"]
    stage.bye("s1", "x")
    stage.enters("s1", "w")
    assert stage.events("s1")[-1]["params"]["room_session_id"] != old


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("call.mute", {"channels": ["audio"]}, {"audio_muted": True}),
    ("call.mute", {"channels": ["video"]}, {"video_muted": True}),
    ("call.unmute", {"channels": ["audio", "video"]}, {"audio_muted": False, "video_muted": False}),
    ("call.deaf", {}, {"deaf": True}),
    ("call.undeaf", {}, {"deaf": False}),
    ("call.raisehand", {}, {"handraised": True}),
    ("call.lowerhand", {}, {"handraised": False}),
    (
        "call.audioflags.set",
        {"echo_cancellation": False, "auto_gain": True, "noise_suppression": False},
        {"echo_cancellation": False, "auto_gain": True, "noise_suppression": False},
    ),
    ("call.lowbitrate.set", {"lowbitrate": True}, {"lowbitrate": True}),
    ("call.microphone.volume.set", {"volume": 40}, {"input_volume": 40}),
    ("call.speaker.volume.set", {"volume": -10}, {"output_volume": -10}),
    ("call.microphone.sensitivity.set", {"sensitivity": 33}, {"input_sensitivity": 33}),
]


@pytest.mark.parametrize(("method", "params", "changes"), CHANGES)
def test_change_of_a_member_is_an_event_to_everybody_after_the_reply(
    stage: Stage, method: str, params: dict[str, Any], changes: dict[str, Any]
) -> None:
    stage.enters("s1", "x")
    target = stage.enters("s2", "y")
    assert stage.asks("s1", "x", method, target, **params) == {"code": "200", "message": "Success"}
    sent = [each for each in stage.commands[stage.mark :] if isinstance(each, SendFrame)]
    assert sent[0].fact.kind == "result"
    for socket in ("s1", "s2"):
        [(event, about)] = stage.latest(socket)
        assert (event, about["member"]["member_id"]) == ("member.updated", target)
        assert {name: about["member"][name] for name in changes} == changes
        assert about["member"]["updated"] == list(changes)


def test_change_is_seen_by_whoever_joins_later(stage: Stage) -> None:
    own = stage.enters("s1", "x")
    stage.asks("s1", "x", "call.mute", own, channels=["audio"])
    stage.enters("s2", "y")
    [alice, _] = stage.events("s2")[0]["params"]["room_session"]["members"]
    assert alice["audio_muted"] is True


@pytest.mark.parametrize(
    ("method", "target", "params", "code"),
    [
        ("call.mute", "nobody", {"channels": ["audio"]}, -32602),
        ("call.mute", "", {"channels": ["audio"]}, -32602),
        ("call.mute", "own", {"channels": ["smell"]}, -32602),
        ("call.mute", "own", {}, -32602),
        ("call.audioflags.set", "own", {}, -32602),
        ("call.microphone.volume.set", "own", {"volume": 1000}, -32602),
        ("call.microphone.volume.set", "own", {"volume": "loud"}, -32602),
        ("call.speaker.volume.set", "own", {}, -32602),
        ("call.layout.set", "own", {"layout": "spiral"}, -32602),
        ("call.layout.set", "own", {"layout": "5x5", "positions": {"nobody": "auto"}}, -32602),
        ("call.member.position.set", "own", {"position": "roof"}, -32602),
        ("call.member.remove", "nobody", {}, -32602),
        ("call.member.demote", "own", {}, -32601),
    ],
)
def test_what_cannot_be_done_is_refused_by_name_and_changes_nothing(
    stage: Stage, method: str, target: str, params: dict[str, Any], code: int
) -> None:
    own = stage.enters("s1", "x")
    target = own if target == "own" else target
    assert stage.asks("s1", "x", method, target, **params)["code"] == code
    assert stage.latest("s1") == []


def test_only_members_speak_for_a_call(stage: Stage) -> None:
    own = stage.enters("s1", "x")
    stage.enters("s2", "y")
    error = stage.asks("s2", "x", "call.mute", own, channels=["audio"])
    assert (error["code"], error["message"]) == (-32002, "CALL DOES NOT EXIST")
    stage.handle(stage.places("s3", "z", ROOM))
    assert "joined" in stage.asks("s3", "z", "call.lock")["message"]


def test_members_of_another_room_cannot_be_reached(stage: Stage) -> None:
    add_room(stage, "other")
    stage.enters("s1", "x")
    stage.handle(stage.places("s2", "y", "/public/other"))
    target = stage.created("s2")
    stage.connects("y")
    assert stage.asks("s1", "x", "call.mute", target, channels=["audio"])["code"] == -32602


def test_lock_is_an_event_and_keeps_others_out_until_it_is_opened(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    stage.asks("s1", "x", "call.lock")
    [(event, about)] = stage.latest("s2")
    assert (event, about["room_session"]["locked"]) == ("call.updated", True)
    stage.handle(stage.places("s3", "z", ROOM))
    assert stage.created("s3") == "the room is locked"
    stage.asks("s2", "y", "call.unlock")
    assert stage.latest("s1")[0][1]["room_session"]["locked"] is False
    stage.enters("s3", "z2")
    assert members(stage.events("s3")[0]["params"]) == ["Alice", "Bob", "Carol"]


def test_room_takes_as_many_as_it_was_made_for() -> None:
    stage = Stage(max_members=2)
    stage.enters("s1", "x")
    stage.handle(stage.places("s2", "y", ROOM))
    stage.handle(stage.places("s3", "z", ROOM))
    assert stage.created("s3") == "the room is full"
    stage.shares("s1", "screen", "x")
    assert stage.exchange.call_count() == 3


def test_layouts_are_listed_and_set_with_positions(stage: Stage) -> None:
    own = stage.enters("s1", "x")
    assert "5x5" in stage.asks("s1", "x", "call.layout.list", own)["layouts"]
    stage.asks("s1", "x", "call.layout.set", own, layout="5x5", positions={"self": "reserved-0"})
    [(event, about)] = stage.latest("s1")
    assert (event, about["layout"]["id"]) == ("layout.changed", "5x5")
    assert about["layout"]["layers"][0]["reservation"] == "reserved-0"


def test_layout_of_the_resource_is_that_of_its_room() -> None:
    stage = Stage(layout="5x5")
    stage.enters("s1", "x")
    assert stage.events("s1")[0]["params"]["room_session"]["layout_name"] == "5x5"


@pytest.mark.parametrize("nested", [False, True])
def test_position_of_a_member_is_set(stage: Stage, nested: bool) -> None:
    stage.enters("s1", "x")
    second = stage.enters("s2", "y")
    if nested:
        targets = [{"target": {"member_id": second}, "position": "off-canvas"}]
        stage.asks("s1", "x", "call.member.position.set", targets=targets)
    else:
        stage.asks("s1", "x", "call.member.position.set", second, position="off-canvas")
    [(_, about)] = stage.latest("s2")
    assert second not in str(about["layout"])


def test_members_are_listed(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    listed = stage.asks("s2", "y", "call.member.list")["members"]
    assert [each["name"] for each in listed] == ["Alice", "Bob"]


@pytest.mark.parametrize("method", ["call.member.remove", "call.end"])
def test_member_who_is_removed_gets_a_bye_and_the_others_go_on(stage: Stage, method: str) -> None:
    stage.enters("s1", "x")
    second = stage.enters("s2", "y")
    assert stage.asks("s1", "x", method, targets=[{"member_id": second}])["code"] == "200"
    assert [event for event, _ in stage.latest("s1")] == ["member.left", "layout.changed"]
    assert stage.ended("y") == ("hangup", "platform")
    assert "s2 < verto.bye y NORMAL_CLEARING" in stage.lines(stage.commands[stage.mark :])
    assert stage.exchange.call_state("x") == "answered"


def test_call_can_be_ended_by_itself_and_by_rest(stage: Stage) -> None:
    own = stage.enters("s1", "x")
    assert stage.asks("s1", "x", "call.end", own)["code"] == "200"
    assert stage.exchange.call_state("x") == "ended"
    stage.enters("s2", "y")
    assert "s2 < verto.bye y NORMAL_CLEARING" in stage.after(EndRequested("y", "hangup"))
    assert stage.ended("y") == ("hangup", "origin")


# Second legs.


def test_screen_is_a_member_of_its_own_that_belongs_to_another(stage: Stage) -> None:
    main = stage.enters("s1", "x")
    stage.enters("s2", "y")
    before = len(stage.events("s2")), len(stage.events("s1"))
    screen = stage.shares("s1", "screen", "x")
    stage.connects("screen", SCREEN)
    joined = stage.events("s2")[before[0]]
    assert joined["event_type"] == "member.joined"
    member = joined["params"]["member"]
    assert (member["member_id"], member["type"], member["parent_id"]) == (screen, "screen", main)
    own = [each for each in stage.events("s1")[before[1] :] if each["event_type"] == "call.joined"]
    about = own[0]["params"]
    assert (about["call_id"], about["origin_call_id"]) == ("screen", "x")
    answer = [frame for frame in stage.sent("s1") if "verto.answer" in str(frame)][-1]
    params = answer["params"]["params"]["params"]
    assert (params["callID"], sdp.directions(params["sdp"])) == ("screen", {"video": "recvonly"})


def test_device_is_a_leg_too(stage: Stage) -> None:
    stage.enters("s1", "x")
    about = {"screenShare": False, "additionalDevice": True}
    stage.shares("s1", "camera", "x", **about)
    stage.connects("camera", SCREEN)
    assert stage.events("s1")[-1]["params"]["layout"]["layers"][1]["member_id"]
    last = stage.asks("s1", "x", "call.member.list")["members"][-1]
    assert last["type"] == "device"


def test_screen_ends_alone_and_with_its_call(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    stage.shares("s1", "screen", "x")
    stage.connects("screen", SCREEN)
    stage.mark = len(stage.commands)
    stage.bye("s1", "screen")
    assert [event for event, _ in stage.latest("s2")] == ["member.left", "layout.changed"]
    assert stage.exchange.call_state("x") == "answered"
    stage.shares("s1", "again", "x")
    stage.connects("again", SCREEN)
    lines = stage.bye("s1", "x")
    assert "s1 < verto.bye again NORMAL_CLEARING" in lines
    assert lines.index("dialog again ended NORMAL_CLEARING") < lines.index("s1 < call.left x")
    assert stage.exchange.call_count() == 1


def test_session_that_does_not_come_back_ends_both(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.shares("s1", "screen", "x")
    lines = stage.close("s1")
    [timer] = [line.split()[1] for line in lines if line.startswith("timer grace:")]
    stage.handle(TimerFired(timer))
    assert stage.exchange.call_count() == 0


def test_server_that_stops_ends_both(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.shares("s1", "screen", "x")
    stage.handle(ServerStopping())
    assert stage.exchange.call_count() == 0


def test_leg_that_fails_ends_alone(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.shares("s1", "screen", "x")
    stage.handle(MediaFailed("screen", "lost"))
    assert stage.exchange.call_count() == 1


def test_second_legs_without_a_call_in_a_room_are_refused(stage: Stage) -> None:
    needs = "a second leg needs the memberCallId of a call that has joined a room"
    assert stage.shares("s1", "a", "x") == needs
    stage.enters("s1", "x")
    assert stage.shares("s2", "b", "x") == needs
    assert stage.shares("s1", "c", "x", userVariables={"memberCallId": 7}) == needs
    stage.shares("s1", "screen", "x")
    stage.connects("screen", SCREEN)
    assert stage.shares("s1", "d", "screen") == needs


def test_second_legs_are_bounded(stage: Stage) -> None:
    stage.enters("s1", "x")
    for number in range(8):
        stage.shares("s1", f"screen{number}", "x")
    assert stage.shares("s1", "one-more", "x") == "too many second legs"


# Media.


def test_two_members_hear_and_see_each_other(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    assert stage.relays() == {"x": ("y", "y"), "y": ("x", "x")}


def test_newest_of_three_is_heard_and_seen_by_the_others(stage: Stage) -> None:
    for number, dialog in enumerate("xyz", 1):
        stage.enters(f"s{number}", dialog)
    assert stage.relays() == {"x": ("", ""), "y": ("z", "z"), "z": ("x+y", "x+y")}
    stage.bye("s3", "z")
    assert stage.relays()["x"] == ("y", "y")


def test_screen_is_seen_by_all_but_its_owner(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    stage.shares("s1", "screen", "x")
    stage.connects("screen", SCREEN)
    assert stage.relays() == {"x": ("y", ""), "y": ("x", "x"), "screen": ("", "y")}
    stage.bye("s1", "screen")
    assert stage.relays()["x"] == ("y", "y")


def test_muted_member_is_not_heard_and_a_deaf_one_hears_nobody(stage: Stage) -> None:
    first = stage.enters("s1", "x")
    stage.enters("s2", "y")
    stage.asks("s1", "x", "call.mute", first, channels=["audio"])
    assert stage.relays() == {"x": ("", "y"), "y": ("x", "x")}
    stage.asks("s1", "x", "call.deaf", first)
    assert stage.relays() == {"x": ("", "y"), "y": ("", "x")}


def test_who_only_watches_is_answered_with_media_to_receive(stage: Stage) -> None:
    stage.enters("s1", "x", WATCHES)
    answer = [frame for frame in stage.sent("s1") if "verto.answer" in str(frame)][-1]
    params = answer["params"]["params"]["params"]
    assert sdp.directions(params["sdp"]) == {"audio": "sendonly", "video": "sendonly"}


def test_who_only_watches_is_nobody_to_see(stage: Stage) -> None:
    stage.enters("s1", "x")
    stage.enters("s2", "y", WATCHES)
    assert stage.relays() == {"x": ("y", "y")}
    stage.handle(stage.verto("s2", "y", "verto.modify", action="updateMedia", sdp=AUDIO_VIDEO))
    stage.handle(ReofferAnswered("y", AUDIO_VIDEO))
    assert stage.relays() == {"x": ("y", "y"), "y": ("x", "x")}


def test_page_that_returns_keeps_its_place_and_its_media_is_relayed_anew(stage: Stage) -> None:
    first = stage.enters("s1", "x")
    stage.enters("s2", "y")
    events = len(stage.events("s2"))
    stage.commands.clear()
    again = stage.enters("s1", "x", attach=True, reattaching=True)
    assert again == first
    assert members(stage.events("s1")[0]["params"]) == ["Alice", "Bob"]
    assert stage.events("s2") == [], f"the others saw nothing of it, after {events} events"
    assert stage.relays() == {"x": ("y", "y"), "y": ("x", "x")}


def test_client_without_room_events_is_a_member_like_others(stage: Stage) -> None:
    alice = stage.directory.by_reference("Alice@example.com")
    assert alice is not None
    stage.exchange.set_platform(alice.id, Platform(room_events=False))
    stage.enters("s1", "x")
    stage.enters("s2", "y")
    assert stage.events("s1") == []
    assert members(stage.events("s2")[0]["params"]) == ["Alice", "Bob"]


def test_plain_call_has_a_room_of_its_own_that_can_be_changed(stage: Stage) -> None:
    stage.handle(stage.places("s1", "x", "/private/bob-2"))
    stage.ring("d1")
    stage.answer("s2", "d1")
    own = stage.events("s2")[0]["params"]["member_id"]
    dialog = stage.dialog("d1")
    stage.asks("s2", dialog, "call.mute", own, channels=["audio"])
    [(event, about)] = stage.latest("s2")
    assert (event, about["member"]["audio_muted"]) == ("member.updated", True)
    assert stage.latest("s1") == []
    assert stage.shares("s2", "screen", dialog) == (
        "second legs are simulated in conference rooms only"
    )


def test_call_to_a_room_is_not_handed_over(stage: Stage) -> None:
    stage.enters("s1", "x")
    about = {"action": "transfer", "destination": "/private/bob"}
    stage.handle(stage.verto("s1", "x", "verto.modify", **about))
    assert stage.created("s1") == "A CALL TO A ROOM CANNOT BE TRANSFERRED"
    assert stage.exchange.call_state("x") == "answered"


def test_rest_can_only_end_a_call_to_a_room(stage: Stage) -> None:
    stage.enters("s1", "x")
    for body in (
        {"command": "calling.play", "id": "x", "params": {"control_id": "c", "play": [SILENCE]}},
        {"command": "calling.user_event", "id": "x", "params": {"event": {}}},
        {"command": "update", "params": {"id": "x", "url": "http://hooks.example"}},
    ):
        with pytest.raises(RefusalError, match="a call to a room"):
            api.parse(body, stage.exchange, lambda: "id")
