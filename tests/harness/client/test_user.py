"""What the reference client tells of its user, and the token that its app hands over."""

from __future__ import annotations

import pytest

from ringproof.client.client import Client
from ringproof.client.user import Address, Users
from ringproof_fakeserver.app import Server

ADDRESS = {"name": "bob", "channels": {"audio": "/private/bob?channel=audio"}, "id": "1"}


def test_user_is_read_with_the_addresses_in_their_order():
    body = {"display_name": "Bob", "fabric_addresses": [ADDRESS, {**ADDRESS, "name": "alias"}]}
    user = Users().read(body)
    assert user.display_name == "Bob"
    assert user.addresses[0] == Address("bob", {"audio": "/private/bob?channel=audio"})
    assert [one.name for one in user.addresses] == ["bob", "alias"]


@pytest.mark.parametrize("body", [{}, {"fabric_addresses": None}, {"fabric_addresses": [{}]}])
def test_what_tells_of_no_user_is_refused(body: dict):
    with pytest.raises(ValueError, match="told of no user"):
        Users().read(body)


async def test_user_over_rest_with_a_second_token(server: Server, rest):
    id, token = await rest.token("bob", display_name="Bob")
    _, other = await rest.token("bob")
    options = {"url": server.websocket_url, "rest_url": server.space_url}
    async with Client(token, ca_file=server.ca_file, real_media=False, **options) as client:
        await client.register()
        client.renew(other)
        user = await client.user()
        assert user.display_name == "Bob"
        uris = [address.uri for address in server.exchange.directory.subscriber(id).addresses]
        assert [one.channels["audio"] for one in user.addresses] == [
            f"{uri}?channel=audio" for uri in uris
        ]
