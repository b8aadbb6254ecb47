"""SWML: documents parsed into steps, and the runner that plays them on a caller's leg."""

from __future__ import annotations

from typing import Any

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One verb with its arguments, normalised."""

    verb: str
    arguments: dict[str, Any] = {}


class Script(msgspec.Struct, frozen=True):
    """A parsed document."""

    main: tuple[Step, ...] = ()
