"""Why a campaign cannot go on."""

from __future__ import annotations


class ClusterError(RuntimeError):
    """There is nobody to play the campaign; the message says what to do."""
