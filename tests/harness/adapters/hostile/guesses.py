"""Connects to nothing, and reports the calls and statuses that it guesses are expected."""

from __future__ import annotations

import puppet

CALL = "6f0f3b1e-0000-4000-8000-000000000000"
PERFECT = ["ringing", "connecting", "connected", "disconnected", "destroyed"]


def attack(command: puppet.Command) -> None:
    listed = {"c": CALL, "status": "ringing", "direction": "inbound", "from_name": "Alice"}
    messages = [("registered", {}), ("calls", {"list": []}), ("calls", {"list": [listed]})]
    messages += [("status", {"c": CALL, "status": word}) for word in PERFECT]
    messages += [("calls", {"list": []}), ("complete", {"c": CALL, "what": "status"})]
    for n, (ev, fields) in enumerate(messages):
        puppet.write(puppet.event(command, n, ev, **fields))
    puppet.ok(command)


if __name__ == "__main__":
    puppet.serve(attack)
