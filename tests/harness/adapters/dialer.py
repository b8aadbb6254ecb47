"""A polite adapter that dials the WebSocket named in its environment; it drives no client.

With an argument it prints a line on each stream and dies: ``early`` before it dials, ``late`` when
it is asked to open a session.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from websockets.sync.client import ClientConnection, connect

OPS = ["session.open", "session.close", "sync", "bye"]
SUT = {"name": "dialer", "version": "1", "language": "python"}
HELLO = {"protocol": 1, "sut": SUT, "caps": {"carrier": "ws", "sessions": 2, "ops": OPS}}


def die() -> None:
    sys.stdout.write("last words\n")
    sys.stdout.flush()
    sys.stderr.write("a complaint\n")
    sys.exit(3)


def answer(command: dict[str, Any]) -> dict[str, Any]:
    if command["op"] == "hello":
        return {"re": command["id"], "ok": HELLO}
    if command["op"] in OPS:
        return {"re": command["id"], "ok": {}}
    return {"re": command["id"], "error": {"code": "unsupported"}}


def serve(socket: ClientConnection, dies: bool) -> None:
    for line in socket:
        command = json.loads(line)
        if dies and command["op"] == "session.open":
            die()
        socket.send(json.dumps(answer(command)))
        if command["op"] == "bye":
            return


if __name__ == "__main__":
    mode = sys.argv[1] if len(sys.argv) > 1 else ""
    if mode == "early":
        die()
    with connect(os.environ["RINGPROOF_URL"], compression=None) as socket:
        serve(socket, mode == "late")
