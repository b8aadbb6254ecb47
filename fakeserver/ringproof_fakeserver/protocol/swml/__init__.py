"""SWML: documents, and the run of one on a caller's leg. Pure.

``parse`` reads a document; ``run`` yields what to do, one cue after the other, and is sent what
came of it. A run is bounded: in steps, in nesting, in jumps, and in the size of its variables.
"""

from ringproof_fakeserver.protocol.swml.cues import (
    Accepted,
    Connect,
    ConnectResult,
    Cue,
    Fetch,
    Finish,
    Play,
    Record,
    Reply,
    Request,
    Response,
    SendDigits,
    StopRecord,
    Target,
    UserEvent,
    Wait,
)
from ringproof_fakeserver.protocol.swml.document import Script, ScriptError, Step, parse
from ringproof_fakeserver.protocol.swml.interpreter import run
from ringproof_fakeserver.protocol.swml.scope import Scope

__all__ = [
    "Accepted",
    "Connect",
    "ConnectResult",
    "Cue",
    "Fetch",
    "Finish",
    "Play",
    "Record",
    "Reply",
    "Request",
    "Response",
    "Scope",
    "Script",
    "ScriptError",
    "SendDigits",
    "Step",
    "StopRecord",
    "Target",
    "UserEvent",
    "Wait",
    "parse",
    "run",
]
