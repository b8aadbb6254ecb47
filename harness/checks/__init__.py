"""Pure judgement: a trace in, the outcome of every clause out.

``judge(trace)`` asks every registered check; ``registered()`` says which there are. Checks read
nothing but the trace, never wait, and never compare the SUT's clock with anybody else's.
"""

from harness.checks import status
from harness.checks.history import build
from harness.checks.registry import AnyCheck, Check, judge, judge_history, registered

__all__ = ["AnyCheck", "Check", "build", "judge", "judge_history", "registered", "status"]
