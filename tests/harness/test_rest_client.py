from __future__ import annotations

import pytest

from ringproof.rest_client import RestClient, RestFault
from ringproof.rest_requests import talk_script
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.protocol import sat
from ringproof_scenarios.model import Caller


async def test_one_reference_is_one_subscriber_with_fresh_tokens(rest: RestClient):
    first, token = await rest.token("somebody")
    again, other = await rest.token("somebody")
    assert first == again
    assert sat.peek(token).jti != sat.peek(other).jti


async def test_dial_carries_address_name_and_media(server: Server, rest: RestClient):
    await rest.token("callee")
    call = (await rest.dial(Caller(name="Zoë"), "/private/callee", talk_ms=None)).call
    assert server.exchange.call_object(call)["from"] == "/private/alice"
    assert server.exchange.call_object(call)["to"] == "/private/callee?channel=audio"
    await rest.end(call, "cancel")
    await rest.end(call, "cancel")  # ended meanwhile: no error
    await rest.update(call, talk_ms=0)
    assert server.exchange.call_state(call) == "ended"


async def test_refused_dial_is_a_fault_of_ours(rest: RestClient):
    with pytest.raises(RestFault, match="422"):
        await rest.dial(Caller(), "/private/nobody-has-this-name", talk_ms=None)


async def test_unreachable_server_is_a_fault_of_ours(server: Server):
    async with RestClient("https://127.0.0.1:9", "p", "t", server.ca_file) as rest:
        with pytest.raises(RestFault, match="ConnectError"):
            await rest.token("somebody")


@pytest.mark.parametrize(
    ("talk_ms", "main"),
    [
        (None, [{"answer": {}}, {"sleep": {"duration": -1}}]),
        (70, [{"answer": {}}, {"sleep": {"duration": 70}}, {"hangup": {}}]),
    ],
)
def test_talk_script(talk_ms: int | None, main: list):
    assert talk_script(talk_ms)["sections"]["main"] == main
