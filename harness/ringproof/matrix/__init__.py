"""Several clients on the same scenarios: where their verdicts differ."""
