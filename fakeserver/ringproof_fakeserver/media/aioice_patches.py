"""The two changes to aioice that legs need; the one place that touches its inside.

aioice 0.13 has no setting for either, so functions are replaced for the whole process.

**Loopback addresses.** aioice listens on every address of the machine but 127.0.0.1. That is right
where there is another one: a browser gathers no loopback candidate without a special flag, and ICE
credentials guard the port. On a machine with nothing but loopback (a container without network)
every offer would be without candidates, so there, and only there, loopback is used.

**Early checks.** A browser checks the candidates of an offer as soon as it has it, while it still
gathers its own. aioice replies at once, and a browser with a working pair stops gathering: it then
lacks the server-reflexive candidate without which the browser SDK never sends its answer (the SDK's
source: every media section needs one). Measured with four pages side by side: 14 of 32 calls stayed
in ``ringing`` for ever; with replies after the answer only, none of 32. Dropping early checks
instead of delaying them would cost clients that retransmit after half a second: aioice waits that
long, and its connects took 0.5 s instead of 0.03.
"""

from __future__ import annotations

from aioice import Connection, ice
from aioice.ice import StunProtocol
from aioice.stun import Message

_LIMIT_CHECKS = 64
"""Address pairs per connection; a laptop against a laptop has some 20."""

_Address = tuple[str, int]
_Checks = dict[tuple[_Address, StunProtocol], Message]

original_host_addresses = ice.get_host_addresses
original_request_received = Connection.request_received
original_connect = Connection.connect


def patch_aioice() -> None:
    """Replace the functions; again is harmless."""
    ice.get_host_addresses = _host_addresses
    Connection.request_received = _request_received  # type: ignore[method-assign]
    Connection.connect = _connect  # type: ignore[method-assign]


def with_loopback(addresses: list[str], use_ipv4: bool) -> list[str]:
    """Return the addresses to listen on; never empty when IPv4 is wanted."""
    return addresses or (["127.0.0.1"] if use_ipv4 else [])


def _host_addresses(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    return with_loopback(original_host_addresses(use_ipv4, use_ipv6), use_ipv4)


def _early_checks(connection: Connection) -> _Checks:
    # Kept in the connection, because the protocols refer back to it: both go together.
    checks: _Checks = connection.__dict__.setdefault("ringproof_early_checks", {})
    return checks


def _request_received(
    self: Connection, message: Message, addr: _Address, protocol: StunProtocol
) -> None:
    # The far side's credentials come with the answer.
    if self.remote_password:
        original_request_received(self, message, addr, protocol)
        return
    checks = _early_checks(self)
    if (addr, protocol) in checks or len(checks) < _LIMIT_CHECKS:
        checks[addr, protocol] = message


async def _connect(self: Connection) -> None:
    # The latest check of each pair is enough: its sender has given up waiting for older ones.
    for (addr, protocol), message in _early_checks(self).items():
        original_request_received(self, message, addr, protocol)
    _early_checks(self).clear()
    await original_connect(self)
