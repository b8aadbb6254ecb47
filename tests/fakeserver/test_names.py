from __future__ import annotations

import pytest

from ringproof_fakeserver.names import FABRIC_HOST, Names, public_name
from ringproof_fakeserver.protocol.settings import REACHED


@pytest.mark.parametrize(
    ("host", "name", "fabric", "shown", "address"),
    [
        ("127.0.0.1", None, FABRIC_HOST, "127.0.0.1", "127.0.0.1"),
        ("::1", None, FABRIC_HOST, "[::1]", "[::1]"),
        ("0.0.0.0", None, FABRIC_HOST, "127.0.0.1", "127.0.0.1"),
        ("::", None, FABRIC_HOST, "[::1]", "[::1]"),
        ("192.0.2.5", None, FABRIC_HOST, "192.0.2.5", "192.0.2.5"),
        ("0.0.0.0", "a.example", "fabric.a.example", "a.example", "127.0.0.1"),
        ("192.0.2.5", "fabric.a.example", "fabric.a.example", "fabric.a.example", "192.0.2.5"),
        ("192.0.2.5", "fabricated.example", "fabric.fabricated.example", "fabricated.example",
         "192.0.2.5"),
    ],
)  # fmt: skip
def test_where_clients_are_led(host, name, fabric, shown, address):
    names = Names(host, name)
    assert (names.fabric_host, names.shown, names.address) == (fabric, shown, address)


@pytest.mark.parametrize(
    ("host", "name", "more"),
    [
        ("127.0.0.1", None, ()),
        ("::", None, ()),
        ("192.0.2.5", None, ("192.0.2.5",)),
        ("127.0.0.9", None, ("127.0.0.9",)),
        ("0.0.0.0", "a.example", ("a.example", "fabric.a.example")),
        ("2001:db8::5", "fabric.b", ("fabric.b", "2001:db8::5")),
    ],
)
def test_certificate_has_what_was_bound_and_both_public_names(host, name, more):
    assert Names(host, name).certificate == more


@pytest.mark.parametrize(
    ("host", "name", "stun"),
    [
        ("127.0.0.1", None, ("127.0.0.1", "127.0.0.1")),
        ("::1", None, ("127.0.0.1", "127.0.0.1")),
        ("localhost", None, ("127.0.0.1", "127.0.0.1")),
        ("0.0.0.0", None, ("0.0.0.0", REACHED)),
        ("::", None, ("::", REACHED)),
        ("192.0.2.5", None, ("192.0.2.5", "192.0.2.5")),
        ("2001:db8::5", None, ("2001:db8::5", "[2001:db8::5]")),
        ("::", "a.example", ("::", REACHED)),
        ("192.0.2.5", "a.example", ("192.0.2.5", "192.0.2.5")),
    ],
)
def test_stun_is_where_clients_are_led(host, name, stun):
    assert Names(host, name).stun == stun


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_loopback_is_known_in_every_spelling(host):
    assert Names(host).is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.5", "machine.example"])
def test_all_else_is_open_to_other_machines(host):
    assert not Names(host).is_loopback


@pytest.mark.parametrize(
    ("text", "name"),
    [("Ring.Example", "ring.example"), ("box", "box"), ("fabric.a-b.c", "fabric.a-b.c")],
)
def test_a_public_name_is_kept_in_lower_case(text, name):
    assert public_name(text) == name


@pytest.mark.parametrize("text", ["192.0.2.5", "2001:db8::5", "[2001:db8::5]", "a.7"])
def test_an_address_is_no_public_name(text):
    with pytest.raises(ValueError, match=r"that is an address, .*: give a name"):
        public_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example:8443",
        "https://a.example",
        "a_b.example",
        "-a",
        "a..b",
        "a/b",
        "*.a",
        "é.example",
        "a." * 124 + "a",
    ],
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(ValueError, match="give a DNS name without a scheme or a port"):
        public_name(text)
