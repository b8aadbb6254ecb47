"""Who sees and hears whom in a conference room: each member gets one other member, and no mix."""

from __future__ import annotations

from ringproof_fakeserver.protocol.rooms.room import Member, Room

Relays = dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
"""By dialog: the dialogs to which its sound goes, and those to which its picture goes."""


def plan(room: Room) -> Relays:
    """Return where the media of each connected leg goes.

    A member hears the one who joined last of the others who are not muted, and sees a screen that
    another member shares, else the one who joined last of those whose video is not muted. A deaf
    member hears nobody.
    """
    connected = [each for each in room.present() if each.dialog.media]
    sound: dict[str, list[str]] = {each.dialog.id: [] for each in connected}
    picture: dict[str, list[str]] = {each.dialog.id: [] for each in connected}
    for listener in connected:
        if listener.parent is not None:
            continue
        heard = None if listener.state["deaf"] else _source(connected, listener, "audio")
        seen = _source(connected, listener, "video")
        for source, targets in ((heard, sound), (seen, picture)):
            if source is not None:
                targets[source.dialog.id].append(listener.dialog.id)
    return {leg: (tuple(sound[leg]), tuple(picture[leg])) for leg in sound}


def _source(connected: list[Member], listener: Member, kind: str) -> Member | None:
    """Return whose media of a kind a member gets, or None."""
    others = [
        each
        for each in connected
        if listener not in (each, each.parent)
        and kind in each.dialog.sends
        and not each.state[f"{kind}_muted"]
    ]
    screens = [each for each in others if each.type == "screen"] if kind == "video" else []
    people = [each for each in others if each.type == "member"]
    return next(iter([*reversed(screens), *reversed(people)]), None)
