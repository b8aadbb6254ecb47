"""Platform variants name what differs from the default."""

from __future__ import annotations

from ringproof_fakeserver.protocol.platform import Platform


def test_default_has_no_variants() -> None:
    assert Platform().variants() == ()
    assert repr(Platform()) == "Platform()"
    assert repr(Platform(ring_ms=int("60000"))) == "Platform()", "equal, and another object"


def test_what_differs_is_named_as_python() -> None:
    platform = Platform(bye_echo=True, ring_ms=500)
    assert platform.variants() == ("bye_echo=True", "ring_ms=500")
    assert repr(platform) == "Platform(bye_echo=True, ring_ms=500)"
