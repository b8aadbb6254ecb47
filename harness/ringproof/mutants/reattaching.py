"""Mutants that fail to get the calls of a page back after a reload."""

from __future__ import annotations

from ringproof.client import commands
from ringproof.client.calls import InboundCalls
from ringproof.client.connection import KeptCall
from ringproof.client.reattach import Reattachments
from ringproof.client.wire import RpcError
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol import messages

mutants = Mutants()


@mutants.breaks("return/reattaches", "reattach-hangs-up-anyway")
class _HangsUpAnyway(InboundCalls):
    """Ends its calls when its page is closed, though they are to outlive it."""

    def unload(self) -> None:
        self.keeps_calls = False
        super().unload()


@mutants.breaks("return/reattaches", "reattach-keeps-nothing")
class _KeepsNothing(Reattachments):
    """Keeps no call for its reload."""

    @property
    def kept(self) -> tuple[KeptCall, ...]:
        return ()


@mutants.breaks("return/reattaches", "reattach-keeps-one-call")
class _KeepsOne(Reattachments):
    """Gets only the first of its calls back."""

    def restore(self, kept: tuple[KeptCall, ...]) -> None:
        super().restore(kept[:1])


@mutants.breaks("return/reattaches", "reattach-never-takes-the-answer")
class _NeverTakesTheAnswer(Reattachments):
    """Asks for its call and makes nothing of the platform's answer."""

    def answered(self, answer: messages.Answer) -> None:
        pass


@mutants.breaks("return/refused-reattach", "refused-call-stays")
class _RefusedStays(Reattachments):
    """Leaves a call that it was refused on the list as connecting."""

    def replied(self, call: str, error: RpcError | None) -> None:
        if error is not None:
            self.emit(commands.EmitError(f"the call cannot be had back: {error}", call))
        super().replied(call, None)


@mutants.breaks("return/refused-reattach", "refused-call-connected")
class _RefusedConnected(Reattachments):
    """Shows a call that it was refused as connected."""

    def replied(self, call: str, error: RpcError | None) -> None:
        record = self.calls.find(call)
        if record is not None and error is not None:
            record.offering = False
            self.calls.step(record, "establish")
        super().replied(call, error)
