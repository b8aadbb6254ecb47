"""The ``ringproof`` command: runs the subcommand and turns its outcome into an exit status."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ringproof import disk, exit_codes
from ringproof.commands.errors import Stop
from ringproof.commands.output import degrade_output, say, spell_log
from ringproof.version import VERSION

app = App(
    name="ringproof",
    help="Prove that a SignalWire client handles inbound calls as documented.",
    help_format="markdown",
    help_epilogue="Start with `ringproof run`, or see what is promised: `ringproof clauses`.",
    version=VERSION,
    result_action="return_value",
)

COMMANDS = {
    "run": (
        "Play scenarios against a client and give one verdict per clause.",
        "ringproof run --sut chromium --examples 30 --only 'status/*'",
    ),
    "merge": (
        "Put the reports of all shards of a run together.",
        "ringproof merge shards/1 shards/2 shards/3 --report-dir build/report",
    ),
    "matrix": (
        "Play several clients on the same scenarios, and show where they differ.",
        "ringproof matrix --sut chromium:4.0.0-beta.7 --sut chromium:4.0.0-beta.12",
    ),
    "compare": (
        "List what got worse, better, or is no longer checked since an older report.",
        "ringproof compare main/report.json build/report/report.json",
    ),
    "replay": (
        "Play one scenario again, and show it as a ladder.",
        "ringproof replay accept/audio --sut chromium",
    ),
    "judge": (
        "Judge recorded traces, each by itself.",
        "ringproof judge build/report/traces/*.jsonl --ladder",
    ),
    "clauses": (
        "List what the documentation promises, and which check judges it.",
        "ringproof clauses --untested",
    ),
    "mutants": (
        "Show that the checks catch clients with exactly one fault.",
        "ringproof mutants --json",
    ),
    "campaign": (
        "Sweep over seeds in virtual time, on all cores or on a cluster.",
        "ringproof campaign --seeds 200000",
    ),
    "bench": (
        "Measure what it costs, beside peers that did the same in the same run.",
        "ringproof bench --quick",
    ),
    "serve": (
        "Run the stand-in platform for a person or another program.",
        "ringproof serve --host 0.0.0.0 --public-name ringproof.example",
    ),
}
"""Name → what it does, and an example."""

ADAPTER_COMMANDS = {
    "check": (
        "Check that an adapter follows the protocol, without scenarios: one line a check.",
        "ringproof adapter check adapter.toml",
    ),
    "new": (
        "Start an adapter: 30 lines with three blanks, and its adapter.toml.",
        "ringproof adapter new my-adapter --lang javascript",
    ),
}
"""Of ``ringproof adapter``, likewise."""

EXIT_STATUS = (
    "0 as expected, 1 the client fails a MUST, 2 nothing judged or a clause not "
    "exercised, 3 the adapter is at fault, 4 ringproof is at fault, 5 a baseline is out of date "
    "(with `--strict`), 64 wrong usage, 130 interrupted."
)

EXIT_STATUS_OF = {
    "compare": "0 nothing got worse, 1 something got worse or is no longer checked as much "
    "(docs/ci.md has the rules), 64 wrong usage or a report that cannot be compared.",
    "mutants": "0 every mutant was caught, 4 one was missed or the reference client failed, "
    "64 wrong usage, 130 interrupted.",
    "clauses": "0, or 64 for wrong usage.",
    "serve": "0 after Ctrl-C, 4 when it cannot be started, 64 wrong usage.",
    "check": "0 all passed, 2 a check could not be made (a blank of the skeleton is empty, say), "
    "3 the adapter broke the protocol, 64 wrong usage.",
    "new": "0, or 64 for wrong usage and a folder that is not empty.",
}
"""Of commands that have their own."""

adapter = App(name="adapter", help="Write an adapter for your own SDK, and check it.")

for _name, (_summary, _example) in {**COMMANDS, **ADAPTER_COMMANDS}.items():
    _parent, _module = (adapter, "adapter") if _name in ADAPTER_COMMANDS else (app, _name)
    _status = EXIT_STATUS_OF.get(_name, EXIT_STATUS)
    _parent.command(
        f"ringproof.commands.{_module}:{_name}",  # a string: imported when the command is used
        name=_name,
        help=_summary,
        help_epilogue=f"Example: `{_example}`\n\nExit status: {_status}",
    )
app.command(adapter)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status; ``argv`` defaults to the process's own."""
    degrade_output()
    spell_log()
    try:
        status = app(
            list(sys.argv[1:] if argv is None else argv), exit_on_error=False, print_error=True
        )
        sys.stdout.flush()
    except CycloptsError:
        return exit_codes.USAGE
    except Stop as stop:
        say(f"ringproof: {stop}", file=sys.stderr)
        return stop.exit_code
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except (BrokenPipeError, SystemExit) as end:
        # Rich leaves with 1 when nobody reads what it prints, which is the status of a failure.
        if isinstance(end, SystemExit) and not isinstance(end.__context__, BrokenPipeError):
            raise
        # The reader of our output (head, less) has gone. The run might have failed: this is not 0.
        sys.stderr.close()
        return exit_codes.READER_GONE
    except OSError as error:
        if not disk.is_full(error):
            traceback.print_exc()
            return exit_codes.HARNESS_FAULT
        return _full(error)
    except Exception:  # outermost loop: what we did not foresee is ours, and not the SUT's 1
        traceback.print_exc()
        return exit_codes.HARNESS_FAULT
    return status if isinstance(status, int) else exit_codes.AS_EXPECTED


def _full(error: OSError) -> int:
    """Say what is full: a file of ours, or what standard output leads to."""
    if error.filename is None:
        # What could not be written is still in the stream, and would be written again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    place = "standard output" if error.filename is None else "the disk is full"
    say(f"ringproof: {disk.sentence(error, place, 'write to another disk')}", file=sys.stderr)
    return exit_codes.HARNESS_FAULT


if __name__ == "__main__":
    sys.exit(main())
