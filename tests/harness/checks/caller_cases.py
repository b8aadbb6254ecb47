"""Cases of the caller family."""

from __future__ import annotations

from typing import Any

from tests.harness.checks.cases import Cases
from tests.harness.checks.trace_builder import A, B, start

NO_CALL = {"no call": start().settled(), "a ghost": start().calls(A)}


def _shown(invite: dict[str, Any] | None = None, **entry: Any):
    return start().invite(A, **(invite or {})).calls(A, **entry)


def _unnamed(display: str | None, features: tuple[str, ...] = ("display_name",)):
    return start(features=features).invite(A, name="_undef_").calls(A, display=display)


CASES = {
    "caller/direction": Cases(
        passes={"inbound": _shown()},
        breaks={
            "outbound": (_shown(direction="outbound"), "expected 'inbound'; saw 'outbound'"),
            "absent": (_shown(direction=None), "saw None"),
        },
        not_exercised=NO_CALL,
    ),
    "caller/from": Cases(
        passes={"as sent": _shown({"from_": "sip:alice@sip.example.com"})},
        breaks={"cut": (_shown(from_="alice"), "from: expected '/private/alice'; saw 'alice'")},
        not_exercised=NO_CALL,
    ),
    "caller/from-name": Cases(
        passes={
            "as sent": _shown({"name": "👩‍🚒 Zoë"}),
            "very long": _shown({"name": "x" * 2_000}),
            "spaces": _shown({"name": "   "}),
        },
        breaks={
            "escaped": (
                _shown({"name": "<b>R&D</b>"}, from_name="&lt;b&gt;R&amp;D"),
                "from_name: expected '<b>R&D</b>'; saw '&lt;b",
            ),
            "cut": (_shown({"name": "x" * 2_000}, from_name="x"), "… (2002 characters); saw 'x'"),
        },
        not_exercised={**NO_CALL, "no name": _shown({"name": "_undef_"}, from_name="Nobody")},
    ),
    "caller/undef-name": Cases(
        passes={
            "placeholder": _shown({"name": "_undef_"}),
            "absent": _shown({"name": "_undef_"}, from_name=None),
            "empty": _shown({"name": ""}),
        },
        breaks={
            "made up": (_shown({"name": "_undef_"}, from_name="Unknown"), "saw 'Unknown'"),
            "empty, made up": (_shown({"name": ""}, from_name="Anonymous"), "saw 'Anonymous'"),
        },
        not_exercised={**NO_CALL, "has a name": _shown()},
    ),
    "caller/display-fallback": Cases(
        passes={"the address": _unnamed("/private/alice")},
        breaks={
            "the placeholder": (_unnamed("_undef_"), "saw '_undef_'"),
            "nothing": (_unnamed(None), "display: expected '/private/alice'; saw None"),
        },
        not_exercised={
            **NO_CALL,
            "no such feature": _unnamed(None, features=()),
            "has a name": start(features=("display_name",)).invite(A).calls(A, display="Alice"),
        },
    ),
    "caller/to-alias": Cases(
        passes={"alias": _shown({"to": "/private/bob-office"})},
        breaks={
            "the first address": (
                _shown({"to": "/private/bob-office"}, to="/private/bob"),
                "to: expected '/private/bob-office'; saw '/private/bob'",
            ),
        },
        not_exercised=NO_CALL,
    ),
    "caller/identity-stable": Cases(
        passes={"twice the same": start().ringing(A).ringing(B, beside=(A,))},
        breaks={
            "the name goes": (
                start().ringing(A).calls(A, from_name=None),
                "from_name changed from 'Alice' to None",
            ),
            "address and direction change": (
                start().ringing(A).calls(A, to="/private/x", direction="outbound"),
                "to changed from '/private/bob' to '/private/x'; direction changed from",
            ),
        },
        not_exercised={"listed once": start().ringing(A).gave_up()},
    ),
}
