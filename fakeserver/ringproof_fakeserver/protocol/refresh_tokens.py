"""Refresh tokens that were traded in. Pure: the time is passed in."""

from __future__ import annotations

LIMIT = 100_000
"""Tokens remembered at most; each lives 2 h 5 min, and only the project itself can trade one."""


class SpentTokens:
    """The ids of refresh tokens that were traded in, until they expire."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._expires_s: dict[str, int] = {}
        """By ``jti``, oldest first."""

    def spend(self, jti: str, expires_s: int, now_s: int) -> bool:
        """Trade a token in; return False if that was done before.

        Beyond the limit, those that have expired are forgotten, then the oldest.
        """
        if jti in self._expires_s:
            return False
        if len(self._expires_s) >= self._limit:
            alive = {name: at_s for name, at_s in self._expires_s.items() if at_s > now_s}
            self._expires_s = alive
            if len(alive) >= self._limit:
                del alive[next(iter(alive))]
        self._expires_s[jti] = expires_s
        return True
