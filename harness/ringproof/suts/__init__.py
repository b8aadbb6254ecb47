"""Systems under test: their names, and how each is driven."""
