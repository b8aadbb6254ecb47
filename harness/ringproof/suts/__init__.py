"""Systems under test: by which names they are found, and how each is driven."""
