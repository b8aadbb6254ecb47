"""What the hostile adapters share: a perfect greeting, and then whatever they do to a session.

They import nothing of ringproof, so that they start at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

OPS = [
    "session.open",
    "session.close",
    "call.answer",
    "call.reject",
    "call.hangup",
    "sync",
    "bye",
]

Command = dict[str, Any]


def write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def say(message: dict[str, Any]) -> None:
    write(json.dumps(message) + "\n")


def event(command: Command, n: int, ev: str = "log", **fields: Any) -> str:
    fields = {"level": "info", "text": "again"} | fields if ev == "log" else fields
    return json.dumps({"ev": ev, "s": command["s"], "n": n, "t_us": n, **fields}) + "\n"


def ok(command: Command) -> None:
    say({"re": command["id"], "ok": {}})


def greet(command: Command) -> None:
    sut = {"name": "hostile", "version": "1", "language": "python"}
    caps = {"carrier": "stdio", "clock": "real", "media": "sdp", "sessions": 4, "ops": OPS}
    say({"re": command["id"], "ok": {"protocol": 1, "sut": sut, "caps": caps}})


def serve(attack: Callable[[Command], None], on: str = "session.open") -> None:
    """Be polite until the op comes that is answered with the attack."""
    for line in sys.stdin:
        command = json.loads(line)
        op = command["op"]
        if op == "hello":
            greet(command)
        elif op == on:
            attack(command)
        elif op in OPS:
            ok(command)
        else:
            say({"re": command["id"], "error": {"code": "unsupported", "text": op}})
        if op == "bye":
            return
