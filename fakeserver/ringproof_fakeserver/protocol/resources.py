"""One store for all resources but subscribers: made, changed, listed and deleted by id. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ringproof_fakeserver.protocol.errors import invalid
from ringproof_fakeserver.protocol.resource_kinds import ResourceKind

MOST_RESOURCES = 10_000


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One resource. ``attributes`` are what its body holds under the key of its kind."""

    id: str
    inner_id: str
    """Of the thing itself: bodies have both ids."""
    kind: ResourceKind
    name: str
    attributes: dict[str, Any]
    created_ms: int
    updated_ms: int


class Resources:
    """All resources of a project, oldest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, Resource] = {}

    def create(
        self,
        kind: ResourceKind,
        given: Mapping[str, Any],
        ids: tuple[str, str],
        now_ms: int,
    ) -> Resource:
        """Make a resource of checked fields. Raises ``RefusalError`` when there are too many."""
        if len(self._by_id) >= MOST_RESOURCES:
            message = f"There are {MOST_RESOURCES} resources already"
            raise invalid("invalid_state", message, None)
        attributes = {**kind.defaults, **_known(kind, given)}
        name = str(given.get("display_name") or given.get("name") or attributes.get("name"))
        for field in ("name", "display_name"):
            if attributes.get(field) == "":
                attributes[field] = name
        resource = Resource(
            id=ids[0],
            inner_id=ids[1],
            kind=kind,
            name=name,
            attributes=attributes,
            created_ms=now_ms,
            updated_ms=now_ms,
        )
        self._by_id[resource.id] = resource
        return resource

    def update(self, resource: Resource, given: Mapping[str, Any], now_ms: int) -> Resource:
        """Change the fields that are given, and the name with them; return the new state."""
        changed = msgspec.structs.replace(
            resource,
            attributes={**resource.attributes, **_known(resource.kind, given)},
            name=str(given.get("display_name") or given.get("name") or resource.name),
            updated_ms=now_ms,
        )
        self._by_id[resource.id] = changed
        return changed

    def get(self, resource_id: str, kind: ResourceKind | None = None) -> Resource | None:
        """Return a resource by id, of this kind unless that is None."""
        resource = self._by_id.get(resource_id)
        return resource if resource and kind in (None, resource.kind) else None

    def delete(self, resource: Resource) -> None:
        """Forget a resource."""
        self._by_id.pop(resource.id, None)

    def all(self, kind: ResourceKind | None = None) -> Iterator[Resource]:
        """Yield the resources of a kind, or of all."""
        return (each for each in self._by_id.values() if kind in (None, each.kind))


def _known(kind: ResourceKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given of the kind's attributes; unknown fields are ignored."""
    return {
        name: value for name, value in given.items() if name in kind.defaults and value is not None
    }
