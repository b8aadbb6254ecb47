from __future__ import annotations

from aioice import ice

from ringproof_fakeserver.media import addresses


def test_machine_with_an_interface_uses_its_addresses(monkeypatch):
    monkeypatch.setattr(addresses, "_other_addresses", lambda ipv4, ipv6: ["192.0.2.2"])
    assert addresses.host_addresses(True, True) == ["192.0.2.2"]


def test_machine_without_any_falls_back_on_loopback(monkeypatch):
    monkeypatch.setattr(addresses, "_other_addresses", lambda ipv4, ipv6: [])
    assert addresses.host_addresses(True, False) == ["127.0.0.1"]
    assert addresses.host_addresses(False, True) == []


def test_aioice_asks_us(monkeypatch):
    monkeypatch.setattr(ice, "get_host_addresses", None)
    addresses.allow_loopback_alone()
    assert ice.get_host_addresses is addresses.host_addresses
