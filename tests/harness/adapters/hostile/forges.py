"""Sends ids that it never received; the argument says which."""

from __future__ import annotations

import sys

import puppet


def attack(command: puppet.Command) -> None:
    match sys.argv[1]:
        case "reply":
            puppet.say({"re": "0123456789abcdef", "ok": {}})
        case "command":
            puppet.write(puppet.event(command, 0, "command", id="0123456789ab"))
        case "observer":
            seen = {"c": "c", "status": "ringing", "observer": "0123456789ab"}
            puppet.write(puppet.event(command, 0, "status", **seen))
        case "session":
            puppet.write(puppet.event({**command, "s": "another"}, 0))
        case "number":
            puppet.write(puppet.event(command, 1))
        case "twice":
            puppet.ok(command)
    puppet.ok(command)


puppet.serve(attack)
