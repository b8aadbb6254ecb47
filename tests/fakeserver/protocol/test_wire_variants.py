"""Each platform variant changes something that is seen outside the stand-in."""

from __future__ import annotations

import msgspec
import pytest

from ringproof_fakeserver.protocol.platform import Platform
from tests.fakeserver.protocol.wire_variants import WIRE


def test_every_variant_has_a_row() -> None:
    assert sorted(WIRE) == sorted(Platform.__struct_fields__), "add the row to wire_variants.py"


@pytest.mark.parametrize("variant", WIRE)
def test_variant_alone_changes_the_wire(variant: str) -> None:
    row = WIRE[variant]
    without, changed = map(msgspec.structs.asdict, (row.without, row.changed))
    assert {name for name in without if without[name] != changed[name]} == {variant}
    seen = row.play(row.without)
    assert seen, "the events must lead to frames also without the variant"
    assert row.play(row.without) == seen, "the same events must give the same frames"
    assert row.play(row.changed) != seen
