"""``ringproof compare``: a report beside an older one, so that nothing gets lost unnoticed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ringproof.commands.errors import UsageStop
from ringproof.commands.parameters import Flag

if TYPE_CHECKING:
    from ringproof.report.reading import Report


def compare(old: Path, new: Path, /, *, json: Flag = False, markdown: Path | None = None) -> int:
    """Say what got worse, what got better, and what is silently no longer checked.

    Exit status 1 when anything got worse, or is no longer checked as much as before: a clause that
    vanished, was judged before and is not now, or occurs less often than chance explains; fewer
    scenarios; a part of the run that is missing. The rules are told in docs/ci.md.

    Parameters
    ----------
    old
        The report.json to hold against, or its folder: that of the main branch, say.
    new
        The report.json of now, or its folder.
    json
        Print the result as JSON.
    markdown
        Write the result to this file too, for the job page of a CI.
    """
    from ringproof.comparison import compare as compared
    from ringproof.comparison import wording as telling
    from ringproof.report import atomic
    from ringproof.report import document as json_report

    before, after = _read(old), _read(new)
    if before.status == "incomplete":
        raise UsageStop(f"{old}: this run did not come to its end, so it is nothing to go by")
    found = compared(before, after)
    if markdown is not None:
        atomic.write(markdown, telling.markdown(found, before, after).encode())
    if json:
        document = telling.document(found, before, after)
        sys.stdout.write(json_report.encode(document).decode())
    else:
        print(telling.text(found))
    return found.exit_code


def _read(path: Path) -> Report:
    from ringproof.report import reading

    try:
        report = reading.read(path)
    except reading.ReportError as error:
        raise UsageStop(str(error)) from error
    if report.shard is not None:
        shard = f"shard {report.shard.number}/{report.shard.of}"
        raise UsageStop(f"{path} is {shard} of a run: put it together with `ringproof merge` first")
    return report
