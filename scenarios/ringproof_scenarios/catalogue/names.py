"""What a caller may be called: nothing, the placeholder, any script, any length, markup."""

from __future__ import annotations

from ringproof_scenarios.model import Caller, Scenario

LONG = "Alexandra of the very long name " * 32
"""1,024 characters: longer than any field of a telephone display."""

_NAMES: tuple[tuple[str, str | None], ...] = (
    ("none", None),
    ("empty", ""),
    ("placeholder-itself", "_undef_"),
    ("very-long", LONG),
    ("right-to-left", "ليلى בת־שבע"),
    ("emoji", "👩‍🚒 Zoë 🇫🇷"),
    ("markup", "<b onmouseover=\"alert('x')\">R&amp;D</b> & Söhne"),
    ("quotes-and-escapes", 'Dwayne "The\\Rock" O\'Neill\t\u2028 %s {0} ${x}'),
    ("spaces", "   "),
    ("combining", "Ａ\u0301ngel e\u0301 n\u0303"),
    ("looks-like-null", "null"),
)

SCENARIOS = tuple(
    Scenario(
        name=f"names/{case}",
        callers=(Caller(address="/private/carol", name=name, patience_ms=40),),
    )
    for case, name in _NAMES
)
