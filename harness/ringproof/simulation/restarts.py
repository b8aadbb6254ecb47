"""New offers of clients in a simulation: the platform's leg answers, then the path is checked."""

from __future__ import annotations

from collections.abc import Callable

from ringproof_fakeserver.media.event_model import ANSWERED
from ringproof_fakeserver.protocol import commands as platform
from ringproof_fakeserver.protocol import events as incoming
from ringproof_fakeserver.protocol import sdp

Soon = Callable[..., None]
"""Runs a callback with its arguments after a delay."""


class Restarts:
    """By dialog. ``is_up`` says whether packets pass a dialog's path."""

    def __init__(
        self,
        dispatch: Callable[[incoming.AnyEvent], None],
        is_up: Callable[[str], bool],
        *,
        made: Soon,
        checked: Soon,
    ) -> None:
        """``made`` takes as long as an answer, ``checked`` as long as the checks of a path."""
        self._dispatch = dispatch
        self._is_up = is_up
        self._made = made
        self._checked = checked
        self._names: dict[str, tuple[str, ...]] = {}
        """ICE user names of the client."""
        self._open: dict[str, str] = {}
        """The answer whose credentials the client is still to use."""

    def answer(self, command: platform.ApplyReoffer) -> None:
        """Make the answer to a new offer."""
        self._made(self._answer, command.dialog, command.sdp)

    def _answer(self, dialog: str, offer: str) -> None:
        offered, names = sdp.directions(offer), sdp.ice_names(offer)
        if not offered:
            self._dispatch(incoming.ReofferRefused(dialog, "cannot use the offer"))
            return
        answer = sdp.event_model(sdp.answer_to(offered), ice=ANSWERED + "-".join(names))
        if names != self._names.get(dialog, ()):
            self._names[dialog], self._open[dialog] = names, answer
        self._dispatch(incoming.ReofferAnswered(dialog, answer))

    def taken(self, dialog: str, answer: str) -> None:
        """Have the client check the path with the credentials of an answer."""
        if self._open.get(dialog) == answer:
            del self._open[dialog]
            self._checked(self._restarted, dialog)

    def _restarted(self, dialog: str) -> None:
        if self._is_up(dialog):
            self._dispatch(incoming.MediaRestarted(dialog))

    def forget(self, dialog: str) -> None:
        """End the restarts of a leg with it."""
        self._names.pop(dialog, None)
        self._open.pop(dialog, None)
