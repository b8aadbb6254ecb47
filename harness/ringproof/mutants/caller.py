"""Mutants of the family caller: what a listed call shows of the caller and the address dialled."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable

import msgspec

from ringproof.client.commands import AddCall
from ringproof.client.session import Call, Session
from ringproof.mutants.hooks import reads
from ringproof.mutants.mutant import Mutants
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

mutants = Mutants()

NAMELESS = ("", UNDEFINED_NAME)


def rewrites_name(change: Callable[[str], str]) -> type[Call]:
    """Change the caller's name where there is one."""
    return reads(from_name=lambda _, name: name if name in NAMELESS else change(name))


@mutants.breaks("caller/to-alias", "caller-alias-lost")
class _FirstAddress(Session):
    """Shows the address of the first call to this client, whichever was dialled later."""

    _own = ""

    def add_call(self, command: AddCall) -> None:
        self._own = self._own or command.info.to
        super().add_call(AddCall(msgspec.structs.replace(command.info, to=self._own)))


mutants.table(
    {
        "caller/direction": {
            "caller-direction-of-the-dial: Says outbound, as the call is for its caller": reads(
                direction=lambda *_: "outbound"
            ),
            "caller-direction-unset: Leaves the direction empty": reads(direction=lambda *_: ""),
        },
        "caller/from": {
            "caller-from-without-folder: Shows the last part of the caller's address": reads(
                from_=lambda _, address: address.rpartition("/")[2]
            ),
            "caller-from-without-plus: Shows phone numbers without their plus": reads(
                from_=lambda _, right: right.removeprefix("+")
            ),
            "caller-from-is-the-name: Shows the caller's name, if any, as the address": reads(
                from_=lambda call, address: (
                    address if call.from_name in NAMELESS else call.from_name
                )
            ),
        },
        "caller/to-alias": {
            "caller-to-is-the-user: Shows the user's name in place of the address dialled": reads(
                to=lambda call, _: call.to_name
            ),
        },
        "caller/from-name": {
            "caller-name-cut: Cuts names after 32 characters": rewrites_name(
                lambda name: name[:32]
            ),
            "caller-name-unquoted: Removes quotes from names, as in a SIP header": rewrites_name(
                lambda name: name.replace('"', "")
            ),
            "caller-name-escaped: Escapes markup in names, though it draws nothing": rewrites_name(
                html.escape
            ),
            "caller-name-trimmed: Trims white space off names": rewrites_name(str.strip),
            "caller-name-ascii: Replaces every character of a name that ASCII lacks": rewrites_name(
                lambda name: name.encode("ascii", "replace").decode()
            ),
            "caller-name-normalised: Normalises names to another Unicode form": rewrites_name(
                lambda name: unicodedata.normalize("NFKC", name)
            ),
            "caller-name-null: Takes a caller called null for one without a name": rewrites_name(
                lambda name: "" if name == "null" else name
            ),
        },
        "caller/undef-name": {
            "caller-name-made-up: Shows Unknown as the name where there is none": reads(
                from_name=lambda _, name: "Unknown" if name == UNDEFINED_NAME else name
            ),
            "caller-name-from-address: Shows the address as the name where there is none": reads(
                from_name=lambda call, name: call.from_ if name in NAMELESS else name
            ),
        },
        "caller/display-fallback": {
            "caller-shows-undef: Shows the placeholder to the user": reads(
                display_name=lambda call, _: call.from_name or call.from_
            ),
            "caller-shows-nothing: Shows nothing for a name that is empty": reads(
                display_name=lambda call, _: (
                    call.from_ if call.from_name == UNDEFINED_NAME else call.from_name
                )
            ),
        },
        "caller/identity-stable": {
            "caller-direction-flips: Turns a call outbound once it is answered": reads(
                direction=lambda call, right: right if call.status == "ringing" else "outbound"
            ),
            "caller-swaps-sides: Shows the address dialled as the caller's once connected": reads(
                from_=lambda call, right: call.to if call.status == "connected" else right
            ),
            "caller-name-lost-on-answer: Loses the caller's name when the call is answered": reads(
                from_name=lambda call, name: name if call.status == "ringing" else UNDEFINED_NAME
            ),
        },
    }
)
