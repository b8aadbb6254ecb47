"""What a check is: a pure function of one record, and what it may answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

import msgspec

from ringproof.verdict import Failure

NOT_EXERCISED: Final = None
"""The clause's precondition did not occur."""

PASSED: Final = True
"""It occurred, and all was well."""

CheckResult: TypeAlias = Failure | Literal[True] | None
"""``PASSED``, ``NOT_EXERCISED`` or what went wrong."""


class Check(msgspec.Struct, frozen=True):
    """The check of one clause."""

    scope: Literal["call", "session", "origin", "request"]
    """What it looks at: a call on one device, a device, a caller's call with all it rang, or a REST
    request."""
    run: Callable[[Any], CheckResult]
    """Takes a record by the scope: ``CallRecord``, ``SessionRecord``, ``OriginRecord``,
    ``RequestRecord``."""

    @property
    def description(self) -> str:
        """The rule, when it is not exercised, and a client that breaks it, as one paragraph."""
        return " ".join(inspect.cleandoc(self.run.__doc__ or "").split())
