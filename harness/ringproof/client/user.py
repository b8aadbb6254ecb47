"""What the client tells of its user: who that is, and where the user can be called. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

PATH = "/api/fabric/subscriber/info"
"""Where the directory tells it, to whoever has the user's token."""


class Address(msgspec.Struct, frozen=True):
    """One address of the user."""

    name: str
    channels: Mapping[str, str]
    """Kind (``audio``, ``video`` …) → the URI that a caller dials for it."""


class User(msgspec.Struct, frozen=True):
    """The user of a client."""

    display_name: str
    addresses: tuple[Address, ...]


class Users:
    """Reads what the directory answers."""

    def read(self, body: Mapping[str, Any]) -> User:
        """Return the user in an answer. Raises ``ValueError`` when there is none."""
        try:
            addresses = msgspec.convert(body["fabric_addresses"], tuple[Address, ...])
            return User(str(body.get("display_name") or ""), addresses)
        except (KeyError, msgspec.ValidationError) as error:
            raise ValueError(f"the directory told of no user: {error}") from error
