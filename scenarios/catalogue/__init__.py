"""Named hand-written scenarios, one family a file."""
