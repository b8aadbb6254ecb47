"""Several clients, the same scenarios: where they differ, and what tells them apart."""
