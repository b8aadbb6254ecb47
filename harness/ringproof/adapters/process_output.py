"""What is kept of a process's output in case it crashes: its last lines, and its standard error.

Both are bounded, and access tokens are redacted in both.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import deque
from typing import BinaryIO

from ringproof_fakeserver.protocol.redaction import redacted

LAST_LINES = 32
"""Of each stream. Source: docs/adapter-protocol.md."""
LINE_SHOWN_BYTES = 500
LINE_KEPT_BYTES = 64 * 1024


class Tail:
    """The last lines of a stream, each shortened."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self.count = 0
        """How many lines there were in all."""

    def add(self, line: bytes) -> None:
        """Take in a line, without its end."""
        self.count += 1
        self._lines.append(line[:LINE_SHOWN_BYTES])

    def lines(self) -> list[str]:
        """Return them, oldest first, fit to be printed."""
        return [_printable(line) for line in self._lines]


class LogFile:
    """Standard error in a temporary file, which is removed unless an error message names it."""

    def __init__(self, limit_bytes: int) -> None:
        self.tail = Tail()
        self.size_bytes = 0
        """Of what came, whether or not it was kept."""
        self._limit_bytes = limit_bytes
        self._rest = b""
        self._mentioned = False
        self._closed = False
        self._path = ""
        self._file: BinaryIO | None = None
        """Made when there is something to write."""

    @property
    def overflowed(self) -> bool:
        """More came than is kept."""
        return self.size_bytes > self._limit_bytes

    def write(self, chunk: bytes) -> None:
        """Take in what came next; a line that does not end is cut somewhere."""
        self.size_bytes += len(chunk)
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        self._keep(whole)
        if len(self._rest) > LINE_KEPT_BYTES:
            self.end()

    def end(self) -> None:
        """End the last line here, if it has not ended."""
        self._keep([self._rest] if self._rest else [])
        self._rest = b""

    def mention(self) -> str:
        """Return where everything is to be read; empty when the tail shows all there is."""
        if self.tail.count <= LAST_LINES:
            return ""
        self._mentioned = True
        return self._path

    def close(self) -> None:
        """Close the file, and remove it unless it was mentioned. May be called twice."""
        self._closed = True
        if self._file is None:
            return
        self._file.close()
        if not self._mentioned:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)

    def _keep(self, lines: list[bytes]) -> None:
        for line in lines:
            self.tail.add(line)
        if not lines or self.overflowed or self._closed:
            return
        if self._file is None:
            handle, self._path = tempfile.mkstemp(prefix="ringproof-adapter-", suffix=".log")
            self._file = os.fdopen(handle, "wb")
        text = redacted(b"\n".join([*lines, b""]).decode(errors="replace"))
        self._file.write(text.encode())
        self._file.flush()


def _printable(line: bytes) -> str:
    """Return a line with neither secrets nor control characters, which would move the cursor."""
    text = redacted(line.decode(errors="replace")).rstrip("\r")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
