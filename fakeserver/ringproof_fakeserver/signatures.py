"""Signatures of the requests that the platform sends to a user's application. Pure.

Documented: the hexadecimal HMAC of the URL followed by the raw body. The URL is the configured one,
with its query and without credentials.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from ringproof_fakeserver.protocol.redaction import without_credentials

SHA1_HEADER = "X-SignalWire-Signature"
SHA256_HEADER = "X-SignalWire-Sha256-Signature"

_BEFORE_PATH = re.compile(r"(?:[^/?#]*://)?[^/?#]*")


def sign(key: str, url: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request; ``body`` is empty for a GET."""
    end = _BEFORE_PATH.match(url).end()  # type: ignore[union-attr]  # it matches any text
    signed = (without_credentials(url[:end]) + url[end:]).encode() + body
    return {
        name: hmac.new(key.encode(), signed, digest).hexdigest()
        for name, digest in ((SHA1_HEADER, hashlib.sha1), (SHA256_HEADER, hashlib.sha256))
    }
