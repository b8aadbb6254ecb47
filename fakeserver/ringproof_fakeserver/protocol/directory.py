"""The directory: subscribers and their addresses; nothing that changes with calls."""

from __future__ import annotations

import datetime
import functools
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec

from ringproof_fakeserver.protocol.errors import LocalError

CONTEXT = "/private/"
"""Context of every subscriber's addresses. Assumed: the documentation's samples use it."""

PROFILE_FIELDS = (
    "email",
    "first_name",
    "last_name",
    "display_name",
    "job_title",
    "time_zone",
    "country",
    "region",
    "company_name",
)

_ID_SPACE = uuid.UUID("6f1d7a52-0c7e-4a55-9f0f-7c1f8f2b9f10")
_NAME_LIMIT = 64
_SLUG_LIMIT = 512
"""Characters that an address is made of; later ones could not appear in it."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """One address of a subscriber: ``/private/<name>``."""

    id: str
    subscriber: str
    """Id of the subscriber it leads to."""
    name: str
    display_name: str
    created_ms: int

    @property
    def uri(self) -> str:
        """The address as it is dialled, without a channel."""
        return CONTEXT + self.name

    def as_json(self) -> dict[str, Any]:
        """Return the address object of the REST interface (rest.md 2.3)."""
        return {
            "id": self.id,
            "resource_id": self.subscriber,
            "name": self.name,
            "display_name": self.display_name,
            "type": "subscriber",
            "cover_url": None,
            "preview_url": None,
            "locked": False,
            "channels": {
                channel: f"{self.uri}?channel={channel}"
                for channel in ("audio", "video", "messaging")
            },
            "created_at": iso_time(self.created_ms),
        }


class Subscriber(msgspec.Struct, eq=False, kw_only=True):
    """An account. Tokens for one ``reference`` are always tokens of the same subscriber."""

    id: str
    reference: str
    created_ms: int
    profile: dict[str, str] = {}
    """The ``PROFILE_FIELDS`` that are set."""
    addresses: list[Address] = []
    """First the one made with the subscriber, then the aliases, oldest first."""

    @property
    def display_name(self) -> str:
        """What others see of this subscriber: the display name, else the first address."""
        return self.profile.get("display_name") or self.addresses[0].name


class Directory:
    """All subscribers and addresses of one project. Ids follow from the reference and the name.

    Deriving ids keeps two runs with the same references comparable, and needs no randomness.
    """

    def __init__(self) -> None:
        self._subscribers: dict[str, Subscriber] = {}
        self._by_name: dict[str, Address] = {}
        self._by_id: dict[str, Address] = {}
        self._numbers: dict[str, int] = {}
        """By wanted name: the number to try next."""

    def find_or_create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        """Return the subscriber of ``reference``; values of ``profile`` overwrite stored ones.

        Unknown profile fields are ignored. A new subscriber gets the address
        ``slug(display_name or local part of the reference)``, made unique with a number: the guide
        shows ``/private/john-doe`` for ``john.doe@example.com``, and no other rule.
        """
        subscriber = self.by_reference(reference)
        if subscriber is None:
            subscriber = self._create(reference, profile, now_ms)
        subscriber.profile.update(
            {name: value for name, value in profile.items() if name in PROFILE_FIELDS}
        )
        self._rename(subscriber, profile.get("display_name", ""))
        return subscriber

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        """Return a subscriber by id, or None."""
        return self._subscribers.get(subscriber_id)

    def by_reference(self, reference: str) -> Subscriber | None:
        """Return a subscriber by reference without creating one, or None."""
        return self._subscribers.get(_derived_id(reference))

    def add_address(self, subscriber_id: str, name: str) -> Address:
        """Add an address (an alias) to a subscriber; one that exists already is returned as it is.

        Raises ``LocalError`` for an unknown subscriber, an unusable name or one taken by another.
        """
        subscriber = self._subscribers.get(subscriber_id)
        if subscriber is None:
            raise LocalError(f"there is no subscriber {subscriber_id}")
        clean = slug(name)
        known = self._by_name.get(clean)
        if known is not None:
            if known.subscriber == subscriber_id:
                return known
            raise LocalError(f"the address {CONTEXT}{clean} belongs to another subscriber")
        return self._add(subscriber, clean)

    def resolve(self, uri: str) -> Subscriber | None:
        """Return who is reached at ``uri``, or None.

        Its query and the case of letters are ignored; the ``/private/`` prefix is optional.
        """
        address = self.by_name(uri)
        return None if address is None else self._subscribers[address.subscriber]

    def address(self, address_id: str) -> Address | None:
        """Return an address by id, or None."""
        return self._by_id.get(address_id)

    def by_name(self, name: str) -> Address | None:
        """Return the address of a name or URI, or None."""
        path = name.partition("?")[0]
        wanted = unquote(path.removeprefix(CONTEXT if path.startswith(CONTEXT) else "/"))
        return self._by_name.get(wanted) or self._by_name.get(wanted.casefold())

    def addresses(self) -> Iterator[Address]:
        """Yield all addresses in the order they were made."""
        yield from self._by_name.values()

    def _create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        subscriber = Subscriber(
            id=_derived_id(reference),
            reference=reference,
            created_ms=now_ms,
            profile={"email": reference} if "@" in reference else {},
        )
        self._subscribers[subscriber.id] = subscriber
        wanted = slug(profile.get("display_name") or reference.partition("@")[0])
        # Where to go on counting: thousands of one name must not be tried anew each time.
        numbers = count(self._numbers.get(wanted, 1))
        for number in numbers:
            name = wanted if number == 1 else f"{wanted}-{number}"
            if name not in self._by_name:
                break
        self._numbers[wanted] = number + 1
        self._add(subscriber, name)
        return subscriber

    def _add(self, subscriber: Subscriber, name: str) -> Address:
        address = Address(
            id=_derived_id(f"{subscriber.id} {name}"),
            subscriber=subscriber.id,
            name=name,
            display_name=subscriber.profile.get("display_name") or name,
            created_ms=subscriber.created_ms,
        )
        subscriber.addresses.append(address)
        self._by_name[name] = address
        self._by_id[address.id] = address
        return address

    def _rename(self, subscriber: Subscriber, display_name: str) -> None:
        """Show a new display name in the subscriber's addresses; their URIs stay."""
        if not display_name or subscriber.addresses[0].display_name == display_name:
            return
        subscriber.addresses = [
            msgspec.structs.replace(address, display_name=display_name)
            for address in subscriber.addresses
        ]
        for address in subscriber.addresses:
            self._by_name[address.name] = self._by_id[address.id] = address


@functools.lru_cache(maxsize=1_024)
def _derived_id(name: str) -> str:
    """Derive an id; cached because simulations make the same subscribers again and again."""
    return str(uuid.uuid5(_ID_SPACE, name))


@functools.lru_cache(maxsize=1_024)
def slug(text: str) -> str:
    """Return ``text`` as a name for an address: ``John Döe`` and ``john.doe`` become ``john-doe``.

    Letters of other scripts stay. Never empty: what has no letter or digit becomes ``subscriber``.
    """
    # Normalising takes time in the square of a row of combining marks: bound first.
    bounded = text[:_SLUG_LIMIT].casefold()
    plain = "".join(
        character
        for character in unicodedata.normalize("NFKD", bounded)
        if not unicodedata.combining(character)
    )
    words = "".join(c if c.isalnum() or c == "_" else " " for c in plain).split()
    return "-".join(words)[:_NAME_LIMIT].strip("-") or "subscriber"


@functools.lru_cache(maxsize=1_024)
def iso_time(unix_ms: int) -> str:
    """Return a moment as UTC ISO-8601 with whole seconds, as REST objects carry it."""
    moment = datetime.datetime.fromtimestamp(unix_ms / 1000, tz=datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
