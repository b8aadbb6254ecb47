"""Parameters that several subcommands take in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""A switch that is off unless given, with no ``--no-…`` beside it."""

Simulate = Annotated[bool | None, Parameter(negative="--simulate", show_default=False)]
"""``--network`` (True), ``--simulate`` (False), or neither (None)."""

Strings = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]
"""An option that may be given several times."""

SutName = Annotated[
    str,
    Parameter(
        help="The client: `reference`, `node[:SDK]`, `chromium[:SDK]`, `firefox[:SDK]`, "
        "`v3[:SDK]`, `browser:'COMMAND {url}'`, `webkit:playwright[:SDK]`, "
        "`mutant:NAME`, an `adapter.toml`, or a command line that starts an adapter. "
        "SDK is a version or tag of the registry, a folder with a "
        "`package.json`, or an archive of `npm pack`."
    ),
]

Attach = Annotated[
    bool,
    Parameter(
        negative="",
        show_default=False,
        help="Start no client: print the URL of a WebSocket, and wait for one that runs under your "
        "debugger to dial it. Goes with an `adapter.toml` as `--sut`, or with none. With "
        "`browser[:SDK]` as `--sut` it prints the URL of a page, for any browser.",
    ),
]

Explore = Annotated[
    bool,
    Parameter(
        negative="",
        show_default=False,
        help="Play walks over races and faults instead of the catalogue and the generated "
        "scenarios, and report every distinct failure: one finding for each clause and shape, made "
        "small and replayable. `--examples` is the number of walks in each part, 150 unless given. "
        "No clause has to occur. The example below takes a quarter of an hour: "
        "`ringproof run --sut chromium --explore --examples 150`.",
    ),
]

ReportFolder = Annotated[
    Path,
    Parameter(
        help="Where report.html, report.json, junit.xml, report.sarif, summary.md, badge.svg, "
        "events.jsonl, baseline.toml and traces/ are written. Those of an earlier run are replaced "
        "before anything is played."
    ),
]

Baselines = Annotated[
    tuple[str, ...],
    Parameter(
        negative="",
        show_default=False,
        help="A file of known failures (docs/baselines.md), or the name of one that comes with "
        "ringproof: failures that it describes do not change the exit status. May be given several "
        "times.",
    ),
]

Shard = Annotated[
    str | None,
    Parameter(
        help="Play only this share of the scenarios, `K/N`: the first of three is `1/3`. The same "
        "N gives the same shares on every machine; `ringproof merge` puts the reports together."
    ),
]
