"""What all scenario data is made of: frozen structs with a short ``repr`` and a JSON round trip."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Literal

import msgspec

Anchor = Literal["listed", "connected", "gone", "start"]
"""The moment something counts from, as its own device sees it: the call's first listing, its status
``connected``, its leaving the list (or the far party's end, whichever the harness sees first), or
the start of the scenario."""


class Data(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Base of all scenario data."""

    def __post_init__(self) -> None:
        # Defaults are left out of repr and JSON, but msgspec knows them by identity only: without
        # this, equal scenarios would differ in their replay strings.
        read, fields, defaults = _READERS.get(type(self)) or _reader(type(self))
        for value, field, default in zip(read(self), fields, defaults, strict=True):
            if value is not default and value == default:
                msgspec.structs.force_setattr(self, field, default)


_Reader = tuple[Callable[[Any], tuple[object, ...]], tuple[str, ...], tuple[object, ...]]

_READERS: dict[type, _Reader] = {}
"""How to read all fields with a default at once: a campaign makes a million of these structs."""


def _reader(struct: type[Data]) -> _Reader:
    defaults = struct.__struct_defaults__
    fields = struct.__struct_fields__[-len(defaults) :]
    _READERS[struct] = found = operator.attrgetter(*fields), fields, defaults
    return found
