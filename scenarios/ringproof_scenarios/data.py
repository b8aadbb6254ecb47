"""Base of the scenario data: frozen structs with a short ``repr`` that round-trip through JSON."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any, Literal

import msgspec

Anchor = Literal["listed", "connected", "gone", "start"]
"""The moment from which a delay counts, as seen by the device concerned: the call is first listed;
its status is ``connected``; it left the list, or its caller ended it (whichever the harness sees
first); the scenario starts."""


class Data(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    repr_omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Base of all scenario data; fields that equal their defaults are left out of JSON and repr."""

    def __post_init__(self) -> None:
        # msgspec recognises a default by identity only: without this, equal scenarios would differ
        # in their replay strings.
        read, fields, defaults = _reader(type(self))
        for value, field, default in zip(read(self), fields, defaults, strict=True):
            if value is not default and value == default:
                msgspec.structs.force_setattr(self, field, default)


_Reader = tuple[Callable[[Any], tuple[object, ...]], tuple[str, ...], tuple[object, ...]]


@functools.cache
def _reader(struct: type[Data]) -> _Reader:
    # It reads all fields with a default at once: a campaign makes a million of these structs.
    defaults = struct.__struct_defaults__
    fields = struct.__struct_fields__[-len(defaults) :]
    read = operator.attrgetter(*fields)
    # Of one field it returns the value alone.
    return (read if len(fields) > 1 else lambda data: (read(data),)), fields, defaults
