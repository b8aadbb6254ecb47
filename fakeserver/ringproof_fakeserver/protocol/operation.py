"""What REST starts on the leg of an answered call: playing, recording, collecting digits."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Play(msgspec.Struct, frozen=True):
    """Play these URLs (``http(s):``, ``say:``, ``silence:``, ``ring:``) in order."""

    kind: ClassVar[str] = "play"
    event: ClassVar[str] = "calling.call.play"
    running: ClassVar[str] = "playing"
    urls: tuple[str, ...]
    volume_db: float = 0.0
    loops: int = 1
    """0: until it is stopped."""


class Record(msgspec.Struct, frozen=True):
    """Record what the callee says."""

    kind: ClassVar[str] = "record"
    event: ClassVar[str] = "calling.call.record"
    running: ClassVar[str] = "recording"
    longest_ms: int = 0
    """0: until it is stopped."""
    terminators: str = ""
    """Any of these digits of the callee ends the recording."""


class Collect(msgspec.Struct, frozen=True):
    """Collect digits of the callee."""

    kind: ClassVar[str] = "collect"
    event: ClassVar[str] = "calling.call.collect"
    running: ClassVar[str] = ""
    most: int = 1
    terminators: str = ""
    digit_timeout_ms: int = 5_000
    initial_timeout_ms: int = 4_000
    """Until the first digit; 0 waits without end."""
    continuous: bool = False
    """Begin again after each result, until it is stopped."""
    partial: bool = False
    """Report every digit as it comes, marked ``final: false``."""
    timers: bool = True
    """Whether the time for the first digit runs at once, or when it is asked for."""


Operation = Play | Record | Collect
