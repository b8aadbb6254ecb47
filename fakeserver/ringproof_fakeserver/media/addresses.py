"""Which addresses a leg listens on: the one place where that is decided.

aioice listens on every address of the machine but 127.0.0.1. That is right while there is another
one: a browser gathers no loopback candidate unless told to by a flag, and ICE credentials guard
the port. On a machine with nothing but loopback (a container without network) it would leave
every offer without a candidate, so there, and only there, loopback is used.
"""

from __future__ import annotations

from aioice import ice

_other_addresses = ice.get_host_addresses


def host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Return the addresses to listen on; never empty when IPv4 is wanted."""
    found = _other_addresses(use_ipv4, use_ipv6)
    return found or (["127.0.0.1"] if use_ipv4 else [])


def allow_loopback_alone() -> None:
    """Make aioice use ``host_addresses``; again is harmless.

    aioice 0.13 offers no setting for this, so its function is replaced for the whole process.
    """
    ice.get_host_addresses = host_addresses
