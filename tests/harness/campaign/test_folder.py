from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from ringproof.campaign.findings import ReducedBlock
from ringproof.campaign.folder import NAME, CampaignFolder, fingerprint
from ringproof.triage.block import Block, BlockResult


def block(start: int, stop: int = 0, **more) -> Block:
    return Block(sut="reference", start=start, stop=stop or start + 500, **more)


def line(start: int, **more) -> bytes:
    result = BlockResult(start=start, stop=start + 500, scenarios=500, **more)
    return msgspec.json.encode(ReducedBlock(result=result))


def opened(path: Path, sut: str) -> CampaignFolder:
    return CampaignFolder(path, sut, fingerprint())


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = opened(tmp_path / "campaign", "reference")
    for start in (0, 500, 1000):
        folder.add(line(start))
    return folder.path


def test_finished_blocks_are_there_again(kept: Path):
    folder = opened(kept, "reference")
    done = folder.done(block(500))
    assert done is not None
    assert done.result.start == 500
    assert folder.done(block(1500)) is None
    assert folder.done(block(0, 250)) is None
    assert not folder.stale


def test_torn_last_line_is_dropped_and_the_file_whole_again(kept: Path):
    file = kept / NAME
    file.write_bytes(file.read_bytes()[:-20])
    folder = opened(kept, "reference")
    assert folder.done(block(500)) is not None
    assert folder.done(block(1000)) is None
    folder.add(line(1000))
    again = opened(kept, "reference")
    assert all(again.done(block(start)) is not None for start in (0, 500, 1000))
    assert len(file.read_bytes().splitlines()) == 4


@pytest.mark.parametrize("content", [b"", b"not json\n", b'{"ringproof":"x"}\n', b"\xff\xfe"])
def test_file_that_is_no_campaign_is_begun_anew(tmp_path: Path, content: bytes):
    (tmp_path / NAME).write_bytes(content)
    folder = opened(tmp_path, "reference")
    assert folder.stale
    folder.add(line(0))
    assert opened(tmp_path, "reference").done(block(0)) is not None


def test_blocks_of_another_client_or_of_other_sources_are_not_taken_over(kept: Path):
    assert opened(kept, "mutant:some").done(block(0)) is None
    folder = opened(kept, "reference")
    assert folder.stale
    folder.add(line(0))
    assert CampaignFolder(kept, "reference", "changed").done(block(0)) is None


def test_block_without_a_digest_does_not_stand_for_one_with(kept: Path):
    folder = opened(kept, "reference")
    assert folder.done(block(0, digest=True)) is None
    folder.add(line(0, sha256="ab"))
    assert folder.done(block(0, digest=True)) is not None
    assert folder.done(block(0)) is not None


def test_cleared_folder_is_empty(kept: Path):
    opened(kept, "reference").clear()
    assert opened(kept, "reference").done(block(0)) is None


def test_fingerprint_is_of_the_sources():
    assert len(fingerprint()) == 64
    assert fingerprint() == fingerprint()
