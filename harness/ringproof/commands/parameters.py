"""Parameters that several subcommands take in the same way."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""A switch that is off unless given, with no ``--no-…`` beside it."""

Simulate = Annotated[bool | None, Parameter(negative="--simulate", show_default=False)]
"""``--network`` (True), ``--simulate`` (False), or neither (None)."""

Strings = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
"""An option that may be given several times."""
