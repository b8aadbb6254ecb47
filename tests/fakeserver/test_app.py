from __future__ import annotations

import asyncio
import logging
import os
import ssl
import subprocess
import sys
import time
import uuid
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest

from ringproof_fakeserver import tls
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config, default_state_dir
from ringproof_fakeserver.listener import bind
from ringproof_fakeserver.protocol import sat
from ringproof_fakeserver.protocol.events import PingRequested
from ringproof_fakeserver.protocol.journal import FrameFact, MediaFact
from ringproof_fakeserver.protocol.platform import Platform
from ringproof_fakeserver.sip_shell import SipShell
from tests.fakeserver.wire_client import dial, issue, open_socket, registered, rest, rings, trust


async def test_urls_lead_to_one_server(server):
    port = server.host_header.rpartition(":")[2]
    assert server.origin == f"https://fabric.ringproof.localhost:{port}"
    assert server.space_url == f"https://127.0.0.1:{port}"
    assert server.websocket_url == f"wss://127.0.0.1:{port}/"
    async with httpx.AsyncClient(verify=trust(server), trust_env=False) as client:
        pages = [(await client.get(url)).text for url in (server.space_url, server.http_url)]
    assert pages[0] == pages[1]


async def test_credentials_are_random_unless_given(state_dir: Path):
    async with (
        Server(Config(state_dir=state_dir)) as one,
        Server(Config(state_dir=state_dir)) as two,
    ):
        assert str(uuid.UUID(one.project)) == one.project
        assert one.project != two.project
        assert one.api_token != two.api_token
    given = Config(state_dir=state_dir, project="p", api_token="t")
    async with Server(given) as server:
        assert (server.project, server.api_token) == ("p", "t")
        await issue(server)


async def test_instances_side_by_side_share_nothing_but_the_authority(state_dir: Path):
    config = Config(state_dir=state_dir)
    async with Server(config) as one, Server(config) as two:
        assert one.ca_file.read_bytes() == two.ca_file.read_bytes()
        token = (await issue(one, "bob"))["token"]
        async with open_socket(two) as stranger:
            refused = await stranger.connect(token)
        assert refused["error"]["code"] == -32002
        async with registered(one, "bob") as first, registered(two, "bob") as second:
            await rings(one, first)
            assert await rings(two, second) not in str(first.events)
            assert "verto.invite" not in str(first.events + second.events)


CHILD = """
import asyncio, sys
from pathlib import Path
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

async def main():
    async with Server(Config(state_dir=Path(sys.argv[1]), project="p", api_token="t")) as server:
        print(server.space_url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    print("stopped", server.faults)

asyncio.run(main())
"""


async def test_processes_side_by_side_share_the_authority(tmp_path: Path):
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-c", CHILD, str(tmp_path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(3)
    ]
    urls = [(await child.stdout.readline()).decode().strip() for child in children]
    context = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    async with httpx.AsyncClient(verify=context, auth=("p", "t"), trust_env=False) as client:
        for url in urls:
            reply = await client.post(
                url + "/api/fabric/subscribers/tokens", json={"reference": "bob"}
            )
            assert reply.status_code == 200
    ends = [(await child.communicate(b"\n"))[0].decode().strip() for child in children]

    assert len(set(urls)) == 3
    assert ends == ["stopped ()"] * 3


async def test_coming_online_takes_as_long_as_it_is_told(state_dir: Path):
    clock = asyncio.get_running_loop().time
    async with Server(Config(state_dir=state_dir, online_delay_ms=200)) as server:
        token = (await issue(server, "bob"))["token"]
        async with open_socket(server) as client:
            await client.connect(token)
            asked_s = clock()
            assert (await client.online())["result"]["code"] == "200"
            assert clock() - asked_s >= 0.2


async def test_stopping_closes_sockets_with_1001(state_dir: Path):
    server = Server(Config(state_dir=state_dir))
    await server.__aenter__()
    issued = await issue(server, "bob")
    server.exchange.directory.subscriber(issued["subscriber_id"])
    async with registered(server, "bob") as bob, registered(server, "carol") as carol:
        await dial(server)
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        begin = time.monotonic()
        async with asyncio.TaskGroup() as group:
            codes = [group.create_task(client.closed()) for client in (bob, carol)]
            group.create_task(server.__aexit__(None, None, None))
        duration = time.monotonic() - begin

    assert [task.result() for task in codes] == [1001, 1001]
    assert duration < 10
    assert server.faults == ()


async def test_a_request_that_waits_does_not_hold_up_the_stop(state_dir: Path):

    server = Server(Config(state_dir=state_dir))
    await server.__aenter__()
    issued = await issue(server, "bob")
    server.exchange.set_platform(issued["subscriber_id"], Platform(lookup_delay_ms=60_000))
    async with rest(server, basic=False) as client:
        request = asyncio.ensure_future(
            client.get(
                "/api/fabric/addresses?name=bob",
                headers={"Authorization": f"Bearer {issued['token']}"},
            )
        )
        asked = asyncio.Event()
        server.watch(issued["subscriber_id"], lambda fact: asked.set())
        await asked.wait()
        begin = time.monotonic()
        await server.__aexit__(None, None, None)
        assert time.monotonic() - begin < 10
        assert (await request).status_code == 200


async def test_a_taken_port_is_an_error_and_leaves_nothing_behind(state_dir: Path):
    with bind("127.0.0.1", 0) as taken:
        config = Config(state_dir=state_dir, http_port=taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            async with Server(config):
                raise AssertionError("must not start")


async def test_a_damaged_authority_is_a_clear_error(tmp_path: Path):
    tls.prepare(tmp_path / "tls")
    (tmp_path / "tls" / "authority.pem").write_bytes(b"")
    with pytest.raises(tls.CertificateError):
        async with Server(Config(state_dir=tmp_path)):
            raise AssertionError("must not start")


OPEN = "listening on 0.0.0.0: anybody who reaches it can place calls"


@pytest.mark.parametrize(
    ("config", "warnings"),
    [
        (Config(), []),
        (Config(public_name="ringproof.example"), []),
        (
            Config(host="0.0.0.0"),
            [f"{OPEN}; without a public name, tokens lead each client to its own machine"],
        ),
        (Config(host="0.0.0.0", public_name="ringproof.example"), [OPEN]),
    ],
)
async def test_anything_but_loopback_is_warned_about(
    state_dir: Path, caplog, config: Config, warnings: list[str]
):
    caplog.set_level(logging.WARNING, "ringproof")
    async with Server(msgspec.structs.replace(config, state_dir=state_dir)):
        assert [record.getMessage() for record in caplog.records] == warnings


async def test_ipv6_loopback_is_in_the_urls(state_dir: Path):
    async with Server(Config(state_dir=state_dir, host="::1")) as server:
        port = server.host_header.rpartition(":")[2]
        assert server.space_url == f"https://[::1]:{port}"
        assert server.websocket_url == f"wss://[::1]:{port}/"
        async with httpx.AsyncClient(verify=trust(server), trust_env=False) as client:
            for url in (server.space_url, server.http_url):
                assert (await client.get(url)).status_code == 200


async def test_a_public_name_is_in_urls_tokens_and_certificate(state_dir: Path):
    config = Config(state_dir=state_dir, host="0.0.0.0", public_name="ringproof.example")
    async with Server(config) as server:
        port = int(server.websocket_url.removeprefix("wss://127.0.0.1:").removesuffix("/"))
        assert server.origin == f"https://fabric.ringproof.example:{port}"
        assert server.space_url == f"https://ringproof.example:{port}"
        basic = (server.project, server.api_token)
        async with httpx.AsyncClient(verify=trust(server), auth=basic, trust_env=False) as client:
            for name in ("ringproof.example", "fabric.ringproof.example"):
                issued = await client.post(
                    f"https://127.0.0.1:{port}/api/fabric/subscribers/tokens",
                    json={"reference": "bob"},
                    extensions={"sni_hostname": name},
                )
                header = jwt.get_unverified_header(issued.json()["token"])
                assert header["ch"] == f"fabric.ringproof.example:{port}"


@pytest.mark.parametrize("url", ["space_url", "http_url"])
@pytest.mark.parametrize("path", ["/", "/api/nothing"])
async def test_connection_close_is_honoured(server, url, path):
    """Some clients re-use a connection that the server is about to close, unless told."""
    async with httpx.AsyncClient(verify=trust(server), trust_env=False) as client:
        closing = await client.get(getattr(server, url) + path, headers={"Connection": "close"})
        keeping = await client.get(getattr(server, url) + path)
    assert closing.headers["connection"] == "close"
    assert "connection" not in keeping.headers


async def test_watchers_see_the_facts_of_their_subscriber_in_order(server):
    async with registered(server, "bob") as bob, registered(server, "carol") as carol:
        ids = {
            name: server.exchange.directory.by_reference(name).id  # type: ignore[union-attr]
            for name in ("bob", "carol")
        }
        # Without states about calls: their acknowledgements come after the replies.
        server.exchange.set_platform(ids["bob"], Platform(authorization_state="connect"))
        facts: list[object] = []
        everything: list[object] = []
        stop = server.watch(ids["bob"], facts.append)
        server.watch("*", everything.append)
        await rings(server, bob, "/private/bob")
        before = len(facts)
        await rings(server, carol, "/private/carol")
        assert len(facts) == before
        stop()
        stop()
        await rings(server, bob, "/private/bob")

    assert len(facts) == before
    assert {fact.subscriber for fact in facts} == {ids["bob"]}  # type: ignore[attr-defined]
    methods = [fact.method for fact in facts if isinstance(fact, FrameFact)]
    assert methods[0] == "verto.invite"
    assert "verto.bye" in methods
    assert len(everything) > 2 * len(facts)


async def test_a_ping_proves_that_all_before_it_was_read(server):
    issued = await issue(server, "bob")
    facts: list[FrameFact] = []
    answered = asyncio.Event()

    def note(fact: object) -> None:
        if isinstance(fact, FrameFact) and fact.detail.get("ping") == "barrier":
            facts.append(fact)
            if fact.kind == "result":
                answered.set()

    server.watch(issued["subscriber_id"], note)
    async with open_socket(server) as bob:
        await bob.connect(issued["token"])
        await bob.online()
        server.dispatch(PingRequested(sat.peek(issued["token"]).jti, "barrier"))
        while (frame := await bob.receive())["method"] != "signalwire.ping":
            pass
        await bob.send({"jsonrpc": "2.0", "id": frame["id"], "result": {"timestamp": 1}})
        await answered.wait()

    assert [(fact.kind, fact.method) for fact in facts] == [
        ("request", "signalwire.ping"),
        ("result", "signalwire.ping"),
    ]


async def test_packets_are_counted_on_demand(server):
    async with registered(server, "bob") as bob:
        subscriber = server.exchange.directory.by_reference("bob")
        facts: list[MediaFact] = []
        server.watch(
            subscriber.id, lambda fact: facts.append(fact) if isinstance(fact, MediaFact) else None
        )
        await dial(server, "/private/bob?channel=audio")
        invite = await bob.event("verto.invite")
        await bob.answer(invite["callID"])
        await server.count_packets(invite["callID"])
        await server.count_packets("unknown")

    assert [(fact.state, fact.real) for fact in facts][-1] == ("packets", False)
    assert facts[-1].sent == {"audio": 1}


def test_the_default_state_folder_is_per_user(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_dir() == tmp_path / "ringproof"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_state_dir() == Path("/home/somebody/.local/state/ringproof")


MEASURE = """
import asyncio, resource, sys, time
from pathlib import Path
from ringproof_fakeserver.app import Server
from ringproof_fakeserver.config import Config

async def main():
    async with Server(Config(state_dir=Path(sys.argv[1]))):
        seconds = time.process_time()
        try:
            status = dict(line.split(":") for line in Path("/proc/self/status").open())
            kilobytes = status["VmHWM"].split()[0]
        except FileNotFoundError:
            # Not Linux. (There, this figure begins with what the parent used before the exec.)
            kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(seconds, kilobytes)
        print("aiortc" in sys.modules, "av" in sys.modules, "numpy" in sys.modules)

asyncio.run(main())
"""


def test_a_start_is_quick_and_small(tmp_path: Path):
    """Under 3 s of processor time and 90 MB, certificates included: 0.3 s and 50 MB measured."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    numbers, modules = ran.stdout.splitlines()
    seconds, kilobytes = (float(number) for number in numbers.split())
    assert seconds < 3.0
    assert kilobytes < 90 * 1024
    assert modules == "False False False"


async def test_connected_sessions_are_pinged_again_and_again(state_dir: Path):
    async with (
        Server(Config(state_dir=state_dir, ping_every_s=0.02)) as server,
        # This client answers no ping, and the test is about those that are sent.
        registered(server, "bob", Platform(unanswered_pings=0)) as client,
    ):
        pings = 0
        while pings < 3:
            pings += (await client.receive()).get("method") == "signalwire.ping"
        assert len(server.exchange.attached()) == 1
    assert server.exchange.attached() == ()


async def test_socket_whose_pings_stay_unanswered_is_dropped(state_dir: Path):
    config = Config(state_dir=state_dir, ping_every_s=0.02, pong_within_s=0.03)
    async with Server(config) as server, registered(server, "bob") as client:
        await client.socket.wait_closed()
        assert server.exchange.attached() == ()


async def test_sip_that_could_not_be_opened_has_no_address(
    state_dir: Path, monkeypatch: pytest.MonkeyPatch
):
    async def fail(shell: SipShell, sockets: object) -> None:
        raise OSError("no port")

    async with Server(Config(state_dir=state_dir)) as server:
        with monkeypatch.context() as broken:
            broken.setattr(SipShell, "open", fail)
            with pytest.raises(OSError, match="no port"):
                await server.open_sip()
            assert server.sip_address is None
        assert await server.open_sip() == server.sip_address
