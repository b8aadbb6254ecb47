"""A leg that has no answer yet must not tell a browser that it can be reached."""

from __future__ import annotations

import asyncio

import pytest
from aioice import Candidate, Connection

from ringproof_fakeserver.media.early_checks import hold_early_checks


@pytest.fixture
async def pair():
    hold_early_checks()
    hold_early_checks()
    offerer = Connection(ice_controlling=True)
    answerer = Connection(ice_controlling=False)
    await asyncio.gather(offerer.gather_candidates(), answerer.gather_candidates())
    for candidate in offerer.local_candidates:
        await answerer.add_remote_candidate(Candidate.from_sdp(candidate.to_sdp()))
    await answerer.add_remote_candidate(None)
    answerer.remote_username, answerer.remote_password = (
        offerer.local_username,
        offerer.local_password,
    )
    yield offerer, answerer
    await asyncio.gather(offerer.close(), answerer.close())


async def test_checks_before_the_answer_are_replied_to_after_it(pair):
    offerer, answerer = pair
    connecting = asyncio.create_task(answerer.connect())
    done, _ = await asyncio.wait({connecting}, timeout=0.3)
    assert not done
    assert not any(check.state.name == "SUCCEEDED" for check in answerer._check_list)

    offerer.remote_username, offerer.remote_password = (
        answerer.local_username,
        answerer.local_password,
    )
    for candidate in answerer.local_candidates:
        await offerer.add_remote_candidate(Candidate.from_sdp(candidate.to_sdp()))
    await offerer.add_remote_candidate(None)
    # Well under the half second after which aioice would repeat its check.
    async with asyncio.timeout(0.15):
        await asyncio.gather(offerer.connect(), connecting)
