"""README says how much of the stand-in is known of the real platform, and says it truly."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.scenarios.test_fidelity import BEHAVIOURS

README = Path(__file__).parents[2] / "README.md"


def test_readme_counts_the_behaviours_by_their_evidence():
    count = Counter(behaviour["evidence"] for behaviour in BEHAVIOURS)
    known = f"{count['documented']} are documented, {count['observed']} observed"
    rest = f"{count['assumed']} assumed, and {count['own']} are extensions"
    text = " ".join(README.read_text(encoding="utf-8").split())
    found = re.findall(r"Of \d+ behaviours .*? are extensions", text)
    assert found == [f"Of {len(BEHAVIOURS)} behaviours {known}, {rest}"], "correct README.md"
