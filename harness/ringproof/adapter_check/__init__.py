"""The protocol's own checks: an adapter process is held to the protocol, with no scenario."""
