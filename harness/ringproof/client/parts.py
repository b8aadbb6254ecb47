"""What a client is put together from: the reference's parts, or a mutant's."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ringproof.client.calls import InboundCalls
from ringproof.client.commands import MediaStream, Outward
from ringproof.client.connection import Connection
from ringproof.client.core import ClientCore
from ringproof.client.lifecycle import Status
from ringproof.client.modify import Modifications
from ringproof.client.observable import Subject
from ringproof.client.outbound import OutboundCalls
from ringproof.client.reattach import Reattachments
from ringproof.client.session import Call, Session
from ringproof.client.user import Users


class ClientParts(msgspec.Struct, frozen=True, kw_only=True):
    """The classes that make one kind of client; a mutant swaps one of them."""

    core_type: type[ClientCore] = ClientCore
    connection: type[Connection] = Connection
    calls: type[InboundCalls] = InboundCalls
    modifications: type[Modifications] = Modifications
    reattachments: type[Reattachments] = Reattachments
    outbound: type[OutboundCalls] = OutboundCalls
    session_type: type[Session] = Session
    call: type[Call] = Call
    users: type[Users] = Users
    listing: type[Subject[tuple[Call, ...]]] = Subject
    """Emits the list."""
    statuses: type[Subject[Status]] = Subject
    streams: type[Subject[MediaStream]] = Subject

    def core(self, token: str, ids: Callable[[], str]) -> ClientCore:
        """Make the pure core for one access token."""
        return self.core_type(
            token,
            ids,
            self.calls,
            self.connection,
            self.modifications,
            self.reattachments,
            self.outbound,
        )

    def session(
        self,
        core: ClientCore,
        perform: Callable[[Outward], None],
        report: Callable[[Exception], None],
    ) -> Session:
        """Make the user's side of a core."""
        return self.session_type(core, perform, report, self)


REFERENCE = ClientParts()
