"""What is told of calls: facts for the journal, and the status callbacks a dial asked for."""

from __future__ import annotations

from ringproof_fakeserver.protocol.call import Call, status_body
from ringproof_fakeserver.protocol.commands import PostCallback
from ringproof_fakeserver.protocol.dialog import Dialog
from ringproof_fakeserver.protocol.journal import CallFact, DialogFact, MediaFact
from ringproof_fakeserver.protocol.wire import Wire


class Notices:
    """Writes notices to the wire. Tells; decides nothing."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def call(self, call: Call, by: str = "") -> None:
        """The call is in a new state; ``by`` says who ended it."""
        state = call.state._value_  # ``value`` is a descriptor of two Python calls
        self._wire.commands.append(
            CallFact(
                subscriber=call.subscriber,
                call=call.id,
                state=state,
                to=call.to,
                reason=call.reason,
                by=by,
            )
        )
        if call.status_url is not None and state in call.status_events:
            body = status_body(call, self._wire.settings, self._wire.now_ms)
            self._wire.add(PostCallback(call.id, call.status_url, body))

    def dialog(self, dialog: Dialog, state: str, reason: str = "") -> None:
        """A device's dialog changed; ``lost`` is followed by ``ended`` like any other end."""
        self._wire.commands.append(
            DialogFact(
                subscriber=dialog.session.subscriber,
                call=dialog.call,
                dialog=dialog.id,
                session=dialog.session.jti,
                state=state,
                reason=reason,
            )
        )

    def media(self, dialog: Dialog, state: str) -> None:
        """A dialog's media leg changed."""
        self._wire.commands.append(
            MediaFact(
                subscriber=dialog.session.subscriber,
                dialog=dialog.id,
                state=state,
                real=dialog.real,
            )
        )
