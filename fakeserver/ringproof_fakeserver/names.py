"""The names and addresses under which clients reach a server. Pure."""

from __future__ import annotations

import ipaddress
import re

import msgspec

from ringproof_fakeserver.protocol.settings import REACHED

FABRIC = "fabric"
"""First label of the one origin's name (signalling, REST and pages): the browser SDK derives the
REST host from the token's ``ch`` by putting this label before what follows the first dot (SDK
source). So the name of the origin has to begin with it, and clients cannot be sent to an address.
"""

FABRIC_HOST = f"{FABRIC}.ringproof.localhost"
"""The origin's name without a public name. Browsers and curl resolve it to their own machine."""

_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Bound to all addresses of the machine → the one to use on the machine itself."""

_ALWAYS = ("127.0.0.1", "::1", "localhost")
"""In every certificate."""

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LONGEST_NAME = 253 - len(f"{FABRIC}.")


class Names(msgspec.Struct, frozen=True):
    """Where clients find a server that is bound to ``host``.

    ``public_name`` is a DNS name that clients on other machines resolve to this one, as is
    ``fabric_host``; None leads every client to its own machine.
    """

    host: str
    public_name: str | None = None

    @property
    def fabric_host(self) -> str:
        """The name of the origin, without a port."""
        if self.public_name is None:
            return FABRIC_HOST
        if self.public_name.startswith(f"{FABRIC}."):
            return self.public_name
        return f"{FABRIC}.{self.public_name}"

    @property
    def address(self) -> str:
        """Where a client on this machine connects, without a port; of IPv6 in brackets."""
        return bracketed(self.local)

    @property
    def local(self) -> str:
        """The same without brackets: the address that is bound, loopback where that is any."""
        return _ANY_ADDRESS.get(self.host, self.host)

    @property
    def shown(self) -> str:
        """What clients beside browsers use, without a port: the public name, else an address."""
        return self.public_name or self.address

    @property
    def certificate(self) -> tuple[str, ...]:
        """The names that this server's certificate needs beyond those of every server's."""
        public = () if self.public_name is None else (self.public_name, self.fabric_host)
        bound = () if self.host in (*_ALWAYS, *_ANY_ADDRESS) else (self.host,)
        return tuple(dict.fromkeys((*public, *bound)))

    @property
    def is_loopback(self) -> bool:
        """Whether only clients on this machine reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def stun(self) -> tuple[str, str]:
        """The address that the STUN responder binds, and the host that clients are told.

        Never a name: Chromium looks up the name of a STUN server with a dot at its end, which no
        file of hosts has. On loopback both are of IPv4, whatever the server is bound to: browsers
        gather candidates for that in any case.
        """
        bound = "127.0.0.1" if self.is_loopback else self.host
        return bound, REACHED if bound in _ANY_ADDRESS else bracketed(bound)


def bracketed(host: str) -> str:
    """Return a host as it is written in a URL."""
    return f"[{host}]" if ":" in host else host


def public_name(text: str) -> str:
    """Return a public name as given, in lower case.

    Raises ``ValueError``, with a sentence for a person, when it is no DNS name. Source of the last
    label: the URL Standard takes a host that ends in a number for an IPv4 address.
    """
    name = text.lower()
    if ":" in name.strip("[]").partition(":")[2] or name.rpartition(".")[2].isdigit():
        raise ValueError("that is an address, and clients put `fabric.` before it: give a name")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ValueError("give a DNS name without a scheme or a port, as ringproof.example")
    return name
