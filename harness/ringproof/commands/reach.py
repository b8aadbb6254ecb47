"""Where clients find the stand-in: ``--host``, ``--public-name`` and ``--port``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ringproof.commands.errors import UsageStop
from ringproof_fakeserver import names

if TYPE_CHECKING:
    from ringproof.suts.sut import Reach


_HIDDEN = Parameter(show_default=False)


@Parameter(name="*")
@dataclass(frozen=True)
class Listening:
    """The options of a command that may wait for a client on another machine; None: not given."""

    host: Annotated[str | None, _HIDDEN] = None
    """Address to listen on for a browser on another machine: `--sut browser --attach`, or a
    `browser:` that a command starts there."""
    public_name: Annotated[str | None, _HIDDEN] = None
    """Name that leads that machine here, as does the same with `fabric.` before it: see
    docs/other-machines.md."""
    port: Annotated[int | None, _HIDDEN] = None
    """TLS port to listen on; a free one unless given."""

    def reach(self, sut: str) -> Reach:
        """Return how the server of a run is reached.

        Raises ``UsageStop`` for a client that can only be on this machine.
        """
        from ringproof.suts.sut import LOOPBACK, Reach

        if self == HERE:
            return LOOPBACK
        if not f"{sut}:".startswith(("browser:", "attach:browser:")):
            raise UsageStop(
                "--host, --public-name and --port go with browser:COMMAND and with "
                f"--sut browser --attach: others run here, {sut} too"
            )
        host, port = self.host or LOOPBACK.host, self.port or LOOPBACK.port
        return Reach(host, named_publicly(self.public_name), port)


HERE = Listening()
"""The default: clients of this machine alone."""


def named_publicly(text: str | None) -> str | None:
    """Return the value of ``--public-name``. Raises ``UsageStop`` when it is none."""
    try:
        return None if text is None else names.public_name(text)
    except ValueError as error:
        raise UsageStop(f"--public-name {text}: {error}") from error
