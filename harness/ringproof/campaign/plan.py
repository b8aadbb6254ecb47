"""What a campaign plays, where, and how long it waits for a cluster."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ringproof.campaign.folder import CampaignError as CampaignError
from ringproof.campaign.folder import fingerprint
from ringproof.triage.block import SEEDS_MAX


class ClusterDeadlines(msgspec.Struct, frozen=True, kw_only=True):
    """How long a cluster is waited for."""

    answers_s: float = 20
    """A scheduler that does not answer for so long is not there."""
    workers_s: float = 60
    """How long a cluster may be without any worker."""
    look_every_s: float = 1.0
    """Between two looks at the workers, while no block is finished."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign plays, where, and where it keeps its results."""

    sut: str
    start: int
    seeds: int
    folder: Path
    workers: int
    scheduler: str | None = None
    """Address of a dask scheduler; None starts processes on this machine."""
    fresh: bool = False
    """Take nothing over from an earlier campaign in the same folder."""
    block_seeds: int = SEEDS_MAX
    """Seeds of one block, at most."""
    digest: bool = False
    """Hash all traces; for tests of determinism."""
    deadlines: ClusterDeadlines = ClusterDeadlines()
    sources: str = msgspec.field(default_factory=fingerprint)
    """Fingerprint of the sources that results depend on: workers must have the same."""
