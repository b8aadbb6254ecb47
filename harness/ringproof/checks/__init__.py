"""Pure judgement: a trace in, the outcome of every clause out.

``judge(trace)`` asks every registered check; ``registered()`` says which there are. Checks read
nothing but the trace, never wait, and never compare the SUT's clock with anybody else's.
"""

from ringproof.checks import (
    answer_media,
    caller,
    end,
    listing,
    outcome,
    platform,
    register,
    status,
    stream,
)
from ringproof.checks.history import build
from ringproof.checks.registry import AnyCheck, Check, judge, judge_history, registered

FAMILIES = (register, listing, caller, status, outcome, stream, answer_media, end, platform)
"""The modules whose import registers the checks."""

__all__ = ["FAMILIES", "AnyCheck", "Check", "build", "judge", "judge_history", "registered"]
