"""Fault injection over real sockets: the shells perform the changed commands."""

from __future__ import annotations

import httpx

from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol import sat, sdp
from ringproof_fakeserver.protocol.events import CutRequested, FaultsPlanned
from ringproof_fakeserver.protocol.faults import Rule
from ringproof_fakeserver.protocol.journal import FaultFact
from tests.fakeserver.wire_client import dial, issue, open_socket, trust


async def test_cut_socket_has_no_close_frame_and_its_session_waits(
    server: Server,
) -> None:
    issued = await issue(server)
    session = sat.peek(issued["token"]).jti
    async with open_socket(server) as client:
        await client.connect(issued["token"])
        server.dispatch(CutRequested(session, back_ms=0, resume=True))
        assert await client.closed() == 1006
    async with open_socket(server) as client:
        assert "result" in await client.connect(issued["token"])


async def test_client_that_comes_back_too_early_is_cut_again(server: Server) -> None:
    issued = await issue(server)
    session = sat.peek(issued["token"]).jti
    server.dispatch(CutRequested(session, back_ms=60_000, resume=True))
    async with open_socket(server) as client:
        params = {"authentication": {"jwt_token": issued["token"]}}
        connect = {"jsonrpc": "2.0", "id": "1", "method": "signalwire.connect", "params": params}
        await client.send(connect)
        assert await client.closed() == 1006


async def test_call_known_by_its_label_loses_its_invite(server: Server) -> None:
    issued = await issue(server)
    server.set_media(issued["subscriber_id"], real=False)
    session = sat.peek(issued["token"]).jti
    rule = Rule(what="drop", point="invite", call="unlucky")
    server.dispatch(FaultsPlanned(session, (rule,)))
    facts: list[FaultFact] = []
    stop = server.watch(issued["subscriber_id"], lambda fact: _keep(fact, facts))
    async with open_socket(server) as client:
        await client.connect(issued["token"])
        await client.online()
        await dial(server, label="unlucky")
        await dial(server, label="lucky", from_name="Lucky")
        invite = await client.event("verto.invite")
        assert invite["caller_id_name"] == "Lucky"
    stop()
    assert [(fact.what, fact.point) for fact in facts] == [("drop", "invite")]


def _keep(fact: object, facts: list[FaultFact]) -> None:
    if isinstance(fact, FaultFact):
        facts.append(fact)


async def test_directory_fails_for_the_session_of_its_rule(server: Server) -> None:
    first, second = await issue(server), await issue(server)
    session = sat.peek(first["token"]).jti
    server.dispatch(FaultsPlanned(session, (Rule(what="fail", point="look-up", code=500),)))
    async with httpx.AsyncClient(
        base_url=server.space_url, verify=trust(server), trust_env=False
    ) as rest:
        statuses = []
        for issued in (second, first, first):
            reply = await rest.get(
                "/api/fabric/addresses",
                params={"name": "/private/bob"},
                headers={"Authorization": f"Bearer {issued['token']}"},
            )
            statuses.append(reply.status_code)
    assert statuses == [200, 500, 200]


async def test_dead_media_is_offered_and_answered_and_never_connects(server: Server) -> None:
    issued = await issue(server)
    server.set_media(issued["subscriber_id"], real=False)
    session = sat.peek(issued["token"]).jti
    server.dispatch(FaultsPlanned(session, (Rule(what="fail", point="media"),)))
    states: list[str] = []
    stop = server.watch(
        issued["subscriber_id"],
        lambda fact: states.append(fact.state) if type(fact).__name__ == "MediaFact" else None,
    )
    async with open_socket(server) as client:
        await client.connect(issued["token"])
        await client.online()
        await dial(server)
        invite = await client.event("verto.invite")
        assert not sdp.is_reachable(invite["sdp"])
        reply = await client.answer(invite["callID"])
        assert "error" not in reply["result"]["result"]
        await client.bye(invite["callID"])
    stop()
    assert states == []
