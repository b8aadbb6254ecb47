"""What the page shows and does when somebody calls."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from ringproof.fixtures import GivesUp, PlaceCall


def ringing(reception: Page) -> Locator:
    return reception.get_by_role("list", name="Ringing").get_by_role("listitem")


def press(reception: Page, caller: str, button: str) -> None:
    ringing(reception).filter(has_text=caller).get_by_role("button", name=button).click()


def plays(reception: Page, tile: str) -> None:
    """Wait until a tile shows moving pictures."""
    reception.wait_for_function(
        "id => { const v = document.getElementById(id); return v.videoWidth && v.currentTime }",
        arg=tile,
    )


def test_caller_rings_with_her_name(reception: Page, place_call: PlaceCall) -> None:
    place_call("Alice").rings()
    expect(ringing(reception)).to_contain_text("Alice")
    expect(reception.get_by_role("region", name="Call")).to_be_hidden()


def test_accepted_call_shows_both_tiles_until_it_is_over(
    reception: Page, place_call: PlaceCall
) -> None:
    call = place_call("Alice", media=("audio", "video"))
    press(reception, "Alice", "With camera")
    call.connected().hears("audio", "video")
    expect(reception.get_by_text("On the line: Alice")).to_be_visible()
    plays(reception, "remote")
    plays(reception, "local")
    call.hangs_up()
    expect(reception.get_by_role("region", name="Call")).to_be_hidden()


def test_accepting_asks_for_no_camera(reception: Page, place_call: PlaceCall) -> None:
    call = place_call("Alice", media=("audio", "video"))
    press(reception, "Alice", "Accept")
    call.connected().hears("audio")
    plays(reception, "remote")
    kinds = "id => document.getElementById(id).srcObject.getTracks().map(track => track.kind)"
    assert reception.evaluate(kinds, "local") == ["audio"]
    call.hangs_up()


def test_tiles_play_inline_and_only_the_callers_is_heard(reception: Page) -> None:
    muted = {"local": True, "remote": False}
    for tile, silent in muted.items():
        properties = "id => (v => [v.muted, v.playsInline])(document.getElementById(id))"
        assert reception.evaluate(properties, tile) == [silent, True]


def test_closing_the_page_ends_the_call(reception: Page, place_call: PlaceCall) -> None:
    call = place_call("Alice")
    press(reception, "Alice", "Accept")
    call.connected()
    reception.goto("about:blank")
    call.ended("hangup", by="callee")


def test_receptionist_hangs_up(reception: Page, place_call: PlaceCall) -> None:
    call = place_call("Alice")
    press(reception, "Alice", "Accept")
    call.connected()
    reception.get_by_role("button", name="Hang up").click()
    call.ended("hangup", by="callee")


def test_declined_caller_is_sent_away_and_disappears(
    reception: Page, place_call: PlaceCall
) -> None:
    call = place_call("Mallory")
    press(reception, "Mallory", "Decline")
    call.declined()
    expect(ringing(reception)).to_have_count(0)


def test_caller_who_gives_up_disappears(
    reception: Page, place_call: PlaceCall, gives_up: GivesUp
) -> None:
    call = place_call("Bob").rings()
    expect(ringing(reception)).to_contain_text("Bob")
    gives_up(call)
    expect(ringing(reception)).to_have_count(0)


def test_second_caller_rings_on_while_the_first_is_on_the_line(
    reception: Page, place_call: PlaceCall
) -> None:
    first, second = place_call("Alice"), place_call("Bob")
    expect(ringing(reception)).to_have_count(2)
    press(reception, "Alice", "Accept")
    first.connected()
    expect(ringing(reception)).to_have_text(["BobAcceptWith cameraDecline"])
    assert second.state == "ringing"


@pytest.mark.parametrize("name", [None, ""])
def test_caller_without_a_name_is_unknown(
    reception: Page, place_call: PlaceCall, name: str | None
) -> None:
    call = place_call(name).rings()  # without a name the SDK receives "_undef_"
    expect(ringing(reception)).to_contain_text("Unknown caller")
    expect(reception.get_by_text("_undef_")).to_have_count(0)
    call.gives_up()
