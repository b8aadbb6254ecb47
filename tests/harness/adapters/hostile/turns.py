"""The reference client, honest in its first scenario; in the second it makes up its reports.

``python turns.py dies|guesses``: at the second call it reports a call that was never placed, from
its first status to its last, and then dies, or keeps silent about what truly happens.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from guesses import CALL, PERFECT
from honest import fields_of, resend, send, serve

calls: set[str] = set()


def make_up(s: str) -> None:
    listed = {"c": CALL, "status": "ringing", "direction": "inbound", "from_name": "Alice"}
    send(s, "calls", list=[listed])
    for word in PERFECT:
        send(s, "status", c=CALL, status=word)
        if word == "connecting":
            for side in ("local", "remote"):
                send(s, "stream", c=CALL, side=side, stream=f"made-up {side}", tracks=["audio"])
    for what in ("status", "local_stream", "remote_stream"):
        send(s, "complete", c=CALL, what=what)
    send(s, "calls", list=[])


def emit(event: Any) -> None:
    before = len(calls)
    calls.update(one["c"] for one in fields_of(event).get("list", ()) if isinstance(one, dict))
    if len(calls) < 2:
        resend(event)
    elif before < 2:
        make_up(event.s)
        if sys.argv[1] == "dies":
            os._exit(7)


asyncio.run(serve(emit=emit))
