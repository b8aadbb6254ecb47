"""The directory: who is found, under which name."""

from __future__ import annotations

import pytest

from ringproof_fakeserver.protocol.directory import Directory, slug
from ringproof_fakeserver.protocol.errors import LocalError
from ringproof_fakeserver.protocol.resource_kinds import CONFERENCE_ROOM

NOW_MS = 1_767_225_600_000


@pytest.fixture
def directory() -> Directory:
    """An empty directory."""
    return Directory()


class TestSubscribers:
    """Found or created by reference."""

    def test_one_reference_is_one_subscriber(self, directory: Directory) -> None:
        first = directory.find_or_create("bob@example.com", {}, NOW_MS)
        second = directory.find_or_create("bob@example.com", {}, NOW_MS + 5)
        assert first is second
        assert list(directory.addresses()) == first.addresses
        assert directory.subscriber(first.id) is first
        assert directory.by_reference("bob@example.com") is first

    def test_nobody_is_none(self, directory: Directory) -> None:
        assert directory.subscriber("x") is None
        assert directory.by_reference("x") is None
        assert directory.address("x") is None
        assert directory.by_name("x") is None

    def test_ids_follow_from_the_reference(self, directory: Directory) -> None:
        assert directory.find_or_create("a", {}, 0).id == Directory().find_or_create("a", {}, 0).id

    def test_profile_is_overwritten_by_the_latest(self, directory: Directory) -> None:
        directory.find_or_create("bob@example.com", {"job_title": "cook", "shoe": "42"}, NOW_MS)
        bob = directory.find_or_create("bob@example.com", {"job_title": "chef"}, NOW_MS)
        assert bob.profile == {"email": "bob@example.com", "job_title": "chef"}

    def test_new_display_name_shows_in_the_addresses(self, directory: Directory) -> None:
        bob = directory.find_or_create("bob", {}, NOW_MS)
        assert bob.display_name == "bob"
        directory.find_or_create("bob", {"display_name": "Robert"}, NOW_MS)
        assert bob.display_name == "Robert"
        address = directory.by_name("bob")
        assert address is not None
        assert address.display_name == "Robert"
        assert bob.addresses == [address] == [directory.address(address.id)]


class TestNames:
    """Slugs, unique."""

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("John Doe", "john-doe"),
            ("  Jöhn/D'oe ", "john-d-oe"),
            ("نور", "نور"),
            ("🎺", "subscriber"),
            ("", "subscriber"),
            ("a_b.c", "a_b-c"),
            ("john.doe", "john-doe"),
            ("x" * 200, "x" * 64),
        ],
    )
    def test_slug(self, text: str, name: str) -> None:
        assert slug(text) == name

    def test_name_comes_from_the_display_name_or_the_reference(self, directory: Directory) -> None:
        bob = directory.find_or_create("bob@example.com", {}, NOW_MS)
        john = directory.find_or_create("x@example.com", {"display_name": "John Doe"}, NOW_MS)
        guide = directory.find_or_create("jane.doe@example.com", {}, NOW_MS)
        assert bob.addresses[0].uri == "/private/bob"
        assert guide.addresses[0].uri == "/private/jane-doe"
        assert john.addresses[0].uri == "/private/john-doe"

    def test_second_bob_gets_a_number(self, directory: Directory) -> None:
        names = [
            directory.find_or_create(f"bob@{domain}", {}, NOW_MS).addresses[0].name
            for domain in ("a", "b", "c")
        ]
        assert names == ["bob", "bob-2", "bob-3"]


class TestResolving:
    """An address leads to its subscriber."""

    @pytest.mark.parametrize(
        "uri",
        ["/private/bob", "/private/bob?channel=audio", "/bob", "bob", "/Bob", "/private/b%6Fb"],
    )
    def test_address_is_found(self, directory: Directory, uri: str) -> None:
        bob = directory.find_or_create("bob", {}, NOW_MS)
        assert directory.resolve(uri) is bob
        assert directory.by_name(uri) is bob.addresses[0]

    @pytest.mark.parametrize("uri", ["", "/", "/public/bob", "bobby", "+15550001111", "sip:bob@x"])
    def test_nothing_else_is(self, directory: Directory, uri: str) -> None:
        directory.find_or_create("bob", {}, NOW_MS)
        assert directory.resolve(uri) is None

    def test_private_addresses_are_those_of_subscribers(self, directory: Directory) -> None:
        kind, given = CONFERENCE_ROOM, {"name": "standup"}
        room = directory.publish(directory.resources.create(kind, given, ("r", "i"), NOW_MS))
        for uri in ("standup", "/public/standup", "standup?channel=audio"):
            assert directory.by_name(uri) is room
        assert directory.by_name("/private/standup") is None


class TestAliases:
    """A subscriber may have several addresses."""

    def test_alias_leads_to_the_same_subscriber(self, directory: Directory) -> None:
        bob = directory.find_or_create("bob", {}, NOW_MS)
        alias = directory.add_address(bob.id, "Sales Desk")
        assert alias.uri == "/private/sales-desk"
        assert directory.resolve(alias.uri) is bob
        assert directory.by_name(alias.uri) is alias
        assert [address.name for address in directory.addresses()] == ["bob", "sales-desk"]
        assert directory.add_address(bob.id, "sales-desk") is alias

    def test_alias_of_another_is_refused(self, directory: Directory) -> None:
        directory.find_or_create("bob", {}, NOW_MS)
        carol = directory.find_or_create("carol", {}, NOW_MS)
        with pytest.raises(LocalError, match="belongs to another"):
            directory.add_address(carol.id, "bob")

    def test_alias_of_nobody_is_refused(self, directory: Directory) -> None:
        with pytest.raises(LocalError, match="no subscriber"):
            directory.add_address("nobody", "bob")


def test_address_object_has_the_documented_shape(directory: Directory) -> None:
    bob = directory.find_or_create("bob", {"display_name": "Bob Z"}, NOW_MS)
    address = bob.addresses[0]
    assert address.as_json() == {
        "id": address.id,
        "resource_id": bob.id,
        "name": "bob-z",
        "display_name": "Bob Z",
        "type": "subscriber",
        "cover_url": None,
        "preview_url": None,
        "locked": False,
        "channels": {
            "audio": "/private/bob-z?channel=audio",
            "video": "/private/bob-z?channel=video",
            "messaging": "/private/bob-z?channel=messaging",
        },
        "created_at": "2026-01-01T00:00:00Z",
    }
