"""The directory: subscribers and their addresses; nothing that changes with calls."""

from __future__ import annotations

import functools
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import unquote

import msgspec

from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.moments import iso_time
from ringproof_fakeserver.protocol.phone_numbers import PhoneNumbers
from ringproof_fakeserver.protocol.resources import Resource, Resources

CONTEXT = "/private/"
"""Context of every subscriber's addresses. Assumed: the documentation's samples use it."""
PUBLIC = "/public/"
"""Context of the addresses of all other resources; assumed likewise."""

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
    """One address: ``/private/<name>`` of a subscriber, ``/public/<name>`` of another resource."""

    id: str
    subscriber: str
    """Id of the subscriber it leads to; empty for another resource."""
    resource: str = ""
    """Id of the resource it leads to, where that is no subscriber."""
    type: str = "subscriber"
    """Else ``room`` or ``app``."""
    name: str
    display_name: str
    created_ms: int

    @property
    def key(self) -> str:
        """What the address is found by."""
        return self.name if self.subscriber else f"{PUBLIC[1:]}{self.name}"

    @property
    def uri(self) -> str:
        """The address as it is dialled, without a channel."""
        return CONTEXT + self.name if self.subscriber else PUBLIC + self.name

    def as_json(self) -> dict[str, Any]:
        """Return the address object of the REST interface."""
        return {
            "id": self.id,
            "resource_id": self.resource or self.subscriber,
            "name": self.name,
            "display_name": self.display_name,
            "type": self.type,
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
    resource: str
    """Id of the account as a resource of the project, which is another."""
    reference: str
    created_ms: int
    profile: dict[str, str] = {}
    """The ``PROFILE_FIELDS`` that are set."""
    updated_ms: int = 0
    """When REST changed it last; 0: never."""
    deleted: bool = False
    """Whether REST deleted it: nobody finds it, and a token request brings it back."""
    addresses: list[Address] = []
    """First the one made with the subscriber, then the aliases, oldest first."""

    @property
    def display_name(self) -> str:
        """What others see of this subscriber: the display name, else the first address."""
        return self.profile.get("display_name") or self.addresses[0].name


class Directory:
    """All subscribers, resources and addresses of one project.

    Ids of subscribers and addresses follow from the reference and the name: that keeps two runs
    with the same references comparable, and needs no randomness.
    """

    def __init__(self) -> None:
        self._subscribers: dict[str, Subscriber] = {}
        self._by_resource: dict[str, Subscriber] = {}
        self._by_name: dict[str, Address] = {}
        self._by_id: dict[str, Address] = {}
        self.resources = Resources()
        self.phone_numbers = PhoneNumbers()
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
        elif subscriber.deleted:
            self._bring_back(subscriber)
        subscriber.profile.update(
            {name: value for name, value in profile.items() if name in PROFILE_FIELDS}
        )
        self._rename(subscriber, profile.get("display_name", ""))
        return subscriber

    def subscriber(self, subscriber_id: str) -> Subscriber | None:
        """Return a subscriber by id, or None; deleted ones too, whose calls may go on."""
        return self._subscribers.get(subscriber_id)

    def by_resource(self, resource_id: str) -> Subscriber | None:
        """Return a subscriber that was not deleted, by the id of the resource or its own."""
        found = self._by_resource.get(resource_id) or self._subscribers.get(resource_id)
        return None if found is None or found.deleted else found

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
        return None if address is None else self._subscribers.get(address.subscriber)

    def address(self, address_id: str) -> Address | None:
        """Return an address by id, or None."""
        return self._by_id.get(address_id)

    def by_name(self, name: str) -> Address | None:
        """Return the address of a name or URI, or None.

        ``/private/`` leads to addresses of subscribers alone; a name without it also to others.
        """
        path = name.partition("?")[0]
        private = path.startswith(CONTEXT)
        wanted = unquote(path.removeprefix(CONTEXT if private else "/"))
        keys = [wanted, wanted.casefold()]
        if not private:
            keys.append(PUBLIC[1:] + wanted.casefold())
        return next((self._by_name[key] for key in keys if key in self._by_name), None)

    def addresses(self) -> Iterator[Address]:
        """Yield all addresses in the order they were made."""
        yield from self._by_name.values()

    def subscribers(self) -> Iterator[Subscriber]:
        """Yield all subscribers that were not deleted, oldest first."""
        return (each for each in self._subscribers.values() if not each.deleted)

    def delete_subscriber(self, subscriber: Subscriber) -> None:
        """Have nobody find a subscriber any more; its calls go on."""
        subscriber.deleted = True
        for address in subscriber.addresses:
            self.forget(address)

    def _bring_back(self, subscriber: Subscriber) -> None:
        """Undo a deletion; addresses that others have taken meanwhile stay theirs."""
        subscriber.deleted = False
        old = subscriber.addresses
        subscriber.addresses = [each for each in old if each.key not in self._by_name]
        for address in subscriber.addresses:
            self._keep(address)
        if not subscriber.addresses:
            self._add(subscriber, self._unused(old[0].name))

    def publish(self, resource: Resource) -> Address:
        """Give a new resource its address, ``/public/<name>``."""
        name = self._unused(slug(resource.name), PUBLIC[1:])
        address = Address(
            id=_derived_id(f"{resource.id} {name}"),
            subscriber="",
            resource=resource.id,
            type=resource.kind.address_type,
            name=name,
            display_name=resource.name,
            created_ms=resource.created_ms,
        )
        self._keep(address)
        return address

    def addresses_of(self, resource_id: str) -> list[Address]:
        """Return the addresses of a resource, or of a subscriber by its id."""
        return [
            each
            for each in self._by_name.values()
            if resource_id in (each.resource, each.subscriber)
        ]

    def forget(self, address: Address) -> None:
        """Drop an address: it leads nowhere any more."""
        self._by_name.pop(address.key, None)
        self._by_id.pop(address.id, None)
        self._numbers.pop(address.key, None)

    def _keep(self, address: Address) -> None:
        self._by_name[address.key] = self._by_id[address.id] = address

    def _unused(self, wanted: str, prefix: str = "") -> str:
        """Return a name that no address of the context has: with a number, if need be."""
        # Where to go on counting: thousands of one name must not be tried anew each time.
        wanted_key = prefix + wanted
        for number in count(self._numbers.get(wanted_key, 1)):
            name = wanted if number == 1 else f"{wanted}-{number}"
            if prefix + name not in self._by_name:
                self._numbers[wanted_key] = number + 1
                return name
        raise AssertionError("numbers have no end")

    def _create(self, reference: str, profile: Mapping[str, str], now_ms: int) -> Subscriber:
        subscriber = Subscriber(
            id=_derived_id(reference),
            resource=_derived_id(f"resource {reference}"),
            reference=reference,
            created_ms=now_ms,
            profile={"email": reference} if "@" in reference else {},
        )
        self._subscribers[subscriber.id] = subscriber
        self._by_resource[subscriber.resource] = subscriber
        wanted = slug(profile.get("display_name") or reference.partition("@")[0])
        self._add(subscriber, self._unused(wanted))
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
        self._keep(address)
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
            self._keep(address)


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
