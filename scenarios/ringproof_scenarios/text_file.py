"""Text that people saved with any editor: UTF-8, with or without a byte order mark. Pure."""

from __future__ import annotations

import codecs

_OTHERS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),  # begins like UTF-16
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class EncodingError(ValueError):
    """The file is not UTF-8; the message says what it is, and what to do."""


def decoded(data: bytes) -> str:
    """Return the text of a file, without a byte order mark. Raises ``EncodingError``."""
    for mark, name in _OTHERS:
        if data.startswith(mark):
            raise EncodingError(f"it is {name}: save it as UTF-8")
    if b"\0" in data:
        raise EncodingError("it has zero bytes, as UTF-16 has: save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EncodingError(f"it is not UTF-8 (line {line}): save it as UTF-8") from error
