"""Mutants that are not reached from everywhere."""

from __future__ import annotations

from ringproof.client.calls import InboundCalls
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME, Invite

mutants = Mutants()

UNLISTED = (
    *("register/sync-point", "register/rings-again", "list/every-change"),
    *("list/no-queue", "list/no-dedupe"),
)
"""What a client breaks too that ignores some callers, wherever they call from."""


@mutants.breaks("register/any-origin", "origin-no-phones", entails=UNLISTED)
class _NoPhones(InboundCalls):
    """Ignores calls from phone numbers."""

    def invited(self, invite: Invite, node: str) -> None:
        if not invite.caller_id_number.startswith("+"):
            super().invited(invite, node)


@mutants.breaks("register/any-origin", "origin-no-withheld-names", entails=UNLISTED)
class _NoWithheldNames(InboundCalls):
    """Ignores calls of which the platform knows no name, as a call screen would."""

    def invited(self, invite: Invite, node: str) -> None:
        if invite.caller_id_name != UNDEFINED_NAME:
            super().invited(invite, node)


@mutants.breaks("register/any-origin", "origin-no-softphones", entails=UNLISTED)
class _NoSoftphones(InboundCalls):
    """Ignores callers that are neither a phone number nor an address."""

    def invited(self, invite: Invite, node: str) -> None:
        if invite.caller_id_number.startswith(("+", "/")):
            super().invited(invite, node)


@mutants.breaks("register/any-origin", "origin-no-users", entails=UNLISTED)
class _NoUsers(InboundCalls):
    """Ignores calls of other users, and takes those of phones."""

    def invited(self, invite: Invite, node: str) -> None:
        if not invite.caller_id_number.startswith("/private/"):
            super().invited(invite, node)
