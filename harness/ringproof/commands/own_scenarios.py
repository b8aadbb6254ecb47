"""A project's own catalogue: ``ringproof-scenarios/*.json`` below the working directory.

Each file is one scenario with its name, as ``ringproof replay … --add NAME`` writes it. ``run``
plays them with the built-in catalogue; ``replay`` and ``--only`` take them by name.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ringproof.commands.errors import UsageStop, writing
from ringproof.report import atomic
from ringproof_scenarios import catalogue
from ringproof_scenarios.model import Scenario, ScenarioError, from_json, to_json
from ringproof_scenarios.text_file import EncodingError, decoded

FOLDER = Path("ringproof-scenarios")
NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*")


def load() -> tuple[Scenario, ...]:
    """Return the project's scenarios, in the order of their files; none without a folder.

    Raises ``UsageStop`` for a file that is no scenario, has no name, or one that is taken.
    """
    taken = {scenario.name for scenario in catalogue.all()}
    loaded = []
    for path in sorted(FOLDER.glob("*.json")):
        try:
            scenario = from_json(decoded(path.read_bytes()))
        except (OSError, EncodingError, ScenarioError) as error:
            raise UsageStop(f"{path}: {error}") from error
        if not NAME.fullmatch(scenario.name):
            raise UsageStop(f'{path}: "name" has to be words-with-hyphens/joined-by-slashes')
        if scenario.name in taken:
            raise UsageStop(f"{path}: there is another scenario called {scenario.name!r}")
        taken.add(scenario.name)
        loaded.append(scenario)
    return tuple(loaded)


def add(scenario: Scenario, name: str) -> Path:
    """Write a scenario into the project's catalogue and return its file. Raises ``Stop``."""
    if not NAME.fullmatch(name):
        raise UsageStop(f"--add {name!r}: a name is words-with-hyphens/joined-by-slashes")
    path = FOLDER / f"{name.replace('/', '--')}.json"
    if path.exists() or name in {known.name for known in everything()}:
        raise UsageStop(f"--add {name}: there is a scenario of that name; choose another one")
    named = msgspec.structs.replace(scenario, name=name)
    with writing("--add", name):
        atomic.write(path, msgspec.json.format(to_json(named), indent=2) + b"\n")
    return path


def everything() -> tuple[Scenario, ...]:
    """Return the built-in catalogue, then the project's own. Raises ``UsageStop``."""
    return (*catalogue.all(), *load())
