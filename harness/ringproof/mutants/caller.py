"""Faults of the caller family: what an entry says of who calls, and whom."""

from __future__ import annotations

import html
import unicodedata

import msgspec

from ringproof.client.commands import AddCall
from ringproof.client.session import Call, Session
from ringproof.mutants.family import Family
from ringproof_fakeserver.protocol.messages import UNDEFINED_NAME

faults = Family()

NAMELESS = ("", UNDEFINED_NAME)

# -- direction, from and to -----------------------------------------------------------------------


@faults.breaks("caller/direction", name="caller-direction-of-the-dial")
class _DirectionOfDial(Call):
    """Says outbound, which is what the call is to whoever dialled it."""

    @property
    def direction(self) -> str:
        return "outbound"


@faults.breaks("caller/direction", name="caller-direction-unset")
class _DirectionUnset(Call):
    """Leaves the direction empty."""

    @property
    def direction(self) -> str:
        return ""


@faults.breaks("caller/from", name="caller-from-without-folder")
class _FromWithoutFolder(Call):
    """Shows the last part of the caller's address."""

    @property
    def from_(self) -> str:
        return super().from_.rpartition("/")[2]


@faults.breaks("caller/from", name="caller-from-is-the-name")
class _FromIsName(Call):
    """Shows the caller's name in the place of the address, where there is one."""

    @property
    def from_(self) -> str:
        return super().from_ if self.from_name in NAMELESS else self.from_name


@faults.breaks("caller/to-alias", name="caller-alias-lost")
class _AliasLost(Session):
    """Shows the address of the first call to this client, whichever was dialled later."""

    _own = ""

    def add_call(self, command: AddCall) -> None:
        self._own = self._own or command.info.to
        super().add_call(AddCall(msgspec.structs.replace(command.info, to=self._own)))


@faults.breaks("caller/to-alias", name="caller-to-is-the-user")
class _ToIsUser(Call):
    """Shows the name of the user in the place of the address that was dialled."""

    @property
    def to(self) -> str:
        return self.to_name


# -- from-name ------------------------------------------------------------------------------------


class _Rewriting(Call):
    """Shows ``rewritten(name)`` where the caller has a name."""

    def rewritten(self, name: str) -> str:
        """Return what is shown of a name."""
        return name

    @property
    def from_name(self) -> str:
        name = super().from_name
        return name if name in NAMELESS else self.rewritten(name)


@faults.breaks("caller/from-name", name="caller-name-cut")
class _NameCut(_Rewriting):
    """Cuts names after 32 characters."""

    def rewritten(self, name: str) -> str:
        return name[:32]


@faults.breaks("caller/from-name", name="caller-name-unquoted")
class _NameUnquoted(_Rewriting):
    """Takes quotes out of names, as in a SIP header."""

    def rewritten(self, name: str) -> str:
        return name.replace('"', "")


@faults.breaks("caller/from-name", name="caller-name-escaped")
class _NameEscaped(_Rewriting):
    """Escapes markup in names, though it draws nothing."""

    def rewritten(self, name: str) -> str:
        return html.escape(name)


@faults.breaks("caller/from-name", name="caller-name-trimmed")
class _NameTrimmed(_Rewriting):
    """Trims white space off names."""

    def rewritten(self, name: str) -> str:
        return name.strip()


@faults.breaks("caller/from-name", name="caller-name-ascii")
class _NameAscii(_Rewriting):
    """Replaces every character of a name that ASCII lacks."""

    def rewritten(self, name: str) -> str:
        return name.encode("ascii", "replace").decode()


@faults.breaks("caller/from-name", name="caller-name-normalised")
class _NameNormalised(_Rewriting):
    """Normalises names, so that they no longer equal what the caller typed."""

    def rewritten(self, name: str) -> str:
        return unicodedata.normalize("NFKC", name)


@faults.breaks("caller/from-name", name="caller-name-null")
class _NameNull(_Rewriting):
    """Takes somebody called null for somebody without a name."""

    def rewritten(self, name: str) -> str:
        return "" if name == "null" else name


# -- no name --------------------------------------------------------------------------------------


@faults.breaks("caller/undef-name", name="caller-name-made-up")
class _NameMadeUp(Call):
    """Calls a caller without a name Unknown, in the name itself."""

    @property
    def from_name(self) -> str:
        name = super().from_name
        return "Unknown" if name == UNDEFINED_NAME else name


@faults.breaks("caller/undef-name", name="caller-name-from-address")
class _NameFromAddress(Call):
    """Fills a missing name with the address, in the name itself."""

    @property
    def from_name(self) -> str:
        name = super().from_name
        return self.from_ if name in NAMELESS else name


@faults.breaks("caller/display-fallback", name="caller-shows-undef")
class _ShowsUndef(Call):
    """Shows the placeholder to the user."""

    @property
    def display_name(self) -> str:
        return self.from_name or self.from_


@faults.breaks("caller/display-fallback", name="caller-shows-nothing")
class _ShowsNothing(Call):
    """Shows nothing for a name that is empty."""

    @property
    def display_name(self) -> str:
        return self.from_ if self.from_name == UNDEFINED_NAME else self.from_name


# -- identity-stable ------------------------------------------------------------------------------


@faults.breaks("caller/identity-stable", name="caller-direction-flips")
class _DirectionFlips(Call):
    """Turns a call outbound once it is answered."""

    @property
    def direction(self) -> str:
        return "inbound" if self.status == "ringing" else "outbound"


@faults.breaks("caller/identity-stable", name="caller-swaps-sides")
class _SwapsSides(Call):
    """Names the two sides the other way round once the call is connected."""

    @property
    def from_(self) -> str:
        return super().to if self.status == "connected" else super().from_


@faults.breaks("caller/identity-stable", name="caller-name-lost-on-answer")
class _NameLost(Call):
    """Forgets the caller's name when the call is answered."""

    @property
    def from_name(self) -> str:
        return super().from_name if self.status == "ringing" else UNDEFINED_NAME
