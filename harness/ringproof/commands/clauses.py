"""``ringproof clauses``: every clause of the documentation, with its check or its exclusion."""

from __future__ import annotations

from typing import Any

import msgspec

from ringproof import exit_codes
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag


def clauses(*, untested: Flag = False, json: Flag = False) -> int:
    """List what the documentation promises, and which check judges it.

    A row has either a check or a reason why it has none; one with neither makes the exit status 4.

    Parameters
    ----------
    untested
        Only the rows that no check judges.
    json
        Print the rows as JSON.
    """
    rows = [row for row in _rows() if not (untested and row["check"])]
    if json:
        from ringproof.report.document import encode

        write_json(encode({"clauses": rows}))
    else:
        _print(rows)
    missing = any(not row["check"] and not row["excluded"] for row in rows)
    return exit_codes.HARNESS_FAULT if missing else exit_codes.AS_EXPECTED


def _rows() -> list[dict[str, Any]]:
    from ringproof.checks import CHECKS
    from ringproof_scenarios import ledger

    checks = {clause: f"per {one.scope}: {one.description}" for clause, one in CHECKS.items()}
    return [
        {**msgspec.structs.asdict(row), "check": checks.get(row.id, "")} for row in ledger.load()
    ]


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        say(f"{row['id']}  ({'must' if row['level'] == 'M' else 'should'})")
        say(f"    {row['statement']}")
        say(f"    {row['source']}")
        if row["check"]:
            say(f"    check {row['check']}")
        elif row["excluded"]:
            say(f"    excluded: {row['excluded']}")
        else:
            say("    MISSING: neither check nor exclusion")
    checked = sum(bool(row["check"]) for row in rows)
    excluded = sum(bool(row["excluded"]) for row in rows)
    say(f"{len(rows)} clauses: {checked} with a check, {excluded} excluded with a reason")
