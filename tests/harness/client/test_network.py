"""The shell against a stub: TLS by name, resume, orderly and disorderly ends."""

import asyncio

import pytest
import trustme

from ringproof.client import commands as c
from ringproof.client.client import Client
from ringproof.client.network import OUTBOX_FRAMES, Limits
from ringproof.client.promise import CredentialError, RegistrationError

from .changes import Changes
from .stub import NAME, Stub


@pytest.fixture
async def stub(tmp_path):
    async with Stub(tmp_path / "ca.pem").running() as stub:
        yield stub


@pytest.fixture
async def client(stub):
    client = Client(stub.token, ca_file=stub.ca_file, real_media=False)
    yield client
    await client.vanish()


async def ringing(client):
    """Wait for a call in the list."""
    changes = Changes()
    client.incoming_calls.subscribe(changes.notify)
    await changes.until(lambda: client.incoming_calls.latest)
    return client.incoming_calls.latest[0]


async def reported(client, times=1):
    """Wait until the client has reported this many errors, and return the first."""
    changes, errors = Changes(), []
    client.errors.subscribe(errors.append)
    client.errors.subscribe(changes.notify)
    await changes.until(lambda: len(errors) >= times)
    return errors[0]


async def test_client_connects_under_the_name_in_its_token(stub, client):
    await client.register()
    assert stub.hosts == [f"{NAME}:{stub.port}"]
    connect = await stub.request("signalwire.connect")
    assert connect["authentication"] == {"jwt_token": stub.token}


async def test_construction_alone_brings_the_client_online(stub, client):
    await stub.request("subscriber.online")


async def test_unknown_authority_is_reported_and_not_trusted(stub, tmp_path):
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    client = Client(stub.token, ca_file=other, real_media=False)
    waiting = client.register()
    assert "CERTIFICATE_VERIFY_FAILED" in (await reported(client)).text
    await client.vanish()
    with pytest.raises(RegistrationError, match="gone"):
        await waiting
    assert stub.hosts == []


async def test_token_without_a_host_is_refused_at_once():
    with pytest.raises(CredentialError):
        Client("nonsense")


async def test_lost_socket_is_resumed_with_its_calls(stub, client):
    await client.register()
    await stub.invite()
    call = await ringing(client)
    await stub.request("subscriber.online")
    stub.socket.transport.abort()
    resumed = await stub.request("signalwire.connect")
    assert (resumed["protocol"], resumed["authorization_state"]) == ("p1", "as-1")
    await stub.request("subscriber.online")
    assert call.status == "ringing"
    await call.reject()
    assert call.status == "destroyed"


async def test_closing_says_goodbye_in_order(stub, client):
    await client.register()
    await stub.invite()
    await ringing(client)
    await client.close()
    bye = await stub.request("webrtc.verto")
    assert bye["message"]["method"] == "verto.bye"
    await stub.request("subscriber.offline")
    assert await stub.code() == 1000
    await client.close()


async def test_vanishing_during_a_call_says_bye_first(stub, client):
    await client.register()
    await stub.invite()
    call = await ringing(client)
    call.answer()
    answer = await stub.request("webrtc.verto")
    assert answer["message"]["method"] == "verto.answer"
    await client.vanish()
    bye = await stub.request("webrtc.verto")
    assert bye["message"]["method"] == "verto.bye"
    assert await stub.code() == 1001


async def test_vanishing_says_no_more_than_a_closed_page(stub, client):
    await client.register()
    await stub.request("subscriber.online")
    await client.vanish()
    assert await stub.code() == 1001
    assert all("result" in stub.frames.get_nowait() for _ in range(stub.frames.qsize()))
    call = client.register()
    with pytest.raises(RegistrationError):
        await call


async def test_closing_does_not_wait_for_a_deaf_platform(stub):
    limits = Limits(close_s=0.05)
    client = Client(stub.token, ca_file=stub.ca_file, real_media=False, limits=limits)
    await client.register()
    stub.socket.transport.pause_reading()
    async with asyncio.timeout(10):
        await client.vanish()


async def test_closing_does_not_wait_for_a_socket_that_is_being_retried(tmp_path):
    async with Stub(tmp_path / "ca.pem").running() as stub:
        token = stub.token
    client = Client(token, ca_file=stub.ca_file, real_media=False)
    await reported(client, times=3)
    async with asyncio.timeout(10):
        await client.close()


async def test_silent_directory_does_not_silence_a_call(stub):
    """The stub is no web server: the look-up fails or hangs, and the call rings all the same."""
    limits = Limits(lookup_s=0.05)
    async with Client(stub.token, ca_file=stub.ca_file, real_media=False, limits=limits) as client:
        await client.register()
        await stub.invite()
        await ringing(client)


async def test_server_that_takes_nothing_is_left_and_found_again(stub, client):
    await client.register()
    await stub.request("signalwire.connect")
    for _ in range(OUTBOX_FRAMES + 1):
        client._network.perform(c.SendFrame('{"jsonrpc":"2.0","id":"x","result":{}}'))
    assert (await stub.request("signalwire.connect"))["protocol"] == "p1"


async def test_failing_subscriber_reaches_the_loops_handler(stub, client):
    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))

    def fail(calls):
        raise ValueError("mine")

    client.incoming_calls.subscribe(fail)
    assert [str(context["exception"]) for context in seen] == ["mine"]


async def test_client_is_a_context_manager(stub):
    async with Client(stub.token, ca_file=stub.ca_file, real_media=False) as client:
        await client.register()
    assert await stub.code() == 1000
