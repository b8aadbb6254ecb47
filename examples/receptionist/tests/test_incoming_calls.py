"""What happens at the reception when somebody calls."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from ringproof.fixtures import GivesUp, PlaceCall


def ringing(desk: Page) -> Locator:
    return desk.get_by_role("list", name="Ringing").get_by_role("listitem")


def press(desk: Page, caller: str, button: str) -> None:
    ringing(desk).filter(has_text=caller).get_by_role("button", name=button).click()


def plays(desk: Page, tile: str) -> None:
    """Wait until a tile shows moving pictures."""
    desk.wait_for_function(
        "id => { const v = document.getElementById(id); return v.videoWidth && v.currentTime }",
        arg=tile,
    )


def test_caller_rings_with_her_name(desk: Page, place_call: PlaceCall) -> None:
    place_call("Alice").rings()
    expect(ringing(desk)).to_contain_text("Alice")
    expect(desk.get_by_role("region", name="Call")).to_be_hidden()


def test_accepted_call_shows_both_tiles_until_it_is_over(desk: Page, place_call: PlaceCall) -> None:
    call = place_call("Alice", media=("audio", "video"))
    press(desk, "Alice", "Accept")
    call.connected().hears("audio", "video")
    expect(desk.get_by_text("On the line: Alice")).to_be_visible()
    plays(desk, "remote")
    plays(desk, "local")
    call.hangs_up()
    expect(desk.get_by_role("region", name="Call")).to_be_hidden()


def test_receptionist_hangs_up(desk: Page, place_call: PlaceCall) -> None:
    call = place_call("Alice")
    press(desk, "Alice", "Accept")
    call.connected()
    desk.get_by_role("button", name="Hang up").click()
    call.ended("hangup", by="callee")


def test_declined_caller_is_told_and_disappears(desk: Page, place_call: PlaceCall) -> None:
    call = place_call("Mallory")
    press(desk, "Mallory", "Decline")
    call.declined()
    expect(ringing(desk)).to_have_count(0)


def test_caller_who_gives_up_disappears(
    desk: Page, place_call: PlaceCall, gives_up: GivesUp
) -> None:
    call = place_call("Bob").rings()
    expect(ringing(desk)).to_contain_text("Bob")
    gives_up(call)
    expect(ringing(desk)).to_have_count(0)


def test_second_caller_rings_on_while_the_first_is_on_the_line(
    desk: Page, place_call: PlaceCall
) -> None:
    first, second = place_call("Alice"), place_call("Bob")
    expect(ringing(desk)).to_have_count(2)
    press(desk, "Alice", "Accept")
    first.connected()
    expect(ringing(desk)).to_have_text(["BobAcceptDecline"])
    assert second.state == "ringing"


@pytest.mark.parametrize("name", [None, ""])
def test_caller_without_a_name_is_unknown(
    desk: Page, place_call: PlaceCall, name: str | None
) -> None:
    call = place_call(name).rings()  # without a name the SDK is told "_undef_"
    expect(ringing(desk)).to_contain_text("Unknown caller")
    expect(desk.get_by_text("_undef_")).to_have_count(0)
    call.gives_up()
