"""Reports written from one stream of run events."""
