"""``ringproof compare``: a report beside an older one, so that no check gets lost unnoticed."""

from __future__ import annotations

from pathlib import Path

from ringproof.commands.errors import UsageStop, writing
from ringproof.commands.output import say, write_json
from ringproof.commands.parameters import Flag
from ringproof.comparison import rules, wording
from ringproof.report import atomic
from ringproof.report.document import Document, ReportError, encode, read


def compare(old: Path, new: Path, /, *, json: Flag = False, markdown: Path | None = None) -> int:
    """Say what got worse, what got better, and what is silently no longer checked.

    Exit status 1 when anything got worse, or is no longer checked as much as before: a clause that
    vanished, was judged before and is not now, or was exercised less often than chance explains;
    fewer scenarios; a part of the run that is missing. docs/ci.md lists the rules.

    Parameters
    ----------
    old
        The older report.json, or its folder: that of the main branch, say.
    new
        The newer report.json, or its folder.
    json
        Print the result as JSON.
    markdown
        Write the result to this file too, for the job page of a CI.
    """
    before, after = _read(old), _read(new)
    if before.status == "incomplete":
        raise UsageStop(f"{old}: this run is incomplete, so nothing can be compared with it")
    compared = rules.compare(before, after)
    if markdown is not None:
        with writing("--markdown", markdown):
            atomic.write(markdown, wording.markdown(compared, before, after).encode())
    if json:
        write_json(encode(wording.document(compared, before, after)))
    else:
        say(wording.text(compared))
    return compared.exit_code


def _read(path: Path) -> Document:
    try:
        report = read(path)
    except ReportError as error:
        raise UsageStop(str(error)) from error
    if report.shard is not None:
        shard = f"shard {report.shard.number}/{report.shard.of}"
        raise UsageStop(f"{path} is {shard} of a run: put it together with `ringproof merge` first")
    return report
