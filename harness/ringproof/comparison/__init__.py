"""Two reports side by side: what got worse, what got better, and what is no longer checked."""

from __future__ import annotations

from ringproof.comparison.rules import Change, Comparison, Kind, Rule, compare

__all__ = ["Change", "Comparison", "Kind", "Rule", "compare"]
