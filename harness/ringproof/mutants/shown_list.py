"""The list as a faulty client shows it: what faults of the list family build on."""

from __future__ import annotations

from ringproof.client.calls import Emit, InboundCalls
from ringproof.client.connection import Connection


class ShownList(InboundCalls):
    """Emits ``visible(calls)`` in place of the list, and only when that has changed.

    Without the second half a hidden call would show as an emission too many.
    """

    def __init__(self, emit: Emit, connection: Connection) -> None:
        super().__init__(emit, connection)
        self.whole: tuple[str, ...] = ()
        """The list as it should be."""
        self.shown: tuple[str, ...] = ()

    def visible(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        """Return the list to show where ``calls`` would be right."""
        return calls

    def show_list(self, calls: tuple[str, ...]) -> None:
        """Emit what is visible of the list."""
        self.whole = calls
        self.refresh()

    def refresh(self) -> None:
        """Emit the list if what is visible of it has changed."""
        shown = self.visible(self.whole)
        if shown != self.shown:
            self.shown = shown
            super().show_list(shown)
