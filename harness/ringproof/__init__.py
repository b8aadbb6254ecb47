"""Plays scenarios against a SignalWire client and judges the recorded trace.

The names here are the API for programs, tests of apps, adapters and checks. Each is imported when
it is first used, so that ``import ringproof`` loads nothing else. Their types: ``__init__.pyi``.
"""

from importlib import import_module

_NAMES = {
    "ringproof.adapters.protocol": "Adapter AdapterError Command Hello Listener Reply",
    "ringproof.api": "run",
    "ringproof.checks": "judge",
    "ringproof.commands.errors": "Stop",
    "ringproof.fixtures": (
        "Call CallFailure ExpectCall GivesUp PlaceCall SignalWire SignalWireFault"
        " SipLogin Subscriber"
    ),
    "ringproof.results": "ClauseVerdict Fault FirstFailure RunFinished",
    "ringproof.trace": "Trace TraceError loads",
    "ringproof.verdict": "Failure Outcome Owner Verdict",
    "ringproof_fakeserver.protocol.platform": "Platform",
    "ringproof_scenarios.model": (
        "Answer Caller HangUp Hold Observe Reject RestartIce Scenario Unhold Vanish"
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
