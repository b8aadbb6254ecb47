"""Pure judgement: a trace in, the outcome of every clause out.

``judge(trace)`` asks every check of ``CHECKS``. Checks read nothing but the trace, never wait, and
never compare the SUT's clock with anybody else's.
"""

from ringproof.checks.check import Check
from ringproof.checks.history import build
from ringproof.checks.judging import judge, judge_history
from ringproof.checks.table import CHECKS

__all__ = ["CHECKS", "Check", "build", "judge", "judge_history"]
