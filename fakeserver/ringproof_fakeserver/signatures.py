"""Signatures of the requests that the platform sends to a user's application. Pure.

Documented: the hexadecimal HMAC of the URL followed by the raw body. The URL is the configured one,
with its query and without credentials.
"""

from __future__ import annotations

import hashlib
import hmac
import re

SHA1_HEADER = "X-SignalWire-Signature"
SHA256_HEADER = "X-SignalWire-Sha256-Signature"

_CREDENTIALS = re.compile(r"(?<=://)[^/?#@]*@")


def without_credentials(url: str) -> str:
    """Return a URL without its user name and password, also one that is malformed."""
    return _CREDENTIALS.sub("", url, count=1)


def sign(key: str, url: str, body: bytes) -> dict[str, str]:
    """Return the headers of a request; ``body`` is empty for a GET."""
    signed = without_credentials(url).encode() + body
    return {
        name: hmac.new(key.encode(), signed, digest).hexdigest()
        for name, digest in ((SHA1_HEADER, hashlib.sha1), (SHA256_HEADER, hashlib.sha256))
    }
