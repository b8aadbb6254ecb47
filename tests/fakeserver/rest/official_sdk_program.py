"""A program with SignalWire's server SDK for Python: one call of each kind, with nothing set but
environment variables. Prints each call's name and its outcome as JSON lines.

Run by ``test_official_sdk.py``, whose subscriber answers the calls.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from signalwire.rest import RestClient, SignalWireRestError

SCRIPT = {"version": "1.0.0", "sections": {"main": [{"sleep": 3_600_000}]}}
SILENCE = [{"type": "silence", "params": {"duration": 1}}]

client = RestClient()


def tried(name: str, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
    """Call and print what came of it: 200 for success, else the status and the codes."""
    try:
        result = call(*arguments, **named)
    except SignalWireRestError as error:
        body = error.body if isinstance(error.body, dict) else {}
        codes = [item["code"] for item in body.get("errors", ())]
        said(name, error.status_code, codes)
        return {}
    said(name, 200, [])
    return result


def said(*outcome: Any) -> None:
    sys.stdout.write(json.dumps(outcome) + "\n")


def calling(call: str) -> None:
    """Every calling command that the SDK has, but dial."""
    api = client.calling
    tried("play", api.play, call, control_id="p", play=SILENCE, extras={"loop": 0})
    tried("play_pause", api.play_pause, call, control_id="p")
    tried("play_resume", api.play_resume, call, control_id="p")
    tried("play_volume", api.play_volume, call, control_id="p", volume=3.5)
    tried("play_stop", api.play_stop, call, control_id="p")
    tried("play without control_id", api.play, call, play=SILENCE)
    tried("record", api.record, call, control_id="r", audio={"format": "wav"})
    tried("record_pause", api.record_pause, call, control_id="r")
    tried("record_resume", api.record_resume, call, control_id="r")
    tried("record_stop", api.record_stop, call, control_id="r")
    tried("collect", api.collect, call, control_id="c", digits={"max": 3})
    tried("collect_start_input_timers", api.collect_start_input_timers, call, control_id="c")
    tried("collect_stop", api.collect_stop, call, control_id="c")
    tried("user_event", api.user_event, call, event={"colour": "red"})
    tried("detect", api.detect, call, control_id="d", detect={"type": "machine", "params": {}})
    tried("detect_stop", api.detect_stop, call, control_id="d")
    device = {"type": "rtp", "params": {"addr": "127.0.0.1", "port": 4000}}
    tap = {"type": "audio", "params": {"direction": "both"}}
    tried("tap", api.tap, call, control_id="t", tap=tap, device=device)
    tried("tap_stop", api.tap_stop, call, control_id="t")
    tried("stream", api.stream, call, control_id="s", url="wss://app.test/audio")
    tried("stream_stop", api.stream_stop, call, control_id="s")
    tried("denoise", api.denoise, call)
    tried("denoise_stop", api.denoise_stop, call)
    tried("transcribe", api.transcribe, call, control_id="w")
    tried("transcribe twice", api.transcribe, call, control_id="w2")
    tried("transcribe_stop", api.transcribe_stop, call, control_id="w")
    tried("ai_hold", api.ai_hold, call, prompt="wait")
    tried("ai_hold with a number", api.ai_hold, call, timeout=5)
    tried("ai_unhold", api.ai_unhold, call)
    tried("ai_message", api.ai_message, call, role="user", message_text="hello")
    tried("ai_stop", api.ai_stop, call, control_id="a")
    tried("live_transcribe", api.live_transcribe, call, action="stop")
    tried("live_translate", api.live_translate, call, action="stop")
    tried("send_fax_stop", api.send_fax_stop, call, control_id="f")
    tried("receive_fax_stop", api.receive_fax_stop, call, control_id="f")
    sip = {"type": "sip", "params": {"to": "sip:a@b.test"}}
    tried("refer", api.refer, call, device=sip)
    tried("disconnect", api.disconnect, call)
    tried("transfer to a document", api.transfer, call, dest=SCRIPT)
    tried("transfer to a number", api.transfer, call, dest="+15550002222")
    tried("update", api.update, id=call, swml=SCRIPT)
    tried("update without a document", api.update, id=call)
    tried("end", api.end, call, reason="hangup")
    tried("end twice", api.end, call)
    tried("end of nothing", api.end, "ERR")


def resources() -> None:
    """Create, read, update and delete each kind of resource that the stand-in keeps."""
    fabric = client.fabric
    contents = json.dumps(SCRIPT)
    made: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
        (
            "subscribers",
            fabric.subscribers,
            {"email": "ann@example.com", "first_name": "Ann"},
            {"email": "ann@example.com", "last_name": "Lee"},
        ),
        (
            "conference_rooms",
            fabric.conference_rooms,
            {"name": "standup", "enable_room_previews": False},
            {"name": "standup", "max_members": 5},
        ),
        (
            "swml_scripts",
            fabric.swml_scripts,
            {"name": "greeting", "contents": contents},
            {"display_name": "Greeting"},
        ),
        (
            "swml_webhooks",
            fabric.swml_webhooks,
            {"name": "hook", "primary_request_url": "https://app.test/swml"},
            {"name": "other"},
        ),
    ]
    for name, api, body, change in made:
        made_id = tried(f"{name}.create", api.create, **body).get("id", "none")
        tried(f"{name}.get", api.get, made_id)
        tried(f"{name}.list", api.list)
        tried(f"{name}.paginate", lambda api=api: list(api.paginate()))
        tried(f"{name}.update", api.update, made_id, **change)
        tried(f"{name}.list_addresses", api.list_addresses, made_id)
        tried(f"resources.get {name}", fabric.resources.get, made_id)
        tried(f"{name}.delete", api.delete, made_id)
        tried(f"{name}.get again", api.get, made_id)
    tried("resources.list", fabric.resources.list)
    tried("call_flows.list", fabric.call_flows.list)


def numbers() -> None:
    """Find, buy, change and release a phone number."""
    found = tried("phone_numbers.search", client.phone_numbers.search, areacode="512")
    number = found["data"][0]["e164"]
    bought = tried("phone_numbers.create", client.phone_numbers.create, number=number)
    tried("phone_numbers.get", client.phone_numbers.get, bought["id"])
    tried("phone_numbers.list", client.phone_numbers.list)
    tried("phone_numbers.update", client.phone_numbers.update, bought["id"], name="Desk")
    tried("phone_numbers.delete", client.phone_numbers.delete, bought["id"])


def main() -> None:
    tokens = client.fabric.tokens
    issued = tried("token", tokens.create_subscriber_token, reference="bob@example.com")
    pair = tried("refresh", tokens.refresh_subscriber_token, refresh_token=issued["refresh_token"])
    assert set(pair) == {"token", "refresh_token"}
    [address] = client.fabric.addresses.list(name="bob")["data"]
    tried("addresses.get", client.fabric.addresses.get, address["id"])
    tried("guest", tokens.create_guest_token, allowed_addresses=[address["id"]])
    tried("embed", tokens.create_embed_token, token="c2c_" + "0" * 32)
    # The SDK sends Basic, the API takes a subscriber's token alone.
    tried("invite", tokens.create_invite_token, address_id=address["id"])

    dial = {"from_": "+15550001111", "to": "/private/bob", "swml": SCRIPT}
    more = {"timeout": 20, "custom_variables": {"a": "b"}, "send_digits": "1"}
    call = tried("dial", client.calling.dial, **dial, extras=more)["id"]
    tried("dial to nobody", client.calling.dial, **{**dial, "to": "/private/nobody"})
    while client.logs.voice.get(call)["status"] != "answered":
        time.sleep(0.05)
    calling(call)
    tried("voice.list", client.logs.voice.list)
    tried("voice.list_events", client.logs.voice.list_events, call)
    resources()
    numbers()


main()
