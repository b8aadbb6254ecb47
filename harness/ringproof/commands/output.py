"""What commands print, on a terminal or a pipe of any encoding."""

from __future__ import annotations

import codecs
import logging
import re
import sys
from typing import TextIO

from ringproof.report.printable import printable

_DEGRADES = "ringproof-degrades"

_SIMPLER = str.maketrans(
    {
        **dict.fromkeys("│┃║╎┆", "|"),
        **dict.fromkeys("─━═╌┄—–", "-"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛┡┩╇╈╋┳┻╞╡", "+"),
        **dict.fromkeys("→▶►╶", ">"),
        **dict.fromkeys("←◀◄╴", "<"),
        **dict.fromkeys("✓✔", "+"),
        **dict.fromkeys("✗✘×", "x"),
        **dict.fromkeys("•·", "*"),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("“”", '"'),
        "…": "...",
        "≥": ">=",
        "≤": "<=",
    }
)
"""What a reader takes for the same; any other character is spelled out."""


def _degrade(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_SIMPLER)
    return text.encode("ascii", "backslashreplace").decode(), error.end


def degrade_output() -> None:
    """Have standard output and error take every text, whatever their encoding has no sign for.

    Otherwise an exception would take the place of the exit status of the verdict.
    """
    codecs.register_error(_DEGRADES, _degrade)
    for stream in (sys.stdout, sys.stderr):
        # A test or a notebook may have put something else there, which has no encoding.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors=_DEGRADES)


def say(*texts: object, sep: str = " ", file: TextIO | None = None, flush: bool = False) -> None:
    """Print as ``print`` does, with control characters spelled out.

    Names and texts come from traces, scenarios and clients, and could be made to move the cursor.
    """
    print(*(_spelled(str(text)) for text in texts), sep=sep, file=file, flush=flush)


class _Spelled(logging.Formatter):
    """Writes a log line without control characters: URLs and names in it come from outside."""

    def format(self, record: logging.LogRecord) -> str:
        return _spelled(super().format(record))


def spell_log() -> None:
    """Have log lines that no other handler takes spell out control characters."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_Spelled())


def _spelled(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def write_json(document: bytes) -> None:
    """Write a JSON document (UTF-8) to standard output; it stays JSON in every encoding."""
    text = document.decode()
    # A stream of text without bytes below has no encoding.
    if codecs.lookup(sys.stdout.encoding or "utf-8").name != "utf-8":  # which JSON has to be
        text = re.sub(r"[^\x00-\x7f]", _escaped, text)
    sys.stdout.write(text)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be")  # JSON escapes have 16 bits
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{pair.hex()}" for pair in pairs)
